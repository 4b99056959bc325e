package capture

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// corpusCaptures lists the captures of other people, or skips.
func corpusCaptures(t testing.TB) []string {
	dir := os.Getenv("HANDSHARK_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "shared", "corpus")
	}
	var files []string
	_ = filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() && !strings.HasSuffix(path, ".md") && !strings.HasSuffix(path, ".json") {
			files = append(files, path)
		}
		return nil
	})
	if len(files) == 0 {
		t.Skipf("no captures in %s: set HANDSHARK_CORPUS", dir)
	}
	return files
}

// eachPacket reads a capture as far as it goes.
func eachPacket(t testing.TB, name string, f func(*Packet)) {
	src, err := Open(name, 0, OpenOptions{})
	if err != nil {
		t.Logf("%s: %v", name, err)
		return
	}
	defer src.Close()
	var p Packet
	for src.Next(&p) == nil {
		f(&p)
	}
}

// tcpFacts is what both sides are compared by.
type tcpFacts struct {
	src, dst uint16
	seq      uint32
	flags    Flags
	length   int
}

func (s tcpFacts) String() string {
	return fmt.Sprintf("%d > %d seq %d flags %#02x len %d", s.src, s.dst, s.seq, uint8(s.flags), s.length)
}

type lastSegment struct{ byFrame map[uint64]tcpFacts }

func (l lastSegment) Segment(s *Segment) {
	l.byFrame[s.Ref.Frame] = tcpFacts{s.Src.Port, s.Dst.Port, s.Seq, s.Flags, s.Wire}
}
func (lastSegment) ICMPError(*ICMPError) {}
func (lastSegment) DNS(*DNSMessage)      {}

// tsharkSegments gives the innermost TCP header of each frame. TCP that an ICMP
// message quotes is not a segment.
func tsharkSegments(t *testing.T, name string) map[uint64]tcpFacts {
	args := []string{
		"-n", "-r", name, "-T", "fields", "-E", "occurrence=l", "-Y", "tcp",
		"-o", "tcp.desegment_tcp_streams:FALSE", "-o", "tcp.relative_sequence_numbers:FALSE",
		"-o", "tcp.analyze_sequence_numbers:FALSE",
	}
	for _, f := range []string{"frame.number", "tcp.srcport", "tcp.dstport", "tcp.seq_raw", "tcp.flags", "tcp.len", "icmp.type", "icmpv6.type"} {
		args = append(args, "-e", f)
	}
	out, err := exec.Command("tshark", args...).Output()
	if err != nil {
		t.Logf("tshark %s: %v", name, err)
	}
	got := make(map[uint64]tcpFacts)
	for line := range bytes.Lines(out) {
		c := strings.Split(strings.TrimRight(string(line), "\n"), "\t")
		if len(c) != 8 || c[6] != "" || c[7] != "" {
			continue
		}
		n := func(i int) uint64 { v, _ := strconv.ParseUint(c[i], 0, 64); return v }
		got[n(0)] = tcpFacts{uint16(n(1)), uint16(n(2)), uint32(n(3)), Flags(n(4) & 0x3f), int(n(5))}
	}
	return got
}

// TestDecoderAgainstTshark compares every segment of every capture. It takes a
// minute, so it is asked for.
func TestDecoderAgainstTshark(t *testing.T) {
	if os.Getenv("HANDSHARK_ORACLE") == "" {
		t.Skip("set HANDSHARK_ORACLE=1 to compare with tshark")
	}
	if _, err := exec.LookPath("tshark"); err != nil {
		t.Skip("tshark is not installed")
	}
	total := 0
	for _, name := range corpusCaptures(t) {
		d := NewDecoder(DecoderOptions{})
		got := lastSegment{make(map[uint64]tcpFacts)}
		eachPacket(t, name, func(p *Packet) { d.Decode(p, got) })
		want := tsharkSegments(t, name)
		total += len(want)
		reportDifferences(t, name, got.byFrame, want, d.Stats())
	}
	t.Logf("compared %d segments", total)
}

