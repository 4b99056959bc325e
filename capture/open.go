package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// OpenOptions bounds what opening and reading a capture may cost. The zero
// value is what the command line uses.
type OpenOptions struct {
	Stdin       io.Reader // what "-" reads; nil = os.Stdin
	Buffer      int       // bytes of the read buffer; 0 = 256 KiB, with Turn 384 KiB
	MaxExpanded int64     // bytes that a compressed file may expand to; 0 = 1 TiB
	MaxRatio    int64     // times its size that it may expand to, beyond 64 MiB; 0 = 1000
	MaxMemory   int64     // bytes of the decompression window; 0 = 128 MiB
	// Done calls reading off when it is closed, also where a pipe has nothing to
	// read: Next then gives an error that is ErrCalledOff. nil = never.
	Done <-chan struct{}
	// Turn is called when a read buffer is used up. It takes the buffer, in which the
	// Data of packets yielded until now lie, and gives another to read on into: until
	// the first is given again, by any call, those Data do not change. nil = Data
	// are valid until the next call of Source.Next, as ever.
	Turn func(used []byte) []byte
	// Secrets gets each TLS key log that a pcapng file holds (decryption secrets block),
	// in its place between the packets. nil = nobody wants them.
	Secrets func(Secrets)
	used    []byte // a read buffer that served another file; may be nil
}

// window makes a window, over the buffer of another file if there is one.
func (o *OpenOptions) window(r io.Reader, size int) *window {
	if len(o.used) == max(size, minBuffer) {
		return &window{r: r, buf: o.used}
	}
	return newWindow(r, size)
}

// readsAhead reports whether files are read ahead: only with Turn there is a buffer to
// read into and something else to do meanwhile. Files that are merged have small ones.
func (o *OpenOptions) readsAhead() bool { return o.Turn != nil && o.Buffer == 0 }

// maxRecord is the most bytes that one packet may have: BIG TCP and USB
// captures hold packets far beyond any MTU, whatever is larger is damage.
const maxRecord = 16 << 20

// Open opens a capture file, a FIFO, or standard input ("-"). Packets carry
// index as Ref.Capture. Pcap and pcapng are told by their content, also inside
// gzip, zstd or lz4. The error is an *OpenError.
func Open(name string, index uint32, o OpenOptions) (Source, error) {
	if name == "-" {
		if o.Stdin != nil {
			return NewSource(o.Stdin, name, index, o)
		}
		return NewSource(os.Stdin, name, index, o)
	}
	f, err := openFile(name, o.Done)
	if err != nil {
		return nil, err
	}
	s, err := NewSource(f, name, index, o)
	if err != nil {
		f.Close()
		return nil, err
	}
	x := s.(interface {
		own(io.Closer)
		readAhead(*os.File)
	})
	if o.readsAhead() {
		x.readAhead(f)
	}
	x.own(f)
	return s, nil
}

func openFile(name string, off <-chan struct{}) (*os.File, error) {
	st, err := os.Stat(name)
	if err != nil {
		return nil, openError(name, err)
	}
	if st.IsDir() {
		return nil, &OpenError{Name: name, Reason: "is a directory"}
	}
	open := os.Open
	if st.Mode()&os.ModeNamedPipe != 0 {
		open = func(name string) (*os.File, error) { return openWaiting(name, off) }
	}
	f, err := open(name)
	if err != nil {
		return nil, openError(name, err)
	}
	return f, nil
}

