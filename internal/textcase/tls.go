package textcase

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

const tlsUsage = `want hello [sni=NAME] [alpn=A,B] [max=1.0|1.1|1.2|1.3] [session] (client), hello [version=1.2|1.3] [alpn=A] (server), certificate ..., done, ccs, finished, appdata LENGTH, alert warning|fatal CODE, or record TYPE HEX`

// TLS record types (RFC 8446 section 5.1).
const (
	recordCCS       = 20
	recordAlert     = 21
	recordHandshake = 22
	recordAppData   = 23
)

// tlsOctets reads what follows ">tls": one TLS record.
func tlsOctets(from side, args string) ([]byte, error) {
	words, err := splitWords(args)
	if err != nil || len(words) == 0 {
		return nil, errors.Join(err, errors.New(tlsUsage))
	}
	rest := words[1:]
	switch words[0].String() {
	case "hello":
		return tlsHello(from, rest)
	case "certificate":
		return tlsCertificate(from, rest)
	case "done":
		return record(recordHandshake, 0x0303, handshake(14, nil)), none(rest)
	case "ccs":
		return record(recordCCS, 0x0303, []byte{1}), none(rest)
	case "finished": // encrypted in TLS 1.2: nonce, message and tag
		return record(recordHandshake, 0x0303, noise(40)), none(rest)
	case "appdata":
		return tlsAppData(rest)
	case "alert":
		return tlsAlert(rest)
	case "record":
		return tlsRecord(rest)
	}
	return nil, fmt.Errorf("tls %q; %s", words[0], tlsUsage)
}

func none(args []word) error {
	if len(args) > 0 {
		return fmt.Errorf("tls option %q; want none here", args[0])
	}
	return nil
}

func record(typ byte, version uint16, body []byte) []byte {
	b := []byte{typ, byte(version >> 8), byte(version), byte(len(body) >> 8), byte(len(body))}
	return append(b, body...)
}

func handshake(typ byte, body []byte) []byte {
	return append([]byte{typ, byte(len(body) >> 16), byte(len(body) >> 8), byte(len(body))}, body...)
}

// noise stands for octets that nobody can read: fixed, and unlike text.
func noise(n int) []byte {
	b := make([]byte, n)
	x := uint32(0x9e3779b9)
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
	return b
}

func tlsAppData(args []word) ([]byte, error) {
	if len(args) != 1 {
		return nil, errors.New("tls appdata: want the length of the record in octets")
	}
	n, err := number(args[0].String(), 1, 16640)
	return record(recordAppData, 0x0303, noise(n)), err
}

func tlsAlert(args []word) ([]byte, error) {
	if len(args) != 2 || args[0].text != "warning" && args[0].text != "fatal" {
		return nil, errors.New("tls alert: want warning or fatal, and the code of the description")
	}
	code, err := number(args[1].String(), 0, 255)
	level := byte(2)
	if args[0].text == "warning" {
		level = 1
	}
	return record(recordAlert, 0x0303, []byte{level, byte(code)}), err
}

func tlsRecord(args []word) ([]byte, error) {
	if len(args) < 2 {
		return nil, errors.New("tls record: want TYPE HEX")
	}
	typ, err := number(args[0].String(), 0, 255)
	if err != nil {
		return nil, err
	}
	var text []string
	for _, w := range args[1:] {
		text = append(text, w.text)
	}
	body, err := hexOctets(strings.Join(text, ""))
	return record(byte(typ), 0x0303, body), err
}

// hello is a ClientHello or ServerHello.
type hello struct {
	sni     string
	alpn    []string
	version uint16 // highest offered, or selected
	resume  bool   // with a session id
}

func tlsHello(from side, args []word) ([]byte, error) {
	h := hello{version: 0x0304}
	for _, w := range args {
		var err error
		switch {
		case w.key == "sni" && from == client:
			h.sni = w.text
		case w.key == "alpn":
			h.alpn = strings.Split(w.text, ",")
		case w.key == "max" && from == client, w.key == "version" && from == server:
			h.version, err = tlsVersion(w.text)
		case w.isFlag("session") && from == client:
			h.resume = true
		default:
			err = fmt.Errorf("tls hello option %q; %s", w, tlsUsage)
		}
		if err != nil {
			return nil, err
		}
	}
	if from == server {
		return record(recordHandshake, 0x0303, handshake(2, h.server())), nil
	}
	return record(recordHandshake, min(h.version, 0x0301), handshake(1, h.client())), nil
}

