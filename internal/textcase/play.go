package textcase

import (
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// side is one end of a connection.
type side uint8

const (
	client side = iota
	server
)

func (s side) other() side { return 1 - s }

func (s side) String() string { return [...]string{"client", "server"}[s] }

// conn is a simulated TCP connection. Sequence numbers are relative: 0 is the
// SYN, 1 the first octet of data; the encoder adds the initial ones.
type conn struct {
	name     string
	scenario int
	ordinal  int // in its case; makes initial sequence numbers differ
	ends     [2]netip.AddrPort
	vlan     int // 0 = untagged
	link     linkType
	mss      int

	seq     [2]uint32 // next sequence number of each side
	got     [2]uint32 // what each side has received and acknowledges
	begun   [2]uint32 // where the last write of each side began
	gone    [2]bool   // sent FIN or RST
	dead    string    // why no data can be sent; empty = it can
	only    *side     // direction that is captured; nil = both
	key     string    // Sec-WebSocket-Key of the last request
	method  string    // of the last request
	asked   bool      // the client has sent a request
	packers [2]packer // of header blocks of HTTP/2, by side
	slot    *slot     // attempt that expectations refer to
}

// damage waits for the next write.
type damage struct {
	split     int
	lose      []int
	dup       int
	swap      bool
	unacked   bool
	overlap   bool
	blackhole int
}

func (d damage) pending() bool {
	return d.split != 0 || d.lose != nil || d.dup != 0 || d.swap || d.unacked || d.overlap || d.blackhole != 0
}

// timeline plays one scenario.
type timeline struct {
	scenario *Scenario
	index    int   // of the scenario in its case
	number   int   // index + 1; sets addresses and ports
	now      int64 // nanoseconds since the Unix epoch
	conns    map[string]*conn
	cur      *conn
	opened   int // connections so far
	keys     int // keys given out so far
	snap     int // snap length; 0 = none
	next     damage
	events   []*event
	slots    []*slot
	ids      *int // connections in the case so far
}

const (
	tick         = int64(200 * time.Microsecond) // between two packets
	betweenCases = int64(60 * time.Second)       // between two scenarios
	firstRTO     = int64(200 * time.Millisecond) // doubles with each retransmission
	firstSYNRTO  = int64(time.Second)            // RFC 6298 section 2
	maxEvents    = 200_000                       // packets of one scenario
)

var errTooMany = fmt.Errorf("scenario has more than %d packets", maxEvents)

// lastTime keeps times within what pcap can hold.
func lastTime() time.Time { return time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC) }

func baseTime() int64 { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).UnixNano() }

// play runs a scenario from start on.
func (s *Scenario) play(index int, start int64, ids *int) (*timeline, error) {
	t := &timeline{scenario: s, index: index, number: index + 1, now: start, conns: map[string]*conn{}, ids: ids}
	for _, st := range s.steps {
		if err := st.play(t); err != nil {
			return nil, &Error{"", st.line, err.Error()}
		}
		if len(t.events) > maxEvents {
			return nil, &Error{"", st.line, errTooMany.Error()}
		}
	}
	if t.next.pending() {
		return nil, &Error{"", s.Line, "scenario " + s.Name + ": split, lose, dup, swap, unacked, overlap or blackhole without data after it"}
	}
	return t, nil
}

// sender gives the current connection for data of from; the default one is
// opened if there is none.
func (t *timeline) sender(from side) (*conn, error) {
	if t.cur == nil {
		if err := (opening{}).play(t); err != nil {
			return nil, err
		}
	}
	c := t.cur
	switch {
	case c.dead != "":
		return nil, fmt.Errorf("connection %s cannot carry data: it %s", c.name, c.dead)
	case c.gone[from]:
		return nil, fmt.Errorf("connection %s: the %s has closed its side already", c.name, from)
	}
	return c, nil
}

func (t *timeline) current() (*conn, error) {
	if t.cur == nil {
		return nil, errors.New("no connection yet; open one first")
	}
	return t.cur, nil
}

// emit puts a packet on the wire and lets a tick pass.
func (t *timeline) emit(e *event) *event {
	e.time, e.snap, e.scenario = t.now, t.snap, t.index
	t.events = append(t.events, e)
	t.now += tick
	return e
}

