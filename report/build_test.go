package report

import (
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/http1"
	"github.com/handshark/handshark/analyzer/tls"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/reassembly"
	"github.com/handshark/handshark/rules"
)

// message makes a head of its lines: the parts of the start line, then names
// and values of fields.
func message(start [3]string, fields ...string) *analyzer.Message {
	m := &analyzer.Message{}
	span := func(s string) http1.Span {
		from := len(m.Raw)
		m.Raw = append(m.Raw, s...)
		return http1.SpanOf(from, len(m.Raw))
	}
	m.Method, m.Target, m.Version = span(start[0]), span(start[1]), span(start[2])
	for i := 0; i < len(fields); i += 2 {
		m.AddField(http1.Field{Name: span(fields[i]), Value: span(fields[i+1])})
	}
	return m
}

func endpoint(s string) capture.Endpoint {
	a := netip.MustParseAddrPort(s)
	return capture.Endpoint{Addr: capture.AddrFromNetip(a.Addr()), Port: a.Port()}
}

func ref(frame uint64, ms int64) capture.Ref { return capture.Ref{Frame: frame, Time: ms * 1e6} }

// attempt is a refused handshake on a connection that was seen from its start.
func attempt(client, server string) *analyzer.Handshake {
	h := &analyzer.Handshake{WebSocket: analyzer.Yes, Outcome: analyzer.Rejected, EndedBy: analyzer.ByServer, Start: 1e6}
	h.Conn = reassembly.Conversation{
		Stream: 7, StreamExact: true, Client: endpoint(client), Server: endpoint(server),
		SYN: reassembly.Mark{Ref: ref(1, 1), Seen: true}, SYNACK: reassembly.Mark{Ref: ref(2, 3), Seen: true},
		First: ref(1, 1), Last: ref(9, 40),
	}
	h.Request = message([3]string{"GET", "/ws?token=s3cret", "HTTP/1.1"}, "Host", "example.test", "User-Agent", "gorilla/1")
	h.Request.First, h.Request.Last = ref(4, 10), ref(5, 12)
	h.Response = message([3]string{"", "", "HTTP/1.1"}, "Server", "nginx")
	h.Response.Status, h.Response.First, h.Response.Last = 403, ref(6, 20), ref(7, 22)
	h.Body.Data = []byte("no s3cret here")
	return h
}

func verdict() *rules.Verdict {
	r := &rules.Rule{ID: "origin-rejected", Reference: "RFC 6455 s10.2", Fixes: []rules.Fix{
		{Product: "any", Snippet: "send another Origin"}, {Product: "client", Snippet: "set Origin"}, {Product: "nginx", Snippet: "allow it"},
	}}
	return &rules.Verdict{
		AnsweredBy: "nginx/1.22.1",
		Cause:      &rules.Cause{Rule: r, Actor: rules.Server, Confidence: 0.85, Summary: "The server refused s3cret"},
		Findings: []rules.Finding{{Rule: r, Actor: rules.Client, Grade: rules.Error, Role: rules.Primary, Message: "refused", Evidence: []rules.Evidence{
			{Side: reassembly.Client, Refs: []capture.Ref{ref(4, 10), {}}, Offset: 3, Length: 4, Field: "Origin", Value: "null"},
		}}},
		Inconclusive: []rules.Inconclusive{{Rule: r, Because: "gap"}},
	}
}

func TestBuild(t *testing.T) {
	h := Build(attempt("192.0.2.1:50000", "192.0.2.2:80"), verdict(), Env{OneCapture: true, Redactor: NewRedactor(false)})
	text := new(Ordinals).Text(string(h.AppendJSON(nil)))
	for _, want := range []string{
		`"url":"ws://example.test/ws?token=‹redacted, 6 bytes, #1›"`, `"filter":"tcp.stream eq 7"`, `"stream":7`,
		`"frames":{"first":1,"last":9}`, `"body_prefix":"no ‹redacted, 6 bytes, #1› here"`,
		`"timing_ms":{"connect":2,"tls":null,"response":8,"total":21}`, `"summary":"The server refused ‹redacted, 6 bytes, #1›"`,
		`"label":"high"`, `"fix":"allow it","fix_for":"nginx"`, `"fix":"set Origin","fix_for":"client"`,
		`"at":[{"capture":0,"frame":4}],"offset":3,"length":4,"field":"Origin","value":"null"`,
		`"inconclusive":[{"rule":"origin-rejected","because":"gap"}]`, `"time":"1970-01-01T00:00:00.01Z"`, `"http_version":"1.1"`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in %s", want, text)
		}
	}
}

