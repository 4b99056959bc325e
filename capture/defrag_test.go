package capture

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// ipPiece is a fragment to be sent: bytes [from, to) of the datagram, or of
// another datagram of the same length if forged.
type ipPiece struct {
	from, to int
	last     bool
	forged   bool
}

// fragmented is a TCP segment of 20 + 100 bytes to cut into pieces.
func fragmented() []byte {
	tcp := make([]byte, 120)
	binary.BigEndian.PutUint16(tcp, 50000)
	binary.BigEndian.PutUint16(tcp[2:], 80)
	tcp[12], tcp[13] = 0x50, 0x18
	for i := range 100 {
		tcp[20+i] = byte('a' + i%26)
	}
	return tcp
}

func forged() []byte {
	tcp := fragmented()
	for i := 20; i < len(tcp); i++ {
		tcp[i] = 'X'
	}
	return tcp
}

func (p ipPiece) bytes() []byte {
	b := fragmented()
	if p.forged {
		b = forged()
	}
	if p.to > len(b) { // beyond the end there are zeros
		b = append(b, make([]byte, p.to-len(b))...)
	}
	return b[p.from:p.to]
}

// ipv4 makes a raw packet, with options in the first fragment only.
func (p ipPiece) ipv4(id uint16) []byte {
	size := 20
	if p.from == 0 {
		size = 24
	}
	h := make([]byte, size)
	h[0], h[8], h[9] = 0x40|byte(size/4), 64, 6
	if size == 24 {
		copy(h[20:], []byte{1, 1, 1, 0})
	}
	body := p.bytes()
	binary.BigEndian.PutUint16(h[2:], uint16(size+len(body)))
	binary.BigEndian.PutUint16(h[4:], id)
	flags := uint16(p.from / 8)
	if !p.last {
		flags |= 0x2000
	}
	binary.BigEndian.PutUint16(h[6:], flags)
	copy(h[12:], []byte{192, 0, 2, 1, 192, 0, 2, 2})
	return append(h, body...)
}

func (p ipPiece) ipv6(id uint16) []byte {
	h := make([]byte, 48)
	body := p.bytes()
	h[0], h[6], h[7], h[40] = 0x60, 44, 64, 6
	binary.BigEndian.PutUint16(h[4:], uint16(8+len(body)))
	h[23], h[39] = 1, 2
	offset := uint16(p.from)
	if !p.last {
		offset |= 1
	}
	binary.BigEndian.PutUint16(h[42:], offset)
	binary.BigEndian.PutUint32(h[44:], uint32(id))
	return append(h, body...)
}

// A piece is written "0-40", with a full stop for the last one and "!" for
// forged bytes.
func ipPieces(t testing.TB, text string) []ipPiece {
	t.Helper()
	var out []ipPiece
	for _, word := range strings.Fields(text) {
		p := ipPiece{last: strings.Contains(word, "."), forged: strings.Contains(word, "!")}
		if _, err := fmt.Sscanf(strings.Trim(word, ".!"), "%d-%d", &p.from, &p.to); err != nil {
			t.Fatal(err)
		}
		out = append(out, p)
	}
	return out
}

func TestDefragment(t *testing.T) {
	whole, wrong := string(fragmented()[20:]), string(forged()[20:])
	tests := []struct {
		name, pieces string
		frame        uint64 // that completes it; 0 = none
		payload      string
		overlaps     uint64
		conflicts    uint64
	}{
		{"in order", "0-40 40-80 80-120.", 3, whole, 0, 0},
		{"backwards", "80-120. 40-80 0-40", 3, whole, 0, 0},
		{"header in two pieces", "0-8 8-120.", 2, whole, 0, 0},
		{"last one below 8 bytes", "0-112 112-116.", 2, whole[:96], 0, 0},
		{"repeated", "0-40 0-40 40-120.", 3, whole, 1, 0},
		{"hole", "0-40 48-120.", 0, "", 0, 0},
		{"no last", "0-40 40-80 80-120", 0, "", 0, 0},
		{"overlap, same bytes", "0-48 40-120.", 2, whole, 1, 0},
		{"overlap, first wins", "0-80 24-120.!", 2, whole[:60] + wrong[60:], 1, 1},
		{"overlap, first wins backwards", "24-120.! 0-80", 2, whole[:4] + wrong[4:], 1, 1},
		{"inside another (teardrop)", "0-80 24-32 80-120.", 3, whole, 1, 0},
		{"two ends", "80-120. 80-112. 0-80", 3, whole, 1, 1},
		{"beyond the end", "80-120. 120-160 0-80", 3, whole, 1, 1},
		{"last one before others", "80-120 40-80. 0-40", 0, "", 1, 1},
		{"odd length", "0-44 40-120.", 0, "", 0, 0},
	}
	for _, test := range tests {
		for _, v6 := range []bool{false, true} {
			d := NewDecoder(DecoderOptions{})
			var f handed
			for i, p := range ipPieces(t, test.pieces) {
				b := p.ipv4(7)
				if v6 {
					b = p.ipv6(7)
				}
				d.Decode(&Packet{Ref: Ref{Frame: uint64(i + 1)}, Link: LinkRaw, Data: b, Wire: len(b)}, &f)
			}
			checkDefragmented(t, fmt.Sprintf("%s, v6 %t", test.name, v6), f.segments, test.frame, test.payload)
			s := d.Stats()
			if s.Fragments.Overlaps != test.overlaps || s.Fragments.Conflicts != test.conflicts {
				t.Errorf("%s: %d overlaps, %d conflicts; want %d, %d", test.name,
					s.Fragments.Overlaps, s.Fragments.Conflicts, test.overlaps, test.conflicts)
			}
			if test.frame != 0 && d.frags.bytes != 0 {
				t.Errorf("%s: %d bytes still held", test.name, d.frags.bytes)
			}
		}
	}
}

