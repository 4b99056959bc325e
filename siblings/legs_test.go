package siblings

import (
	"slices"
	"testing"

	"github.com/handshark/handshark/analyzer"
)

const (
	ms     = int64(1e6)
	chat   = uint64(1)
	verify = uint64(2)
)

// leg is an attempt from one host to a port of another, with a key that all share,
// that is answered 2 ms after it was asked.
func leg(from, to addr, port uint16, path uint64, status int16, asked int64) Attempt {
	a := Attempt{
		client: from, server: to, serverPort: port, path: path, target: path, key: 7, hasKey: true,
		Start: asked, Asked: asked, End: asked + 2*ms,
		Status: status, Outcome: analyzer.Rejected, Meant: analyzer.Yes, Cause: -1,
	}
	if status == 101 {
		a.Outcome = analyzer.Established
	}
	return a
}

// TestAsksLeave: a question to an authorization service that was granted counts as
// got over, and the leg that is compared is the request itself.
func TestAsksLeave(t *testing.T) {
	front := leg(clientAddr, proxyAddr, 80, chat, 404, 0)
	front.End = 20 * ms
	all := List{front, leg(proxyAddr, serverAddr, 1, verify, 200, 5*ms), leg(proxyAddr, serverAddr, 2, chat, 404, 10*ms)}
	rel := relate(all)
	if rel[0].Upstream != 2 || rel[0].Rewritten {
		t.Errorf("in front: upstream %d, rewritten %t; want 2, false", rel[0].Upstream, rel[0].Rewritten)
	}
	if rel[1].GotOver != 2 || rel[1].Upstream != None {
		t.Errorf("the question: got over by %d, upstream %d; want 2, none", rel[1].GotOver, rel[1].Upstream)
	}
	all[1].path = chat
	if rel := relate(all); rel[1].GotOver != None {
		t.Error("a request for the same path was taken for a question")
	}
	all[1].path, all[1].End = verify, 11*ms
	if rel := relate(all); rel[1].GotOver != None {
		t.Error("a request was taken for a question that was answered after what it is for was asked")
	}
}

// TestClaimed: where a client asked the proxy twice with the same key, the leg behind
// is that of neither for sure.
func TestClaimed(t *testing.T) {
	refused, other := leg(clientAddr, proxyAddr, 80, chat, 400, 0), leg(clientAddr, proxyAddr, 80, chat, 101, ms)
	refused.clientPort, refused.End, other.End = 1, 5*ms, 5*ms
	behind := leg(proxyAddr, serverAddr, 9000, chat, 101, 2*ms)
	if rel := relate(List{refused, behind}); !rel[0].Spoiled || !rel[1].Spoiled {
		t.Error("a 101 that the client did not get is not spoiled")
	}
	if rel := relate(List{refused, other, behind}); rel[0].Spoiled || rel[2].Spoiled {
		t.Error("a 101 is spoiled that may be for another request of the same client")
	}
}

// TestRetried: a leg that failed does not count where the proxy was accepted by another
// server for the same request, and its client by the proxy.
func TestRetried(t *testing.T) {
	all := List{
		leg(clientAddr, proxyAddr, 80, chat, 101, 0), leg(proxyAddr, serverAddr, 1, chat, 502, ms), leg(proxyAddr, serverAddr, 2, chat, 101, 4*ms),
	}
	all[0].End = 7 * ms
	if rel := relate(all); rel[1].GotOver != 2 || rel[1].Upstream != None || rel[0].Upstream != 2 {
		t.Errorf("got over by %d; want 2", rel[1].GotOver)
	}
	all[0].Status, all[0].Outcome = 502, analyzer.Rejected
	if rel := relate(all); rel[1].GotOver != None {
		t.Error("got over, though the client was refused")
	}
}

// TestOneAddress: where the proxy and all it asks share an address, what it asked
// before is not the leg in front of what it asked next, in whatever order attempts lie
// that began at the same time.
func TestOneAddress(t *testing.T) {
	const host = proxyAddr
	at := func(port uint16, path uint64, status int16, asked, end int64) Attempt {
		a := leg(host, host, port, path, status, asked)
		a.Start, a.End = 0, end
		return a
	}
	front := at(80, chat, 101, 2*ms, 20*ms)
	refused := at(80, chat, 502, 2*ms, 20*ms)
	tests := []struct {
		name string
		all  List
		want [][3]int // upstream, got over by, 1 if spoiled
	}{
		{"a try", List{front, at(1, chat, 503, 4*ms, 8*ms), at(2, chat, 101, 9*ms, 15*ms)},
			[][3]int{{2, None}, {None, 2}, {None, None}}},
		{"a try whose packets are out of order", List{front, at(1, chat, 503, 2*ms-100, 8*ms), at(2, chat, 101, 8*ms-100, 15*ms)},
			[][3]int{{2, None}, {None, 2}, {None, None}}},
		{"a try without the leg in front", List{at(1, chat, 503, 4*ms, 8*ms), at(2, chat, 101, 9*ms, 15*ms)},
			[][3]int{{None, None}, {None, None}}},
		{"leave", List{front, at(1, verify, 200, 4*ms, 8*ms), at(2, chat, 101, 9*ms, 15*ms)},
			[][3]int{{2, None}, {None, 2}, {None, None}}},
		{"leave whose packets are out of order", List{front, at(1, verify, 200, 4*ms, 8*ms), at(2, chat, 101, 8*ms-100, 15*ms)},
			[][3]int{{2, None}, {None, 2}, {None, None}}},
		{"a 101 not handed on", List{refused, at(1, chat, 101, 4*ms, 8*ms)}, [][3]int{{1, None, 1}, {None, None, 1}}},
		{"asked at the same time", List{refused, at(1, chat, 101, 2*ms, 8*ms)}, [][3]int{{1, None, 1}, {None, None, 1}}},
		{"asked and answered at the same time", List{refused, at(1, chat, 101, 2*ms, 20*ms)}, [][3]int{{None, None}, {None, None}}},
		{"answered too late", List{refused, at(1, chat, 101, 4*ms, 21*ms)}, [][3]int{{1, None}, {None, None}}},
	}
	for _, tt := range tests {
		permuted(len(tt.all), func(order []int) {
			all, place := make(List, len(order)), map[int]int{None: None}
			for k, i := range order {
				all[k], place[i] = tt.all[i], k
			}
			rel := relate(all)
			for i, want := range tt.want {
				got := rel[place[i]]
				if got.Upstream != place[want[0]] || got.GotOver != place[want[1]] || got.Spoiled != (want[2] == 1) {
					t.Errorf("%s, in the order %v: attempt %d: upstream %d, got over by %d, spoiled %t; want %v",
						tt.name, order, i, got.Upstream, got.GotOver, got.Spoiled, want)
				}
			}
		})
	}
}

// permuted calls f with each order of n things.
func permuted(n int, f func(order []int)) {
	var next func(order []int)
	next = func(order []int) {
		if len(order) == n {
			f(order)
			return
		}
		for i := range n {
			if !slices.Contains(order, i) {
				next(append(slices.Clone(order), i))
			}
		}
	}
	next(nil)
}
