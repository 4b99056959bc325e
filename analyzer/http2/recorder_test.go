package http2

import (
	"fmt"
	"strings"
)

// recorder writes down what a Reader calls, in a way that does not depend on how the
// data of a frame was cut.
type recorder struct {
	calls  []string
	run    string // what octets of the last call belong to; "" = it had none
	skip   map[uint32]bool
	list   bool // fields and data in full
	losses int
	octets int  // of Data
	after  bool // something was called after Lost
}

func (r *recorder) add(format string, args ...any) {
	r.after = r.after || r.losses > 0
	r.calls = append(r.calls, fmt.Sprintf(format, args...))
	r.run = ""
}

func (r *recorder) Settings(f *Frame, list []Setting) { r.add("%v settings %v", *f, list) }

func (r *recorder) Head(h *Head) {
	var b strings.Builder
	for _, f := range h.Fields {
		fmt.Fprintf(&b, " %q=%q", f.Name, f.Value)
		if f.Sensitive {
			b.WriteByte('!')
		}
	}
	r.add("head %d %d %d-%d %t %v%s", h.Stream, h.Promised, h.Offset, h.End, h.EndStream, h.Why, b.String())
}

func (r *recorder) Data(f *Frame, offset uint64, data []byte) {
	if len(data) == 0 {
		r.add("%v empty data", *f)
	}
	r.octets += len(data)
	r.part("data", f, offset, uint64(len(data)), fmt.Sprintf("%x", data))
}

func (r *recorder) Missing(f *Frame, offset, n uint64) { r.part("missing", f, offset, n, "") }

// part joins what continues the call before.
func (r *recorder) part(what string, f *Frame, offset, n uint64, text string) {
	if key := fmt.Sprintf("%s %v %d", what, *f, offset); r.run == key {
		r.calls[len(r.calls)-1] += text
	} else {
		r.add("%s%s", key, " "+text)
	}
	r.run = fmt.Sprintf("%s %v %d", what, *f, offset+n)
}

func (r *recorder) End(f *Frame)                   { r.add("%v end", *f) }
func (r *recorder) Reset(f *Frame, code ErrorCode) { r.add("%v reset %v", *f, code) }

func (r *recorder) GoAway(f *Frame, last uint32, code ErrorCode, debug []byte) {
	r.add("%v goaway %d %v %q", *f, last, code, debug)
}

func (r *recorder) Wants(stream uint32) bool { return !r.skip[stream] }

func (r *recorder) Lost(offset uint64, why Loss) {
	r.add("lost %d %v", offset, why)
	r.losses++
}
