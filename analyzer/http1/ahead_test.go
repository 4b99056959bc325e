package http1

import (
	"strings"
	"testing"
)

// ahead reads a head ahead, and holds it to what parse makes of it.
func ahead(t *testing.T, a *Ahead, m *Message, data []byte) bool {
	t.Helper()
	if !a.Read(m, data) {
		return false
	}
	want := slow(m.Kind, data)
	if want == nil {
		t.Fatalf("no whole head: %q", data)
	}
	want.Complete = true
	alike(t, want, m)
	if string(m.Raw) != string(data[:len(m.Raw)]) {
		t.Fatalf("%q is kept of %q", m.Raw, data)
	}
	return true
}

// TestAhead: what is read ahead is whole heads as most are, and other octets are left to
// the Reader, whatever is in the memory.
func TestAhead(t *testing.T) {
	long := request("X: " + strings.Repeat("x", aheadLimit))
	for _, c := range []struct {
		data string
		read bool
	}{
		{plainRequest, true},
		{plainRequest + "behind", true},
		{plainResponse, true},
		{plainRequest + plainRequest, true},
		{plainRequest[:len(plainRequest)-1], false},
		{strings.ReplaceAll(plainRequest, "\r\n", "\n"), false},
		{strings.Replace(plainRequest, "GET /", "POST /", 1), false},
		{strings.Replace(plainResponse, "HTTP/1.1 ", "HTTP/1.x ", 1), false},
		{long, false},
		{"GET /", false},
		{"", false},
	} {
		var a Ahead
		m := &Message{Kind: Response, Raw: []byte("old"), Deviations: []Deviation{{}}, SkippedCRLF: 1, Why: StopGap}
		for range 2 {
			if ok := ahead(t, &a, m, []byte(c.data)); ok != c.read {
				t.Errorf("%q: read %t, want %t", c.data, ok, c.read)
			}
		}
	}
}

// TestAheadGivesUp: heads that are all different are not read twice for nothing.
func TestAheadGivesUp(t *testing.T) {
	var a Ahead
	var m Message
	read := 0
	for i := range 10 * formsMissed {
		if a.Read(&m, []byte(request("X-"+strings.Repeat("x", i+1)+": 1"))) {
			read++
		}
	}
	if most := formsMissed + 10*formsMissed/formTried; read > most {
		t.Errorf("%d of %d heads were read", read, 10*formsMissed)
	}
	for range formTried * formLearnt { // a form that comes again is learnt
		a.Read(&m, []byte(plainRequest))
	}
	if !a.Read(&m, []byte(plainRequest)) {
		t.Error("a head that comes again and again is not read")
	}
}

func FuzzAhead(f *testing.F) {
	for _, s := range []string{baseline, baseline101, plainRequest, plainResponse, request("Date: 1", "X:")} {
		f.Add([]byte(s), []byte(plainRequest))
		f.Add([]byte(plainResponse), []byte(s))
	}
	f.Fuzz(func(t *testing.T, x, y []byte) {
		var a Ahead
		var m Message
		for range formLearnt {
			a.Read(&m, x)
			a.Read(&m, y)
		}
		ahead(t, &a, &m, x)
		ahead(t, &a, &m, y)
	})
}
