package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const epoch = int64(1_700_000_000_000_000_000)

// seen is a packet that outlives the buffer.
type seen struct {
	Frame uint64
	Time  int64
	Iface uint32
	Link  LinkType
	Wire  int
	Data  string
}

func readAll(s Source) ([]seen, error) {
	var all []seen
	var p Packet
	for {
		if err := s.Next(&p); err != nil {
			return all, err
		}
		all = append(all, seen{p.Ref.Frame, p.Ref.Time, p.Interface, p.Link, p.Wire, string(p.Data)})
	}
}

func mustOpen(t testing.TB, b []byte) Source {
	t.Helper()
	s, err := NewSource(bytes.NewReader(b), "test", 0, OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// packets reads b, which must end without an error.
func packets(t testing.TB, b []byte) ([]seen, *Info) {
	t.Helper()
	s := mustOpen(t, b)
	all, err := readAll(s)
	if err != io.EOF {
		t.Fatalf("got error %v, want EOF", err)
	}
	return all, s.Info()
}

// samplePcap has n packets of 60, 61, ... bytes, a millisecond apart.
func samplePcap(t testing.TB, n int) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := NewPcapWriter(&b, 1, false, 0)
	for i := 0; i < n && err == nil; i++ {
		err = w.WritePacket(epoch+int64(i)*1e6, 0, bytes.Repeat([]byte{byte(i)}, 60+i))
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// samplePcapng has n packets of 60, 61, ... bytes, a millisecond apart, in turn
// on two interfaces.
func samplePcapng(t testing.TB, n int) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := NewPcapngWriter(&b)
	if err == nil {
		_, err = w.AddInterface(Interface{Name: "eth0", Link: 1})
	}
	if err == nil {
		_, err = w.AddInterface(Interface{Link: 113, Snap: 64})
	}
	for i := 0; i < n && err == nil; i++ {
		err = w.WritePacket(uint32(i%2), epoch+int64(i)*1e6, 0, bytes.Repeat([]byte{byte(i)}, 60+i), "")
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestNotCapture(t *testing.T) {
	for _, c := range []struct{ name, content, want string }{
		{"empty", "", "empty file"},
		{"html", "<!DOCTYPE html>\n<html>", `not a capture file: begins with "<!DOCTYPE html>"`},
		{"escapes", "\x1b[31mred\x00\xff", `not a capture file: begins with "\x1b[31mred\x00\xff"`},
		{"elf", "\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00", `not a capture file: begins with "\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00"`},
		{"bounded", strings.Repeat("a", 500), `not a capture file: begins with "aaaaaaaaaaaaaaaaaaaaaaaa"`},
		{"zip", "PK\x03\x04....", `not a capture file: begins with "PK\x03\x04...." (a zip archive, unpack it first)`},
		{"one octet", "\xd4", `not a capture file: begins with "\xd4"`},
		{"pcap header cut", "\xd4\xc3\xb2\xa1\x02\x00\x04\x00", "pcap file header cut at 8 of 24 bytes"},
		{"pcapng header cut", "\n\r\r\n\x1c\x00\x00\x00\x4d\x3c\x2b\x1a", "pcapng section header cut at 12 of at least 28 bytes"},
		{"no byte order", "\n\r\r\n\x1c\x00\x00\x00\x00\x00\x00\x00", `not a capture file: begins with "\n\r\r\n\x1c\x00\x00\x00\x00\x00\x00\x00" (a pcapng section header, cut or damaged)`},
		{"gzip of another method", "\x1f\x8b\x09aaaaaaaaaaaaaa", "gzip: invalid header"},
		{"gzip of nothing", "\x1f\x8b", "compressed data ends early, before the first packet"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := NewSource(strings.NewReader(c.content), "a.pcap", 0, OpenOptions{})
			got, ok := errors.AsType[*OpenError](err)
			if !ok || got.Error() != "capture: a.pcap: "+c.want {
				t.Errorf("got %v; want capture: a.pcap: %s", err, c.want)
			}
		})
	}
}

func TestReadError(t *testing.T) {
	broken := errors.New("disk on fire")
	r := io.MultiReader(bytes.NewReader(samplePcap(t, 2)), iotest.ErrReader(broken))
	s, err := NewSource(r, "a.pcap", 0, OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	all, err := readAll(s)
	if len(all) != 2 || !errors.Is(err, broken) {
		t.Errorf("got %d packets, %v; want 2, %v", len(all), err, broken)
	}
	if got, want := err.Error(), "capture: a.pcap: after packet 2 at offset 177: disk on fire"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if again := s.Next(&Packet{}); again != err {
		t.Errorf("second Next: got %v, want the same error", again)
	}
}

// Whatever the sizes of the reads, the packets are the same.
func TestShortReads(t *testing.T) {
	for name, b := range map[string][]byte{"pcap": samplePcap(t, 40), "pcapng": samplePcapng(t, 40)} {
		want, _ := packets(t, b)
		for _, wrap := range []func(io.Reader) io.Reader{iotest.OneByteReader, iotest.HalfReader, iotest.DataErrReader} {
			s, err := NewSource(wrap(bytes.NewReader(b)), "-", 0, OpenOptions{Buffer: 1})
			if err != nil {
				t.Fatal(name, err)
			}
			got, err := readAll(s)
			if err != io.EOF {
				t.Errorf("%s: got %v, want EOF", name, err)
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("%s: %s", name, d)
			}
		}
	}
}

// A packet is yielded when its last byte has arrived, without waiting for more.
func TestPipeYieldsAtOnce(t *testing.T) {
	for name, b := range map[string][]byte{"pcap": samplePcap(t, 3), "pcapng": samplePcapng(t, 3)} {
		feed := &exactReader{data: b}
		s, err := NewSource(feed, "-", 0, OpenOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if err := s.Next(&Packet{}); err != nil {
				t.Fatal(name, err)
			}
		}
		if feed.starved {
			t.Errorf("%s: read on although three whole packets were there", name)
		}
	}
}

// exactReader gives one octet at a time, as a slow pipe does, and notes a read
// that would have waited.
type exactReader struct {
	data    []byte
	starved bool
}

func (r *exactReader) Read(p []byte) (int, error) {
	if len(r.data) == 0 {
		r.starved = true
		return 0, io.EOF
	}
	n := copy(p[:1], r.data)
	r.data = r.data[n:]
	return n, nil
}

// A file cut anywhere yields the packets before the cut, and says where it was
// cut unless that was between two packets.
func TestTruncateEverywhere(t *testing.T) {
	for name, b := range map[string][]byte{"pcap": samplePcap(t, 5), "pcapng": samplePcapng(t, 5)} {
		want, _ := packets(t, b)
		for n := 28; n < len(b); n++ {
			s := mustOpen(t, b[:n])
			got, err := readAll(s)
			if err != io.EOF {
				t.Fatalf("%s cut at %d: got %v, want EOF", name, n, err)
			}
			if d := cmp.Diff(want[:len(got)], got, cmpopts.EquateEmpty()); d != "" {
				t.Fatalf("%s cut at %d: %s", name, n, d)
			}
			checkCut(t, name, n, s)
		}
	}
}

func checkCut(t *testing.T, name string, n int, s Source) {
	t.Helper()
	w := windowOf(s)
	left := int64(n) - w.offset()
	in := s.Info()
	if (left > 0) != (len(in.Problems) == 1) {
		t.Fatalf("%s cut at %d: %d bytes left, problems %v", name, n, left, in.Problems)
	}
	if left == 0 {
		return
	}
	got := in.Problems[0]
	if got.Offset != w.offset() || got.Frame != in.Packets+1 || !strings.Contains(got.Message, "file ends inside frame") {
		t.Fatalf("%s cut at %d: got %+v", name, n, got)
	}
}

func windowOf(s Source) *window {
	if f, ok := s.(*pcapFile); ok {
		return f.w
	}
	return s.(*pcapngFile).w
}

func TestNoAllocationPerPacket(t *testing.T) {
	for name, b := range map[string][]byte{"pcap": samplePcap(t, 5000), "pcapng": samplePcapng(t, 5000)} {
		s := mustOpen(t, b)
		var p Packet
		got := testing.AllocsPerRun(4000, func() {
			if err := s.Next(&p); err != nil {
				t.Fatal(err)
			}
		})
		if got != 0 {
			t.Errorf("%s: got %v allocations a packet, want 0", name, got)
		}
	}
}

// A lying length costs no memory: the buffer grows with what arrives.
func TestLyingLengthCostsNothing(t *testing.T) {
	b := samplePcap(t, 1)
	binary.LittleEndian.PutUint32(b[24+8:], maxRecord)
	s := mustOpen(t, b)
	readAll(s)
	if got := len(windowOf(s).buf); got > defaultBuffer {
		t.Errorf("got a buffer of %d bytes for a file of %d", got, len(b))
	}
	if len(s.Info().Problems) != 1 {
		t.Errorf("got problems %v, want one", s.Info().Problems)
	}
}

// A file that asks for megabytes behind each of its octets is read once, in a
// bounded buffer: quadratic work would show as a read for each block.
func TestHostileLengthsAreLinear(t *testing.T) {
	const size = 20 << 20
	start := ng(t, ngSection, ngIface)
	bad := ng(t, `06000000 0c000000 0c000000`, `06000000 0c000000 0c000000`, `06000000 ecffff00`) // with what follows just below a buffer size
	reads := &countedReads{r: bytes.NewReader(bytes.Repeat(bad, size/len(bad)))}
	s, err := NewSource(io.MultiReader(bytes.NewReader(start), reads), "test", 0, OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	readAll(s)
	if s.Info().Frames < size/16-4 || reads.n > 1000 {
		t.Errorf("got %d frames in %d reads", s.Info().Frames, reads.n)
	}
	if got := len(windowOf(s).buf); got > 64<<20 {
		t.Errorf("got a buffer of %d bytes", got)
	}
}

type countedReads struct {
	r io.Reader
	n int
}

func (c *countedReads) Read(p []byte) (int, error) {
	c.n++
	return c.r.Read(p)
}

func TestProblemsAreBounded(t *testing.T) {
	var b bytes.Buffer
	w, _ := NewPcapngWriter(&b)
	for range 1000 {
		w.snaps = []uint32{0} // a packet of an interface that was never described
		w.WritePacket(0, 1, 0, nil, "")
	}
	_, in := packets(t, b.Bytes())
	if len(in.Problems) != MaxProblems {
		t.Fatalf("got %d problems, want %d", len(in.Problems), MaxProblems)
	}
	got, want := in.Problems[MaxProblems-1], Problem{64, 28 + 63*32, "937 further problems from here on", false}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
