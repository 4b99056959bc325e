package benchgen

import "encoding/binary"

// TCP flags.
const (
	fin, syn, ack, psh = 0x01, 0x02, 0x10, 0x18
)

// mss is how much payload a segment carries at most: 1500 less IP, TCP and the
// time stamps.
const mss = 1448

// step is one thing that a side does: a bare segment, or a write of any length.
type step struct {
	server  bool
	flags   byte
	payload []byte
}

// conn is a connection with what it is still to do.
type conn struct {
	id      uint32
	port    uint16 // of the server
	seq     [2]uint32
	stamps  [2]uint32 // time stamps sent last
	steps   []step
	more    func(*generator) bool // appends steps; false = there is nothing left to do
	closed  bool
	unacked int  // segments of the side that is sending, since the last acknowledgement
	sender  bool // that side is the server
	owed    bool // its segments are to be acknowledged
	buf     []byte
}

// next writes the next packet; false = the connection is over.
func (c *conn) next(g *generator) bool {
	if c.owed {
		c.owed = false
		g.packet(c, !c.sender, ack, nil)
		return true
	}
	if len(c.steps) == 0 && !c.refill(g) {
		return false
	}
	s := &c.steps[0]
	n := min(len(s.payload), mss)
	last := n == len(s.payload)
	flags := s.flags
	if !last {
		flags = ack
	}
	g.packet(c, s.server, flags, s.payload[:n])
	if n > 0 {
		c.sent(s.server, last)
	}
	if s.payload = s.payload[n:]; last {
		c.steps = c.steps[1:]
	}
	return true
}

// refill finds something to do; false = it is all done.
func (c *conn) refill(g *generator) bool {
	c.steps = c.steps[:0]
	if c.more != nil && c.more(g) {
		return true
	}
	if c.more = nil; c.closed {
		return false
	}
	c.close()
	return true
}

// sent makes the other side acknowledge every second segment, and the end of a
// write unless it answers at once.
func (c *conn) sent(server, last bool) {
	answered := last && len(c.steps) > 1 && c.steps[1].server != server
	if c.unacked++; c.unacked == 2 || last {
		c.unacked, c.sender, c.owed = 0, server, !answered
	}
}

func (c *conn) close() {
	c.closed = true
	c.do(false, fin|ack, nil)
	c.do(true, fin|ack, nil)
	c.do(false, ack, nil)
}

func (c *conn) do(server bool, flags byte, payload []byte) {
	c.steps = append(c.steps, step{server, flags, payload})
}

func (c *conn) open() {
	c.do(false, syn, nil)
	c.do(true, syn|ack, nil)
	c.do(false, ack, nil)
}

// segment appends an Ethernet frame and moves the sequence numbers.
func (c *conn) segment(b []byte, ms uint32, server bool, flags byte, payload []byte) []byte {
	from, to := 0, 1
	if server {
		from, to = 1, 0
	}
	header := 32
	if flags&syn != 0 {
		header = 40
	}
	client := [4]byte{198, 18, byte(c.id >> 8), byte(c.id)}
	addrs := [2][4]byte{client, {198, 19, 0, byte(1 + c.id%5)}}
	ports := [2]uint16{uint16(20000 + c.id>>16*101 + c.id%40000), c.port}
	b = append(b, 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0)
	b = binary.BigEndian.AppendUint16(b, uint16(20+header+len(payload)))
	b = append(b, byte(c.seq[from]>>8), byte(c.seq[from]), 0x40, 0, 64, 6, 0, 0)
	b = append(append(b, addrs[from][:]...), addrs[to][:]...)
	b = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(b, ports[from]), ports[to])
	b = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(b, c.seq[from]), c.acked(to, flags))
	b = append(b, byte(header/4)<<4, flags, 0xff, 0xff, 0, 0, 0, 0)
	b = c.options(b, ms, from, flags)
	c.seq[from] += uint32(len(payload)) + uint32(flags&fin) + uint32(flags&syn)>>1
	return append(b, payload...)
}

func (c *conn) acked(to int, flags byte) uint32 {
	if flags&ack == 0 {
		return 0
	}
	return c.seq[to]
}

// options appends what Linux sends: maximum segment size, SACK, time stamps and
// window scale with a SYN, time stamps with every other segment.
func (c *conn) options(b []byte, ms uint32, from int, flags byte) []byte {
	const offset = 0x1a2b0000
	stamp := ms + offset*uint32(1+from) + c.id
	if flags&syn != 0 {
		b = append(b, 2, 4, 0x05, 0xb4, 4, 2)
	} else {
		b = append(b, 1, 1)
	}
	b = binary.BigEndian.AppendUint32(append(b, 8, 10), stamp)
	echo := c.stamps[1-from]
	if flags&ack == 0 {
		echo = 0
	}
	b = binary.BigEndian.AppendUint32(b, echo)
	c.stamps[from] = stamp
	if flags&syn != 0 {
		b = append(b, 1, 3, 3, 7)
	}
	return b
}
