package analyzer

import (
	"strings"
	"testing"

	"github.com/handshark/handshark/analyzer/http2"
	"github.com/handshark/handshark/reassembly"
)

// TestHTTP2Held counts what is held of streams, and no more than that.
func TestHTTP2Held(t *testing.T) {
	const piece, pieces = 1000, 60
	r := newRig(t, Options{})
	h := newSpoken(r.open()).greets()
	greeted := r.a.Held()
	h.say(client, h.asks(1))
	asked := r.a.Held()
	if n := asked - greeted; n < streamCost || n > streamCost+2<<10 {
		t.Errorf("%d octets are held for a request", n)
	}
	for range pieces {
		h.say(client, body(1, strings.Repeat("x", piece), false))
	}
	early := r.a.Held()
	if n := early - asked; n < piece*pieces || n > (piece+2*placeCost)*pieces {
		t.Errorf("%d octets are held for early DATA", n)
	}
	long := strings.Repeat("x", 10<<10)
	for range 10 * interimKept {
		h.say(server, heads(1, false, lone(":status", "103", "link", long)))
	}
	hinted := r.a.Held()
	if n := hinted - early; n < interimKept*len(long) || n > interimKept*(len(long)+1<<10) {
		t.Errorf("%d octets are held for interim answers", n)
	}
	h.say(client, h.asks(3)).say(server, h.answer(1, true, "403"), resets(3, http2.Cancel))
	if n := r.a.Held(); n > greeted+16<<10 { // the tables are larger
		t.Errorf("%d octets are held when all is answered, %d before", n, greeted)
	}
	if h.end(reassembly.EndCapture); r.a.Held() != 0 {
		t.Errorf("%d octets are held in the end", r.a.Held())
	}
}

// TestHTTP2Shed gives connections up that hold too much.
func TestHTTP2Shed(t *testing.T) {
	r := newRig(t, Options{MaxHeld: 1 << 20})
	h := newSpoken(r.open()).greets()
	for i := range uint32(streamsKept) {
		h.say(client, h.asks(1+2*i), body(1+2*i, strings.Repeat("x", 8<<10), false))
		if n := r.a.Held(); n > 1<<20 {
			t.Fatalf("%d octets are held", n)
		}
	}
	if n := r.a.Stats().Shed; n != 1 || len(r.got) == 0 {
		t.Errorf("%d connections are given up, %d attempts told", n, len(r.got))
	}
	h.end(reassembly.EndCapture)
}

// TestHTTP2PlacesOfLargeHead lists the packets of a head in many packets, and holds little
// more than the list.
func TestHTTP2PlacesOfLargeHead(t *testing.T) {
	r := newRig(t, Options{})
	r.look = func(h *Handshake) {
		if m := h.Request; len(m.Refs) != refsKept || cap(m.spans) > 1 || len(m.RefsOf(m.Line)) != refsKept {
			t.Errorf("%d packets, %d places", len(m.Refs), cap(m.spans))
		}
	}
	h := newSpoken(r.open()).greets()
	r.size = 1
	h.say(client, h.asks(1)).end(reassembly.EndCapture)
	r.want(unknown())
}
