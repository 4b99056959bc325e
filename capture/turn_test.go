package capture

import (
	"bytes"
	"testing"
)

// TestTurn reads with two read buffers in turn: what was yielded out of one stays as
// it was until it is given again.
func TestTurn(t *testing.T) {
	for _, ng := range []bool{false, true} {
		data := manyPackets(t, ng)
		want := packetsOf(t, data, OpenOptions{Buffer: minBuffer})
		var held [][]byte // in the buffer at hand
		var kept []byte
		turns, n := 0, 0
		check := func() {
			for _, b := range held {
				if !bytes.Equal(b, want[n]) {
					t.Fatalf("pcapng %v: packet %d changed while its buffer was kept", ng, n)
				}
				n++
			}
			held = held[:0]
		}
		o := OpenOptions{Buffer: minBuffer, Turn: func(used []byte) []byte {
			turns++
			check()
			next := kept
			if kept = used; next == nil || len(next) < len(used) {
				return make([]byte, len(used))
			}
			for i := range next {
				next[i] = 0xee
			}
			return next
		}}
		s, err := NewSource(bytes.NewReader(data), "t", 0, o)
		if err != nil {
			t.Fatal(err)
		}
		var p Packet
		for s.Next(&p) == nil {
			held = append(held, p.Data)
		}
		if check(); n != len(want) || turns < 10 {
			t.Errorf("pcapng %v: %d packets of %d, %d turns", ng, n, len(want), turns)
		}
	}
}

func packetsOf(t *testing.T, data []byte, o OpenOptions) [][]byte {
	t.Helper()
	s, err := NewSource(bytes.NewReader(data), "t", 0, o)
	if err != nil {
		t.Fatal(err)
	}
	var all [][]byte
	for p := (Packet{}); s.Next(&p) == nil; {
		all = append(all, bytes.Clone(p.Data))
	}
	return all
}

// manyPackets writes packets of all lengths, one of them larger than the buffer.
func manyPackets(t *testing.T, ng bool) []byte {
	t.Helper()
	var packets [][]byte
	for i := range 400 {
		size := i * 7 % 1500
		if i == 200 {
			size = 3 * minBuffer
		}
		packets = append(packets, bytes.Repeat([]byte{byte(i)}, size))
	}
	return written(t, packets, ng)
}

// written gives a capture of Ethernet packets, a millisecond apart.
func written(t testing.TB, packets [][]byte, ng bool) []byte {
	t.Helper()
	var b bytes.Buffer
	var write func(ns int64, p []byte) error
	if ng {
		w, err := NewPcapngWriter(&b)
		if err != nil {
			t.Fatal(err)
		}
		id, err := w.AddInterface(Interface{Name: "a", Link: LinkEthernet, Snap: 1 << 18})
		if err != nil {
			t.Fatal(err)
		}
		write = func(ns int64, p []byte) error { return w.WritePacket(id, ns, len(p), p, "") }
	} else {
		w, err := NewPcapWriter(&b, LinkEthernet, false, 1<<18)
		if err != nil {
			t.Fatal(err)
		}
		write = func(ns int64, p []byte) error { return w.WritePacket(ns, len(p), p) }
	}
	for i, p := range packets {
		if err := write(int64(i)*1e6, p); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}
