package textcase

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
)

const h2Usage = `want preface, settings [ack] [ID=VALUE ...], headers STREAM [OPTION ...] [NAME=VALUE ...] [!NAME ...], trailers STREAM [OPTION ...] NAME=VALUE ..., data STREAM [OPTION ...] HEX|"...", ws STREAM [OPTION ...] FRAME, rst STREAM CODE, goaway LAST CODE ["..."], window STREAM INCREMENT, or frame TYPE FLAGS STREAM [HEX]`

// HTTP/2 frame types and flags (RFC 9113 section 6).
const (
	h2Data         = 0
	h2Headers      = 1
	h2RstStream    = 3
	h2Settings     = 4
	h2GoAway       = 7
	h2WindowUpdate = 8
	h2Continuation = 9

	h2EndStream  = 1
	h2EndHeaders = 4
	h2Padded     = 8
	h2Priority   = 32
)

// h2Octets reads what follows ">h2": the preface, one HTTP/2 frame, or the frames of one
// header block or payload. HEADERS of the client are a request. n numbers the WebSocket
// frames of a scenario.
func h2Octets(from side, n int, args string) (out piece, request bool, err error) {
	words, err := splitWords(args)
	if err != nil || len(words) == 0 {
		return out, false, errors.Join(err, errors.New(h2Usage))
	}
	kind, rest := words[0].String(), words[1:]
	switch kind {
	case "headers", "trailers":
		out.head, err = h2HeadOf(from, kind == "trailers", rest)
	default:
		out.octets, err = h2FrameOctets(from, n, kind, rest)
	}
	if err != nil {
		err = fmt.Errorf("h2 %s: %w", kind, err)
	}
	return out, kind == "headers" && from == client, err
}

func h2FrameOctets(from side, n int, kind string, args []word) ([]byte, error) {
	switch kind {
	case "preface":
		return []byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), nil
	case "settings":
		return h2SettingsFrame(args)
	case "data":
		return h2DataFrames(args, h2Payload)
	case "ws":
		return h2DataFrames(args, func(words []word) ([]byte, error) { return wsFrameOctets(from, n, words) })
	case "rst":
		return h2NumbersFrame(h2RstStream, args)
	case "goaway":
		return h2GoAwayFrame(args)
	case "window":
		return h2NumbersFrame(h2WindowUpdate, args)
	case "frame":
		return h2RawFrame(args)
	}
	return nil, errors.New(h2Usage)
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

// h2Options is what stands between the kind of a frame and what it carries.
type h2Options struct {
	stream   int
	end      bool // END_STREAM
	priority bool // of HEADERS: with the fields of a priority
	packed   bool // of HEADERS: as HPACK packs fields
	table    int  // of HEADERS: size that the table is set to; -1 = let be
	pad      int  // octets of padding; -1 = not padded
	each     int  // octets of the payload in a frame; 0 = all
}

// h2OptionsOf takes the stream number, and the options that follow it.
func h2OptionsOf(args []word) (o h2Options, rest []word, err error) {
	o.pad, o.table = -1, -1
	if len(args) == 0 {
		return o, nil, errors.New("want a stream number")
	}
	if o.stream, err = number(args[0].String(), 0, 1<<31-1); err != nil {
		return o, nil, err
	}
	for rest = args[1:]; len(rest) > 0; rest = rest[1:] {
		if known, err := o.option(rest[0]); !known || err != nil {
			return o, rest, err
		}
	}
	return o, rest, nil
}

func (o *h2Options) option(w word) (known bool, err error) {
	switch {
	case w.isFlag("end"):
		o.end = true
	case w.isFlag("priority"):
		o.priority = true
	case w.isFlag("packed"):
		o.packed = true
	case w.key == "pad":
		o.pad, err = number(w.text, 0, 255)
	case w.key == "each":
		o.each, err = number(w.text, 1, h2FrameSize)
	case w.key == "table":
		o.table, err = number(w.text, 0, 4096)
	default:
		return false, nil
	}
	return true, err
}

// h2FrameSize is what a frame may carry unless SETTINGS say more (RFC 9113 section 4.2).
const h2FrameSize = 16384

// cut gives the payload in the pieces that were asked for, at least one.
func (o *h2Options) cut(payload []byte) [][]byte {
	if o.each == 0 || len(payload) == 0 {
		return [][]byte{payload}
	}
	return slices.Collect(slices.Chunk(payload, o.each))
}

// padded puts the length of the padding before a payload and the padding behind it (RFC
// 9113 section 6.1), and gives the flag that says so.
func (o *h2Options) padded(payload []byte) ([]byte, byte) {
	if o.pad < 0 {
		return payload, 0
	}
	b := append([]byte{byte(o.pad)}, payload...)
	return append(b, make([]byte, o.pad)...), h2Padded
}

// h2DataFrames gives the DATA frames of one payload; the last one ends the stream if any
// does.
func h2DataFrames(args []word, carried func([]word) ([]byte, error)) ([]byte, error) {
	o, rest, err := h2OptionsOf(args)
	if err != nil {
		return nil, err
	}
	payload, err := carried(rest)
	var b []byte
	pieces := o.cut(payload)
	for i, p := range pieces {
		p, flags := o.padded(p)
		if o.end && i == len(pieces)-1 {
			flags |= h2EndStream
		}
		b = append(b, h2Frame(h2Data, flags, o.stream, p)...)
	}
	return b, err
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

// h2NumbersFrame is for frames whose payload is a number: STREAM and CODE, or increment.
func h2NumbersFrame(typ byte, args []word) ([]byte, error) {
	if len(args) != 2 {
		return nil, errors.New("want two numbers")
	}
	stream, err := number(args[0].String(), 0, 1<<31-1)
	if err != nil {
		return nil, err
	}
	value, err := number(args[1].String(), 0, 1<<31-1)
	return h2Frame(typ, 0, stream, binary.BigEndian.AppendUint32(nil, uint32(value))), err
}

// h2GoAwayFrame is the last stream, the code, and what is said for people to read.
func h2GoAwayFrame(args []word) ([]byte, error) {
	if len(args) < 2 || len(args) > 3 || len(args) == 3 && !args[2].quoted {
		return nil, errors.New(`want two numbers, and "..." or nothing`)
	}
	var payload []byte
	for _, w := range args[:2] {
		n, err := number(w.String(), 0, 1<<31-1)
		if err != nil {
			return nil, err
		}
		payload = binary.BigEndian.AppendUint32(payload, uint32(n))
	}
	if len(args) == 3 {
		payload = append(payload, args[2].text...)
	}
	return h2Frame(h2GoAway, 0, 0, payload), nil
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
