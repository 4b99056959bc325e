package textcase

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/net/http2/hpack"
)

// The base extended CONNECT (RFC 8441 section 5) and its answer.
const (
	baseConnect    = ":method=CONNECT :protocol=websocket :scheme=http :path=/chat :authority=ws.example.test sec-websocket-version=13"
	baseConnectAck = ":status=200"
)

// h2Head is a header block, in HEADERS and perhaps CONTINUATION.
type h2Head struct {
	h2Options
	fields []word
}

// h2HeadOf reads what follows the kind of a frame. Trailers end the stream, and have no
// base fields.
func h2HeadOf(from side, trailers bool, args []word) (*h2Head, error) {
	o, given, err := h2OptionsOf(args)
	if err != nil {
		return nil, err
	}
	base := baseConnect
	switch {
	case trailers:
		base, o.end = "", true
	case from == server:
		base = baseConnectAck
	}
	if o.table >= 0 && !o.packed {
		return nil, errors.New("table without packed")
	}
	h := &h2Head{h2Options: o}
	if h.fields, err = h2Fields(base, given); err != nil {
		return nil, err
	}
	if n := len(h.literals()); n > h2FrameSize-256 && h.each == 0 {
		return nil, fmt.Errorf("field section of %d octets; want at most %d, or each=N", n, h2FrameSize-256)
	}
	return h, nil
}

// h2Fields puts the given fields over the base ones, as head lines are put over
// the base handshake. A :status other than 200 has no other base field to drop. A base
// field that is both given and removed goes to the end.
func h2Fields(text string, given []word) ([]word, error) {
	base, err := splitWords(text)
	if err != nil {
		return nil, err
	}
	removed := func(key string) bool {
		return slices.ContainsFunc(given, func(w word) bool { return w.isFlag("!" + key) })
	}
	inBase := func(key string) bool {
		return slices.ContainsFunc(base, func(b word) bool { return b.key == key })
	}
	var out []word
	for _, b := range base {
		if !removed(b.key) {
			out = append(out, instead(b, given)...)
		}
	}
	for _, w := range given {
		name, bang := strings.CutPrefix(w.text, "!")
		switch {
		case w.key == "" && (!bang || !inBase(name)):
			return nil, fmt.Errorf("%q; want NAME=VALUE, or !NAME of a base field", w)
		case w.key != "" && (!inBase(w.key) || removed(w.key)):
			out = append(out, w)
		}
	}
	return out, nil
}

// instead gives the given fields of the name of a base field, the base field if there are
// none.
func instead(base word, given []word) []word {
	same := slices.Clone(given)
	same = slices.DeleteFunc(same, func(w word) bool { return w.key != base.key })
	if len(same) == 0 {
		return []word{base}
	}
	return same
}

// literals is the header block that depends on nothing said before.
func (h *h2Head) literals() []byte {
	var block []byte
	for _, f := range h.fields {
		block = append(block, literal(f.key, f.text)...)
	}
	return block
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

// packer packs header blocks of one side of a connection.
type packer struct {
	block   bytes.Buffer
	encoder *hpack.Encoder
}

// octets gives the frames of the header block as the next one of its side.
func (h *h2Head) octets(c *conn, from side) []byte {
	block, flags := h.block(c, from), byte(0)
	pieces := h.cut(block)
	first := pieces[0]
	if h.priority {
		first, flags = append([]byte{0, 0, 0, 0, 15}, first...), h2Priority
	}
	first, padded := h.padded(first)
	flags |= padded
	if h.end {
		flags |= h2EndStream
	}
	if len(pieces) == 1 {
		flags |= h2EndHeaders
	}
	b := h2Frame(h2Headers, flags, h.stream, first)
	for i, p := range pieces[1:] {
		flags = 0
		if i == len(pieces)-2 {
			flags = h2EndHeaders
		}
		b = append(b, h2Frame(h2Continuation, flags, h.stream, p)...)
	}
	return b
}

func (h *h2Head) block(c *conn, from side) []byte {
	if !h.packed {
		return h.literals()
	}
	p := &c.packers[from]
	if p.encoder == nil {
		p.encoder = hpack.NewEncoder(&p.block)
	}
	if h.table >= 0 {
		p.encoder.SetMaxDynamicTableSize(uint32(h.table))
	}
	p.block.Reset()
	for _, f := range h.fields {
		_ = p.encoder.WriteField(hpack.HeaderField{Name: f.key, Value: f.text}) // a Buffer takes all
	}
	return bytes.Clone(p.block.Bytes())
}
