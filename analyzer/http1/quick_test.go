package http1

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const plainRequest = "GET /chat?a=%20b HTTP/1.1\r\nHost: a.test\r\nUPGRADE:websocket\r\nX-Empty:\r\nX-Blank:   \r\nX-Tail: a b  \r\nhost: b\r\n" +
	"!#$%&'*+-.^_`|~0189AZaz: x\r\nX1-longer-than-8-9-and-16: !\"#$%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~\r\n\r\n"

const plainResponse = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: HSmrc0sMlYUkAGmm5OPpG2HaGWk=\r\n\r\n"

// slow reads the head that src begins with step by step; nil = it is none, or
// not whole.
func slow(kind Kind, src []byte) *Message {
	s := scanner{kind: kind}
	if s.advance(src) != whole {
		return nil
	}
	m := &Message{Kind: kind, Raw: src[s.skip:s.pos], SkippedCRLF: s.skipped}
	parse(m, s.lines)
	return m
}

// quickly reads the same in one pass; nil = that is not possible.
func quickly(kind Kind, src []byte) *Message {
	m := &Message{Kind: kind}
	n := m.quick(src, &formList{})
	if n == 0 {
		return nil
	}
	m.Raw = src[:n]
	return m
}

func sameAsSlow(t *testing.T, kind Kind, src []byte) {
	t.Helper()
	m := quickly(kind, src)
	if m == nil {
		return
	}
	want := slow(kind, src)
	if want == nil || want.SkippedCRLF > 0 {
		t.Fatalf("no whole head: %q", src)
	}
	alike(t, want, m)
}

// alike compares what was read of a head in two ways, but for its form.
func alike(t *testing.T, want, got *Message) {
	t.Helper()
	opts := []cmp.Option{
		cmp.AllowUnexported(Message{}, index{}), cmpopts.EquateEmpty(),
		cmpopts.IgnoreFields(Message{}, "fields", "own"),
		cmpopts.IgnoreFields(Parts{}, "Form", "Varies", "start", "ends"),
	}
	if d := cmp.Diff(want, got, opts...); d != "" {
		t.Fatalf("%q (-slow +quick):\n%s", want.Raw, d)
	}
	if want.NumFields() != got.NumFields() || *want.index() != *got.index() {
		t.Fatalf("%q has %d fields, want %d; their index is\n%v, want\n%v", want.Raw, got.NumFields(), want.NumFields(), got.index(), want.index())
	}
	for i := range want.NumFields() {
		if x, y := want.Field(i), got.Field(i); x != y {
			t.Fatalf("%q: field %d is %v, want %v", want.Raw, i, y, x)
		}
		if x, y := want.NameOctets(i), got.NameOctets(i); string(x) != string(y) {
			t.Fatalf("%q: name of field %d is %q, want %q", want.Raw, i, y, x)
		}
		if x, y := want.ValueOctets(i), got.ValueOctets(i); string(x) != string(y) {
			t.Fatalf("%q: value of field %d is %q, want %q", want.Raw, i, y, x)
		}
	}
}

// TestQuick: a head without deviations takes the quick path, any other does not.
func TestQuick(t *testing.T) {
	for _, head := range []string{plainRequest, plainResponse} {
		kind := Request
		if strings.HasPrefix(head, "HTTP/") {
			kind = Response
		}
		if quickly(kind, []byte(head+"more")) == nil {
			t.Errorf("not quick: %q", head)
		}
		for i := range len(head) {
			if m := quickly(kind, []byte(head[:i])); m != nil {
				t.Errorf("%d octets are a whole head: %q", i, head[:i])
			}
			for _, c := range "\x00\t\n\r :%A/1\x7f\xff" {
				src := []byte(head)
				src[i] = byte(c)
				sameAsSlow(t, kind, src)
				if m := quickly(kind, src); m != nil && len(slow(kind, src).Deviations) > 0 {
					t.Errorf("quick in spite of deviations: %q", src)
				}
			}
		}
	}
}

