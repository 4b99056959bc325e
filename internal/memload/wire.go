package memload

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/handshark/handshark/capture"
)

// capt writes raw IPv4 packets to a pcap stream, 10 µs after one another.
type capt struct {
	buf     *bufio.Writer
	out     *capture.PcapWriter
	now     int64
	written int64 // bytes of packets
	packet  []byte
	err     error // the first one
}

func newCapture(w io.Writer) *capt {
	c := &capt{buf: bufio.NewWriterSize(w, 1<<18), now: 1_767_323_045e9}
	c.out, c.err = capture.NewPcapWriter(c.buf, capture.LinkRaw, true, 0)
	return c
}

// close writes what is left and gives the first error.
func (c *capt) close() error {
	if c.err == nil {
		c.err = c.buf.Flush()
	}
	if c.err != nil {
		return fmt.Errorf("write capture: %w", c.err)
	}
	return nil
}

// side of a connection.
type side uint8

const (
	client side = iota
	server
)

// TCP flags.
const (
	syn = 0x02
	psh = 0x08
	ack = 0x10
)

// conn is one connection: its client is 10.x.y.z by number, its server
// 192.0.2.2:80.
type conn struct {
	c      *capt
	number uint32
	seq    [2]uint32
}

func (c *capt) conn(number int64) *conn {
	return &conn{c: c, number: uint32(number), seq: [2]uint32{1000, 5000}}
}

func (f *conn) syn() {
	f.segment(client, syn, "")
	f.seq[client]++
}

func (f *conn) synAck() {
	f.segment(server, syn|ack, "")
	f.seq[server]++
}

// open writes the three packets that open a connection.
func (f *conn) open() {
	f.syn()
	f.synAck()
	f.segment(client, ack, "")
}

// says writes one segment, unless there is nothing to say.
func (f *conn) says(s side, text string) {
	if text == "" {
		return
	}
	f.segment(s, psh|ack, text)
	f.seq[s] += uint32(len(text))
}

// segment writes a packet without checksums.
func (f *conn) segment(from side, flags byte, text string) {
	addr := [2]uint32{10<<24 | f.number>>14, 0xc0000202}
	port := [2]uint16{40000 + uint16(f.number&0x3fff), 80}
	to := 1 - from
	acked := f.seq[to]
	if flags&ack == 0 {
		acked = 0
	}
	b := binary.BigEndian.AppendUint16(append(f.c.packet[:0], 0x45, 0), uint16(40+len(text)))
	b = append(b, 0, 1, 0x40, 0, 64, 6, 0, 0)
	b = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(b, addr[from]), addr[to])
	b = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(b, port[from]), port[to])
	b = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(b, f.seq[from]), acked)
	b = append(append(b, 0x50, flags, 0x7f, 0xff, 0, 0, 0, 0), text...)
	f.c.write(b)
}

func (c *capt) write(b []byte) {
	const step = 10_000
	c.now, c.packet = c.now+step, b
	if c.err == nil {
		c.err = c.out.WritePacket(c.now, len(b), b)
	}
	c.written += int64(len(b))
}