// NewSource reads a capture from r; name only labels it. Closing the source
// does not close r. The error is an *OpenError.
func NewSource(r io.Reader, name string, index uint32, o OpenOptions) (Source, error) {
	f := &file{info: Info{Index: index, Name: name}, unlock: o.Secrets, off: o.Done}
	format, err := f.start(r, o)
	if err != nil {
		f.Close()
		return nil, err
	}
	var s Source
	if format == formatPcapng {
		s, err = newPcapng(f)
	} else {
		s, err = newPcap(f)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return s, nil
}

// format is a capture file format as its magic number tells it.
type format uint8

const (
	formatUnknown format = iota
	formatPcap
	formatPcapng
)

// sniff tells the format of the first bytes of an uncompressed file.
func sniff(b []byte) format {
	if len(b) < 4 {
		return formatUnknown
	}
	switch binary.LittleEndian.Uint32(b) {
	case 0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d, 0x4d3cb2a1, 0xa1b2cd34, 0x34cdb2a1:
		return formatPcap
	case blockSection:
		if len(b) >= 12 && (bytes.Equal(b[8:12], bigMark) || bytes.Equal(b[8:12], littleMark)) {
			return formatPcapng
		}
	}
	return formatUnknown
}

// file is what the readers of all formats share.
type file struct {
	w        *window
	info     Info
	packing  string // "+gzip" and the like, or ""
	problems uint64
	timed    bool  // a packet had a time
	done     error // what Next returns from now on
	closers  []io.Closer
	unlock   func(Secrets)   // OpenOptions.Secrets
	off      <-chan struct{} // OpenOptions.Done

	careful bool // no quick way; tests compare the two
}

// start finds the format, looking through one layer of compression.
func (f *file) start(r io.Reader, o OpenOptions) (format, error) {
	size := o.Buffer
	switch {
	case o.readsAhead():
		size = partBuffer
	case size == 0:
		size = defaultBuffer
	}
	if o.Done != nil && mayBlock(r) {
		q := newPrompt(r, o.Done)
		f.own(q)
		r = q
	}
	f.w = o.window(r, size)
	f.w.need(12)
	if kind := compression(f.w.unread()); kind != "" {
		e, err := newExpander(f.w, kind, o)
		if err != nil {
			return formatUnknown, openError(f.info.Name, err)
		}
		f.own(e)
		f.packing = "+" + kind
		f.w = newWindow(e, size)
		f.w.need(12)
	}
	f.w.turn = o.Turn
	if found := sniff(f.w.unread()); found != formatUnknown {
		return found, nil
	}
	return formatUnknown, f.notCapture()
}

func (f *file) notCapture() error {
	f.w.need(64)
	head := f.w.unread()
	if f.w.err != nil && f.w.err != io.EOF {
		return openError(f.info.Name, f.w.err)
	}
	inside := ""
	if f.packing != "" {
		inside = f.packing[1:] + " data: "
	}
	if len(head) == 0 {
		return &OpenError{Name: f.info.Name, Reason: inside + "empty file"}
	}
	return &OpenError{
		Name:   f.info.Name,
		Reason: fmt.Sprintf("%snot a capture file: begins with %s%s", inside, quoteHead(head), hint(head)),
	}
}

// headerCut tells of a capture that ends inside its first header, in a format that
// takes how many bytes are there.
func (f *file) headerCut(format string) error {
	if f.w.err != nil && f.w.err != io.EOF {
		return openError(f.info.Name, f.w.err)
	}
	return &OpenError{Name: f.info.Name, Reason: fmt.Sprintf(format, len(f.w.unread()))}
}

// quoteHead shows the first bytes of a file: the first line of a text, a few
// octets of anything else.
func quoteHead(b []byte) string {
	n := min(len(b), 24)
	if line := bytes.IndexAny(b[:n], "\r\n"); line > 0 {
		n = line
	}
	return fmt.Sprintf("%+q", b[:n])
}

// hint names formats that people take for captures.
func hint(b []byte) string {
	for _, known := range [...]struct{ magic, say string }{
		{"PK\x03\x04", "a zip archive, unpack it first"},
		{"BZh", "bzip2, unpack it first"},
		{"\xfd7zXZ", "xz, unpack it first"},
		{"7z\xbc\xaf", "a 7z archive, unpack it first"},
		{"\x1f\x8b", "compressed twice, unpack it once"},
		{"\x28\xb5\x2f\xfd", "compressed twice, unpack it once"},
		{"\x04\x22\x4d\x18", "compressed twice, unpack it once"},
		{"snoop\x00\x00\x00", "snoop: convert it with editcap -F pcapng"},
		{"GMBU", "Network Monitor: convert it with editcap -F pcapng"},
		{"RTSS", "Network Monitor: convert it with editcap -F pcapng"},
		{"XCP\x00", "Sniffer: convert it with editcap -F pcapng"},
		{"CLIENT_RANDOM ", "a TLS key log"},
		{"\n\r\r\n", "a pcapng section header, cut or damaged"},
	} {
		if bytes.HasPrefix(b, []byte(known.magic)) {
			return " (" + known.say + ")"
		}
	}
	return ""
}

func (f *file) own(c io.Closer) { f.closers = append(f.closers, c) }

// Info implements Source.
func (f *file) Info() *Info {
	f.tally()
	return &f.info
}

// Close implements Source.
func (f *file) Close() error {
	var err error
	for _, c := range f.closers {
		err = errors.Join(err, c.Close())
	}
	f.closers = nil
	if f.w != nil { // whoever keeps the Info keeps no more than that
		f.w = &window{base: f.w.offset(), err: io.EOF}
	}
	f.unlock = nil
	if f.done == nil {
		f.done = io.EOF
	}
	return err
}

// release gives the read buffer, or another one where somebody still looks at what was
// decoded of it. The file must have been read to its end.
func (f *file) release() []byte {
	if f.w.turn != nil {
		return f.w.turn(f.w.buf)
	}
	return f.w.buf
}

// count notes a packet that is about to be yielded.
func (f *file) count(p *Packet) { f.countOne(uint32(len(p.Data)), uint32(min(p.Wire, 1<<32-1))) }

func (f *file) countOne(captured, wire uint32) {
	in := &f.info
	in.Packets++
	in.Bytes += uint64(captured)
	if wire > captured {
		in.Cut++
	}
}

// span notes the time that a packet was recorded with.
func (f *file) span(ns int64) {
	if !f.timed {
		f.timed = true
		f.info.First, f.info.Last = ns, ns
		return
	}
	f.info.First = min(f.info.First, ns)
	f.info.Last = max(f.info.Last, ns)
}

// finish ends the reading at the end of the data. cut says what the end cut
// off, or is empty when the last record was whole.
func (f *file) finish(cut string) error {
	at := f.w.offset()
	f.done = io.EOF
	switch err := f.w.err; {
	case f.calledOff():
		f.done = &ReadError{Name: f.info.Name, Frame: f.info.Frames, Offset: at, Reason: err.Error(), Err: err}
	case err == nil || err == io.EOF:
		if cut != "" {
			f.problem(f.info.Frames+1, at, "file ends inside frame %d: %s", f.info.Frames+1, cut)
		}
	case errors.Is(err, io.ErrUnexpectedEOF) && cut != "":
		f.problem(f.info.Frames+1, at, endsEarly+", inside frame %d", f.info.Frames+1)
	case errors.Is(err, io.ErrUnexpectedEOF):
		f.after(at, endsEarly)
	case isTrailer(err) && cut == "":
		f.after(at, "%v", errStray)
	default:
		f.fail(at, cause(err), err)
	}
	f.tally()
	return f.done
}

// calledOff reports whether the data end because nobody wants them any more:
// what is cut off is no damage.
func (f *file) calledOff() bool { return errors.Is(f.w.err, ErrCalledOff) }

// fail ends the reading at damage that cannot be passed over.
func (f *file) fail(at int64, why string, cause error) {
	f.after(at, "%s; nothing after this was read", why)
	f.tally()
	f.done = &ReadError{Name: f.info.Name, Frame: f.info.Frames, Offset: at, Reason: why, Err: cause}
}