func checkDefragmented(t *testing.T, name string, got []Segment, frame uint64, payload string) {
	t.Helper()
	if frame == 0 {
		if len(got) != 0 {
			t.Errorf("%s: %d segments; want none", name, len(got))
		}
		return
	}
	if len(got) != 1 {
		t.Errorf("%s: %d segments; want 1", name, len(got))
		return
	}
	if s := got[0]; s.Ref.Frame != frame || string(s.Payload) != payload || s.Wire != len(payload) {
		t.Errorf("%s: frame %d, payload %q of %d; want frame %d, %q", name, s.Ref.Frame, s.Payload, s.Wire, frame, payload)
	}
}

// feed decodes raw packets at the given times.
func feed(d *Decoder, h Handler, at time.Duration, packets ...[]byte) {
	for _, b := range packets {
		d.Decode(&Packet{Ref: Ref{Frame: 1, Time: int64(at)}, Link: LinkRaw, Data: b, Wire: len(b)}, h)
	}
}

func TestDefragmentKeepsDatagramsApart(t *testing.T) {
	a, b := ipPieces(t, "0-80 80-120."), ipPieces(t, "0-80! 80-120.!")
	udp := a[1].ipv4(7)
	udp[9] = 17 // same identification, other protocol
	var f handed
	d := NewDecoder(DecoderOptions{})
	feed(d, &f, 0, a[0].ipv4(7), b[0].ipv4(8), udp, b[1].ipv4(8), a[1].ipv4(7))
	if len(f.segments) != 2 || f.segments[0].Payload[0] != 'X' || f.segments[1].Payload[0] != 'a' {
		t.Errorf("got %d segments; want the forged and the true one", len(f.segments))
	}
}

func TestDefragmentExpires(t *testing.T) {
	p := ipPieces(t, "0-80 80-120.")
	var f handed
	d := NewDecoder(DecoderOptions{})
	feed(d, &f, 0, p[0].ipv4(7))
	feed(d, &f, -time.Hour, p[0].ipv4(9)) // time may go backwards
	feed(d, &f, 31*time.Second, p[1].ipv4(7))
	s := d.Stats()
	if len(f.segments) != 0 || s.Fragments.Expired != 2 || s.Fragments.Open != 1 {
		t.Errorf("%d segments, %+v; want both first fragments expired", len(f.segments), s.Fragments)
	}
	if want := (Count{"fragmented datagram never completed", 3}); !slices.Contains(s.Undecoded, want) {
		t.Errorf("undecoded %v; want %v", s.Undecoded, want)
	}
}

func TestDefragmentBounds(t *testing.T) {
	p := ipPieces(t, "0-80")[0]
	for _, limits := range []FragmentLimits{{Datagrams: 10}, {Bytes: 800}} {
		d := NewDecoder(DecoderOptions{Fragments: limits})
		for id := range uint16(1000) {
			feed(d, &discard{}, 0, p.ipv4(id))
		}
		if s := d.Stats().Fragments; s.Open != 10 || s.Evicted != 990 || d.frags.bytes != 800 || d.frags.age.Len() != 10 {
			t.Errorf("%+v: %+v, %d bytes; want 10 open", limits, s, d.frags.bytes)
		}
	}
}

