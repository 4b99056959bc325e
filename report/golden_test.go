package report

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares got with testdata/name.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got), rewrite with -update:\n%s", path, diff)
	}
}

func at(frames ...uint64) []At {
	var list []At
	for _, f := range frames {
		list = append(list, At{Frame: f})
	}
	return list
}

func ms(v float64) *float64 { return &v }

func clock(seconds float64) Time {
	return TimeOf(time.Date(2026, 3, 4, 18, 45, 0, 0, time.UTC).UnixNano() + int64(seconds*1e9))
}

// established, stripped and the like are handshakes as Build makes them.
func established(n int, seconds float64) *Handshake {
	return &Handshake{
		ID: fmt.Sprintf("%012x", n), WebSocket: "yes", Client: fmt.Sprintf("192.0.2.1:%d", 50000+n), Server: "192.0.2.2:80",
		URL: "ws://example.test/chat", Frames: FrameRange{1, 9}, Filter: fmt.Sprintf("tcp.stream eq %d", n),
		Time: clock(seconds), HTTPVersion: "1.1", AnsweredBy: "nginx/1.22.1", Outcome: "established", EndedBy: "none",
		Request: &Request{Method: "GET", Target: "/chat", Version: "HTTP/1.1", Fields: []Field{
			{"Host", "example.test"}, {"Upgrade", "websocket"}, {"Cookie", "sid=4f2a9c7be1d8"},
		}, At: at(4), Time: clock(seconds)},
		Response: &Response{Status: 101, Reason: "Switching Protocols", Version: "HTTP/1.1", At: at(6), Time: clock(seconds + 0.0015)},
		Timing:   Timing{Connect: ms(0.2), Response: ms(1.5), Total: ms(1.7)},
		Session:  &Session{ClientFrames: 1, ServerFrames: 1, LastedMS: 60000, Close: &Close{From: "server", Code: 1000}},
	}
}

func stripped(n int, seconds float64) *Handshake {
	h := established(n, seconds)
	h.Outcome, h.EndedBy, h.Session = "rejected", "server", nil
	h.Response = &Response{Status: 426, Reason: "Upgrade Required", Version: "HTTP/1.1", At: at(6), Time: clock(seconds + 0.002), BodyPrefix: "want 4f2a9c7be1d8"}
	fix := "map $http_upgrade $connection_upgrade { default upgrade; '' close; }\nlocation /ws {\n  proxy_pass http://backend;\n  proxy_http_version 1.1;\n  proxy_set_header Upgrade $http_upgrade;\n  proxy_set_header Connection $connection_upgrade;\n}\n# any proxy_set_header inside a location cancels every inherited one: repeat them all"
	h.RootCause = &RootCause{
		Rule: "proxy-stripped-upgrade", Actor: "intermediary", Confidence: 0.85, Label: "high", FixFor: "nginx", Fix: fix,
		Summary: "a proxy in front of the server removed Upgrade and Connection, so the server saw a plain GET and answered 426",
	}
	h.Findings = []Finding{
		{
			Rule: "proxy-stripped-upgrade", Role: "primary", Severity: "error", Actor: "intermediary",
			Message: `Connection is "close" and Upgrade is missing although X-Forwarded-For shows a proxy`, Reference: "RFC 9110 s7.6.1",
			Evidence: []Evidence{
				{Side: "client", At: at(4), Offset: 120, Length: 17, Field: "Connection", Value: "close"},
				{Side: "client", At: at(4, 5), Field: "request line", Value: "GET /chat HTTP/1.1"},
				{Side: "server", At: at(6), Field: "status line", Value: "HTTP/1.1 426 Upgrade Required"},
			},
		},
		{Rule: "request-upgrade-missing", Role: "consequence", Severity: "error", Actor: "client", Message: "no Upgrade field"},
		{Rule: "response-426-no-upgrade", Role: "contributing", Severity: "warning", Actor: "server", Message: `426 without Upgrade: "websocket", which RFC 9110 asks for so that clients learn what to switch to`},
	}
	return h
}

