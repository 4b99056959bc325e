package capture

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

func gzipped(t testing.TB, b []byte) []byte {
	return packed(t, b, func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) })
}

func zstded(t testing.TB, b []byte) []byte {
	return packed(t, b, func(w io.Writer) io.WriteCloser {
		z, err := zstd.NewWriter(w)
		if err != nil {
			t.Fatal(err)
		}
		return z
	})
}

func lz4ed(t testing.TB, b []byte) []byte {
	return packed(t, b, func(w io.Writer) io.WriteCloser { return lz4.NewWriter(w) })
}

func packed(t testing.TB, b []byte, open func(io.Writer) io.WriteCloser) []byte {
	t.Helper()
	var out bytes.Buffer
	w := open(&out)
	_, err := w.Write(b)
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

var packers = []struct {
	name string
	pack func(testing.TB, []byte) []byte
}{{"gzip", gzipped}, {"zstd", zstded}, {"lz4", lz4ed}}

func TestCompressed(t *testing.T) {
	for _, c := range packers {
		for format, plain := range map[string][]byte{"pcap": samplePcap(t, 50), "pcapng": samplePcapng(t, 50)} {
			want, _ := packets(t, plain)
			half := len(plain) / 2
			for name, b := range map[string][]byte{
				"one stream":  c.pack(t, plain),
				"two streams": slices.Concat(c.pack(t, plain[:half]), c.pack(t, plain[half:])),
			} {
				got, in := packets(t, b)
				if d := cmp.Diff(want, got); d != "" {
					t.Errorf("%s %s %s: %s", c.name, format, name, d)
				}
				if in.Format != format+"+"+c.name || len(in.Problems) != 0 {
					t.Errorf("%s %s %s: got %s, problems %v", c.name, format, name, in.Format, in.Problems)
				}
			}
		}
	}
}

func TestCompressedDamage(t *testing.T) {
	plain := samplePcap(t, 3000)
	for _, c := range packers {
		whole := c.pack(t, plain)
		t.Run(c.name+" cut", func(t *testing.T) {
			s := mustOpen(t, whole[:len(whole)-20])
			_, err := readAll(s)
			if err != io.EOF || len(s.Info().Problems) != 1 {
				t.Errorf("got %v, problems %v; want EOF and one problem", err, s.Info().Problems)
			}
		})
		t.Run(c.name+" followed by junk", func(t *testing.T) {
			s := mustOpen(t, append(bytes.Clone(whole), "junk behind the end"...))
			got, err := readAll(s)
			if len(got) != 3000 || err != io.EOF || len(s.Info().Problems) != 1 {
				t.Errorf("got %d packets, %v, problems %v; want 3000, EOF and one problem", len(got), err, s.Info().Problems)
			}
		})
		t.Run(c.name+" of a text", func(t *testing.T) {
			_, err := NewSource(bytes.NewReader(c.pack(t, []byte("hello"))), "x", 0, OpenOptions{})
			if err == nil || err.Error() != "capture: x: "+c.name+` data: not a capture file: begins with "hello"` {
				t.Errorf("got %v", err)
			}
		})
	}
}

// What ends early behind the last packet, or is followed by something else, is no damage
// of that packet.
func TestCompressedDamageInWords(t *testing.T) {
	plain := samplePcap(t, 3000)
	for _, c := range packers {
		whole := c.pack(t, plain)
		for _, in := range []struct {
			name string
			file []byte
			want Problem
		}{
			{"cut at the end", whole[:len(whole)-1], Problem{3000, int64(len(plain)), "compressed data ends early", true}},
			{"junk", append(bytes.Clone(whole), "junk behind"...), Problem{3000, int64(len(plain)), "other bytes follow the compressed data", true}},
		} {
			if got := onlyProblem(t, in.file); got != in.want && !(c.name == "zstd" && endsInBlock(got)) {
				t.Errorf("%s, %s: got %v, want %v", c.name, in.name, got, in.want)
			}
		}
	}
}

// Wherever a file is cut, it is said that the compressed data end early.
func TestCompressedCutAnywhere(t *testing.T) {
	plain := samplePcap(t, 8)
	named := func(t testing.TB, b []byte) []byte {
		return packed(t, b, func(w io.Writer) io.WriteCloser {
			z := gzip.NewWriter(w)
			z.Name = "trace.pcap"
			return z
		})
	}
	for name, pack := range map[string]func(testing.TB, []byte) []byte{"gzip": named, "zstd": zstded, "lz4": lz4ed} {
		whole := pack(t, plain)
		for n := 4; n < len(whole); n++ {
			if p := onlyProblem(t, whole[:n]); !strings.HasPrefix(p.Message, "compressed data ends early") {
				t.Errorf("%s, cut at %d of %d: got %v", name, n, len(whole), p)
			}
		}
	}
}

// endsInBlock reports damage of a zstd file that is cut in its last block, of which
// nothing can be had.
func endsInBlock(p Problem) bool {
	return p.Message == fmt.Sprintf("compressed data ends early, inside frame %d", p.Frame) && !p.After
}

// onlyProblem reads a capture and gives what is wrong with it, or why it cannot be
// opened.
func onlyProblem(t *testing.T, file []byte) Problem {
	t.Helper()
	s, err := NewSource(bytes.NewReader(file), "x", 0, OpenOptions{})
	if open, ok := errors.AsType[*OpenError](err); ok {
		return Problem{Offset: -1, Message: open.Reason}
	}
	if _, err = readAll(s); err != io.EOF || len(s.Info().Problems) != 1 {
		t.Fatalf("got %v, problems %v; want EOF and one problem", err, s.Info().Problems)
	}
	return s.Info().Problems[0]
}

// endless repeats one packet for ever.
type endless struct{ head, rest []byte }

func (e *endless) Read(p []byte) (int, error) {
	if len(e.rest) == 0 {
		e.rest = e.head
	}
	n := copy(p, e.rest)
	e.rest = e.rest[n:]
	return n, nil
}

func TestBombStops(t *testing.T) {
	plain := samplePcap(t, 1)
	long := io.LimitReader(&endless{plain[24:], plain}, 100<<20)
	b, err := io.ReadAll(long)
	if err != nil {
		t.Fatal(err)
	}
	bomb := zstded(t, b)
	for _, c := range []struct {
		name string
		o    OpenOptions
		want string
	}{
		{"ratio", OpenOptions{}, "expands beyond the limit of 1000 times its size"},
		{"bytes", OpenOptions{MaxExpanded: 1 << 20}, "expands beyond the limit of 1048576 bytes"},
		{"memory", OpenOptions{MaxMemory: 1 << 10}, "zstd"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := NewSource(bytes.NewReader(bomb), "x", 0, c.o)
			if err == nil {
				_, err = readAll(s)
				s.Close()
			}
			if err == nil || !strings.Contains(err.Error(), c.want) && c.name != "memory" || err == io.EOF {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}
