package live

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/handshark/handshark/capture"
)

// Follow reads a capture that is still being written: a growing file, a FIFO, or
// standard input ("-"). A regular file ends only when the Source is closed; a pipe
// ends when its last writer closes it.
func Follow(name string, o capture.OpenOptions) (*Source, error) {
	regular := false
	if name != "-" {
		st, err := os.Stat(name)
		if err != nil {
			return nil, fmt.Errorf("follow: %w", err)
		}
		regular = st.Mode().IsRegular()
	}
	s := newSource(name, "", 1)
	f := &follower{name: name, o: o, r: newReader(s, 0), regular: regular}
	if regular {
		s.readers.Add(1) // what reads a pipe may block for ever and is not waited for
	}
	go f.run()
	return s, nil
}

// open opens the input. Opening a FIFO waits for a writer.
func (f *follower) open() (io.Reader, io.Closer, error) {
	switch {
	case f.name != "-":
		file, err := os.Open(f.name)
		return file, file, err
	case f.o.Stdin != nil:
		return f.o.Stdin, io.NopCloser(nil), nil
	}
	return os.Stdin, io.NopCloser(nil), nil
}

// growEvery is how often the end of a growing file is looked at.
const growEvery = 100 * time.Millisecond

// growing is a reader that waits at the end of a file for more.
type growing struct {
	r      io.Reader
	stop   <-chan struct{}
	before func() bool // called before each wait
	grows  bool        // its end is not final
}

// errStopped ends the reading of a capture that is not followed any more.
var errStopped = errors.New("not followed any more")

func (g *growing) Read(p []byte) (int, error) {
	if !g.before() {
		return 0, errStopped
	}
	for {
		n, err := g.r.Read(p)
		if n > 0 || !errors.Is(err, io.EOF) || !g.grows {
			return n, err
		}
		select {
		case <-g.stop:
			return 0, errStopped
		case <-time.After(growEvery):
		}
	}
}

// follower reads one capture.
type follower struct {
	name    string
	o       capture.OpenOptions
	r       *reader
	regular bool
}

func (f *follower) run() {
	if f.regular {
		defer f.r.s.readers.Done()
	}
	in, closer, err := f.open()
	if err != nil {
		f.r.tell(report{ended: true, err: err})
		return
	}
	defer closer.Close()
	f.read(&growing{r: in, stop: f.r.s.stop, before: f.r.flush, grows: f.regular})
}

func (f *follower) read(in io.Reader) {
	src, err := capture.NewSource(in, f.name, 0, f.o)
	if err != nil {
		f.r.tell(report{ended: true, err: err})
		return
	}
	defer src.Close()
	known := -1
	for {
		var p capture.Packet
		if err = src.Next(&p); err != nil {
			break
		}
		info := src.Info()
		if len(info.Interfaces) != known {
			known = len(info.Interfaces)
			if !f.r.tell(report{interfaces: append([]capture.Interface(nil), info.Interfaces...), info: snapshot(info)}) {
				return
			}
		}
		k := packet{frame: p.Ref.Frame, time: p.Ref.Time, wire: p.Wire, iface: p.Interface, link: p.Link}
		if !f.r.add(k, p.Data) {
			return
		}
	}
	f.r.tell(report{ended: true, err: err, info: snapshot(src.Info())})
}

func snapshot(info *capture.Info) *capture.Info {
	c := *info
	c.Problems = append([]capture.Problem(nil), info.Problems...)
	return &c
}
