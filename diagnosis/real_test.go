package diagnosis_test

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/handshark/handshark/diagnosis"
	"github.com/handshark/handshark/report"
)

// recording is what stands beside a recorded capture: where it comes from and
// what was set up, so what the verdict must be.
type recording struct {
	Title    string `json:"title"`
	Recorded struct {
		Script   string   `json:"script"`
		Software []string `json:"software"`
		Link     string   `json:"link"`
		Note     string   `json:"note"`
	} `json:"recorded"`
	Handshakes []expected `json:"handshakes"`
	Exit       int        `json:"exit"`
}

// expected is one handshake of a recording, in order of time.
type expected struct {
	Client       string   `json:"client"`
	Server       string   `json:"server"`
	Target       string   `json:"target"`
	Outcome      string   `json:"outcome"`
	Status       int      `json:"status"`
	Cause        string   `json:"cause"`
	Actor        string   `json:"actor"`
	AcceptCauses []string `json:"accept_causes"`
	Superseded   bool     `json:"superseded"`
	Unknown      bool     `json:"unknown"`
	Why          string   `json:"why"`
}

// TestRealCaptures analyzes captures of real software. What is expected was
// written from what was configured.
func TestRealCaptures(t *testing.T) {
	files, err := filepath.Glob("../testdata/pcaps/real/*.json")
	if err != nil || len(files) < 25 {
		t.Fatalf("%d recordings found, want at least 25 (%v)", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		t.Run(name, func(t *testing.T) {
			if why := notReadYet(name); why != "" {
				t.Skip(why)
			}
			want := readRecording(t, file)
			checkRecording(t, want, analyzeFile(t, captureOf(t, file)))
		})
	}
}

// notReadYet says why what a recording holds cannot be seen yet; empty = it can.
// These recordings still have to be read without an error.
func notReadYet(name string) string {
	switch {
	case name == "engineio-protocol-mismatch-polling":
		return "long polling carries no mark of WebSocket"
	}
	return ""
}

func readRecording(t *testing.T, file string) *recording {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	r := new(recording)
	if err := d.Decode(r); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return r
}

// captureOf finds the capture beside its description.
func captureOf(t *testing.T, file string) string {
	t.Helper()
	base := strings.TrimSuffix(file, ".json")
	for _, ext := range []string{".pcap", ".pcapng", ".pcap.gz", ".pcapng.zst", ".pcap.lz4"} {
		if _, err := os.Stat(base + ext); err == nil {
			return base + ext
		}
	}
	t.Fatalf("%s: no capture beside it", file)
	return ""
}

func analyzeFile(t *testing.T, files ...string) []*report.Handshake {
	t.Helper()
	var all []*report.Handshake
	tail, err := diagnosis.Analyze(t.Context(), files, diagnosis.Options{}, func(r *report.Record) error {
		h, err := r.Load()
		all = append(all, h)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range tail.RuleErrors {
		t.Error(e)
	}
	return all
}

func checkRecording(t *testing.T, want *recording, got []*report.Handshake) {
	t.Helper()
	if len(got) != len(want.Handshakes) {
		t.Errorf("%d handshakes found, want %d: %s", len(got), len(want.Handshakes), want.Title)
		for _, h := range got {
			t.Logf("found %s -> %s %s %s", h.Client, h.Server, h.URL, h.Outcome)
		}
		return
	}
	for i := range got {
		checkExpected(t, &want.Handshakes[i], got[i])
	}
}

func checkExpected(t *testing.T, w *expected, h *report.Handshake) {
	t.Helper()
	where := h.Client + " -> " + h.Server + " " + string(h.URL)
	if a := netip.MustParseAddrPort(h.Client).Addr().String(); a != w.Client || h.Server != w.Server {
		t.Errorf("%s: want %s -> %s", where, w.Client, w.Server)
	}
	if target := targetOf(h, w); target != w.Target {
		t.Errorf("%s: target %q; want %q", where, target, w.Target)
	}
	if h.Outcome != w.Outcome {
		t.Errorf("%s: outcome %s; want %s", where, h.Outcome, w.Outcome)
	}
	if s := statusOf(h); s != w.Status {
		t.Errorf("%s: status %d; want %d", where, s, w.Status)
	}
	if (h.SupersededBy != nil) != w.Superseded {
		t.Errorf("%s: superseded %t; want %t", where, !w.Superseded, w.Superseded)
	}
	if h.WebSocket == "unknown" && !w.Unknown {
		t.Errorf("%s: websocket %s; want unknown %t", where, h.WebSocket, w.Unknown)
	}
	checkCause(t, where, w, h)
}

func checkCause(t *testing.T, where string, w *expected, h *report.Handshake) {
	t.Helper()
	cause, actor := "", ""
	if h.RootCause != nil {
		cause, actor = h.RootCause.Rule, h.RootCause.Actor
	}
	if cause != w.Cause && !slices.Contains(w.AcceptCauses, cause) {
		t.Errorf("%s: cause %q (%s); want %q: %s", where, cause, actor, w.Cause, w.Why)
	} else if cause == w.Cause && w.Actor != "" && actor != w.Actor {
		t.Errorf("%s: cause %s by %s; want %s", where, cause, actor, w.Actor)
	}
	if w.Cause != "" {
		return
	}
	for _, f := range h.Findings {
		if f.Severity != "info" && h.Outcome == "established" && len(w.AcceptCauses) == 0 {
			t.Errorf("%s: %s %s on a healthy handshake: %s", where, f.Severity, f.Rule, f.Message)
		}
	}
}

// statusOf is the final status of a handshake: that of a torn head, or of an
// answer in clear to TLS, is none.
func statusOf(h *report.Handshake) int {
	switch {
	case h.Response == nil, h.Outcome == "tls-failed", h.Outcome == "closed", h.Outcome == "reset":
		return 0
	}
	return h.Response.Status
}

// targetOf is the request target, without its query where none is expected: it
// changes from recording to recording.
func targetOf(h *report.Handshake, w *expected) string {
	if h.Request == nil {
		return ""
	}
	target := string(h.Request.Target)
	if !strings.Contains(w.Target, "?") {
		target, _, _ = strings.Cut(target, "?")
	}
	return target
}
