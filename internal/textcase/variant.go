package textcase

import (
	"errors"
	"fmt"
)

// Variant is another way in which the same traffic may have been captured.
// What is found must not depend on it, but for the exempt rules and for frame
// numbers. The zero Variant is the plain form.
type Variant struct {
	Name   string   // short, fit for a sub-test name; empty = plain
	Exempt []string // families and rules that may differ
	PcapNG bool     // the file is a pcapng file
	kind   variantKind
	k      int
}

type variantKind uint8

const (
	plain variantKind = iota
	oneOctet
	doubled
	swapped
	wrapped
	synAckFirst
	tagged
	overIP6
	lost
)

// Variants lists all variants but Lost, in a fixed order.
func Variants() []Variant {
	return []Variant{
		{Name: "one-octet-segments", Exempt: []string{"transport", "server-data-with-101"}, kind: oneOctet},
		{Name: "doubled", Exempt: []string{"transport", "timing"}, kind: doubled},
		{Name: "swapped", Exempt: []string{"transport", "timing", "server-data-with-101"}, kind: swapped},
		{Name: "sequence-wrap", kind: wrapped},
		{Name: "syn-ack-first", kind: synAckFirst},
		{Name: "vlan", kind: tagged},
		{Name: "ip6", Exempt: []string{"transport"}, kind: overIP6},
		{Name: "pcapng", PcapNG: true},
	}
}

// Lost is the variant in which the k-th piece of a message head, from 0, is
// missing from the capture; every segment of a head is in three pieces. A
// finding may become inconclusive then, and none may come up. k is below
// [Case.HeadPieces].
func Lost(k int) Variant {
	return Variant{Name: fmt.Sprintf("lost-%d", k), Exempt: []string{"meta", "transport", "timing"}, kind: lost, k: k}
}

// HeadPieces counts the pieces of message heads that Lost can take away.
func (c *Case) HeadPieces() int {
	events, _, err := c.play()
	if err != nil {
		return 0
	}
	n := 0
	for _, e := range inPieces(events, true, thirds) {
		if e.head > 0 {
			n++
		}
	}
	return n
}

// Applies reports whether the case can be built in variant v: segments that the
// case cuts or measures are not cut again, and only Ethernet carries a tag.
func (c *Case) Applies(v Variant) bool {
	events, _, err := c.play()
	return err == nil && v.applies(events) == nil
}

func (v Variant) applies(events []*event) error {
	for _, e := range events {
		switch v.kind {
		case oneOctet, swapped, lost:
			if e.snap > 0 || e.sack != [2]uint32{} {
				return errors.New(v.Name + " does not apply to a case with cut or blackhole")
			}
		case tagged:
			if e.link() != linkEthernet || e.conn != nil && e.conn.vlan != 0 {
				return errors.New(v.Name + " does not apply to a case with link= or vlan=")
			}
		case overIP6:
			if e.conn != nil && e.conn.ends[client].Addr().IsLoopback() {
				return errors.New(v.Name + " does not apply to a case with loopback addresses")
			}
		}
	}
	return nil
}

func (v Variant) encoder() *encoder {
	n := &encoder{wrap: v.kind == wrapped, ip6: v.kind == overIP6}
	if v.kind == tagged {
		n.vlan = 7
	}
	return n
}

// change gives the events of the variant; the given ones are not changed.
func (v Variant) change(events []*event) []*event {
	switch v.kind {
	case oneOctet:
		return inPieces(events, false, func(int) int { return 1 })
	case doubled:
		return twice(events)
	case swapped:
		return turned(inPieces(events, false, thirds))
	case synAckFirst:
		return synAcksFirst(events)
	case lost:
		return without(inPieces(events, true, thirds), v.k)
	}
	return events
}

func thirds(n int) int { return (n + 2) / 3 }

// inPieces cuts data into pieces of the size that is asked for; of heads only,
// if so told. Pieces are a nanosecond apart.
func inPieces(events []*event, headsOnly bool, size func(int) int) []*event {
	var out []*event
	for _, e := range events {
		if len(e.data) < 2 || headsOnly && e.head == 0 {
			out = append(out, e)
			continue
		}
		step := size(len(e.data))
		for at := 0; at < len(e.data); at += step {
			piece := *e
			piece.data = e.data[at:min(at+step, len(e.data))]
			piece.seq += uint32(at)
			piece.head = min(max(e.head-at, 0), len(piece.data))
			piece.time += int64(at / step)
			piece.part = at/step + 1
			out = append(out, &piece)
		}
	}
	return out
}

// turned swaps the first two pieces of what was one segment.
func turned(events []*event) []*event {
	for i := 1; i < len(events); i++ {
		if a, b := events[i-1], events[i]; a.part == 1 && b.part == 2 {
			a.time, b.time = b.time, a.time
			events[i-1], events[i] = b, a
		}
	}
	return events
}

// twice retransmits each segment that takes sequence numbers.
func twice(events []*event) []*event {
	var out []*event
	for _, e := range events {
		out = append(out, e)
		if e.conn != nil && e.icmp == nil && (len(e.data) > 0 || e.flags&(flagSYN|flagFIN) != 0) {
			again := *e
			again.time++
			out = append(out, &again)
		}
	}
	return out
}

// synAcksFirst captures a SYN-ACK before the SYN that it answers.
func synAcksFirst(events []*event) []*event {
	out := append([]*event(nil), events...)
	for i := 1; i < len(out); i++ {
		a, b := out[i-1], out[i]
		if a.conn == nil || a.conn != b.conn || a.flags != flagSYN || b.flags != flagSYN|flagACK {
			continue
		}
		first, second := *b, *a
		first.time, second.time = a.time, b.time
		out[i-1], out[i] = &first, &second
	}
	return out
}

// without leaves out the k-th event that holds octets of a head.
func without(events []*event, k int) []*event {
	for i, e := range events {
		if e.head == 0 {
			continue
		}
		if k == 0 {
			return append(events[:i:i], events[i+1:]...)
		}
		k--
	}
	return events
}
