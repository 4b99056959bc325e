package siblings

import (
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
	refused.clientPort = 1
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
