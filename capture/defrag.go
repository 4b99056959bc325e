package capture

import (
	"bytes"
	"container/list"
	"time"
)

// FragmentLimits bound the fragments that wait for their datagram.
type FragmentLimits struct {
	Datagrams int           // incomplete datagrams; 0 = 4096
	Bytes     int           // bytes held for them; 0 = 16 MiB
	Age       time.Duration // capture time since the first fragment; 0 = 30 s (RFC 1122 allows 60 s to 120 s)
}

// FragmentStats counts IP fragments and their datagrams.
type FragmentStats struct {
	Fragments   uint64 // fragments seen
	Reassembled uint64 // datagrams put together
	Open        uint64 // datagrams still incomplete
	Expired     uint64 // datagrams given up for their age
	Evicted     uint64 // datagrams given up for the bounds
	Overlaps    uint64 // fragments that repeat bytes; the first copy is kept
	Conflicts   uint64 // those that repeat them differently
}

// maxDatagram is the largest payload that fragments can make up: an offset of
// 13 bits in units of eight octets.
const maxDatagram = 65535

// unit is the granularity of fragment offsets.
const unit = 8

// datagramKey tells datagrams apart (RFC 791 section 3.2, RFC 8200 section
// 4.5). IPv6 leaves the protocol out: only the first fragment has it for sure.
type datagramKey struct {
	src, dst Addr
	id       uint32
	path     PathID
	capture  uint32
	protocol uint8
	v6       bool
}

// fragment is one fragment of a datagram.
type fragment struct {
	header   ipHeader
	id       uint32
	protocol uint8
	offset   int
	more     bool
}

func fragmentOf(h ipHeader, id uint32, protocol uint8, offset int, more bool) fragment {
	return fragment{header: h, id: id, protocol: protocol, offset: offset, more: more}
}

// datagram is what was gathered of one datagram. Which units are filled is
// kept as a bitmap: fragments may come in any order and overlap in any way.
type datagram struct {
	key      datagramKey
	since    int64
	data     []byte
	have     [(maxDatagram/unit + 1) / 64]uint64
	units    int // filled
	total    int // -1 = last fragment not seen
	header   ipHeader
	protocol uint8
	first    bool // the fragment with offset 0 was seen
}

// defragmenter puts IPv4 and IPv6 datagrams together.
type defragmenter struct {
	limits FragmentLimits
	open   map[datagramKey]*list.Element
	age    list.List // of *datagram, oldest first
	bytes  int
	stats  FragmentStats
}

func newDefragmenter(l FragmentLimits) defragmenter {
	if l.Datagrams <= 0 {
		l.Datagrams = 4096
	}
	if l.Bytes <= 0 {
		l.Bytes = 16 << 20
	}
	if l.Age <= 0 {
		l.Age = 30 * time.Second
	}
	return defragmenter{limits: l, open: make(map[datagramKey]*list.Element)}
}

// fragment takes one fragment and goes on when its datagram is complete.
func (d *Decoder) fragment(f fragment, v view) {
	d.frags.stats.Fragments++
	switch {
	case len(v.data) < v.wire:
		d.fail("IP fragment cut by the snap length")
		return
	case len(v.data) == 0:
		d.fail("IP fragment without data")
		return
	case f.offset+len(v.data) > maxDatagram:
		d.fail("IP fragment beyond 65535 bytes")
		return
	case f.more && len(v.data)%unit != 0:
		d.fail("IP fragment length not a multiple of 8")
		return
	}
	key := datagramKey{
		src: f.header.src, dst: f.header.dst, id: f.id, path: d.path,
		capture: d.packet.Ref.Capture, protocol: f.protocol, v6: f.header.v6,
	}
	if f.header.v6 {
		key.protocol = 0
	}
	if g := d.frags.add(key, f, v.data, d.packet.Ref.Time); g != nil {
		d.ipProtocol(g.protocol, g.header, view{data: g.data, wire: len(g.data)})
	}
}

// add stores b and returns the datagram if b completed it.
func (t *defragmenter) add(key datagramKey, f fragment, b []byte, now int64) *datagram {
	t.expire(now)
	at, known := t.open[key]
	if !known {
		at = t.age.PushBack(&datagram{key: key, since: now, total: -1})
		t.open[key] = at
	}
	g := at.Value.(*datagram)
	t.bytes -= len(g.data)
	t.note(g.insert(f, b))
	t.bytes += len(g.data)
	if g.complete() {
		t.drop(at)
		t.stats.Reassembled++
		return g
	}
	t.evict()
	return nil
}

func (t *defragmenter) note(overlap, conflict bool) {
	if overlap {
		t.stats.Overlaps++
	}
	if conflict {
		t.stats.Conflicts++
	}
}

func (t *defragmenter) drop(at *list.Element) {
	g := at.Value.(*datagram)
	t.bytes -= len(g.data)
	delete(t.open, g.key)
	t.age.Remove(at)
}

// expire gives up datagrams of too long ago. Capture time may go backwards;
// then they wait for it to catch up, within the other bounds.
func (t *defragmenter) expire(now int64) {
	for at := t.age.Front(); at != nil; at = t.age.Front() {
		if now-at.Value.(*datagram).since <= int64(t.limits.Age) {
			return
		}
		t.drop(at)
		t.stats.Expired++
	}
}

func (t *defragmenter) evict() {
	for len(t.open) > t.limits.Datagrams || t.bytes > t.limits.Bytes {
		t.drop(t.age.Front())
		t.stats.Evicted++
	}
}

// insert copies the units of b that are not filled yet: the first copy wins. A
// fragment that contradicts the length of the datagram is a conflict and left
// out.
func (g *datagram) insert(f fragment, b []byte) (overlap, conflict bool) {
	end := f.offset + len(b)
	if g.total >= 0 && (end > g.total || !f.more && end != g.total) || !f.more && end < len(g.data) {
		return true, true
	}
	if !f.more {
		g.total = end
	}
	if f.offset == 0 && !g.first {
		g.first, g.header, g.protocol = true, f.header, f.protocol
	}
	if end > len(g.data) {
		g.data = append(g.data, make([]byte, end-len(g.data))...)
	}
	for at := f.offset; at < end; at += unit {
		o, c := g.fill(at, b[at-f.offset:min(at+unit, end)-f.offset])
		overlap, conflict = overlap || o, conflict || c
	}
	return overlap, conflict
}

// fill stores one unit.
func (g *datagram) fill(at int, b []byte) (overlap, conflict bool) {
	word, bit := at/unit/64, uint64(1)<<(at/unit%64)
	if g.have[word]&bit != 0 {
		return true, !bytes.Equal(g.data[at:at+len(b)], b)
	}
	g.have[word] |= bit
	g.units++
	copy(g.data[at:], b)
	return false, false
}

func (g *datagram) complete() bool {
	return g.total >= 0 && g.units == (g.total+unit-1)/unit
}
