package frame

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// octets reads hexadecimal digits; blanks and lines are for the reader.
func octets(s string) []byte {
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		panic(err)
	}
	return b
}

type recorder struct {
	headers, done []Frame
	not           []byte
	notAt         uint64
}

func (r *recorder) Header(f *Frame) { r.headers = append(r.headers, *f) }
func (r *recorder) Done(f *Frame)   { r.done = append(r.done, *f) }
func (r *recorder) NotFrames(offset uint64, data []byte) {
	r.notAt = offset
	r.not = bytes.Clone(data)
}

func read(pieces ...[]byte) *recorder {
	h := &recorder{}
	r := NewReader(h, 8)
	offset := uint64(100)
	for _, p := range pieces {
		r.Feed(offset, p)
		offset += uint64(len(p))
	}
	r.Close()
	return h
}

func splitEverywhere(t *testing.T, data []byte) {
	t.Helper()
	want := read(data)
	want.not = nil // how much of it arrives at once depends on the pieces
	opt := cmp.AllowUnexported(recorder{})
	var single [][]byte
	for i := range data {
		single = append(single, data[i:i+1])
		got := read(data[:i], data[i:])
		got.not = nil
		if d := cmp.Diff(want, got, opt); d != "" {
			t.Fatalf("split at %d: %s", i, d)
		}
	}
	got := read(single...)
	got.not = nil
	if d := cmp.Diff(want, got, opt); d != "" {
		t.Fatalf("byte by byte: %s", d)
	}
}

func TestFrames(t *testing.T) {
	tests := []struct {
		name string
		data string
		want Frame
	}{
		{"masked Hello", "81 85 37fa213d 7f9f4d5158", Frame{FIN: true, Opcode: Text, Masked: true, Mask: [4]byte{0x37, 0xFA, 0x21, 0x3D}, Length: 5, HeaderLen: 6, Payload: []byte("Hello"), Complete: true}},
		{"unmasked Hello", "81 05 48656c6c6f", Frame{FIN: true, Opcode: Text, Length: 5, HeaderLen: 2, Payload: []byte("Hello"), Complete: true}},
		{"empty ping", "89 00", Frame{FIN: true, Opcode: Ping, HeaderLen: 2, Complete: true}},
		{"compressed fragment", "41 01 78", Frame{RSV1: true, Opcode: Text, Length: 1, HeaderLen: 2, Payload: []byte("x"), Complete: true}},
		{"16-bit length, payload cut", "82 7e 0080 30313233343536373839", Frame{FIN: true, Opcode: Binary, Length: 128, HeaderLen: 4, Payload: []byte("01234567")}},
		{"16-bit length, not minimal", "82 7e 0001 30", Frame{FIN: true, Opcode: Binary, Length: 1, HeaderLen: 4, NotMinimal: true, Payload: []byte("0"), Complete: true}},
		{"16-bit length", "82 7e 007e" + strings.Repeat(" 30", 126), Frame{FIN: true, Opcode: Binary, Length: 126, HeaderLen: 4, Payload: []byte("00000000"), Complete: true}},
		{"64-bit length, not minimal", "82 7f 0000000000000001 30", Frame{FIN: true, Opcode: Binary, Length: 1, HeaderLen: 10, NotMinimal: true, Payload: []byte("0"), Complete: true}},
		{"64-bit length with its top bit", "82 ff 8000000000000000 01020304 31", Frame{FIN: true, Opcode: Binary, Masked: true, Mask: [4]byte{1, 2, 3, 4}, Length: 1 << 63, HeaderLen: 14, LengthMSB: true, Payload: []byte("0")}},
		{"reserved opcode", "83 00", Frame{FIN: true, Opcode: 3, HeaderLen: 2, Complete: true}},
		{"reserved bit", "91 00", Frame{FIN: true, RSV3: true, Opcode: Text, HeaderLen: 2, Complete: true}},
		{"fragmented control frame", "09 00", Frame{Opcode: Ping, HeaderLen: 2, Complete: true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			data := octets(tt.data)
			tt.want.Offset = 100
			got := read(data)
			if len(got.headers) != 1 || len(got.done) != 1 || got.not != nil {
				t.Fatalf("got %+v", got)
			}
			if d := cmp.Diff(tt.want, got.done[0]); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
			splitEverywhere(t, append(data, octets("89 00 88 02 03e8")...))
			for i := range data {
				read(data[:i]) // cut anywhere: no panic
			}
		})
	}
}

// TestUnmask: however a payload is cut, the prefix that is kept is unmasked.
func TestUnmask(t *testing.T) {
	mask := [4]byte{1, 0x22, 0xF3, 0x80}
	want := []byte(strings.Repeat("what was said; ", 7))
	data := append([]byte{0x82, 0x80 | byte(len(want))}, mask[:]...)
	for i, c := range want {
		data = append(data, c^mask[i%4])
	}
	for i := range data {
		for _, limit := range []int{len(want), 50} {
			h := &recorder{}
			r := NewReader(h, limit)
			r.Feed(0, data[:i])
			r.Feed(uint64(i), data[i:])
			if len(h.done) != 1 || !bytes.Equal(h.done[0].Payload, want[:limit]) {
				t.Fatalf("cut at %d, limit %d: %+v", i, limit, h.done)
			}
		}
	}
}

