package metrics

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/handshark/handshark"
	"github.com/handshark/handshark/report"
)

// page scrapes m.
func page(t *testing.T, m *Metrics) string {
	t.Helper()
	s, err := m.Listen(":0")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	code, body := get(t, s, "/metrics")
	if code != http.StatusOK {
		t.Fatalf("status %d", code)
	}
	return body
}

func get(t *testing.T, s *Server, path string) (int, string) {
	t.Helper()
	c := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	r, err := c.Get("http://" + s.Addr() + path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(body)
}

func ms(v float64) *float64 { return &v }

func failed(server string) *report.Handshake {
	return &report.Handshake{
		Outcome: "rejected", WebSocket: "yes", Server: server, RootCause: &report.RootCause{Rule: "response-403"},
		Timing: report.Timing{Response: ms(200), Connect: ms(0.7)},
	}
}

// TestRecord holds what each kind of record counts as.
func TestRecord(t *testing.T) {
	ok := &report.Handshake{Outcome: "established", WebSocket: "yes", Server: "192.0.2.2:80"}
	unknown := &report.Handshake{Outcome: "connect-failed", WebSocket: "unknown", Server: "192.0.2.9:80", RootCause: &report.RootCause{Rule: "tcp-connect-refused"}}
	doubtful := &report.Handshake{
		Outcome: "incomplete", WebSocket: "likely", Server: "192.0.2.2:80",
		Inconclusive: []report.Inconclusive{{Rule: "a", Because: "gap"}, {Rule: "b", Because: "gap"}},
	}
	tests := []struct {
		name    string
		records []report.Record
		want    []string
		not     []string
	}{
		{
			"failed", []report.Record{{Handshake: failed("192.0.2.2:80")}},
			[]string{
				`handshakes_total{outcome="rejected",websocket="yes"} 1`, `failures_total{cause="response-403"} 1`,
				`server_handshakes_total{result="failed",server="192.0.2.2:80"} 1`,
				`response_seconds_bucket{le="0.1"} 0`, `response_seconds_bucket{le="0.25"} 1`,
				`connect_seconds_bucket{le="0.0005"} 0`, `connect_seconds_bucket{le="0.001"} 1`,
			},
			[]string{"inconclusive"},
		},
		{
			"established", []report.Record{{Handshake: ok}},
			[]string{`handshakes_total{outcome="established",websocket="yes"} 1`, `server_handshakes_total{result="ok",server="192.0.2.2:80"} 1`},
			[]string{"failures_total"},
		},
		{
			"may be no WebSocket", []report.Record{{Handshake: unknown}},
			[]string{`handshakes_total{outcome="connect-failed",websocket="unknown"} 1`},
			[]string{"failures_total", "server_handshakes_total"},
		},
		{
			"amended", []report.Record{{Handshake: failed("192.0.2.2:80")}, {Handshake: ok, Amends: true}},
			[]string{`handshakes_total{outcome="rejected",websocket="yes"} 1`, "amendments_total 1"},
			[]string{`outcome="established"`},
		},
		{
			"inconclusive", []report.Record{{Handshake: doubtful}},
			[]string{`inconclusive_total{because="gap"} 2`}, []string{"failures_total"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := New()
			for i := range test.records {
				m.Record(&test.records[i])
			}
			check(t, page(t, m), test.want, test.not)
		})
	}
}

// check looks for metrics, named without their prefix.
func check(t *testing.T, body string, want, not []string) {
	t.Helper()
	for _, line := range want {
		if !strings.Contains(body, "\nhandshark_"+line+"\n") {
			t.Errorf("no %q in:\n%s", line, body)
		}
	}
	for _, part := range not {
		for line := range strings.Lines(body) {
			if !strings.HasPrefix(line, "#") && strings.Contains(line, part) {
				t.Errorf("%q in %q", part, line)
			}
		}
	}
}

// TestStatus holds that counters and gauges are those of the last status.
func TestStatus(t *testing.T) {
	m := New()
	m.Status(&handshark.Status{Packets: 1})
	m.Status(&handshark.Status{
		Packets: 10, Bytes: 1000, KernelDrops: 2, InterfaceDrops: 3, Undecoded: 4, Conversations: 5, Open: 6, Evicted: 7,
		HeldBytes: 80, Waiting: 8, NotJudged: []report.NotJudged{{Because: "TLS without keys", Conversations: 9}},
	})
	check(t, page(t, m), []string{
		"packets_total 10", "bytes_total 1000", `drops_total{by="kernel"} 2`, `drops_total{by="interface"} 3`,
		"undecoded_packets_total 4", "conversations_total 5", "conversations_open 6", "evictions_total 7", "held_bytes 88",
		`unread_conversations_total{because="TLS without keys"} 9`,
	}, nil)
}

// TestBounds holds that the number of time series does not grow with the traffic.
func TestBounds(t *testing.T) {
	m := New()
	for i := range 1000 {
		h := failed(fmt.Sprintf("192.0.2.%d:%d", i%250, i))
		h.Inconclusive = []report.Inconclusive{{Because: fmt.Sprint("reason ", i)}}
		m.Record(&report.Record{Handshake: h})
	}
	body := page(t, m)
	for name, want := range map[string]int{"handshark_server_handshakes_total{": serversKept + 1, "handshark_inconclusive_total{": reasonsKept + 1} {
		if got := strings.Count(body, "\n"+name); got != want {
			t.Errorf("%d series of %s; want %d", got, name, want)
		}
	}
	check(t, body, []string{
		fmt.Sprintf(`server_handshakes_total{result="failed",server="other"} %d`, 1000-serversKept),
		fmt.Sprintf(`inconclusive_total{because="other"} %d`, 1000-reasonsKept),
	}, nil)
}

// TestListen holds where the server listens, what it answers, and that it ends.
func TestListen(t *testing.T) {
	defer goleak.VerifyNone(t)
	m := New()
	for _, address := range []string{"", "9464", "127.0.0.1:999999", "256.0.0.1:0"} {
		if s, err := m.Listen(address); err == nil {
			s.Close()
			t.Errorf("%q: no error", address)
		}
	}
	s, err := m.Listen(":0")
	if err != nil {
		t.Fatal(err)
	}
	host, _, err := net.SplitHostPort(s.Addr())
	if err != nil || host != "127.0.0.1" {
		t.Errorf("listens on %s; want the loopback", s.Addr())
	}
	if again, err := m.Listen(s.Addr()); err == nil {
		again.Close()
		t.Error("listens twice on one port")
	}
	if code, _ := get(t, s, "/"); code != http.StatusNotFound {
		t.Errorf("/: status %d; want 404", code)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if c, err := net.Dial("tcp", s.Addr()); err == nil {
		c.Close()
		t.Error("still listens")
	}
}