func hostile(n int, seconds float64) *Handshake {
	h := established(n, seconds)
	h.Client, h.Server = "[2001:db8:1234:5678:9abc:def0:1234:5678]:50001", "[2001:db8:ffff:ffff:ffff:ffff:ffff:ffff]:8443"
	h.URL = "wss://h\x1b]0;pwned\x07/\u202egnp.exe?" + "\x1b[31mred\r\n\xff\u200b" + Text(strings.Repeat("long/", 40))
	h.Outcome, h.EndedBy, h.Session, h.AnsweredBy = "no-response", "capture-end", nil, "Apache\x9b31m"
	h.Response = nil
	h.Filter = "ipv6.addr==2001:db8:1234:5678:9abc:def0:1234:5678 && ipv6.addr==2001:db8:ffff:ffff:ffff:ffff:ffff:ffff && tcp.port==50001 && tcp.port==8443 && frame.number>=1 && frame.number<=9"
	h.RootCause = &RootCause{
		Rule: Undetermined, Actor: "unknown", Confidence: 0.3, Label: "low", Summary: Text("日本語 and " + strings.Repeat("w", 200) + "\x00 e" + strings.Repeat("\u0301", 9)),
		Candidates: []Candidate{{"response-timeout", 0.35}, {"firewall-drops-upgrade", 0.3}},
	}
	h.Inconclusive = []Inconclusive{{"response-timeout", "response head: bytes missing (gap)"}}
	return h
}

func unknown(n int, seconds float64, server string) *Handshake {
	h := established(n, seconds)
	h.WebSocket, h.Outcome, h.Server, h.Request, h.Response, h.Session = "unknown", "connect-failed", server, nil, nil, nil
	h.URL = Text("ws://" + server)
	h.RootCause = &RootCause{Rule: "tcp-connection-refused", Actor: "server", Confidence: 0.95, Label: "certain", Summary: "nothing listens"}
	return h
}

func superseded(n int, seconds float64, by int) *Handshake {
	h := stripped(n, seconds)
	id := fmt.Sprintf("%012x", by)
	h.SupersededBy = &id
	return h
}

func oneCapture() []Capture {
	first, last := clock(0), clock(60)
	return []Capture{{File: "a.pcap", Format: "pcap", LinkTypes: []string{"EN10MB"}, Packets: 1234, Bytes: 99999, Conversations: 5, First: &first, Last: &last}}
}

func damaged() []Capture {
	offset := int64(4711)
	list := append(oneCapture(), Capture{Index: 1, File: "cut\x1b[2J.pcapng", Format: "pcapng", Packets: 17, TruncatedPackets: 3, UndecodedPackets: 2, Evicted: 1})
	list[1].Problems = []Problem{{Frame: 17, Offset: &offset, Message: "record cut at 12 of 60 bytes"}}
	return list
}

// report is a case of the golden files.
type reportCase struct {
	name       string
	handshakes []*Handshake
	tail       Tail
}

func few() reportCase {
	return reportCase{
		"few", []*Handshake{established(1, 1.123), superseded(2, 2.5, 1), stripped(3, 3.25), hostile(4, 4)},
		Tail{Captures: oneCapture(), Summary: Summary{Handshakes: 4, Established: 1, Failed: 2, Superseded: 1, ByCause: []CauseCount{{"proxy-stripped-upgrade", 1}}, NotJudged: []NotJudged{{"TLS without keys", 3, []string{"app.example.test:443", "192.0.2.9:8443"}}}}},
	}
}

func many() reportCase {
	c := reportCase{name: "many", tail: Tail{Captures: damaged(), Summary: Summary{Handshakes: 300, Established: 200, Failed: 100, Unknown: 24}}}
	for i := range 300 {
		h := established(i, float64(i))
		if i%3 == 0 {
			h = stripped(i, float64(i))
			if i%2 == 0 {
				h.URL = Text(fmt.Sprintf("ws://example.test/other/path/of/some/length?id=%d", i))
			}
		}
		c.handshakes = append(c.handshakes, h)
	}
	for i := range 24 {
		c.handshakes = append(c.handshakes, unknown(300+i, float64(300+i), fmt.Sprintf("198.51.100.%d:80", i%12)))
	}
	return c
}

func nothing() reportCase {
	captures := oneCapture()
	captures[0].UndecodedPackets, captures[0].TruncatedPackets = 7, 1
	return reportCase{"nothing", nil, Tail{Captures: captures, Other: []Count{{"UDP", 12}, {"ARP", 3}}, Undecoded: []Count{{"link type 147", 7}}, Summary: Summary{NotJudged: []NotJudged{
		{"TLS without keys", 3, []string{"app.example.test:443"}}, {"only one direction was captured", 1, nil},
	}}}}
}

func empty() reportCase {
	return reportCase{name: "empty", tail: Tail{Captures: []Capture{{File: "-"}}}}
}

