package http2

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// recorder writes down what a Reader calls, in a way that does not depend on how the
// data of a frame was cut.
type recorder struct {
	calls  []string
	run    string // what the octets of the last call are continued by; "" = it had none
	skip   map[uint32]bool
	plain  bool // without offsets
	losses int
}

func (r *recorder) add(format string, args ...any) {
	if r.losses > 0 {
		format = "after the loss: " + format
	}
	r.calls = append(r.calls, fmt.Sprintf(format, args...))
	r.run = ""
}

func (r *recorder) at(offset uint64) uint64 {
	if r.plain {
		return 0
	}
	return offset
}

func (r *recorder) frame(f *Frame) string {
	return fmt.Sprintf("%v %x %d %d@%d", f.Type, f.Flags, f.Stream, f.Length, r.at(f.Offset))
}

func (r *recorder) Settings(f *Frame, list []Setting) { r.add("%s %v", r.frame(f), list) }

func (r *recorder) Head(h *Head) {
	var b strings.Builder
	for _, f := range h.Fields {
		fmt.Fprintf(&b, " %q=%q", f.Name, f.Value)
		if f.Sensitive {
			b.WriteByte('!')
		}
	}
	r.add("head %d/%d %d-%d %t %v%s", h.Stream, h.Promised, r.at(h.Offset), r.at(h.End), h.EndStream, h.Why, b.String())
}

func (r *recorder) Data(f *Frame, offset uint64, data []byte) {
	if len(data) == 0 {
		r.add("empty data")
	}
	r.part("data", f, offset, uint64(len(data)), fmt.Sprintf("%x", data))
}

func (r *recorder) Missing(f *Frame, offset, n uint64) {
	r.part("missing", f, offset, n, strings.Repeat("--", int(n)))
}

// part joins what continues the call before.
func (r *recorder) part(what string, f *Frame, offset, n uint64, text string) {
	key := fmt.Sprintf("%s of %s", what, r.frame(f))
	if r.run == fmt.Sprintf("%s from %d", key, r.at(offset)) {
		r.calls[len(r.calls)-1] += text
	} else {
		r.add("%s from %d %s", key, r.at(offset), text)
	}
	r.run = fmt.Sprintf("%s from %d", key, r.at(offset+n))
}

func (r *recorder) End(f *Frame)                   { r.add("%s ends", r.frame(f)) }
func (r *recorder) Reset(f *Frame, code ErrorCode) { r.add("%s %v", r.frame(f), code) }

func (r *recorder) GoAway(f *Frame, last uint32, code ErrorCode, debug []byte) {
	r.add("%s %d %v %q", r.frame(f), last, code, debug)
}

func (r *recorder) Wants(stream uint32) bool { return !r.skip[stream] }

func (r *recorder) Lost(offset uint64, why Loss) {
	r.add("lost %d %v", r.at(offset), why)
	r.losses++
}

// input is a stream with what was not captured of it.
type input struct {
	client bool
	data   []byte
	gaps   []gap
	skip   map[uint32]bool
}

// gap is what is missing, in order and apart from each other.
type gap struct{ at, n int }

// feed gives the octets from one to another position to r, or says that they are missing.
func (in *input) feed(r *Reader, from, to int, shift uint64) {
	for _, g := range in.gaps {
		if start, end := max(from, g.at), min(to, g.at+g.n); start < end {
			r.Feed(uint64(from)+shift, in.data[from:start])
			r.Gap(uint64(start)+shift, uint64(end-start))
			from = end
		}
	}
	r.Feed(uint64(from)+shift, in.data[from:to])
}

// read gives what a Reader calls if the stream is cut at some places.
func (in *input) read(cuts ...int) *recorder {
	h := &recorder{skip: in.skip}
	r, from := NewReader(in.client, h), 0
	for _, to := range append(cuts, len(in.data)) {
		in.feed(r, from, to, 0)
		from = to
	}
	return h
}

// apart reads as read, with octets of something else at each cut.
func (in *input) apart(cuts ...int) *recorder {
	h := &recorder{skip: in.skip, plain: true}
	r, from := NewReader(in.client, h), 0
	for i, to := range append(cuts, len(in.data)) {
		in.feed(r, from, to, uint64(i*1000))
		from = to
	}
	return h
}

// sparing reads as read, and leaves out all that Within allows to leave out.
func (in *input) sparing(cuts ...int) *recorder {
	h := &recorder{skip: in.skip}
	r, from := NewReader(in.client, h), 0
	for _, to := range append(cuts, len(in.data)) {
		if r.Within(to - from) {
			r.Gap(uint64(from), uint64(to-from))
		} else {
			in.feed(r, from, to, 0)
		}
		from = to
	}
	return h
}

// everyCut is where a stream of n octets is cut to be read octet by octet.
func everyCut(n int) []int {
	var cuts []int
	for i := 1; i < n; i++ {
		cuts = append(cuts, i)
	}
	return cuts
}

// alike fails if the ways to cut the stream make a difference, and gives what is read.
func (in *input) alike(tb testing.TB, list ...[]int) []string {
	tb.Helper()
	want, plain := in.read().calls, in.apart().calls
	for _, cuts := range list {
		for name, got := range map[string][2][]string{
			"cut":     {want, in.read(cuts...).calls},
			"apart":   {plain, in.apart(cuts...).calls},
			"sparing": {want, in.sparing(cuts...).calls},
		} {
			if d := cmp.Diff(got[0], got[1]); d != "" {
				tb.Fatalf("%s at %d: -want +got:\n%s", name, cuts, d)
			}
		}
	}
	return want
}

// everywhere cuts the stream at each octet, and at all of them.
func (in *input) everywhere(tb testing.TB) []string {
	tb.Helper()
	list := [][]int{everyCut(len(in.data))}
	for i := range in.data {
		list = append(list, []int{i})
	}
	return in.alike(tb, list...)
}

// frame gives the octets of a frame.
func frame(t FrameType, flags uint8, stream uint32, payload string) string {
	n := len(payload)
	header := []byte{byte(n >> 16), byte(n >> 8), byte(n), byte(t), flags, byte(stream >> 24), byte(stream >> 16), byte(stream >> 8), byte(stream)}
	return string(append(header, payload...))
}

// begins is what a server begins with: nine octets.
func begins() string { return frame(Settings, 0, 0, "") }

const beginsCall = "SETTINGS 0 0 0@0 []"

// server is the stream of a server that begins as it has to.
func server(frames ...string) *input {
	return &input{data: []byte(begins() + strings.Join(frames, ""))}
}

func same(tb testing.TB, got []string, want ...string) {
	tb.Helper()
	if d := cmp.Diff(want, got); d != "" {
		tb.Errorf("-want +got:\n%s", d)
	}
}
