package analyzer

import (
	"testing"

	"github.com/handshark/handshark/reassembly"
)

// acked sets what was acknowledged of the client.
func (r *rig) acked(beyond uint64) *rig {
	h := &r.c.Halves[client]
	h.Bytes, h.Acked = r.off[client], r.off[client]+beyond
	return r
}

// reset ends the connection with an RST of the client so far behind its octets.
func (r *rig) reset(beyond uint64) *rig {
	h := &r.c.Halves[client]
	h.Bytes, h.RST = r.off[client], reassembly.Mark{Offset: r.off[client] + beyond, Seen: true}
	return r.rst(client)
}

// TestUnseenLeave has what the client said or how it left show in nothing but numbers.
func TestUnseenLeave(t *testing.T) {
	const confused = "\x88\x02\x03\xea" // 1002
	unknown := func(frames int) said {
		return said{Outcome: Incomplete, By: ByCaptureEnd, Target: "/chat", Frames: [2]int{0, frames}}
	}
	r := newRig(t, Options{})
	upgraded := func() *rig { return r.open().from(client, ask).from(server, accept) }

	upgraded().reset(0).end(reassembly.EndFinished)
	r.want(said{Outcome: Aborted, By: ByClient, Kind: EndingClientLeft, Target: "/chat"})
	upgraded().reset(1).end(reassembly.EndFinished) // behind its FIN
	r.want(said{Outcome: Aborted, By: ByClient, Kind: EndingClientLeft, Target: "/chat"})
	upgraded().reset(20).end(reassembly.EndFinished) // behind a frame
	r.want(unknown(0))

	upgraded().acked(0).fin(server).end(reassembly.EndFinished)
	r.want(said{Outcome: ClosedEarly, By: ByServer, Kind: EndingDropped, Target: "/chat"})
	upgraded().acked(1).fin(server).end(reassembly.EndFinished)
	r.want(unknown(0))

	upgraded().acked(0).from(server, confused).fin(server).end(reassembly.EndFinished)
	r.want(said{Outcome: ClosedEarly, By: ByServer, Kind: EndingClose, Code: 1002, Target: "/chat", Frames: [2]int{0, 1}})
	upgraded().acked(1).from(server, confused).fin(server).end(reassembly.EndFinished)
	r.want(unknown(1))
	upgraded().acked(1).from(server, policy).fin(server).end(reassembly.EndFinished)
	r.want(said{Outcome: ClosedEarly, By: ByServer, Kind: EndingClose, Code: 1008, Target: "/chat", Frames: [2]int{0, 1}})
}

// TestUnseenWords has a server end a connection of which the words were not captured.
func TestUnseenWords(t *testing.T) {
	r := newRig(t, Options{})
	r.open().fin(server).end(reassembly.EndFinished)
	r.want(said{Outcome: Closed, By: ByServer, Kind: EndingNoTCP})
	for _, s := range []reassembly.Side{client, server} {
		r.open().lose(s, 40).fin(server).end(reassembly.EndFinished)
		r.want()
	}
}

// TestUnseenHello has a connection in TLS end before a hello of the server was captured.
func TestUnseenHello(t *testing.T) {
	const alert, record = "\x15\x03\x03\x00\x02\x02\x28", "\x17\x03\x03\x00\x05abcde"
	r := newRig(t, Options{})
	for _, c := range []struct {
		name  string
		begin func() *rig
		then  func()
		fails bool
	}{
		{"server hangs up", r.open, func() { r.fin(server) }, true},
		{"server hangs up, SYN missing", r.mid, func() { r.fin(server) }, true},
		{"client's FIN missing", r.open, func() { r.acked(1).fin(server) }, false},
		{"server's FIN missing", r.open, func() { r.c.Halves[server].Acked = 1; r.wait(leftAtOnce).fin(client) }, false},
		{"alert", r.open, func() { r.from(server, alert).fin(server) }, true},
		{"alert, SYN missing", r.mid, func() { r.from(server, alert).fin(server) }, true},
		{"no TLS", r.open, func() { r.from(server, "SSH-2.0-x\r\n").fin(server) }, true},
		{"no TLS, SYN missing", r.mid, func() { r.from(server, "SSH-2.0-x\r\n").fin(server) }, false},
		{"HTTP, SYN missing", r.mid, func() { r.from(server, refuse).fin(server) }, true},
		{"records", r.open, func() { r.from(server, record).fin(server) }, true},
		{"records, SYN missing", r.mid, func() { r.from(server, record).fin(server) }, false},
		{"client leaves at once", r.open, func() { r.fin(client) }, false},
		{"client leaves at once, so does the server", r.open, func() { r.fin(client).fin(server) }, true},
		{"client leaves late", r.open, func() { r.wait(leftAtOnce).fin(client) }, true},
	} {
		c.begin().from(client, clientHello)
		c.then()
		r.c.Halves[server].Bytes = r.off[server]
		r.end(reassembly.EndFinished)
		if failed := len(r.got) == 1 && r.got[0].Outcome == TLSFailed; failed != c.fails || len(r.got) > 1 {
			t.Errorf("%s: %+v; want a failure: %t", c.name, r.got, c.fails)
		}
		r.got = nil
	}
}
