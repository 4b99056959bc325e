package diagnosis_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/diagnosis"
	"github.com/handshark/handshark/report"
)

// pieces is a recording in several files.
type pieces struct {
	files []string
	sizes []int // packets of each file
}

// split writes the packets into files that end before the packets of cuts.
func split(t *testing.T, list []packet, cuts ...int) pieces {
	t.Helper()
	dir := t.TempDir()
	var p pieces
	for i, from := range append([]int{0}, cuts...) {
		to := len(list)
		if i < len(cuts) {
			to = cuts[i]
		}
		p.sizes = append(p.sizes, to-from)
		p.files = append(p.files, filepath.Join(dir, fmt.Sprintf("ring_%05d.pcap", i+1)))
		if err := os.WriteFile(p.files[i], pcapOf(t, list[from:to]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// place gives the file and the frame in it of a frame of the whole recording.
func (p pieces) place(at report.At) report.At {
	frame := int(at.Frame)
	for i, n := range p.sizes {
		if frame <= n {
			return report.At{Capture: i, Frame: uint64(frame)}
		}
		frame -= n
	}
	return report.At{}
}

// checkPieces compares what the pieces give with what the whole gave: the same
// verdicts, and the messages in the right frames of the right files.
func checkPieces(t *testing.T, what string, p pieces, want []*report.Handshake, got analyzed) {
	t.Helper()
	sameVerdicts(t, what, want, got.handshakes)
	for _, d := range got.damage() {
		t.Errorf("%s: %s", what, d)
	}
	if t.Failed() {
		return
	}
	for i, h := range got.handshakes {
		wantAt, gotAt := messageFrames(want[i]), messageFrames(h)
		for k := range wantAt {
			wantAt[k] = p.place(wantAt[k])
		}
		if !slices.Equal(wantAt, gotAt) {
			t.Errorf("%s: messages of %s in %v; want %v", what, h.Client, gotAt, wantAt)
		}
		if crossed(gotAt) && (h.Stream != nil || strings.Contains(h.Filter, "frame.number")) {
			t.Errorf("%s: %s crosses files and has the filter %s", what, h.Client, h.Filter)
		}
	}
}

func messageFrames(h *report.Handshake) []report.At {
	var at []report.At
	if h.Request != nil {
		at = append(at, h.Request.At...)
	}
	if h.Response != nil {
		at = append(at, h.Response.At...)
	}
	return at
}

func crossed(at []report.At) bool {
	return len(at) > 0 && slices.ContainsFunc(at, func(a report.At) bool { return a.Capture != at[0].Capture })
}

// inOrder reports whether the packets can be told to be pieces of one capture:
// no time goes back or stands still where the file changes.
func inOrder(list []packet, at int) bool {
	return list[at-1].time < list[at].time
}

// TestRingBuffer splits every recording at every packet: a connection crosses
// files, and its handshakes are found with the frames of each file.
func TestRingBuffer(t *testing.T) {
	for _, file := range recordings(t) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".pcap"), func(t *testing.T) {
			t.Parallel()
			list := readPackets(t, file)
			want := analyzeBytes(t, pcapOf(t, list)).handshakes
			for at := 1; at < len(list) && !t.Failed(); at++ {
				if !inOrder(list, at) {
					continue
				}
				p := split(t, list, at)
				got := analyzeWith(t, p.files, diagnosis.Options{ShowSecrets: true})
				checkPieces(t, fmt.Sprintf("split before packet %d", at+1), p, want, got)
			}
		})
	}
}

// TestRingBufferManyFiles puts each packet of a recording into a file of its own,
// given in any order.
func TestRingBufferManyFiles(t *testing.T) {
	for _, file := range recordings(t) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".pcap"), func(t *testing.T) {
			list := readPackets(t, file)
			var cuts []int
			for at := 1; at < len(list); at++ {
				if inOrder(list, at) {
					cuts = append(cuts, at)
				}
			}
			if len(list) > 60 {
				t.Skip("long recordings are split in two only")
			}
			p := split(t, list, cuts...)
			want := analyzeBytes(t, pcapOf(t, list)).handshakes
			checkPieces(t, "in order", p, want, analyzeWith(t, p.files, diagnosis.Options{ShowSecrets: true}))
			backwards := slices.Clone(p.files)
			slices.Reverse(backwards)
			got := analyzeWith(t, backwards, diagnosis.Options{ShowSecrets: true}).handshakes
			sameVerdicts(t, "last file first", want, got)
		})
	}
}

// TestVantagePoints gives each recording twice, as two hosts would have recorded
// it: each handshake is reported for each of them, and once if the files are to
// be joined.
func TestVantagePoints(t *testing.T) {
	const skew = 300_000 // nanoseconds
	for _, file := range recordings(t) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".pcap"), func(t *testing.T) {
			if ordered(recordingName(file)) {
				t.Skip("on loopback, the order of requests tells which leg is behind the proxy")
			}
			list := readPackets(t, file)
			if list[len(list)-1].time-list[0].time < 2*skew {
				t.Skip("so short that the second file seems to go on where the first ends")
			}
			later := slices.Clone(list)
			for i := range later {
				later[i].time += skew
			}
			dir := t.TempDir()
			files := []string{filepath.Join(dir, "client.pcap"), filepath.Join(dir, "server.pcap")}
			for i, l := range [][]packet{list, later} {
				if err := os.WriteFile(files[i], pcapOf(t, l), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			plain := analyzeBytes(t, pcapOf(t, list)).handshakes
			got := analyzeWith(t, files, diagnosis.Options{ShowSecrets: true}).handshakes
			for i := range files {
				var one []*report.Handshake
				for _, h := range got {
					if h.Capture == i {
						one = append(one, h)
					}
				}
				sameVerdicts(t, fmt.Sprint("vantage point ", i), plain, one)
			}
			joined := analyzeWith(t, files, diagnosis.Options{ShowSecrets: true, Join: capture.JoinAll}).handshakes
			sameVerdicts(t, "joined", plain, joined)
		})
	}
}
