package analyzer

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/handshark/handshark/reassembly"
)

// story is a conversation and what is to be handed on.
type story struct {
	do   func(*rig)
	want []said
}

// outcomes are the ways in which an attempt can end.
func outcomes() map[string]story {
	const finished, atEnd, timeout = reassembly.EndFinished, reassembly.EndCapture, int64(11e9)
	return map[string]story{
		"established, then used": {func(r *rig) {
			r.from(client, ask).from(server, accept+hello).from(client, masked).end(atEnd)
		}, []said{est(1, 1)}},
		"established, nothing after it": {func(r *rig) { r.from(client, ask).from(server, accept).end(atEnd) }, []said{est(0, 0)}},
		"established, closed properly": {func(r *rig) {
			r.from(client, ask).from(server, accept).from(client, masked).from(server, goodbye).fin(server).fin(client).end(finished)
		}, []said{est(1, 1)}},
		"closed early by a code": {func(r *rig) {
			r.from(client, ask).from(server, accept+policy).fin(server).fin(client).end(finished)
		}, []said{{Outcome: ClosedEarly, By: ByServer, Kind: EndingClose, Code: 1008, Target: "/chat", Frames: [2]int{0, 1}}}},
		"closed early without a Close frame": {func(r *rig) {
			r.from(client, ask).from(server, accept).from(client, masked).fin(server).fin(client).end(finished)
		}, []said{{Outcome: ClosedEarly, By: ByServer, Kind: EndingDropped, Target: "/chat", Frames: [2]int{1, 0}}}},
		"closed early: text after the 101": {func(r *rig) {
			r.from(client, ask).from(server, accept+"HTTP/1.1 500 Oops\r\n\r\n").fin(server).fin(client).end(finished)
		}, []said{{Outcome: ClosedEarly, By: ByServer, Kind: EndingDropped, Target: "/chat"}}},
		"aborted": {func(r *rig) { r.from(client, ask).from(server, accept).fin(client).fin(server).end(finished) },
			[]said{{Outcome: Aborted, By: ByClient, Kind: EndingClientLeft, Target: "/chat"}}},
		"rejected": {func(r *rig) { r.from(client, ask).from(server, refuse).end(atEnd) },
			[]said{{Outcome: Rejected, By: ByServer, Kind: EndingStatus, Status: 403, Target: "/chat"}}},
		"redirected": {func(r *rig) {
			r.from(client, ask).from(server, "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n").end(atEnd)
		}, []said{{Outcome: Redirected, By: ByServer, Kind: EndingStatus, Status: 302, Target: "/chat"}}},
		"not modified is no redirect": {func(r *rig) { r.from(client, ask).from(server, "HTTP/1.1 304 No\r\n\r\n").end(atEnd) },
			[]said{{Outcome: Rejected, By: ByServer, Kind: EndingStatus, Status: 304, Target: "/chat"}}},
		"no response, open": {func(r *rig) {
			r.from(client, ask).wait(timeout).end(atEnd)
			r.open().wait(timeout).from(client, get).end(atEnd)
		}, []said{{Outcome: Incomplete, By: ByCaptureEnd, Target: "/chat"}}},
		"no response, the client gave up": {func(r *rig) { r.from(client, ask).wait(timeout).fin(client).fin(server).end(finished) },
			[]said{{Outcome: NoResponse, By: ByClient, Kind: EndingNoStatus, Target: "/chat"}}},
		"reset":  {func(r *rig) { r.from(client, ask).rst(server).end(finished) }, []said{{Outcome: Reset, By: ByServer, Kind: EndingNoStatus, Target: "/chat"}}},
		"closed": {func(r *rig) { r.from(client, ask).fin(server).fin(client).end(finished) }, []said{{Outcome: Closed, By: ByServer, Kind: EndingNoStatus, Target: "/chat"}}},
		"malformed": {func(r *rig) { r.from(client, ask).from(server, "220 mail.test ESMTP\r\n").end(atEnd) },
			[]said{{Outcome: Malformed, By: ByServer, Kind: EndingNotHTTP, Target: "/chat"}}},
		"incomplete": {func(r *rig) { r.from(client, ask).end(atEnd) }, []said{{Outcome: Incomplete, By: ByCaptureEnd, Target: "/chat"}}},
		"the client reads on after its FIN": {func(r *rig) { r.from(client, ask).fin(client).from(server, refuse).fin(server).end(finished) },
			[]said{{Outcome: Rejected, By: ByServer, Kind: EndingStatus, Status: 403, Target: "/chat"}}},
		"an RST outside of the window ends nothing": {func(r *rig) {
			r.from(client, ask).signal(server, reassembly.RST, reassembly.OutsideWindow).from(server, accept+hello).from(client, masked).end(atEnd)
		}, []said{est(1, 1)}},
		"connect failed": {func(r *rig) { r.c.SYNACK.Seen = false; r.rst(server).end(finished) }, []said{{Outcome: ConnectFailed, By: ByServer, Kind: EndingNoTCP}}},
		"a probe":        {func(r *rig) { r.fin(client).fin(server).end(finished) }, nil},
		"TLS answered in plain": {func(r *rig) {
			r.from(client, clientHello).from(server, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").fin(server).fin(client).end(finished)
		}, []said{{Outcome: TLSFailed, By: ByServer, Kind: EndingTLS}}},
		"TLS alert": {func(r *rig) {
			r.from(client, clientHello).from(server, "\x15\x03\x03\x00\x02\x02\x28").fin(server).fin(client).end(finished)
		},
			[]said{{Outcome: TLSFailed, By: ByServer, Kind: EndingTLS}}},
	}
}

// TestOutcomes decides each way in which an attempt can end.
func TestOutcomes(t *testing.T) {
	for name, tc := range outcomes() {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, Options{})
			tc.do(r.open())
			r.want(tc.want...)
		})
	}
}

