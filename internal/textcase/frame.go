package textcase

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// wsFrame is a WebSocket frame (RFC 6455 section 5.2) as a case writes it.
type wsFrame struct {
	first   byte // FIN, RSV and opcode
	masked  bool
	mask    [4]byte
	form    int // 0 = minimal, 126 or 127 = that length form
	claim   int // payload length said; -1 = the real one
	payload []byte
}

const frameUsage = `want text "...", binary HEX, cont "..." or HEX, ping, pong ["..."], close [CODE ["REASON"]] or opcode=N, then options fin, nofin, rsv1, rsv2, rsv3, masked, unmasked, mask=HEX, len16, len64, claim=N`

// frameOctets reads what follows ">frame". n numbers the frames of a scenario:
// masking keys differ, as RFC 6455 section 5.3 asks.
func frameOctets(from side, n int, args string) ([]byte, error) {
	words, err := splitWords(args)
	if err != nil || len(words) == 0 {
		return nil, errors.Join(err, errors.New(frameUsage))
	}
	return wsFrameOctets(from, n, words)
}

// wsFrameOctets gives the frame that words say.
func wsFrameOctets(from side, n int, words []word) ([]byte, error) {
	if len(words) == 0 {
		return nil, errors.New(frameUsage)
	}
	f := wsFrame{masked: from == client, claim: -1}
	binary.BigEndian.PutUint32(f.mask[:], 0x37fa213d+0x9e3779b9*uint32(n-1))
	if err := f.opcode(words[0]); err != nil {
		return nil, err
	}
	code := f.first&0xf == 8
	for _, w := range words[1:] {
		if code && f.closeCode(w) {
			code = false
			continue
		}
		if err := f.option(w); err != nil {
			return nil, err
		}
	}
	return f.octets(), nil
}

func (f *wsFrame) opcode(w word) error {
	if w.key == "opcode" {
		n, err := number(w.text, 0, 15)
		f.first = 0x80 | byte(n)
		return err
	}
	codes := map[string]byte{"cont": 0, "text": 1, "binary": 2, "close": 8, "ping": 9, "pong": 10}
	op, ok := codes[w.String()]
	if !ok {
		return fmt.Errorf("frame %q; %s", w, frameUsage)
	}
	f.first = 0x80 | op
	return nil
}

// closeCode takes a decimal number as the code of a Close frame.
func (f *wsFrame) closeCode(w word) bool {
	n, err := number(w.String(), 0, 65535)
	if err != nil || w.quoted {
		return false
	}
	f.payload = binary.BigEndian.AppendUint16(f.payload, uint16(n))
	return true
}

func (f *wsFrame) option(w word) (err error) {
	switch {
	case w.quoted && w.key == "":
		f.payload = append(f.payload, w.text...)
	case w.key == "mask":
		var b []byte
		if b, err = hexOctets(w.text); err == nil && len(b) != 4 {
			err = errors.New("mask: want 4 octets")
		}
		copy(f.mask[:], b)
		f.masked = true
	case w.key == "claim":
		f.claim, err = number(w.text, 0, 1<<30)
	case w.key == "":
		err = f.flag(w.text)
	default:
		err = fmt.Errorf("frame option %q; %s", w, frameUsage)
	}
	return err
}

func (f *wsFrame) flag(s string) error {
	switch s {
	case "fin":
		f.first |= 0x80
	case "nofin":
		f.first &^= 0x80
	case "rsv1":
		f.first |= 0x40
	case "rsv2":
		f.first |= 0x20
	case "rsv3":
		f.first |= 0x10
	case "masked":
		f.masked = true
	case "unmasked":
		f.masked = false
	case "len16":
		f.form = 126
	case "len64":
		f.form = 127
	default:
		b, err := hexOctets(s)
		if err != nil {
			return fmt.Errorf("frame option %q; %s", s, frameUsage)
		}
		f.payload = append(f.payload, b...)
	}
	return nil
}

func (f *wsFrame) octets() []byte {
	n := len(f.payload)
	if f.claim >= 0 {
		n = f.claim
	}
	bit := byte(0)
	if f.masked {
		bit = 0x80
	}
	b := []byte{f.first}
	switch {
	case f.form == 127 || f.form == 0 && n > 65535:
		b = binary.BigEndian.AppendUint64(append(b, bit|127), uint64(n))
	case f.form == 126 || n > 125:
		b = binary.BigEndian.AppendUint16(append(b, bit|126), uint16(n))
	default:
		b = append(b, bit|byte(n))
	}
	if !f.masked {
		return append(b, f.payload...)
	}
	b = append(b, f.mask[:]...)
	for i, p := range f.payload {
		b = append(b, p^f.mask[i%4])
	}
	return b
}
