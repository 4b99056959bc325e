package textcase

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

const h2Usage = `want preface, settings [ack] [ID=VALUE ...], headers STREAM [end] [NAME=VALUE ...] [!NAME ...], data STREAM [end] HEX|"...", rst STREAM CODE, goaway LAST CODE, window STREAM INCREMENT, or frame TYPE FLAGS STREAM [HEX]`

// HTTP/2 frame types and flags (RFC 9113 section 6).
const (
	h2Data         = 0
	h2Headers      = 1
	h2RstStream    = 3
	h2Settings     = 4
	h2GoAway       = 7
	h2WindowUpdate = 8

	h2EndStream  = 1
	h2EndHeaders = 4
)

// The base extended CONNECT (RFC 8441 section 5) and its answer.
const (
	baseConnect    = ":method=CONNECT :protocol=websocket :scheme=http :path=/chat :authority=ws.example.test sec-websocket-version=13"
	baseConnectAck = ":status=200"
)

// h2Octets reads what follows ">h2": the preface or one HTTP/2 frame. HEADERS of
// the client are a request.
func h2Octets(from side, args string) (b []byte, request bool, err error) {
	words, err := splitWords(args)
	if err != nil || len(words) == 0 {
		return nil, false, errors.Join(err, errors.New(h2Usage))
	}
	kind, rest := words[0].String(), words[1:]
	switch kind {
	case "preface":
		return []byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), false, nil
	case "settings":
		b, err = h2SettingsFrame(rest)
	case "headers":
		b, err = h2HeadersFrame(from, rest)
	case "data":
		b, err = h2DataFrame(rest)
	case "rst":
		b, err = h2NumbersFrame(h2RstStream, rest)
	case "goaway":
		b, err = h2NumbersFrame(h2GoAway, rest)
	case "window":
		b, err = h2NumbersFrame(h2WindowUpdate, rest)
	case "frame":
		b, err = h2RawFrame(rest)
	default:
		err = errors.New(h2Usage)
	}
	if err != nil {
		err = fmt.Errorf("h2 %s: %w", kind, err)
	}
	return b, kind == "headers" && from == client, err
}

// h2Frame puts the frame header in front of a payload (RFC 9113 section 4.1).
func h2Frame(typ, flags byte, stream int, payload []byte) []byte {
	b := append(sized24(payload)[:3:3], typ, flags)
	b = binary.BigEndian.AppendUint32(b, uint32(stream))
	return append(b, payload...)
}

func h2SettingsFrame(args []word) ([]byte, error) {
	var payload []byte
	flags := byte(0)
	for _, w := range args {
		if w.isFlag("ack") {
			flags = 1
			continue
		}
		id, err := number(w.key, 0, 65535)
		if err != nil {
			return nil, errors.New("want ack or ID=VALUE")
		}
		value, err := strconv.ParseUint(w.text, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("setting %d: %w", id, err)
		}
		payload = binary.BigEndian.AppendUint16(payload, uint16(id))
		payload = binary.BigEndian.AppendUint32(payload, uint32(value))
	}
	return h2Frame(h2Settings, flags, 0, payload), nil
}

// h2Target is the stream of a frame, and END_STREAM if the frame ends it.
type h2Target struct {
	stream int
	end    byte
}

// h2Stream takes the stream number, and "end" if it is there.
func h2Stream(args []word) (to h2Target, rest []word, err error) {
	if len(args) == 0 {
		return to, nil, errors.New("want a stream number")
	}
	to.stream, err = number(args[0].String(), 0, 1<<31-1)
	rest = args[1:]
	if len(rest) > 0 && rest[0].isFlag("end") {
		to.end, rest = h2EndStream, rest[1:]
	}
	return to, rest, err
}