// picky skips payloads, or closes the reader, when it gets the header of a Text frame.
type picky struct {
	recorder
	r     *Reader
	close bool
}

func (p *picky) Header(f *Frame) {
	p.recorder.Header(f)
	switch {
	case f.Opcode != Text:
	case p.close:
		p.r.Close()
	default:
		p.r.Skip()
	}
}

// TestWithinHeader: what a handler asks for within Header has the same effect
// whether the frame is there to its end or not.
func TestWithinHeader(t *testing.T) {
	data := octets("82 03 616263 81 83 01020304 303132 82 01 64 81 00")
	for _, closes := range []bool{false, true} {
		var want *recorder
		for i := range data {
			p := &picky{close: closes}
			p.r = NewReader(p, 0)
			p.r.Feed(0, data[:i])
			p.r.Feed(uint64(i), data[i:])
			if want == nil {
				want = &p.recorder
			}
			if d := cmp.Diff(want, &p.recorder, cmp.AllowUnexported(recorder{})); d != "" {
				t.Fatalf("split at %d: %s", i, d)
			}
			if n := len(p.done); closes && (n != 2 || p.done[1].Complete) || !closes && (n != 4 || p.done[1].Payload != nil || string(p.done[2].Payload) != "d") {
				t.Fatalf("split at %d: %+v", i, p.done)
			}
		}
	}
}

func TestNotFrames(t *testing.T) {
	for _, s := range []string{"HTTP/1.1 400", "<html>", `{"a":1}`, "5\r\nhello", "SSH-2.0", "\x16\x03\x03\x00\x05"} {
		got := read([]byte("\x89\x00" + s))
		if string(got.not) != s || got.notAt != 102 || len(got.done) != 1 {
			t.Errorf("%q: got %+v", s, got)
		}
		splitEverywhere(t, []byte("\x89\x00"+s))
		if Plausible([]byte(s)) {
			t.Errorf("%q is plausible", s)
		}
	}
}

func TestPlausible(t *testing.T) {
	for s, want := range map[string]bool{
		"": false, "81": true, "81 85": true, "8105": true, "c1 7e": true, "88 7e": false, "08 00": false, "83 00": false,
		"a1 00": false, "82 7f 00": true, "82 7f 80": false, "00 00": true,
	} {
		if got := Plausible(octets(s)); got != want {
			t.Errorf("%s: got %v; want %v", s, got, want)
		}
	}
}

func TestGap(t *testing.T) {
	h := &recorder{}
	r := NewReader(h, 8)
	r.Feed(0, octets("82 06 3031"))
	if !r.Gap(4, 2) {
		t.Error("stopped by a gap within a payload")
	}
	r.Feed(6, octets("3435 89 00"))
	if len(h.done) != 2 || h.done[0].Complete || string(h.done[0].Payload) != "01" || h.done[1].Offset != 8 {
		t.Errorf("got %+v", h.done)
	}
	if r.Gap(10, 1) {
		t.Error("goes on after a gap in a header")
	}
	r.Feed(11, octets("89 00"))
	if len(h.done) != 2 {
		t.Errorf("read on after the loss: %+v", h.done)
	}
	r = NewReader(h, 8)
	r.Feed(0, octets("82 06 3031"))
	if r.Gap(4, 5) || len(h.done) != 3 || h.done[2].Complete {
		t.Errorf("a gap over the end of a payload: %+v", h.done)
	}
}

func TestParseClose(t *testing.T) {
	tests := []struct {
		payload string
		want    string
	}{
		{"", `1005 "" true`},
		{"03", `1005 "" false`},
		{"03e8", `1000 "" true`},
		{"1003 6e6f ff", `4099 "no\xff" true`},
	}
	for _, tt := range tests {
		code, reason, ok := ParseClose(octets(tt.payload))
		if got := fmt.Sprintf("%d %q %v", code, reason, ok); got != tt.want {
			t.Errorf("%s: got %s; want %s", tt.payload, got, tt.want)
		}
	}
	if got := CloseCode(1015).Name(); got != "TLS handshake" {
		t.Errorf("1015: %q", got)
	}
	for code, want := range map[CloseCode]bool{999: false, 1000: true, 1004: false, 1006: false, 1014: true, 1016: false, 3000: true, 4999: true, 5000: false} {
		if got := code.Sendable(); got != want {
			t.Errorf("%d sendable: got %v; want %v", code, got, want)
		}
	}
}

func FuzzReader(f *testing.F) {
	f.Add(octets("81 85 37fa213d 7f9f4d5158 88 02 03e8"), uint8(3))
	f.Add([]byte("HTTP/1.1 400 Bad Request\r\n"), uint8(1))
	f.Fuzz(func(t *testing.T, data []byte, cut uint8) {
		at := min(int(cut), len(data))
		want, got := read(data), read(data[:at], data[at:])
		want.not, got.not = nil, nil
		if d := cmp.Diff(want, got, cmp.AllowUnexported(recorder{})); d != "" {
			t.Error(d)
		}
		ParseClose(data)
	})
}
