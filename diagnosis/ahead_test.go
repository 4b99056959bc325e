package diagnosis

import (
	"strings"
	"testing"

	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/rules"
	"github.com/handshark/handshark/rules/catalogue"
)

const (
	aheadAsks    = "GET /chat HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
	aheadRefuses = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
)

// aheadRig fills batches by hand.
type aheadRig struct {
	*ahead
	frame uint64
	seq   [2]uint32
}

func newAheadRig(t *testing.T) *aheadRig {
	t.Helper()
	e, err := rules.NewEngine(catalogue.All(), rules.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := newRun(t.Context(), e, 1, Options{Workers: 1})
	t.Cleanup(r.ledger.close)
	a := newAhead(&run{o: Options{Workers: 2}})
	a.p = newPipeline(r)
	return &aheadRig{ahead: a}
}

// says puts a segment into the batch: 0 is the client.
func (r *aheadRig) says(from int, flags capture.Flags, payload []byte) {
	ends := [2]capture.Endpoint{{Addr: capture.AddrFrom4([]byte{192, 0, 2, 1}), Port: 50000}, {Addr: capture.AddrFrom4([]byte{192, 0, 2, 2}), Port: 80}}
	r.frame++
	r.room()[0] = capture.Segment{
		Ref: capture.Ref{Frame: r.frame, Time: int64(r.frame) * 1e6}, Src: ends[from], Dst: ends[1-from],
		Seq: r.seq[from], Ack: r.seq[1-from], Flags: flags, Window: 1000, Payload: payload, Wire: len(payload),
	}
	if r.seq[from] += uint32(len(payload)); flags&capture.SYN != 0 {
		r.seq[from]++
	}
	r.took(1)
}

func (r *aheadRig) opens() {
	r.says(0, capture.SYN, nil)
	r.says(1, capture.SYN|capture.ACK, nil)
	r.says(0, capture.ACK, nil)
}

// sent gives the batch as whoever follows gets it.
func (r *aheadRig) sent() *batch {
	r.send()
	return <-r.full
}

// follow follows what is in the batch.
func (r *aheadRig) follow() {
	b := r.sent()
	r.p.batch(b)
	r.spent <- b
}

// TestBatchHeads: the heads of a batch are those that its segments begin with, as far as
// there is room for them.
func TestBatchHeads(t *testing.T) {
	r := newAheadRig(t)
	r.opens()
	for _, payload := range []string{aheadAsks, "Hello, this is no head, whatever it begins with", aheadRefuses, "", "GET"} {
		r.says(0, capture.ACK, []byte(payload))
	}
	b := r.sent()
	list, segments := b.heads, b.segments
	if len(list) != 2 || list[0].of != &segments[3] || list[1].of != &segments[5] {
		t.Fatalf("%d heads, or of other segments", len(list))
	}
	r.p.batch(b)
	if len(r.p.heads) > 0 {
		t.Errorf("%d heads were not told of", len(r.p.heads))
	}
	r = newAheadRig(t)
	for range batchHeads + 10 {
		r.says(0, capture.ACK, []byte(aheadAsks))
	}
	if b = r.sent(); len(b.heads) != batchHeads {
		t.Errorf("%d heads are read ahead, want %d", len(b.heads), batchHeads)
	}
}

// TestBatchHeadsEnd: what was read ahead of a packet that nobody wanted does not stand for
// one that comes to lie in the same place.
func TestBatchHeadsEnd(t *testing.T) {
	r := newAheadRig(t)
	place := []byte(aheadAsks)
	refuses := []byte("HTTP/1.0 403 Forbidden\r\nContent-Length: 0\r\n\r\n") // not read ahead
	r.opens()
	r.says(0, capture.ACK, []byte(aheadAsks))
	r.seq[0] -= uint32(len(aheadAsks))
	r.says(0, capture.ACK, place) // again
	r.follow()
	r.says(1, capture.ACK, refuses)
	r.follow()
	copy(place, strings.Replace(aheadAsks, "/chat", "/else", 1))
	r.says(0, capture.ACK, place)
	r.filling.heads = r.filling.heads[:0] // it is not read ahead
	r.follow()
	r.says(1, capture.ACK, refuses)
	r.follow()
	list := r.p.court.filling.cases
	if len(list) != 2 {
		t.Fatalf("%d handshakes", len(list))
	}
	for i, want := range []string{"/chat", "/else"} {
		if m := list[i].Request; string(m.Raw[m.Target.Start:m.Target.End]) != want || !strings.Contains(string(m.Raw), want) {
			t.Errorf("handshake %d asks for %q", i, m.Raw)
		}
	}
}
