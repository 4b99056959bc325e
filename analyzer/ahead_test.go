package analyzer

import (
	"slices"
	"strings"
	"testing"

	"github.com/handshark/handshark/analyzer/http1"
	"github.com/handshark/handshark/reassembly"
)

// foreteller reads heads ahead of an Analyzer, always into the same memory.
type foreteller struct {
	reader HeadReader
	head   Head
	met    int // heads that were taken
}

// data hands octets over, having told of the head that they begin with; f may be nil.
func (f *foreteller) data(a *Analyzer, c *reassembly.Conversation, ch *reassembly.Chunk) {
	if f == nil || !f.reader.Read(&f.head, ch.Data) {
		a.Data(c, ch)
		return
	}
	a.Expect(&f.head)
	a.Data(c, ch)
	if a.pool.expected == nil {
		f.met++
	}
	a.Expect(nil)
}

// TestHeadsAhead: a head that was read ahead is taken where a Reader is at its start,
// and a request then is what it is otherwise.
func TestHeadsAhead(t *testing.T) {
	const hixie = "GET /chat HTTP/1.1\r\nHost: a.test\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n" +
		"Origin: http://a.test\r\nSec-WebSocket-Key1: 1\r\nSec-WebSocket-Key2: 2\r\n\r\n"
	for name, tc := range map[string]struct {
		say func(*rig)
		met int
	}{
		"both heads": {func(r *rig) { r.from(client, ask).from(server, accept+hello).from(client, masked) }, 2},
		"glued":      {func(r *rig) { r.from(client, ask+masked).from(server, accept+hello) }, 2},
		"keep-alive": {func(r *rig) { r.from(client, get).from(server, ok2).from(client, ask).from(server, refuse) }, 4},
		"pipelined":  {func(r *rig) { r.from(client, get+ask).from(server, ok2+refuse) }, 2},
		"a body": {func(r *rig) {
			r.from(client, strings.Replace(ask, "\r\n", "\r\nContent-Length: 5\r\n", 1)+"hello").from(server, refuse)
		}, 2},
		"a third key":          {func(r *rig) { r.from(client, hixie).from(client, "GET 1234").from(server, refuse) }, 2},
		"behind a start":       {func(r *rig) { r.from(client, ask[:9]).from(client, ask[9:]).from(server, accept) }, 1},
		"a head within a head": {func(r *rig) { r.from(client, "GET /a HTTP/1.1\r\nX: ").from(client, ask).from(server, refuse) }, 1},
		"of the wrong side":    {func(r *rig) { r.from(server, accept).from(client, accept) }, 1},
		"in a body": {func(r *rig) {
			r.from(client, ask).from(server, strings.Replace(refuse, "\r\n\r\n", "\r\n\r\n"+refuse, 1))
		}, 2},
		"after lost octets": {func(r *rig) { r.lose(client, 9).from(client, ask).from(server, accept+hello) }, 2},
	} {
		t.Run(name, func(t *testing.T) {
			var told [2][]string
			f := &foreteller{}
			for i, ahead := range []*foreteller{nil, f} {
				r := newRig(t, Options{})
				r.ahead = ahead
				r.look = func(h *Handshake) { told[i] = append(told[i], (&script{}).tell(h)) }
				for range 3 {
					tc.say(r.open())
					r.end(reassembly.EndCapture)
				}
			}
			if f.met != 3*tc.met {
				t.Errorf("%d heads were taken, want %d", f.met, 3*tc.met)
			}
			if len(told[0]) == 0 || !slices.Equal(told[0], told[1]) {
				t.Errorf("without and with:\n%q\n%q", told[0], told[1])
			}
		})
	}
}

// TestMarksAhead: what was told of a request ahead is not worked out again.
func TestMarksAhead(t *testing.T) {
	r := newRig(t, Options{}).open()
	ch := reassembly.Chunk{From: client, Data: []byte(get), Ref: r.ref()}
	var reader HeadReader
	var h Head
	if !reader.Read(&h, ch.Data) || h.asks {
		t.Fatal("it was not read, or asks for a WebSocket")
	}
	h.asks = true
	r.a.Expect(&h)
	r.a.Data(r.c, &ch)
	if x := r.c.User.(*conn); !x.queue[0].attempt {
		t.Error("it was looked at again")
	}
}

// TestForetold: what was read ahead is taken once, for those very octets alone, and only
// where as many may be taken.
func TestForetold(t *testing.T) {
	data := []byte(ask)
	for name, tc := range map[string]struct {
		kind  http1.Kind
		data  []byte
		limit int
		want  bool
	}{
		"as it was":         {http1.Request, data, len(data), true},
		"another kind":      {http1.Response, data, len(data), false},
		"a copy":            {http1.Request, slices.Clone(data), len(data), false},
		"what is behind":    {http1.Request, data[1:], len(data), false},
		"a part":            {http1.Request, data[:len(data)-1], len(data), false},
		"over the limit":    {http1.Request, data, len(data) - 1, false},
		"more in the chunk": {http1.Request, data, len(data) + 1, true},
	} {
		var r HeadReader
		var h Head
		var p pool
		if !r.Read(&h, data) {
			t.Fatal("it was not read")
		}
		p.expected = &h
		if got := p.Foretold(tc.kind, tc.data, tc.limit) != nil; got != tc.want {
			t.Errorf("%s: taken %t, want %t", name, got, tc.want)
		}
		if tc.want && p.Foretold(tc.kind, tc.data, tc.limit) != nil {
			t.Errorf("%s: taken twice", name)
		}
	}
}

// TestHeadsAheadCostNothing: messages go round.
func TestHeadsAheadCostNothing(t *testing.T) {
	var r HeadReader
	var h Head
	p := pool{lot: new(Lot)}
	data := []byte(ask)
	n := testing.AllocsPerRun(100, func() {
		if !r.Read(&h, data) {
			t.Fatal("it was not read")
		}
		p.expected = &h
		p.Foretold(http1.Request, data, len(data))
		m, _ := p.taken()
		p.message(m)
	})
	if n > 0 {
		t.Errorf("%v allocations for a head", n)
	}
}
