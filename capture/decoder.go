package capture

// DecoderOptions are the bounds of a [Decoder]. The zero value takes the
// defaults.
type DecoderOptions struct {
	Fragments FragmentLimits
}

// maxHeaders bounds the headers of one packet: a frame with two VLAN tags,
// three MPLS labels and a tunnel has about fifteen.
const maxHeaders = 24

// Decoder finds TCP, ICMP errors and DNS in captured packets, whatever they
// are wrapped in. Packets of the plain shape (Ethernet, Linux cooked, loopback
// or raw; up to two VLAN tags; IP; TCP) are read by offsets without allocation;
// all others go through gopacket's layers. A Decoder is used by one goroutine
// at a time.
type Decoder struct {
	links       []LinkCount
	stats       DecoderStats
	other       tally
	undecodable tally
	paths       pathTable
	frags       defragmenter
	layers      scratch

	// State of the packet at hand.
	packet    *Packet
	handler   Handler
	path      PathID
	headers   int
	inHandler bool
	inPacket  bool
	segment   Segment

	layersOnly bool // tests compare the two ways
}

// NewDecoder makes a Decoder.
func NewDecoder(o DecoderOptions) *Decoder {
	return &Decoder{
		other:       make(tally),
		undecodable: make(tally),
		paths:       newPathTable(),
		frags:       newDefragmenter(o.Fragments),
	}
}

// Path gives the encapsulation that id names, outermost first, for example
// ["vlan 7", "vxlan 42"]; nil for the zero id. Numbers that differ between the
// two directions of a connection (MPLS labels, GRE keys, GTP tunnel ids) are
// left out, and so is the VLAN tag 0, which carries a priority only. At most
// 65,535 paths are told apart; the others are all ["other"].
func (d *Decoder) Path(id PathID) []string { return d.Paths().Path(id) }

// Paths gives what Path knows by now.
func (d *Decoder) Paths() Paths { return Paths{hops: d.paths.hops} }

// Decode hands what p carries to h: nothing, one thing, or, where a frame
// aggregates several packets or completes a fragmented one, more. What is not
// handed over is counted; see [Decoder.Stats]. No packet makes Decode fail.
func (d *Decoder) Decode(p *Packet, h Handler) {
	d.stats.Packets++
	d.countLink(p.Link, 1)
	d.packet, d.handler, d.path, d.inHandler = p, h, 0, false
	if d.inPacket = !d.layersOnly && (d.plain(p) || d.peek(p)); d.inPacket {
		d.deliverSegment()
		return
	}
	d.path, d.headers = 0, 0
	d.decodeLayers(p)
}

// InPacket reports, during a call of the handler, whether the segment's Payload is
// part of the Data of the packet that is being decoded, and so valid for as long as
// they are.
func (d *Decoder) InPacket() bool { return d.inPacket }

// decodeLayers walks the layers. gopacket's decoders panic on some malformed
// input; a panic of the handler is not theirs and goes on.
func (d *Decoder) decodeLayers(p *Packet) {
	defer func() {
		if d.inHandler {
			d.inHandler = false
			return
		}
		if r := recover(); r != nil {
			d.fail("decoder failed")
		}
	}()
	d.link(p.Link, view{data: p.Data, wire: max(p.Wire, len(p.Data))})
}

func (d *Decoder) deliverSegment() {
	d.stats.TCP++
	d.inHandler = true
	d.handler.Segment(&d.segment)
	d.inHandler = false
}

func (d *Decoder) deliverICMPError(e *ICMPError) {
	d.stats.ICMPErrs++
	d.inHandler = true
	d.handler.ICMPError(e)
	d.inHandler = false
}

func (d *Decoder) deliverDNS(m *DNSMessage) {
	d.stats.DNS++
	d.inHandler = true
	d.handler.DNS(m)
	d.inHandler = false
}

// fail counts the packet as undecodable.
func (d *Decoder) fail(format string, numbers ...uint32) {
	d.undecodable.add(newReason(format, numbers))
}

// pass counts the packet as one of another protocol, which is no fault.
func (d *Decoder) pass(format string, numbers ...uint32) {
	d.other.add(newReason(format, numbers))
}

func newReason(format string, numbers []uint32) reason {
	r := reason{format: format}
	if len(numbers) > 0 {
		r.a = numbers[0]
	}
	if len(numbers) > 1 {
		r.b = numbers[1]
	}
	return r
}

// enter counts one more header and refuses when there are too many.
func (d *Decoder) enter() bool {
	d.headers++
	if d.headers > maxHeaders {
		d.fail("too deeply nested")
		return false
	}
	return true
}

// wrap continues the packet's path.
func (d *Decoder) wrap(kind encap, id uint32) {
	d.path = d.paths.push(d.path, kind, id)
}

// view is what is left of a packet inside its outer headers.
type view struct {
	data  []byte // captured
	wire  int    // length on the wire, never below len(data)
	bound bool   // wire was stated by a header, not by the capture
}

// skip drops n captured bytes.
func (v view) skip(n int) view {
	return view{data: v.data[n:], wire: v.wire - n, bound: v.bound}
}

// limit sets the length that a header states: padding goes, and bytes that the
// snap length cut are known to be missing. A header may state more than the
// capture does, as some tools write the captured length for that on the wire;
// it may not state more than the header around it.
func (v view) limit(n int) view {
	if v.bound {
		n = min(n, v.wire)
	}
	return view{data: v.data[:min(n, len(v.data))], wire: n, bound: true}
}

// need reports whether a header of n bytes is captured; if not the packet is
// counted as undecodable, apart for cuts and for headers that never were whole.
func (d *Decoder) need(v view, n int, what string) bool {
	if len(v.data) >= n {
		return true
	}
	r := reason{what: what, format: " header cut at %d of %d bytes", a: uint32(len(v.data)), b: uint32(n)}
	if v.wire < n {
		r.format = " header ends after %d of %d bytes"
	}
	d.undecodable.add(r)
	return false
}