// clientHello is the smallest one that is read: TLS 1.2, one cipher suite.
var clientHello = "\x16\x03\x01\x00\x2d\x01\x00\x00\x29\x03\x03" + strings.Repeat("r", 32) + "\x00\x00\x02\xc0\x2f\x01\x00"

// wholes are conversations that may be cut anywhere.
func wholes() map[string]story {
	v2 := proxyV2Signature + "\x21\x11\x00\x0c\xc0\x00\x02\x09\xc0\x00\x02\x02\x10\x00\x00\x50"
	return map[string]story{
		"frames glued to the 101": {func(r *rig) { r.from(client, ask).from(server, accept+hello+hello).from(client, masked) }, []said{est(1, 2)}},
		"frames before the 101":   {func(r *rig) { r.from(client, ask+masked+masked).from(server, accept+hello) }, []said{est(2, 1)}},
		"interim responses": {func(r *rig) {
			r.from(client, ask).from(server, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"+accept+hello)
		}, []said{est(0, 1)}},
		"keep-alive": {func(r *rig) {
			r.from(client, get).from(server, ok2).from(client, strings.Replace(get, "GET", "HEAD", 1)).from(server, "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n")
			r.from(client, get).from(server, "HTTP/1.1 204 No Content\r\n\r\n").from(client, get).from(server, "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n")
			r.from(client, get).from(server, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n").from(client, ask).from(server, accept)
		}, []said{{Outcome: Established, Target: "/chat", Ordinal: 5}}},
		"pipelined": {func(r *rig) { r.from(client, get+get+ask).from(server, ok2+ok2+refuse) },
			[]said{{Outcome: Rejected, By: ByServer, Kind: EndingStatus, Status: 403, Target: "/chat", Ordinal: 2}}},
		"tunnel": {func(r *rig) {
			r.from(client, "CONNECT far.test:80 HTTP/1.1\r\nHost: far.test:80\r\n\r\n").from(server, "HTTP/1.1 200 Connected\r\n\r\n")
			r.from(client, ask).from(server, accept+hello)
		}, []said{{Outcome: Established, Target: "/chat", Ordinal: 1, Frames: [2]int{0, 1}}}},
		"PROXY v1": {func(r *rig) {
			r.from(client, "PROXY TCP4 192.0.2.9 192.0.2.2 4096 80\r\n"+ask).from(server, accept+hello)
		}, []said{est(0, 1)}},
		"PROXY v2": {func(r *rig) { r.from(client, v2+ask).from(server, accept+hello) }, []said{est(0, 1)}},
		"a response before its request": {func(r *rig) { r.from(server, refuse).acking(client, 0, ask) },
			[]said{{Outcome: Rejected, By: ByServer, Kind: EndingStatus, Status: 403, Target: "/chat"}}},
	}
}

// TestSplitEverywhere feeds whole conversations in segments of every small size:
// what is handed on must be the same.
func TestSplitEverywhere(t *testing.T) {
	for name, tc := range wholes() {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, Options{}) // one for all: what an earlier conversation left must not show
			for _, r.ahead = range []*foreteller{nil, {}} {
				for _, r.size = range []int{0, 1, 2, 3, 5, 7, 13, 29, 61} {
					tc.do(r.open())
					r.end(reassembly.EndCapture)
					r.want(tc.want...)
				}
			}
		})
	}
}