// write gives the report of c; spooled ones go through their JSON form first.
func write(t *testing.T, c reportCase, spooled bool, newWriter func(*bytes.Buffer) Writer) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := newWriter(&buf)
	r := NewRedactor(false)
	for _, h := range c.handshakes {
		r.Handshake(h)
		rec := Record{Handshake: h}
		if spooled {
			rec = Record{Kept: Kept{Octets: h.AppendJSON(nil), Manner: NotUTF8}}
		}
		if err := w.Handshake(rec); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(&c.tail); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

var tool = Tool{Name: "handshark", Version: "test"}

func formats() map[string]func(*bytes.Buffer) Writer {
	table := func(o TableOptions) func(*bytes.Buffer) Writer {
		return func(b *bytes.Buffer) Writer { return NewTable(b, o) }
	}
	return map[string]func(*bytes.Buffer) Writer{
		"json":       func(b *bytes.Buffer) Writer { return NewJSON(b, tool) },
		"ndjson":     func(b *bytes.Buffer) Writer { return NewNDJSON(b, tool) },
		"80.txt":     table(TableOptions{}),
		"100.txt":    table(TableOptions{Width: 100}),
		"140.txt":    table(TableOptions{Width: 140}),
		"80.all.txt": table(TableOptions{All: true}),
		"80.ansi":    table(TableOptions{Colour: true}),
	}
}

func TestGolden(t *testing.T) {
	for _, c := range []struct {
		make    func() reportCase
		formats string
	}{
		{few, "json ndjson 80.txt 100.txt 140.txt 80.all.txt 80.ansi"},
		{many, "80.txt 140.txt"},
		{nothing, "json ndjson 80.txt"},
		{empty, "80.txt"},
	} {
		for _, format := range strings.Fields(c.formats) {
			t.Run(c.make().name+"."+format, func(t *testing.T) {
				got := write(t, c.make(), false, formats()[format])
				golden(t, c.make().name+"."+format, got)
				if spooled := write(t, c.make(), true, formats()[format]); !bytes.Equal(got, spooled) {
					t.Errorf("spooled records make another report:\n%s", cmp.Diff(string(got), string(spooled)))
				}
			})
		}
	}
}

func TestNothingLeaksAndNothingEscapes(t *testing.T) {
	for _, c := range []func() reportCase{few, many} {
		for name, format := range formats() {
			got := string(write(t, c(), false, format))
			if strings.Contains(got, "4f2a9c7b") {
				t.Errorf("%s: a cookie leaks", name)
			}
			if strings.Contains(name, "ansi") {
				continue
			}
			for _, bad := range []string{"\x1b", "\x07", "\u202e", "\x9b", "\r", "\x00"} {
				if strings.Contains(got, bad) {
					t.Errorf("%s: %q reaches the reader", name, bad)
				}
			}
		}
	}
}

func TestEveryLineFits(t *testing.T) {
	for _, c := range []func() reportCase{few, many, nothing, empty} {
		for width := 40; width <= 160; width += 3 {
			for _, all := range []bool{false, true} {
				got := write(t, c(), false, func(b *bytes.Buffer) Writer { return NewTable(b, TableOptions{Width: width, All: all}) })
				for n, line := range strings.Split(string(got), "\n") {
					if w := textWidth(line); w > width {
						t.Fatalf("%s at %d: line %d has %d columns: %s", c().name, width, n+1, w, line)
					}
					if strings.HasSuffix(line, " ") {
						t.Fatalf("%s at %d: line %d ends in a blank: %q", c().name, width, n+1, line)
					}
				}
			}
		}
	}
}

type failingWriter struct{ left int }

func (f *failingWriter) Write(p []byte) (int, error) {
	f.left--
	if f.left < 0 {
		return 0, errors.New("full")
	}
	return len(p), nil
}

func TestWriteErrorsAreReported(t *testing.T) {
	c := few()
	for name, w := range map[string]Writer{
		"json": NewJSON(&failingWriter{}, tool), "ndjson": NewNDJSON(&failingWriter{}, tool),
		"table": NewTable(&failingWriter{}, TableOptions{}), "all": NewTable(&failingWriter{1}, TableOptions{All: true}),
	} {
		err := w.Handshake(Record{Handshake: c.handshakes[2]})
		if e := w.Close(&c.tail); err == nil && e == nil {
			t.Errorf("%s: a failed write is not reported", name)
		}
	}
}