func h2HeadersFrame(from side, args []word) ([]byte, error) {
	to, rest, err := h2Stream(args)
	if err != nil {
		return nil, err
	}
	fields, err := h2Fields(from, rest)
	if err != nil {
		return nil, err
	}
	var block []byte
	for _, f := range fields {
		block = append(block, literal(f.key, f.text)...)
	}
	if len(block) > 16384 {
		return nil, fmt.Errorf("field section of %d octets; want at most 16384", len(block))
	}
	return h2Frame(h2Headers, h2EndHeaders|to.end, to.stream, block), nil
}

// h2Fields puts the given fields over the base ones, as head lines are put over
// the base handshake. A :status other than 200 has no other base field to drop.
func h2Fields(from side, given []word) ([]word, error) {
	text := baseConnect
	if from == server {
		text = baseConnectAck
	}
	base, err := splitWords(text)
	if err != nil {
		return nil, err
	}
	var out []word
	for _, b := range base {
		same := func(w word) bool { return w.key == b.key || w.isFlag("!"+b.key) }
		if !slices.ContainsFunc(given, same) {
			out = append(out, b)
			continue
		}
		for _, w := range given {
			if w.key == b.key {
				out = append(out, w)
			}
		}
	}
	for _, w := range given {
		known := slices.ContainsFunc(base, func(b word) bool { return b.key == w.key })
		removed, bang := strings.CutPrefix(w.text, "!")
		switch {
		case w.key == "" && (!bang || !slices.ContainsFunc(base, func(b word) bool { return b.key == removed })):
			return nil, fmt.Errorf("%q; want NAME=VALUE, or !NAME of a base field", w)
		case w.key != "" && !known:
			out = append(out, w)
		}
	}
	return out, nil
}

// literal is a literal field without indexing, with a new name and without
// Huffman coding (RFC 7541 section 6.2.2).
func literal(name, value string) []byte {
	b := append([]byte{0}, hpackLength(len(name))...)
	b = append(append(b, name...), hpackLength(len(value))...)
	return append(b, value...)
}

// hpackLength is an integer with a 7-bit prefix (RFC 7541 section 5.1).
func hpackLength(n int) []byte {
	if n < 127 {
		return []byte{byte(n)}
	}
	b := []byte{127}
	for n -= 127; n >= 128; n /= 128 {
		b = append(b, byte(n%128)|128)
	}
	return append(b, byte(n))
}

func h2DataFrame(args []word) ([]byte, error) {
	to, rest, err := h2Stream(args)
	if err != nil {
		return nil, err
	}
	payload, err := h2Payload(rest)
	return h2Frame(h2Data, to.end, to.stream, payload), err
}

func h2Payload(args []word) ([]byte, error) {
	var payload []byte
	for _, w := range args {
		if w.quoted {
			payload = append(payload, w.text...)
			continue
		}
		b, err := hexOctets(w.String())
		if err != nil {
			return nil, err
		}
		payload = append(payload, b...)
	}
	return payload, nil
}

// h2NumbersFrame is for frames whose payload is numbers: STREAM and CODE or
// increment; for GOAWAY the last stream and the code, on stream 0.
func h2NumbersFrame(typ byte, args []word) ([]byte, error) {
	if len(args) != 2 {
		return nil, errors.New("want two numbers")
	}
	first, err := number(args[0].String(), 0, 1<<31-1)
	if err != nil {
		return nil, err
	}
	second, err := number(args[1].String(), 0, 1<<31-1)
	payload := binary.BigEndian.AppendUint32(nil, uint32(second))
	if typ == h2GoAway {
		payload = append(binary.BigEndian.AppendUint32(nil, uint32(first)), payload...)
		first = 0
	}
	return h2Frame(typ, 0, first, payload), err
}

func h2RawFrame(args []word) ([]byte, error) {
	if len(args) < 3 {
		return nil, errors.New("want TYPE FLAGS STREAM [HEX]")
	}
	var n [3]int
	for i, high := range []int{255, 255, 1<<31 - 1} {
		var err error
		if n[i], err = number(args[i].String(), 0, high); err != nil {
			return nil, err
		}
	}
	payload, err := h2Payload(args[3:])
	return h2Frame(byte(n[0]), byte(n[1]), n[2], payload), err
}
