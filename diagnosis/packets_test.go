package diagnosis_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/diagnosis"
	"github.com/handshark/handshark/report"
)

// packet is one captured packet by itself.
type packet struct {
	time int64 // nanoseconds since the Unix epoch
	wire int   // length on the wire
	link capture.LinkType
	data []byte
}

// recordings lists the captures of real software.
func recordings(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("../testdata/pcaps/real/*.pcap*")
	if err != nil || len(files) < 25 {
		t.Fatalf("%d recordings found (%v)", len(files), err)
	}
	return files
}

func readPackets(t testing.TB, file string) []packet {
	t.Helper()
	s, err := capture.Open(file, 0, capture.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var list []packet
	var p capture.Packet
	for {
		if err := s.Next(&p); errors.Is(err, io.EOF) {
			return list
		} else if err != nil {
			t.Fatal(err)
		}
		list = append(list, packet{p.Ref.Time, p.Wire, p.Link, bytes.Clone(p.Data)})
	}
}

// network gives the EtherType and the network packet of p, VLAN tags passed over.
func (p packet) network() (uint16, []byte) {
	etherType := func(at, next int) (uint16, []byte) {
		return binary.BigEndian.Uint16(p.data[at:]), p.data[next:]
	}
	switch p.link {
	case capture.LinkEthernet:
		at := 12
		for t := binary.BigEndian.Uint16(p.data[at:]); t == 0x8100 || t == 0x88a8; t = binary.BigEndian.Uint16(p.data[at:]) {
			at += 4
		}
		return etherType(at, at+2)
	case capture.LinkLinuxSLL2:
		return etherType(0, 20)
	case capture.LinkRaw:
		return map[byte]uint16{4: 0x0800, 6: 0x86dd}[p.data[0]>>4], p.data
	}
	panic(fmt.Sprintf("recording with link type %s", p.link))
}

// pcapOf writes packets of one link type as a nanosecond pcap file.
func pcapOf(t testing.TB, list []packet) []byte {
	t.Helper()
	var b bytes.Buffer
	link := capture.LinkEthernet
	if len(list) > 0 {
		link = list[0].link
	}
	w, err := capture.NewPcapWriter(&b, link, true, 0)
	for i := 0; i < len(list) && err == nil; i++ {
		err = w.WritePacket(list[i].time, list[i].wire, list[i].data)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// analyzed is what a run gives.
type analyzed struct {
	handshakes []*report.Handshake
	tail       *report.Tail
}

// analyzeBytes runs over the bytes of a capture file. A rule that breaks is an
// error whatever the input.
func analyzeBytes(t testing.TB, data []byte) analyzed {
	t.Helper()
	return analyzeWith(t, []string{"-"}, diagnosis.Options{
		Open: capture.OpenOptions{Stdin: bytes.NewReader(data), Buffer: 1 << 14}, ShowSecrets: true,
	})
}

func analyzeWith(t testing.TB, files []string, o diagnosis.Options) analyzed {
	t.Helper()
	var a analyzed
	var err error
	a.tail, err = diagnosis.Analyze(t.Context(), files, o, func(r *report.Record) error {
		h, err := r.Load()
		a.handshakes = append(a.handshakes, h)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range a.tail.RuleErrors {
		t.Error(e)
	}
	return a
}

// damage lists what is wrong with the input.
func (a analyzed) damage() []string {
	var list []string
	for _, err := range a.tail.Unusable {
		list = append(list, err.Error())
	}
	for i := range a.tail.Captures {
		for _, p := range a.tail.Captures[i].Problems {
			list = append(list, string(a.tail.Captures[i].File)+": "+p.Text())
		}
	}
	return list
}

// verdict is what must not depend on how a handshake was recorded.
type verdict struct {
	Client, Server, Target, Outcome, EndedBy, WebSocket, Cause, Actor string
	Status                                                            int
	Superseded                                                        bool
	Findings                                                          []string
}

func verdicts(list []*report.Handshake) []verdict {
	out := make([]verdict, len(list))
	for i, h := range list {
		out[i] = verdictOf(h)
	}
	slices.SortStableFunc(out, func(a, b verdict) int { return strings.Compare(a.key(), b.key()) })
	return out
}

// key brings verdicts into an order that does not hang on time stamps.
func (v verdict) key() string { return v.Client + " " + v.Server + " " + v.Target }

func verdictOf(h *report.Handshake) verdict {
	v := verdict{
		Client: h.Client, Server: h.Server, Outcome: h.Outcome, EndedBy: h.EndedBy, WebSocket: h.WebSocket,
		Superseded: h.SupersededBy != nil,
	}
	if h.Request != nil {
		v.Target = string(h.Request.Target)
	}
	if h.Response != nil {
		v.Status = h.Response.Status
	}
	if h.RootCause != nil {
		v.Cause, v.Actor = h.RootCause.Rule, h.RootCause.Actor
	}
	for i := range h.Findings {
		f := &h.Findings[i]
		v.Findings = append(v.Findings, f.Rule+" "+f.Role+" "+f.Severity)
	}
	slices.Sort(v.Findings)
	return v
}

// sameVerdicts compares two runs and says what differs.
func sameVerdicts(t testing.TB, what string, want, got []*report.Handshake) {
	t.Helper()
	if d := cmp.Diff(verdicts(want), verdicts(got)); d != "" {
		t.Errorf("%s: verdicts differ (-plain +%s):\n%s", what, what, d)
	}
}

// marks are the frames of a handshake that the report names.
func marks(list []*report.Handshake) []string {
	var out []string
	for _, h := range list {
		line := fmt.Sprintf("%s %s %d-%d", h.Client, h.Server, h.Frames.First, h.Frames.Last)
		if h.Request != nil {
			line += fmt.Sprint(" request ", h.Request.At)
		}
		if h.Response != nil {
			line += fmt.Sprint(" response ", h.Response.At)
		}
		out = append(out, line)
	}
	slices.Sort(out)
	return out
}

func sameMarks(t testing.TB, what string, want, got []*report.Handshake) {
	t.Helper()
	if d := cmp.Diff(marks(want), marks(got)); d != "" {
		t.Errorf("%s: frames differ (-plain +%s):\n%s", what, what, d)
	}
}

func writeFile(t testing.TB, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