// TestSplitAtEachOctet cuts the server's stream at each octet of 101 and frames,
// and the client's at each octet of a PROXY header and request.
func TestSplitAtEachOctet(t *testing.T) {
	const header = "PROXY TCP4 192.0.2.9 192.0.2.2 4096 80\r\n"
	r := newRig(t, Options{})
	r.look = func(h *Handshake) {
		if h.Proxy == nil || h.Proxy.Src != "192.0.2.9:4096" {
			t.Errorf("PROXY header: %+v", h.Proxy)
		}
	}
	down, up := accept+hello+goodbye, header+ask
	for i := range max(len(down), len(up)) {
		d, u := min(i, len(down)), min(i, len(up))
		r.open().from(client, up[:u]).from(client, up[u:]).from(server, down[:d]).from(server, down[d:]).end(reassembly.EndCapture)
		r.want(est(0, 2))
	}
}

// TestPackets finds the packet of each head, frame and early octet.
func TestPackets(t *testing.T) {
	r := newRig(t, Options{})
	seen := false
	r.look = func(h *Handshake) {
		seen = true
		if h.Request.First.Frame != 3 || h.Response.First.Frame != 5 || h.Upgraded.First[server][0].Ref.Frame != 5 || !h.Upgraded.Glued {
			t.Errorf("request %v, response %v, frame %v", h.Request.First, h.Response.First, h.Upgraded.First[server][0].Ref)
		}
		if e := h.Upgraded.Early; e == nil || e.Ref.Frame != 4 || string(e.Data) != masked {
			t.Errorf("early: %+v", e)
		}
	}
	r.open().from(client, ask).from(client, masked).from(server, accept+hello).end(reassembly.EndCapture)
	if !seen {
		t.Error("nothing was handed on")
	}
}

// TestCutFrame: the packet of a frame that never ends is the one that began it,
// whatever was delivered of other conversations since.
func TestCutFrame(t *testing.T) {
	r := newRig(t, Options{})
	r.look = func(h *Handshake) {
		if f := h.Upgraded.First[server]; len(f) != 1 || f[0].Complete || f[0].Ref.Frame != 4 {
			t.Errorf("frames: %+v", f)
		}
	}
	r.open().from(client, ask).from(server, accept+hello[:4])
	first := r.c
	other := &rig{t: t, a: r.a, frame: 100, now: r.now}
	other.open().from(client, get)
	r.a.Closed(first, reassembly.EndCapture)
	r.want(est(0, 1))
}

// TestGaps: after lost responses the one that follows is paired by what its
// sender had acknowledged.
func TestGaps(t *testing.T) {
	r := newRig(t, Options{})
	r.open().from(client, get).from(client, ask)
	r.lose(server, uint64(len(ok2))).from(server, refuse).end(reassembly.EndCapture)
	r.want(said{Outcome: Rejected, By: ByServer, Kind: EndingStatus, Status: 403, Target: "/chat", Ordinal: 1})

	r.open().from(client, ask).lose(client, 10).from(server, accept+hello).end(reassembly.EndCapture)
	r.want(est(0, 1))
}

// TestHeadCut: a GET of which the capture shows too little to tell whether it is an
// attempt is counted, once for a conversation; one that was seen whole is not.
func TestHeadCut(t *testing.T) {
	r := newRig(t, Options{})
	counted := func(want uint64) {
		t.Helper()
		if n := r.a.Stats().NotJudged[HeadCut].Conversations; n != want {
			t.Errorf("%d conversations not judged, want %d", n, want)
		}
	}
	r.open().from(client, get).from(server, refuse)
	r.from(client, "GET /chat HTTP/1.1\r\nHo").fin(client).end(reassembly.EndFinished)
	r.open().from(client, ask[:len(ask)-2]).lose(client, 2).from(server, accept).end(reassembly.EndCapture)
	counted(0)
	r.open()
	for range 2 {
		r.from(client, "GET /chat HTTP/1.1\r\nHo").lose(client, uint64(len(ask))).from(server, refuse)
	}
	r.end(reassembly.EndCapture)
	counted(1)
	r.open().from(client, "GET /chat HTTP/1.1\r\nHo").end(reassembly.EndCapture)
	counted(2)
}