func TestFilter(t *testing.T) {
	for name, tc := range map[string]struct {
		client, server string
		env            Env
		exact          bool
		want           string
	}{
		"exact":            {"192.0.2.1:1", "192.0.2.2:2", Env{OneCapture: true}, true, "tcp.stream eq 7"},
		"several captures": {"192.0.2.1:1", "192.0.2.2:2", Env{}, true, "ip.addr==192.0.2.1 && ip.addr==192.0.2.2 && tcp.port==1 && tcp.port==2 && frame.number>=1 && frame.number<=9"},
		"not exact":        {"[2001:db8::1]:1", "[2001:db8::2]:2", Env{OneCapture: true}, false, "ipv6.addr==2001:db8::1 && ipv6.addr==2001:db8::2 && tcp.port==1 && tcp.port==2 && frame.number>=1 && frame.number<=9"},
		"loopback":         {"127.0.0.1:5", "127.0.0.1:5", Env{}, false, "ip.addr==127.0.0.1 && tcp.port==5 && frame.number>=1 && frame.number<=9"},
	} {
		h := attempt(tc.client, tc.server)
		h.Conn.StreamExact = tc.exact
		if got := Build(h, nil, tc.env).Filter; got != tc.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, tc.want)
		}
	}
}

// A connection that crosses files has frames of two files.
func TestFilterAcrossFiles(t *testing.T) {
	h := attempt("192.0.2.1:1", "192.0.2.2:2")
	h.Conn.First.Frame, h.Conn.Last = 90, capture.Ref{Capture: 1, Frame: 2}
	rec := Build(h, nil, Env{})
	if want := "ip.addr==192.0.2.1 && ip.addr==192.0.2.2 && tcp.port==1 && tcp.port==2"; rec.Filter != want {
		t.Errorf("got %s\nwant %s", rec.Filter, want)
	}
	if want := (FrameRange{90, 2}); rec.Frames != want || rec.Capture != 0 {
		t.Errorf("got %v of capture %d, want %v", rec.Frames, rec.Capture, want)
	}
}

func TestURL(t *testing.T) {
	withTLS := func(h *analyzer.Handshake) {
		h.TLS = &analyzer.TLS{Facts: tls.Facts{ClientHello: tls.ClientHello{Seen: true, ServerName: "sni.test"}}}
	}
	for want, change := range map[string]func(*analyzer.Handshake){
		"ws://example.test/ws?token=s3cret":  func(*analyzer.Handshake) {},
		"wss://example.test/ws?token=s3cret": withTLS,
		"ws://192.0.2.2:80/":                 func(h *analyzer.Handshake) { h.Request = message([3]string{"GET", "/", "HTTP/1.1"}) },
		"wss://h.test/x": func(h *analyzer.Handshake) {
			h.Request = message([3]string{"GET", "https://h.test/x", "HTTP/1.1"}, "Host", "other")
		},
		"wss://far.test:443/": func(h *analyzer.Handshake) {
			h.Request = message([3]string{"GET", "https://far.test:443/", "HTTP/1.1"})
		},
		"ws://far.test:80": func(h *analyzer.Handshake) {
			h.Request = message([3]string{"CONNECT", "far.test:80", "HTTP/1.1"})
		},
		"ws://192.0.2.2:80":   func(h *analyzer.Handshake) { h.Request = nil },
		"wss://sni.test:80":   func(h *analyzer.Handshake) { h.Request = nil; withTLS(h) },
		"wss://192.0.2.2:443": func(h *analyzer.Handshake) { h.Request = nil; h.Conn.Server.Port = 443 },
		"wss://far.test:443": func(h *analyzer.Handshake) {
			h.Request = nil
			h.Tunnel = &analyzer.Tunnel{Request: message([3]string{"CONNECT", "far.test:443", "HTTP/1.1"})}
		},
	} {
		h := attempt("192.0.2.1:50000", "192.0.2.2:80")
		change(h)
		if got := string(Build(h, nil, Env{}).URL); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestTunnelCredentialsStayOut(t *testing.T) {
	h := attempt("192.0.2.1:50000", "192.0.2.2:80")
	h.Tunnel = &analyzer.Tunnel{Request: message([3]string{"CONNECT", "far.test:443", "HTTP/1.1"}, "Proxy-Authorization", "Basic dTpodW50ZXIy")}
	h.Body.Data = []byte("dTpodW50ZXIy is u:hunter2")
	rec := Build(h, nil, Env{Redactor: NewRedactor(false)})
	if text := string(rec.AppendJSON(nil)); strings.Contains(text, "dTpodW50ZXIy") || strings.Contains(text, "hunter2") {
		t.Errorf("proxy credentials leak: %s", text)
	}
}

func TestNamesOfWhereItWasSeen(t *testing.T) {
	h := attempt("192.0.2.1:50000", "192.0.2.2:80")
	h.Conn.Interfaces, h.Conn.Path = []uint32{1, 0, 2}, 3
	rec := Build(h, nil, Env{
		Path:      func(p capture.PathID) []string { return []string{"vlan 7"}[:p-2] },
		Interface: func(_, i uint32) string { return []string{"eth0", "eth1", ""}[i] },
	})
	if diff := cmp.Diff([]string{"eth0", "eth1"}, rec.SeenOn); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"vlan 7"}, rec.Path); diff != "" {
		t.Error(diff)
	}
}

