package capture

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// DecoderStats says what became of every packet that a [Decoder] was given.
type DecoderStats struct {
	Packets   uint64
	LinkTypes []LinkCount // in order of first appearance
	TCP       uint64      // TCP segments handed over
	UDP       uint64      // UDP datagrams that were neither a tunnel nor DNS
	DNS       uint64      // DNS messages handed over
	ICMP      uint64      // ICMP and ICMPv6 messages; includes ICMPErrors
	ICMPErrs  uint64      // ICMP errors that quote a TCP packet, handed over
	Other     []Count     // complete packets of other protocols ("ARP", "IGMP"), most frequent first
	Undecoded []Count     // packets that could not be looked through, by reason, most frequent first
	Fragments FragmentStats
}

// LinkCount counts packets of one link type.
type LinkCount struct {
	Link    LinkType
	Packets uint64
}

// Count is a named number.
type Count struct {
	Name string
	N    uint64
}

// Bounds of the tally; what does not fit is counted as "other".
const (
	maxLinkCounts = 64
	maxReasons    = 256
)

// reason is the text of a count with up to two numbers in it, formatted only
// when somebody asks: hostile captures fail a million times.
type reason struct {
	what   string
	format string
	a, b   uint32
}

func (r reason) String() string {
	switch strings.Count(r.format, "%") {
	case 1:
		return r.what + fmt.Sprintf(r.format, r.a)
	case 2:
		return r.what + fmt.Sprintf(r.format, r.a, r.b)
	}
	return r.what + r.format
}

// tally is a bounded map of counts.
type tally map[reason]uint64

func (t tally) add(r reason) {
	if _, known := t[r]; !known && len(t) >= maxReasons {
		r = reason{format: "other"}
	}
	t[r]++
}

func (t tally) counts() []Count {
	out := make([]Count, 0, len(t))
	for r, n := range t {
		out = append(out, Count{Name: r.String(), N: n})
	}
	slices.SortFunc(out, func(a, b Count) int {
		return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Name, b.Name))
	})
	return out
}

// countLink counts packets of a link type. Captures hold one or two, so the
// slice is shorter than any map.
func (d *Decoder) countLink(t LinkType, n uint64) {
	for i := range d.links {
		if d.links[i].Link == t {
			d.links[i].Packets += n
			return
		}
	}
	if len(d.links) < maxLinkCounts {
		d.links = append(d.links, LinkCount{Link: t, Packets: n})
	}
}

// Stats gives the counts so far. Fragments whose datagram is still incomplete
// are counted as undecoded.
func (d *Decoder) Stats() DecoderStats {
	s := d.stats
	s.LinkTypes = slices.Clone(d.links)
	s.Other = d.other.counts()
	s.Fragments = d.frags.stats
	s.Fragments.Open = uint64(len(d.frags.open))
	undecoded := make(tally, len(d.undecodable)+1)
	for r, n := range d.undecodable {
		undecoded[r] = n
	}
	if n := s.Fragments.Open + s.Fragments.Expired + s.Fragments.Evicted; n > 0 {
		undecoded[reason{format: "fragmented datagram never completed"}] += n
	}
	s.Undecoded = undecoded.counts()
	return s
}