func tlsVersion(s string) (uint16, error) {
	for i, v := range []string{"1.0", "1.1", "1.2", "1.3"} {
		if s == v {
			return 0x0301 + uint16(i), nil
		}
	}
	return 0, fmt.Errorf("TLS version %q; want 1.0, 1.1, 1.2 or 1.3", s)
}

// client lays out a ClientHello as current libraries send it (RFC 8446 section
// 4.1.2).
func (h hello) client() []byte {
	b := binary.BigEndian.AppendUint16(nil, min(h.version, 0x0303))
	b = append(b, noise(32)...)
	session := []byte{}
	if h.resume || h.version == 0x0304 {
		session = noise(64)[32:]
	}
	b = append(append(b, byte(len(session))), session...)
	b = append(b, sized16(h.ciphers())...)
	b = append(b, 1, 0)
	return append(b, sized16(h.clientExtensions())...)
}

func (h hello) ciphers() []byte {
	var b []byte
	if h.version >= 0x0304 {
		b = append(b, 0x13, 0x01, 0x13, 0x02, 0x13, 0x03)
	}
	if h.version >= 0x0303 {
		b = append(b, 0xc0, 0x2b, 0xc0, 0x2f, 0xc0, 0x2c, 0xc0, 0x30, 0xcc, 0xa9, 0xcc, 0xa8)
	}
	return append(b, 0xc0, 0x13, 0xc0, 0x14, 0x00, 0x2f, 0x00, 0x35)
}

func (h hello) clientExtensions() []byte {
	var b bytes.Buffer
	if h.sni != "" {
		extension(&b, 0, sized16(append([]byte{0}, sized16([]byte(h.sni))...)))
	}
	extension(&b, 23, nil)                                                 // extended_master_secret
	extension(&b, 0xff01, []byte{0})                                       // renegotiation_info
	extension(&b, 10, sized16([]byte{0, 0x1d, 0, 0x17, 0, 0x18}))          // supported_groups
	extension(&b, 11, []byte{1, 0})                                        // ec_point_formats
	extension(&b, 35, nil)                                                 // session_ticket
	extension(&b, 13, sized16([]byte{4, 3, 8, 4, 4, 1, 5, 3, 8, 5, 5, 1})) // signature_algorithms
	if h.alpn != nil {
		extension(&b, 16, h.protocols())
	}
	if h.version >= 0x0304 {
		extension(&b, 43, []byte{4, 3, 4, 3, 3}) // supported_versions
		extension(&b, 45, []byte{1, 1})          // psk_key_exchange_modes
		extension(&b, 51, sized16(append([]byte{0, 0x1d, 0, 32}, noise(96)[64:]...)))
	}
	return b.Bytes()
}

// server lays out a ServerHello (RFC 8446 section 4.1.3, RFC 5246 section
// 7.4.1.3). In TLS 1.3 the ALPN answer is encrypted elsewhere.
func (h hello) server() []byte {
	b := binary.BigEndian.AppendUint16(nil, min(h.version, 0x0303))
	b = append(b, noise(128)[96:]...)
	b = append(append(b, 32), noise(64)[32:]...)
	var ext bytes.Buffer
	if h.version >= 0x0304 {
		b = append(b, 0x13, 0x01, 0)
		extension(&ext, 43, []byte{3, 4})
		extension(&ext, 51, append([]byte{0, 0x1d, 0, 32}, noise(160)[128:]...))
		return append(b, sized16(ext.Bytes())...)
	}
	b = append(b, 0xc0, 0x2b, 0)
	extension(&ext, 0xff01, []byte{0})
	if h.alpn != nil {
		extension(&ext, 16, h.protocols())
	}
	return append(b, sized16(ext.Bytes())...)
}

func (h hello) protocols() []byte {
	var list []byte
	for _, p := range h.alpn {
		list = append(append(list, byte(len(p))), p...)
	}
	return sized16(list)
}

func extension(b *bytes.Buffer, typ uint16, body []byte) {
	b.Write(binary.BigEndian.AppendUint16(nil, typ))
	b.Write(sized16(body))
}

func sized16(body []byte) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(body))), body...)
}

func sized24(body []byte) []byte {
	return append([]byte{byte(len(body) >> 16), byte(len(body) >> 8), byte(len(body))}, body...)
}