// TestOneDirection: nothing is decided about a side of which nothing was captured.
func TestOneDirection(t *testing.T) {
	r := newRig(t, Options{})
	r.open()
	r.c.SYNACK.Seen, r.c.Halves[server].Packets = false, 0
	r.from(client, ask).fin(client).end(reassembly.EndFinished)
	r.want(said{Outcome: Incomplete, By: ByCaptureEnd, Target: "/chat"})
	if n := r.a.Stats().NotJudged[OneDirection].Conversations; n != 0 {
		t.Errorf("%d conversations not judged, want 0: it was handed on", n)
	}
}

// TestLookAhead: a session is watched for so long, and for so many octets.
func TestLookAhead(t *testing.T) {
	r := newRig(t, Options{LookAheadBytes: 100})
	for range 2 { // the second conversation uses the memory of the first
		r.open().from(client, ask).from(server, accept).wait(6e9).from(server, policy)
		r.want(est(0, 0))
		if !r.c.Ignored() {
			t.Error("the session is followed beyond the look-ahead")
		}
		r.fin(server).end(reassembly.EndFinished)
		r.open().from(client, ask).from(server, accept)
		for range 30 {
			r.from(server, hello)
		}
		r.want(est(0, 15))
		r.from(server, policy).fin(server).end(reassembly.EndFinished)
		r.want()
	}
}

// TestWhatWaitsIsBounded sends without end what is kept until something else
// comes, one octet at a time where that is worst.
func TestWhatWaitsIsBounded(t *testing.T) {
	const most = 2 << 20
	for name, do := range map[string]func(*rig){
		"requests without responses": func(r *rig) { r.from(client, strings.Repeat(get, 20000)) },
		"large requests": func(r *rig) {
			for i := range 200 {
				r.from(client, fmt.Sprintf("GET /%d HTTP/1.1\r\nX: %s\r\n\r\n", i, strings.Repeat("x", 60000)))
			}
		},
		"responses without requests": func(r *rig) { r.from(server, strings.Repeat(ok2, 20000)) },
		"interim responses":          func(r *rig) { r.from(client, ask).from(server, strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 20000)) },
		"octets before the answer":   func(r *rig) { r.size = 1; r.from(client, ask+strings.Repeat(masked, 10000)) },
		"a head without end":         func(r *rig) { r.size = 1; r.from(client, "GET / HTTP/1.1\r\nX: "+strings.Repeat("x", 70000)) },
		"a PROXY header without end": func(r *rig) {
			r.size = 1
			r.from(client, proxyV2Signature+"\x21\x11\x0f\xff"+strings.Repeat("x", 5000))
		},
		"frames": func(r *rig) { r.from(client, ask).from(server, accept+strings.Repeat("\x82\x00", 30000)) },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, Options{})
			do(r.open())
			if n := r.a.Held(); n > most {
				t.Errorf("%d octets are held, want at most %d", n, most)
			}
			if x, ok := r.c.User.(*conn); ok {
				for s := range x.lanes {
					if n := len(x.lanes[s].track.places); n > placesKept {
						t.Errorf("%d places, want at most %d", n, placesKept)
					}
				}
				for _, ex := range x.queue {
					if len(ex.interim) > interimKept {
						t.Errorf("%d interim responses, want at most %d", len(ex.interim), interimKept)
					}
				}
			}
			r.end(reassembly.EndCapture)
			if n := r.a.Held(); n != 0 {
				t.Errorf("%d octets are held when all is over", n)
			}
		})
	}
}

// TestAbandonedAttempts: what gives way to later requests is handed on.
func TestAbandonedAttempts(t *testing.T) {
	r := newRig(t, Options{})
	r.open().from(client, ask).from(client, strings.Repeat(get, exchangesKept+1))
	r.want(said{Outcome: Incomplete, By: ByCaptureEnd, Target: "/chat"})
}

// TestShed: beyond the limit over all conversations the one that was quiet for
// longest is decided by what is known.
func TestShed(t *testing.T) {
	r := newRig(t, Options{MaxHeld: 64 << 10})
	for i := range 40 {
		r.open().from(client, strings.Replace(ask, "/chat", fmt.Sprintf("/%d", i), 1))
	}
	if n := len(r.got); n == 0 || uint64(n) != r.a.Stats().Shed {
		t.Fatalf("%d handed on, %d counted", n, r.a.Stats().Shed)
	}
	for i, h := range r.got {
		if want := (said{Outcome: Incomplete, By: ByCaptureEnd, Target: fmt.Sprintf("/%d", i)}); h != want {
			t.Errorf("got %+v, want %+v", h, want)
		}
	}
	if n := r.a.Held(); n > 64<<10 {
		t.Errorf("%d octets are held", n)
	}
}