// tcp emits a segment that acknowledges what its sender has received.
func (t *timeline) tcp(c *conn, from side, flags uint8, data []byte) *event {
	e := &event{conn: c, from: from, seq: c.seq[from], ack: c.got[from], flags: flags, data: data}
	e.hidden = c.only != nil && *c.only != from
	return t.emit(e)
}

// advance moves the clock forward.
func (t *timeline) advance(d int64) error {
	if d < 0 || d > lastTime().UnixNano()-t.now {
		return fmt.Errorf("the clock would pass %s", lastTime().Format(time.DateOnly))
	}
	t.now += d
	return nil
}

// send carries data over c, the first headLen octets of which are a head.
func (t *timeline) send(c *conn, from side, data []byte, headLen int) error {
	d := t.next
	t.next = damage{}
	if d.overlap {
		c.seq[from] = c.begun[from]
	}
	end := c.seq[from] + uint32(len(data))
	c.begun[from] = c.seq[from]
	if d.blackhole > 0 {
		return t.sendIntoHole(c, from, data, headLen, d.blackhole)
	}
	sent := t.sendSegments(c, from, data, headLen, d)
	if err := d.hit(sent); err != nil {
		return err
	}
	c.seq[from] = end
	if !d.unacked {
		c.got[from.other()] = max(c.got[from.other()], end)
		t.tcp(c, from.other(), flagACK, nil)
	}
	return nil
}

func (t *timeline) sendSegments(c *conn, from side, data []byte, headLen int, d damage) []*event {
	size := c.mss
	if d.split > 0 {
		size = d.split
	}
	if d.swap && len(data) <= size {
		size = (len(data) + 1) / 2
	}
	var sent []*event
	for at := 0; at < len(data) && len(t.events) <= maxEvents; at += size {
		piece := data[at:min(at+size, len(data))]
		sent = append(sent, t.segment(c, from, piece, headLen-at))
		t.repeat(sent[len(sent)-1], d.dup)
		c.seq[from] += uint32(len(piece))
	}
	return sent
}

func (t *timeline) segment(c *conn, from side, piece []byte, headLeft int) *event {
	e := t.tcp(c, from, flagACK|flagPSH, piece)
	e.head = min(max(headLeft, 0), len(piece))
	return e
}

// repeat retransmits e n times with a doubling timeout.
func (t *timeline) repeat(e *event, n int) {
	for rto := firstRTO; n > 0; n-- {
		t.now = e.time + rto
		again := *e
		t.emit(&again)
		rto *= 2
		e = &again
	}
}

// hit applies loss and swapping to the segments of one write.
func (d damage) hit(sent []*event) error {
	for _, k := range d.lose {
		if k > len(sent) {
			return fmt.Errorf("lose %d: the data has %d segments only; cut it with split", k, len(sent))
		}
		sent[k-1].hidden = true
	}
	if !d.swap {
		return nil
	}
	if len(sent) < 2 || d.dup > 0 {
		return errors.New("swap needs at least 2 octets of data, and no dup")
	}
	a, b := sent[0], sent[1]
	ta, tb := a.time, b.time
	*a, *b = *b, *a
	a.time, b.time = ta, tb
	return nil
}

// sendIntoHole loses every full-sized segment on the way, behind the capture
// point: the short tail arrives and is acknowledged selectively.
func (t *timeline) sendIntoHole(c *conn, from side, data []byte, headLen, retries int) error {
	if len(data) <= c.mss || len(data)%c.mss == 0 {
		return fmt.Errorf("blackhole: data of %d octets; want more than one segment of %d, the last one shorter", len(data), c.mss)
	}
	start := c.seq[from]
	sent := t.sendSegments(c, from, data, headLen, damage{})
	tail := sent[len(sent)-1]
	dup := t.tcp(c, from.other(), flagACK, nil)
	dup.sack = [2]uint32{tail.seq, tail.seq + uint32(len(tail.data))}
	t.repeat(sent[0], retries)
	c.seq[from], c.begun[from] = start+uint32(len(data)), start
	c.dead = deadBlackhole
	return nil
}