// TestQuickMany: a head of more lines than an index tells apart.
func TestQuickMany(t *testing.T) {
	head := []byte("GET / HTTP/1.1\r\n")
	for i := range 300 {
		head = fmt.Appendf(head, "X: %d\r\n", i)
	}
	head = append(head, "Late: 1\r\n\r\n"...)
	if quickly(Request, head) == nil {
		t.Error("not quick")
	}
	sameAsSlow(t, Request, head)
}

// TestWords compares what is said of eight octets at a time with what is said of
// each: only the first one that is marked counts.
func TestWords(t *testing.T) {
	first := func(marks uint64) int { return bits.TrailingZeros64(marks) / 8 }
	for at := range 8 {
		for c := range 256 {
			for _, next := range []byte{0, ' ', ',', '-', 'a', 0x7F, 0xFF} {
				b := []byte("-azAZ-mM")
				b[at], b[(at+1)%8] = byte(c), next
				x := binary.LittleEndian.Uint64(b)
				name := func(c byte) bool { return c == '-' || c|0x20 >= 'a' && c|0x20 <= 'z' }
				if got, want := first(otherThanName(x)), ends(b, name); got != want {
					t.Fatalf("otherThanName(%q) marks %d, want %d", b, got, want)
				}
				if got, want := first(oddOctets(x)), ends(b, func(c byte) bool { return c >= 0x20 && c < 0x7F }); got != want {
					t.Fatalf("oddOctets(%q) marks %d, want %d", b, got, want)
				}
			}
		}
	}
}

// ends gives the index of the first octet that is not in a set.
func ends(b []byte, in func(byte) bool) int {
	for i, c := range b {
		if !in(c) {
			return i
		}
	}
	return len(b)
}

// TestQuickTakesHeads: the reader gives the same for a head at once and in pieces.
func TestQuickTakesHeads(t *testing.T) {
	splitEverywhere(t, Request, "", plainRequest+plainRequest)
	splitEverywhere(t, Response, "GET", plainResponse)
}

func TestHeadsCostNothing(t *testing.T) {
	src := &oneMessage{}
	r := NewReader(Request, &silent{}, 0)
	r.UseSource(src, &Forms{})
	head := []byte(plainRequest)
	if n := testing.AllocsPerRun(100, func() { r.Feed(0, head) }); n > 0 {
		t.Errorf("%v allocations for a head", n)
	}
	if src.m.Target.Len() != len("/chat?a=%20b") {
		t.Errorf("target %v", src.m.Target)
	}
}

// TestHeadsAreForgotten: of the head that was in the memory of a message before nothing is
// left, in whichever way the two are read.
func TestHeadsAreForgotten(t *testing.T) {
	const first = "GET / HTTP/1.1\r\nX-Gone: 1\r\nx-gone: 2\r\n\r\n"
	for _, next := range []string{"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\nHost: a\n\n", "GET / HTTP/1.1\r\nHost : a\r\n\r\n"} {
		for _, before := range []string{first, strings.ReplaceAll(first, "\r\n", "\n")} {
			src := &oneMessage{}
			r := NewReader(Request, &silent{}, 0)
			r.UseSource(src, &Forms{})
			r.Feed(0, []byte(before))
			r.Feed(uint64(len(before)), []byte(next))
			if m := &src.m; m.NumFields() != 1 || m.Has("X-Gone") || m.MayRepeat() || m.Get("Host") != "a" {
				t.Errorf("%q behind %q: %d fields, X-Gone %t, Host %q", next, before, m.NumFields(), m.Has("X-Gone"), m.Get("Host"))
			}
		}
	}
}

type oneMessage struct{ m Message }

func (s *oneMessage) Message() *Message { return &s.m }

func (s *oneMessage) Foretold(Kind, []byte, int) *Message { return nil }

func FuzzQuick(f *testing.F) {
	for _, s := range []string{baseline, baseline101, plainRequest, plainResponse} {
		f.Add([]byte(s), false)
		f.Add([]byte(s), true)
	}
	f.Fuzz(func(t *testing.T, src []byte, response bool) {
		kind := Request
		if response {
			kind = Response
		}
		sameAsSlow(t, kind, src)
	})
}
