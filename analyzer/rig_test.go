package analyzer

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/reassembly"
)

const (
	client = reassembly.Client
	server = reassembly.Server

	ms = int64(1e6)
)

// said is what a test compares of a handshake.
type said struct {
	Outcome Outcome
	By      Party
	Kind    EndingKind
	Status  int
	Code    uint16
	Target  string
	Ordinal int
	Frames  [2]int
}

// rig feeds an Analyzer with the streams of one conversation after another.
type rig struct {
	t     *testing.T
	a     *Analyzer
	c     *reassembly.Conversation
	frame uint64
	now   int64
	off   [2]uint64
	size  int // octets of a segment; 0 = whole
	got   []said
	spare []string         // chunks of which no copy is to be kept
	look  func(*Handshake) // sees each handshake; may be nil
	ahead *foreteller      // reads heads ahead; may be nil
	inner *sealed          // what is said is said inside of TLS; nil = in clear
}

func newRig(t *testing.T, o Options) *rig {
	r := &rig{t: t, now: 1000 * ms}
	r.a = New(func(h *Handshake) {
		r.got = append(r.got, summarise(h))
		if r.look != nil {
			r.look(h)
		}
	}, o)
	return r
}

func summarise(h *Handshake) said {
	s := said{
		Outcome: h.Outcome, By: h.EndedBy, Kind: h.Ending.Kind, Status: h.Ending.Status,
		Code: h.Ending.Code, Ordinal: h.Ordinal,
	}
	if h.Request != nil {
		s.Target = h.Request.Text(h.Request.Target)
	}
	if h.Upgraded != nil {
		s.Frames = h.Upgraded.Frames
	}
	return s
}

// ref is the next packet, a millisecond after the one before.
func (r *rig) ref() capture.Ref {
	r.frame++
	r.now += ms
	r.a.See(r.now)
	return capture.Ref{Frame: r.frame, Time: r.now}
}

// open starts a conversation with its TCP handshake.
func (r *rig) open() *rig {
	r.mid()
	r.c.SYN = reassembly.Mark{Ref: r.ref(), Seen: true}
	r.c.SYNs, r.c.First = 1, r.c.SYN.Ref
	r.c.SYNACK = reassembly.Mark{Ref: r.ref(), Seen: true}
	r.c.Halves[client].Packets, r.c.Halves[server].Packets = 2, 1
	if r.inner != nil {
		r.inner.open(r)
	}
	return r
}

// mid starts a conversation whose beginning was not captured.
func (r *rig) mid() *rig {
	r.c = &reassembly.Conversation{
		Client: capture.Endpoint{Addr: capture.AddrFrom4([]byte{192, 0, 2, 1}), Port: 50000},
		Server: capture.Endpoint{Addr: capture.AddrFrom4([]byte{192, 0, 2, 2}), Port: 80},
	}
	r.off = [2]uint64{}
	r.c.First = capture.Ref{Frame: r.frame + 1, Time: r.now + ms}
	r.a.Opened(r.c)
	return r
}

// from sends octets; the sender has acknowledged all of the other side.
func (r *rig) from(s reassembly.Side, data string) *rig { return r.acking(s, r.off[s.Other()], data) }

// acking sends octets whose sender has acknowledged so much of the other side.
func (r *rig) acking(s reassembly.Side, acked uint64, data string) *rig {
	if r.inner != nil {
		data = r.inner.seal(s, data)
	}
	return r.octets(s, acked, data)
}

// octets sends octets as they are.
func (r *rig) octets(s reassembly.Side, acked uint64, data string) *rig {
	for len(data) > 0 {
		n := len(data)
		if r.size > 0 {
			n = min(n, r.size)
		}
		ch := reassembly.Chunk{From: s, Offset: r.off[s], Data: []byte(data[:n]), Ref: r.ref(), Acked: acked, HasAck: true}
		r.c.Halves[s].Packets++
		r.c.Halves[s].DataPackets++
		r.c.Last = ch.Ref
		r.off[s] += uint64(n)
		if !r.c.Ignored() {
			r.ahead.data(r.a, r.c, &ch)
		}
		if ch.Unkept {
			r.spare = append(r.spare, data[:n])
		}
		clear(ch.Data) // it is valid during the call only
		data = data[n:]
	}
	return r
}

// lose drops octets of a side.
func (r *rig) lose(s reassembly.Side, n uint64) *rig {
	r.c.Halves[s].Missing += n
	if !r.c.Ignored() {
		r.a.Data(r.c, &reassembly.Chunk{From: s, Offset: r.off[s], Gap: n, Loss: reassembly.LossNotCaptured, Ref: r.ref()})
	}
	r.off[s] += n
	return r
}

func (r *rig) wait(d int64) *rig { r.now += d; return r }

func (r *rig) signal(s reassembly.Side, k reassembly.SignalKind, w reassembly.Window) *rig {
	sig := reassembly.Signal{From: s, Kind: k, Offset: r.off[s], Ref: r.ref(), Window: w}
	r.c.Halves[s].Packets++
	if k == reassembly.FIN {
		r.c.Halves[s].FIN = reassembly.Mark{Ref: sig.Ref, Offset: sig.Offset, Seen: true}
	}
	r.c.Last = sig.Ref
	r.a.Signal(r.c, &sig)
	return r
}

func (r *rig) fin(s reassembly.Side) *rig { return r.signal(s, reassembly.FIN, reassembly.InWindow) }
func (r *rig) rst(s reassembly.Side) *rig { return r.signal(s, reassembly.RST, reassembly.InWindow) }

func (r *rig) end(e reassembly.End) *rig {
	r.a.Closed(r.c, e)
	return r
}

// want compares what was handed on since the last call.
func (r *rig) want(list ...said) {
	r.t.Helper()
	if d := cmp.Diff(r.got, list); d != "" {
		r.t.Errorf("handshakes (-got +want):\n%s", d)
	}
	r.got = nil
}

const (
	ask     = "GET /chat HTTP/1.1\r\nHost: a.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: aGFuZHNoYXJrLW5vbmNlIQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
	accept  = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n"
	get     = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"
	ok2     = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
	refuse  = "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno"
	hello   = "\x81\x05hello"
	masked  = "\x81\x82\x00\x00\x00\x00hi"
	goodbye = "\x88\x02\x03\xe8"
	policy  = "\x88\x02\x03\xf0" // 1008
)

// est is an established handshake with so many frames of each side.
func est(c, s int) said { return said{Outcome: Established, Target: "/chat", Frames: [2]int{c, s}} }
