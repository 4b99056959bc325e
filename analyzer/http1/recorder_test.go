package http1

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// recorder writes down what a Reader reports, one event a line. Runs of bytes
// are joined, so that the cut of the input does not show.
type recorder struct {
	t       *testing.T
	method  string // request method for responses
	events  []string
	heads   []*Message
	bytes   strings.Builder
	joining string
	next    uint64
	open    int
}

func (r *recorder) event(format string, args ...any) {
	r.flush()
	r.events = append(r.events, fmt.Sprintf(format, args...))
}

func (r *recorder) flush() {
	if r.joining != "" {
		r.events = append(r.events, fmt.Sprintf("%s %q", r.joining, r.bytes.String()))
		r.joining = ""
		r.bytes.Reset()
	}
}

func (r *recorder) join(what string, data []byte) {
	if r.joining != what {
		r.flush()
		r.joining = what
	}
	r.bytes.Write(data)
}

func (r *recorder) Head(m *Message) Framing {
	checkSpans(r.t, m)
	f := BodyFraming(m, r.method)
	if m.Kind == Request && m.Has("X-Switch") {
		f.Kind = FrameSwitch
	}
	r.heads = append(r.heads, m)
	r.open++
	r.event("head @%d %q complete=%v why=%v skipped=%d %v", m.Offset, m.Raw, m.Complete, m.Why, m.SkippedCRLF, f)
	for _, d := range m.Deviations {
		r.event("  %v", d)
	}
	return f
}

func (r *recorder) Body(_ *Message, data []byte) { r.join("body", data) }

func (r *recorder) End(_ *Message, why Stop) {
	r.event("end %v", why)
	r.open--
}

func (r *recorder) Switched(offset uint64, data []byte) {
	if r.joining != "switched" {
		r.event("switched at %d", offset)
	} else if offset != r.next {
		r.t.Errorf("switched bytes at %d, want %d", offset, r.next)
	}
	r.join("switched", data)
	r.next = offset + uint64(len(data))
}

func (r *recorder) NotHTTP(offset uint64, _ []byte) { r.event("not HTTP at %d", offset) }

func checkSpans(t *testing.T, m *Message) {
	check := func(what string, s Span) {
		if s.End < s.Start || int(s.End) > len(m.Raw) {
			t.Fatalf("%s span %v outside of %d bytes %q", what, s, len(m.Raw), m.Raw)
		}
	}
	for what, s := range map[string]Span{
		"line": m.Line, "method": m.Method, "target": m.Target,
		"version": m.Version, "status": m.StatusSpan, "reason": m.Reason,
	} {
		check(what, s)
	}
	for i := range m.NumFields() {
		f := m.Field(i)
		check("field", f.Line)
		check("name", f.Name)
		check("value", f.Value)
		_ = m.Value(i)
	}
	for _, d := range m.Deviations {
		check("deviation", d.Span)
		if d.Field >= m.NumFields() {
			t.Fatalf("deviation %v of %d fields", d, m.NumFields())
		}
	}
}

// read feeds the pieces one after another and closes the stream.
func read(t *testing.T, kind Kind, method string, why Stop, pieces ...string) *recorder {
	r := &recorder{t: t, method: method}
	reader := NewReader(kind, r, 4096)
	offset := uint64(0)
	for _, p := range pieces {
		data := []byte(p)
		reader.Feed(offset, data)
		clear(data) // nothing may be kept of it
		offset += uint64(len(p))
	}
	reader.Close(why)
	r.flush()
	if r.open != 0 {
		t.Errorf("%d heads without an end", r.open)
	}
	return r
}

// splitEverywhere checks that the cut of the input makes no difference.
func splitEverywhere(t *testing.T, kind Kind, method, input string) {
	t.Helper()
	want := read(t, kind, method, StopClose, input).events
	for i := 1; i < len(input); i++ {
		got := read(t, kind, method, StopClose, input[:i], input[i:]).events
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("split at %d (-whole +split):\n%s", i, d)
		}
	}
	got := read(t, kind, method, StopClose, strings.Split(input, "")...).events
	if d := cmp.Diff(want, got); d != "" {
		t.Fatalf("byte by byte (-whole +split):\n%s", d)
	}
}
