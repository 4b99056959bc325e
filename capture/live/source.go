package live

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/handshark/handshark/capture"
)

// Bounds of what lies between a reader and the analysis, per reader.
const (
	batchBytes   = 256 << 10
	batchPackets = 1024
	idleAfter    = 100 * time.Millisecond
)

// Drops is a stretch of time in which packets were lost.
type Drops struct {
	From, To int64 // capture time in nanoseconds
	Packets  uint64
}

var _ capture.Stream = (*Source)(nil)

// Source is a [capture.Stream]. It is used by one goroutine.
type Source struct {
	info    capture.Info
	notices []capture.Notice

	batches chan *batch
	stop    chan struct{}
	readers sync.WaitGroup
	open    int // readers that have not ended
	err     error

	current *batch
	at      int // next packet of current
	timer   *time.Timer
	clock   clock
	drops   []Drops

	numbers       atomic.Uint32   // interfaces numbered so far
	kernel, iface []atomic.Uint64 // by input: packets dropped by the kernel, by the interface
}

// batch is what a reader hands on at once.
type batch struct {
	data    []byte
	packets []packet
	input   int
	report  *report // what else happened; may be nil
	back    chan *batch
}

type packet struct {
	frame      uint64 // 0 = to be counted by the source
	time       int64
	start, end int
	wire       int
	iface      uint32
	link       capture.LinkType
}

// report is what a reader has to say besides packets.
type report struct {
	notice     *capture.Notice
	drops      *Drops
	interfaces []capture.Interface // all of the input, if there are new ones
	found      *found              // an interface of "any"
	info       *capture.Info       // of a file that ended
	ended      bool
	err        error // why it ended; io.EOF for a file at its end
}

// found is an interface that a packet came through for the first time.
type found struct {
	number uint32
	is     capture.Interface
}

// clock tells the time in the capture: that of the last packet and what went by
// since. Where no packet came yet it is the time of day.
type clock struct {
	packet int64     // capture time of the latest packet
	seen   time.Time // when it was taken
}

// lag is how far the clock stays behind: packets may be on their way from the
// kernel for that long.
const lag = 300 * time.Millisecond

func (c *clock) observe(t int64) {
	if t > c.packet {
		c.packet = t
	}
	c.seen = time.Now()
}

func (c *clock) now() int64 {
	if c.seen.IsZero() {
		return time.Now().Add(-lag).UnixNano()
	}
	return c.packet + max(int64(time.Since(c.seen)-lag), 0)
}

func newSource(name, format string, inputs int) *Source {
	s := &Source{
		info:    capture.Info{Name: name, Format: format},
		batches: make(chan *batch), stop: make(chan struct{}),
		open: inputs, timer: time.NewTimer(idleAfter),
		kernel: make([]atomic.Uint64, inputs), iface: make([]atomic.Uint64, inputs),
	}
	s.numbers.Store(uint32(inputs))
	return s
}

// Next implements [capture.Source]. Besides, it returns
// [capture.ErrIdle] when nothing came
// for a tenth of a second. io.EOF says that every file ended; the error of the
// last interface that failed says that none is left.
func (s *Source) Next(p *capture.Packet) error {
	for {
		if s.current != nil && s.at < len(s.current.packets) {
			s.fill(p, &s.current.packets[s.at])
			s.at++
			return nil
		}
		if err := s.advance(); err != nil {
			return err
		}
	}
}

// advance gets the next batch.
func (s *Source) advance() error {
	s.release()
	if s.open == 0 {
		return s.err
	}
	s.timer.Reset(idleAfter)
	select {
	case b := <-s.batches:
		s.current, s.at = b, 0
		if len(b.packets) > 0 {
			s.clock.observe(b.packets[len(b.packets)-1].time)
		}
		s.take(b.report)
		return nil
	case <-s.timer.C:
		return capture.ErrIdle
	}
}

// release gives the current batch back to its reader.
func (s *Source) release() {
	if b := s.current; b != nil {
		s.current = nil
		b.data, b.packets, b.report = b.data[:0], b.packets[:0], nil
		select {
		case b.back <- b:
		default:
		}
	}
}

func (s *Source) fill(p *capture.Packet, k *packet) {
	in := &s.info
	in.Frames++
	in.Packets++
	data := s.current.data[k.start:k.end]
	in.Bytes += uint64(len(data))
	if k.wire > len(data) {
		in.Cut++
	}
	if in.Packets == 1 {
		in.First, in.Last = k.time, k.time
	}
	in.First, in.Last = min(in.First, k.time), max(in.Last, k.time)
	frame := k.frame
	if frame == 0 {
		frame = in.Frames
	}
	*p = capture.Packet{
		Ref:       capture.Ref{Capture: in.Index, Frame: frame, Time: k.time},
		Interface: k.iface, Link: k.link, Wire: k.wire, Data: data,
	}
}

// dropsKept bounds the stretches of loss that are remembered.
const dropsKept = 256

// take notes what a reader reported.
func (s *Source) take(r *report) {
	if r == nil {
		return
	}
	if r.interfaces != nil {
		s.info.Interfaces = r.interfaces
	}
	if r.found != nil {
		s.find(r.found)
	}
	if r.notice != nil && len(s.notices) < capture.MaxProblems {
		s.notices = append(s.notices, *r.notice)
	}
	if r.drops != nil {
		s.lost(*r.drops)
	}
	if r.info != nil {
		s.info.Problems, s.info.Format = r.info.Problems, r.info.Format
	}
	if r.ended {
		s.open--
		s.err = r.err
	}
}

// number gives the number of one more interface.
func (s *Source) number() uint32 { return s.numbers.Add(1) - 1 }

// find notes an interface. Those with smaller numbers may be on their way.
func (s *Source) find(f *found) {
	if n := int(f.number) + 1 - len(s.info.Interfaces); n > 0 {
		s.info.Interfaces = append(s.info.Interfaces, make([]capture.Interface, n)...)
	}
	s.info.Interfaces[f.number] = f.is
}

func (s *Source) lost(d Drops) {
	if n := len(s.drops); n > 0 && d.From <= s.drops[n-1].To {
		s.drops[n-1].To = max(s.drops[n-1].To, d.To)
		s.drops[n-1].Packets += d.Packets
		return
	}
	if len(s.drops) == dropsKept {
		s.drops = slices.Delete(s.drops, 0, 1)
	}
	s.drops = append(s.drops, d)
}

// LostBetween implements [capture.Stream].
func (s *Source) LostBetween(from, to int64) bool {
	for i := len(s.drops) - 1; i >= 0; i-- {
		if d := &s.drops[i]; d.From <= to && d.To >= from {
			return true
		}
	}
	return false
}

// Notices implements [capture.Stream].
func (s *Source) Notices() []capture.Notice {
	list := s.notices
	s.notices = nil
	return list
}

// Now implements [capture.Stream].
func (s *Source) Now() int64 { return s.clock.now() }

// Info implements [capture.Source].
func (s *Source) Info() *capture.Info {
	kernel, iface := s.Dropped()
	s.info.Drops = kernel + iface
	return &s.info
}

// Dropped implements [capture.Stream].
func (s *Source) Dropped() (kernel, iface uint64) {
	for i := range s.kernel {
		kernel += s.kernel[i].Load()
		iface += s.iface[i].Load()
	}
	return kernel, iface
}

// Close implements [capture.Source]: it ends the readers and waits for them, but
// for one that waits for another program to write to a pipe.
func (s *Source) Close() error {
	close(s.stop)
	s.timer.Stop()
	s.readers.Wait()
	return nil
}