func TestDefragmentRefuses(t *testing.T) {
	death := ipPiece{from: 65528, to: 65544, last: true}
	empty := ipPiece{from: 8, to: 8}
	tests := map[string][]byte{
		"IP fragment beyond 65535 bytes":     death.ipv4(1),
		"IP fragment without data":           empty.ipv4(1),
		"IP fragment cut by the snap length": ipPiece{from: 8, to: 80}.ipv4(1)[:60],
	}
	for want, b := range tests {
		d := NewDecoder(DecoderOptions{})
		d.Decode(&Packet{Link: LinkRaw, Data: b, Wire: 92}, &discard{})
		if got := d.Stats().Undecoded; len(got) != 1 || got[0].Name != want {
			t.Errorf("counted %v; want %q", got, want)
		}
	}
}

// A tunnel whose packets are fragmented, carrying fragments.
func TestDefragmentInTunnel(t *testing.T) {
	d := NewDecoder(DecoderOptions{})
	var f handed
	inner := ipPieces(t, "0-80 80-120.")
	for i, p := range inner {
		gre := append([]byte{0, 0, 8, 0}, p.ipv4(7)...)
		for from := 0; from < len(gre); from += 40 {
			to := min(from+40, len(gre))
			h := ipPiece{from: from, to: from, last: to == len(gre)}.ipv4(uint16(100 + i))[:20]
			h[0], h[9] = 0x45, 47
			binary.BigEndian.PutUint16(h[2:], uint16(20+to-from))
			feed(d, &f, 0, append(h, gre[from:to]...))
		}
	}
	if len(f.segments) != 1 || string(f.segments[0].Payload) != string(fragmented()[20:]) {
		t.Fatalf("got %d segments; want 1: %+v", len(f.segments), d.Stats())
	}
	if path := d.Path(f.segments[0].Path); !slices.Equal(path, []string{"gre"}) {
		t.Errorf("path %v; want gre", path)
	}
}

// model puts one datagram together octet by octet: the first copy wins, and a
// fragment that contradicts the end is left out.
type model struct {
	data [1 << 12]byte
	have [1 << 12]bool
	top  int
	end  int // 0 = unknown
}

func (m *model) add(p ipPiece) {
	if m.end > 0 && (p.to > m.end || p.last && p.to != m.end) || p.last && p.to < m.top {
		return
	}
	if p.last {
		m.end = p.to
	}
	m.top = max(m.top, p.to)
	for i, c := range p.bytes() {
		if at := p.from + i; !m.have[at] {
			m.data[at], m.have[at] = c, true
		}
	}
}

// done gives the datagram when it is complete.
func (m *model) done() ([]byte, bool) {
	if m.end == 0 || slices.Contains(m.have[:m.end], false) {
		return nil, false
	}
	return m.data[:m.end], true
}

// FuzzDefrag sends pieces of one datagram as the input describes, three octets
// each: offset, length, flags. What comes out must be what the model makes.
func FuzzDefrag(f *testing.F) {
	f.Add([]byte{0, 40, 0, 5, 40, 0, 10, 40, 1}, false)
	f.Add([]byte{10, 40, 1, 0, 88, 2}, true)
	f.Fuzz(func(t *testing.T, ops []byte, v6 bool) {
		d, m := NewDecoder(DecoderOptions{}), model{}
		for ; len(ops) >= 3; ops = ops[3:] {
			p := ipPiece{from: int(ops[0]%40) * 8, last: ops[2]&1 != 0, forged: ops[2]&2 != 0}
			p.to = p.from + 1 + int(ops[1])
			if !p.last {
				p.to = p.from + (1+int(ops[1])/8)*8
			}
			if p.from == 0 && p.last {
				continue // a whole datagram, no fragment
			}
			m.add(p)
			raw := p.ipv4(1)
			if v6 {
				raw = p.ipv6(1)
			}
			var got handed
			feed(d, &got, 0, raw)
			want, done := m.done()
			if !done && len(d.frags.open) != 1 || done && len(d.frags.open) != 0 {
				t.Fatalf("%d open, model done %t", len(d.frags.open), done)
			}
			if done {
				checkAgainstModel(t, got.segments, want)
				return
			}
		}
	})
}

func checkAgainstModel(t *testing.T, got []Segment, want []byte) {
	t.Helper()
	if len(want) < 20 || want[12]>>4 < 5 || int(want[12]>>4)*4 > len(want) {
		return // complete, but no TCP
	}
	want = want[int(want[12]>>4)*4:]
	if len(got) != 1 || !slices.Equal(got[0].Payload, want) {
		t.Fatalf("got %d segments; want one with %q", len(got), want)
	}
}