// explained lists, by file, how many segments tshark alone sees (missing), it
// does not see (extra) and reads otherwise (differ), and who is right.
var explained = map[string]struct {
	missing, extra, differ int
	because                string
}{
	"fuzz-2006-06-26-2594.pcap":         {1, 0, 3, "one data offset below 20; three IP lengths beyond the frame, which tshark cuts to the frame"},
	"ip_fragmented_garbage.pcap":        {2, 0, 0, "data offset below 20"},
	"tls_DER-incomplete-header.pcap":    {0, 7, 0, "tshark stops at a damaged record, the reader passes over it"},
	"drop-protocol-change/input.pcap":   {1, 0, 0, "data offset below 20"},
	"transform-base64-7296/input.pcap":  {2, 0, 0, "data offset beyond the segment"},
	"arcnet-rfc1201-arp-icmp-http.pcap": {14, 0, 0, "ARCNET is not decoded, and counted so"},
	"tcp/reassembly.pcap":               {0, 0, 5, "IP length beyond the frame: the capture has the captured length for that on the wire"},
}

func isExplained(name string, missing, extra, differ int) bool {
	for suffix, e := range explained {
		if strings.HasSuffix(name, suffix) && e.missing == missing && e.extra == extra && e.differ == differ {
			return true
		}
	}
	return false
}

func reportDifferences(t *testing.T, name string, got, want map[uint64]tcpFacts, s DecoderStats) {
	var missing, extra, differ []string
	for frame, w := range want {
		g, ok := got[frame]
		if !ok {
			missing = append(missing, fmt.Sprintf("%d: %v", frame, w))
		} else if g != w {
			differ = append(differ, fmt.Sprintf("%d: got %v; want %v", frame, g, w))
		}
	}
	for frame, g := range got {
		if _, ok := want[frame]; !ok {
			extra = append(extra, fmt.Sprintf("%d: %v", frame, g))
		}
	}
	if len(missing)+len(extra)+len(differ) == 0 || isExplained(name, len(missing), len(extra), len(differ)) {
		return
	}
	t.Errorf("%s: %d of %d segments\n missing %d %.300s\n extra %d %.300s\n differ %d %.600s\n %+v", name, len(got), len(want),
		len(missing), strings.Join(missing, "; "), len(extra), strings.Join(extra, "; "), len(differ), strings.Join(differ, "\n  "), s)
}

// unknownToTshark lists what tshark (4.0) reads otherwise or not at all.
var unknownToTshark = map[string]string{
	"null, Linux":                        "address family 10 is unknown to it",
	"dsa":                                "it lacks the link type",
	"edsa":                               "the same",
	"nflog, big endian":                  "it goes by the byte order of the file",
	"vxlan, linux port":                  "the port is not registered",
	"mpls pseudowire":                    "it guesses by address, with or without control word",
	"mpls pseudowire, control word":      "the same",
	"mpls pseudowire, address like IPv4": "the same",
	"fabric path":                        "it takes the last four octets for a check sequence",
	"payload length zero":                "Linux sends BIG TCP to itself so; no standard says so",
}

// TestEncapsulationsAgainstTshark has tshark read the tables of the tests, so
// that they show what really occurs and not what this decoder believes.
func TestEncapsulationsAgainstTshark(t *testing.T) {
	if os.Getenv("HANDSHARK_ORACLE") == "" {
		t.Skip("set HANDSHARK_ORACLE=1 to compare with tshark")
	}
	if _, err := exec.LookPath("tshark"); err != nil {
		t.Skip("tshark is not installed")
	}
	want := tcpFacts{50000, 80, 1000, PSH | ACK, 4}
	for i, e := range encapsulations() {
		if unknownToTshark[e.name] != "" {
			continue
		}
		p := e.packet(t)
		b := binary.LittleEndian.AppendUint32(nil, 0xa1b2c3d4)
		b = append(b, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0)
		for _, n := range []int{int(e.link), 1, 0, len(p.Data), len(p.Data)} {
			b = binary.LittleEndian.AppendUint32(b, uint32(n))
		}
		name := filepath.Join(t.TempDir(), strconv.Itoa(i)+".pcap")
		if err := os.WriteFile(name, append(b, p.Data...), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := tsharkSegments(t, name)[1]; got != want {
			out, _ := exec.Command("tshark", "-n", "-r", name, "-T", "fields", "-e", "frame.protocols").Output()
			t.Errorf("%s: tshark sees %v in %s", e.name, got, out)
		}
	}
}