// TestDecidedConversationsHoldNothing: once a session was judged, or TLS is known
// to have come about, its memory serves others while packets go by.
func TestDecidedConversationsHoldNothing(t *testing.T) {
	r := newRig(t, Options{LookAheadBytes: 10})
	r.open().from(client, ask).from(server, accept+hello+hello)
	r.want(est(0, 2))
	if n := r.a.Held(); n != 0 {
		t.Errorf("%d octets are held", n)
	}
	r.fin(client).fin(server).end(reassembly.EndFinished)
	r.want()
}

// TestNoAllocations: the usual handshake costs next to none once others went by.
func TestNoAllocations(t *testing.T) {
	r := newRig(t, Options{})
	run := func() {
		r.open().from(client, ask).from(server, accept+hello).from(client, masked).end(reassembly.EndCapture)
	}
	run()
	const rig = 12 // conversation, chunks and their data, what was said, id
	if n := testing.AllocsPerRun(200, run); n > rig+8 {
		t.Errorf("%v allocations for a handshake", n)
	}
}

// TestUnkept: copies are kept of heads, and of bodies that a handshake is judged by.
func TestUnkept(t *testing.T) {
	r := newRig(t, Options{}).open()
	r.from(client, "POST /log HTTP/1.1\r\nContent-Length: 4\r\n\r\n").from(client, "what")
	r.from(server, "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n").from(server, "body").from(server, "end")
	r.from(client, ask).from(server, "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\n").from(server, "no")
	if want := []string{"what", "body", "end"}; !slices.Equal(r.spare, want) {
		t.Errorf("%q are not kept, want %q", r.spare, want)
	}
}

// TestSwallowed: a body that goes on until the end, of a response whose request came
// later, may hold anything: what is known of it at the end is not all, whenever the
// handshake is decided.
func TestSwallowed(t *testing.T) {
	for _, hold := range []bool{false, true} {
		r := newRig(t, Options{Hold: hold}).open()
		seen := 0
		r.look = func(h *Handshake) {
			seen++
			if h.Decide(); h.Request == nil || h.Response == nil || h.Lost&ResponseBody == 0 {
				t.Errorf("hold %v: request %v, response %v, lost %v", hold, h.Request != nil, h.Response != nil, h.Lost)
			}
		}
		r.acking(server, uint64(len(ask)), "HTTP/1.1 200 OK\r\n\r\nabc").acking(client, 0, ask).end(reassembly.EndIdle)
		if seen != 1 {
			t.Errorf("hold %v: %d handshakes", hold, seen)
		}
	}
}

// TestKeptForAHead: a body that nobody asks about is kept while a request before it
// is unanswered, whose head may come again.
func TestKeptForAHead(t *testing.T) {
	r := newRig(t, Options{}).open()
	r.from(client, ask).from(client, "POST /log HTTP/1.1\r\nContent-Length: 4\r\n\r\n").from(client, "what")
	if len(r.spare) > 0 {
		t.Errorf("%q are not kept", r.spare)
	}
}

// TestTickIsBelieved: a tick is no packet whose clock may be another.
func TestTickIsBelieved(t *testing.T) {
	r := newRig(t, Options{Live: true}).open().from(client, ask)
	r.a.Tick(r.now + 11e9)
	if len(r.got) != 1 || r.got[0].Outcome != NoResponse {
		t.Errorf("%+v", r.got)
	}
}

// TestAbandoned: what is no WebSocket is abandoned as soon as that is known, what may
// still have something to say is followed.
func TestAbandoned(t *testing.T) {
	for name, tc := range map[string]struct {
		do   func(*rig)
		want bool
	}{
		"another protocol": {func(r *rig) { r.from(server, "220 mail ready\r\n").from(client, "EHLO a.test\r\n") }, true},
		"HTTP":             {func(r *rig) { r.from(client, get).from(server, ok2) }, false},
		"a session":        {func(r *rig) { r.from(client, ask).from(server, accept).from(server, hello) }, false},
		"a session that goes on": {func(r *rig) {
			r.from(client, ask).from(server, accept).wait(time.Minute.Nanoseconds()).from(server, hello)
		}, false},
		"a refusal": {func(r *rig) { r.from(client, ask).from(server, refuse) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			got := false
			r := newRig(t, Options{Abandoned: func(*reassembly.Conversation) { got = true }})
			tc.do(r.open())
			if got != tc.want {
				t.Errorf("abandoned %t, want %t", got, tc.want)
			}
		})
	}
}
