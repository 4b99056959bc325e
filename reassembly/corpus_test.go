package reassembly_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/reassembly"
)

// corpus gives the folder of captures and the names in its manifest.
func corpus(t *testing.T) (string, []string) {
	t.Helper()
	dir := os.Getenv("HANDSHARK_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "shared", "corpus")
	}
	b, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("no corpus: set HANDSHARK_CORPUS to a folder with manifest.json")
	}
	if err != nil {
		t.Fatal(err)
	}
	var entries []struct{ File string }
	if err := json.Unmarshal(b, &entries); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.File)
	}
	return dir, names
}

func tshark(t *testing.T, args ...string) []string {
	t.Helper()
	path, err := exec.LookPath("tshark")
	if err != nil {
		t.Skip("no tshark in PATH")
	}
	// A damaged end makes tshark fail after it printed the rest.
	out, _ := exec.Command(path, args...).Output()
	return strings.Split(strings.TrimRight(string(out), "\n"), "\n")
}

// witness notes the stream of each packet that a callback names, and the bytes.
type witness struct {
	streams map[uint64]int64 // by frame
	exact   map[uint64]bool
	bytes   map[int64]*[2]bytes.Buffer
	clients map[int64]string
	gaps    map[int64]uint64
}

func newWitness() *witness {
	return &witness{
		streams: map[uint64]int64{}, exact: map[uint64]bool{},
		bytes: map[int64]*[2]bytes.Buffer{}, clients: map[int64]string{}, gaps: map[int64]uint64{},
	}
}

func (w *witness) Opened(c *reassembly.Conversation) { w.bytes[c.Stream] = new([2]bytes.Buffer) }

func (w *witness) Data(c *reassembly.Conversation, k *reassembly.Chunk) {
	w.bytes[c.Stream][k.From].Write(k.Data)
	w.clients[c.Stream] = c.Client.String()
	w.gaps[c.Stream] += k.Gap
	if k.Gap == 0 {
		w.see(c, k.Ref)
	}
}

func (w *witness) Signal(c *reassembly.Conversation, s *reassembly.Signal) { w.see(c, s.Ref) }

func (w *witness) Closed(c *reassembly.Conversation, _ reassembly.End) {
	w.see(c, c.First)
	w.see(c, c.Last)
}

func (w *witness) see(c *reassembly.Conversation, r capture.Ref) {
	w.streams[r.Frame], w.exact[r.Frame] = c.Stream, c.StreamExact
}

// feed hands the segments of a Decoder on.
type feed struct{ a *reassembly.Assembler }

func (f feed) Segment(s *capture.Segment) { f.a.Segment(s) }
func (feed) ICMPError(*capture.ICMPError) {}
func (feed) DNS(*capture.DNSMessage)      {}

func read(t *testing.T, name string, h reassembly.Handler) *reassembly.Assembler {
	t.Helper()
	a := reassembly.New(h, reassembly.Options{})
	src, err := capture.Open(name, 0, capture.OpenOptions{})
	if err != nil {
		return a
	}
	defer src.Close()
	d := capture.NewDecoder(capture.DecoderOptions{})
	var p capture.Packet
	for src.Next(&p) == nil {
		d.Decode(&p, feed{a})
	}
	a.Finish()
	return a
}

// sample skips most files, since tshark takes half a second for each, unless
// HANDSHARK_CORPUS asks for all of them.
func sample(i int) bool { return os.Getenv("HANDSHARK_CORPUS") != "" || i%10 == 0 }

// streamsDiffer lists the files in which Wireshark counts a stream for a packet
// that no Decoder hands over.
var streamsDiffer = map[string]string{
	"ndpi/tests/cfgs/default/pcap/tls_heur__vmess-websocket.pcapng": "SOCKS makes a stream for what it carries",
	"suricata-verify/tests/transform-base64-7296/input.pcap":        "TCP headers that are damaged",
	"ndpi/tests/cfgs/default/pcap/ip_fragmented_garbage.pcap":       "TCP headers that are damaged",
}

// TestStreamNumbers compares Conversation.Stream with Wireshark's tcp.stream
// wherever it claims to be exact.
func TestStreamNumbers(t *testing.T) {
	dir, names := corpus(t)
	compared, unsure := 0, 0
	for i, name := range names {
		if !sample(i) || streamsDiffer[name] != "" {
			continue
		}
		w := newWitness()
		read(t, filepath.Join(dir, name), w)
		if len(w.streams) == 0 {
			continue
		}
		want := map[uint64]string{}
		for _, l := range tshark(t, "-n", "-r", filepath.Join(dir, name), "-T", "fields", "-e", "frame.number", "-e", "tcp.stream") {
			frame, stream, _ := strings.Cut(l, "\t")
			n, _ := strconv.ParseUint(frame, 10, 64)
			want[n] = stream
		}
		bad := 0
		for frame, stream := range w.streams {
			got := strconv.FormatInt(stream, 10)
			switch {
			case !w.exact[frame]:
				unsure++
			case want[frame] != "" && got != want[frame]:
				bad++
				if bad < 4 {
					t.Errorf("%s: frame %d: stream %s, tshark says %q", name, frame, got, want[frame])
				}
			default:
				compared++
			}
		}
	}
	t.Logf("%d frames compared, %d not claimed to be exact", compared, unsure)
}

// TestFollow compares the delivered bytes with tshark's "follow" where no bytes
// are missing.
func TestFollow(t *testing.T) {
	dir, names := corpus(t)
	compared := 0
	for i, name := range names {
		if !sample(i) || streamsDiffer[name] != "" {
			continue
		}
		w := newWitness()
		read(t, filepath.Join(dir, name), w)
		for stream, sides := range w.bytes {
			if stream > 2 || w.gaps[stream] > 0 || sides[0].Len()+sides[1].Len() == 0 {
				continue
			}
			id := name + " " + strconv.FormatInt(stream, 10)
			got := follow(t, filepath.Join(dir, name), stream, w.clients[stream])
			for side := range sides {
				if g := sides[side].Bytes(); !bytes.Equal(g, got[side]) {
					t.Errorf("%s: %s: %d bytes, tshark has %d", id, reassembly.Side(side), len(g), len(got[side]))
				}
			}
			compared++
		}
	}
	t.Logf("%d streams compared", compared)
}

// follow gives tshark's bytes of both sides. Its lines of one node are indented.
func follow(t *testing.T, file string, stream int64, client string) [2][]byte {
	t.Helper()
	var out [2][]byte
	first := reassembly.Client
	for _, l := range tshark(t, "-n", "-q", "-r", file, "-z", "follow,tcp,raw,"+strconv.FormatInt(stream, 10)) {
		if node, ok := strings.CutPrefix(l, "Node 0: "); ok && node != client {
			first = reassembly.Server
		}
		side := first
		if strings.HasPrefix(l, "\t") {
			side = first.Other()
		}
		if b, err := hex.DecodeString(strings.TrimSpace(l)); err == nil {
			out[side] = append(out[side], b...)
		}
	}
	return out
}