func TestFixes(t *testing.T) {
	fixes := func(products ...string) *rules.Rule {
		r := &rules.Rule{}
		for _, p := range products {
			r.Fixes = append(r.Fixes, rules.Fix{Product: p, Snippet: "for " + p})
		}
		return r
	}
	inClient := func(products ...string) *rules.Rule {
		r := fixes(products...)
		for i := range r.Fixes {
			r.Fixes[i].Client = r.Fixes[i].Product != "any"
		}
		return r
	}
	for _, tc := range []struct {
		rule            *rules.Rule
		actor           rules.Actor
		answered, agent string
		snippet, whom   string
	}{
		{fixes("server", "nginx"), rules.Server, "nginx/1.22.1", "", "for nginx", "nginx"},
		{fixes("server", "Traefik/Envoy"), rules.Intermediary, "Envoy", "", "for Traefik/Envoy", "Traefik/Envoy"},
		{fixes("client", "nginx"), rules.Client, "nginx/1.22.1", "", "for client", "client"},
		{fixes("client", "gorilla"), rules.Client, "", "gorilla/1.5", "for gorilla", "gorilla"},
		{fixes("nginx", "any"), rules.Server, "", "", "for any", ""},
		{fixes("HAProxy >= 2.5", "proxy"), rules.Intermediary, "HAProxy", "", "for HAProxy >= 2.5", "HAProxy >= 2.5"},
		{fixes("any", "Go"), rules.Server, "gorilla/websocket", "", "for Go", "Go"},
		{fixes("Caddy", "Istio"), rules.Server, "", "", "for instance Caddy:\n  for Caddy", ""},
		{fixes("Caddy", "Istio"), rules.Intermediary, "Squid/5.7", "", "for instance Caddy:\n  for Caddy", ""},
		{fixes("server", "Istio"), rules.Client, "", "", "for server", "server"},
		{fixes(), rules.Server, "nginx", "", "", ""},
		{fixes("any", "ws (npm)"), rules.Client, "", "ws (npm)", "for ws (npm)", "ws (npm)"},
		{fixes("any", "browser"), rules.Client, "", "Firefox", "for browser", "browser"},
		{fixes("websockets (Python)", "any"), rules.Client, "", "aiohttp", "for any", ""},
		{inClient("gorilla/websocket", "ws (npm)", "any"), rules.Server, "gorilla/websocket", "ws (npm)", "for ws (npm)", "ws (npm)"},
		{inClient("gorilla/websocket", "any"), rules.Server, "gorilla/websocket", "curl", "for any", ""},
		{inClient("gorilla/websocket", "curl"), rules.Server, "gorilla/websocket", "", "for instance gorilla/websocket:\n  for gorilla/websocket", ""},
	} {
		p := fixPicker{answered: tc.answered, hop: tc.answered, agent: tc.agent}
		if snippet, whom := p.fix(tc.rule, tc.actor); snippet != tc.snippet || whom != tc.whom {
			t.Errorf("got %q for %q, want %q for %q", snippet, whom, tc.snippet, tc.whom)
		}
	}
}

// TestAppendOctet compares all octets with what strconv makes of them.
func TestAppendOctet(t *testing.T) {
	for n := range 256 {
		if got, want := string(appendOctet([]byte("."), byte(n))), "."+strconv.Itoa(n); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
