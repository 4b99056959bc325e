package rules

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/reassembly"
)

// pass gives a Pass over a request and a response.
func pass(t *testing.T, request, response string) *Pass {
	t.Helper()
	e, err := NewEngine(nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	e.run.begin(exchange(t, request, response))
	return &e.run.pass
}

func TestTarget(t *testing.T) {
	for target, want := range map[string]Target{
		"/chat?a=1&b":        {Path: "/chat", Query: "a=1&b", HasQuery: true},
		"/":                  {Path: "/"},
		"/a?":                {Path: "/a", HasQuery: true},
		"/a#b?c":             {Path: "/a", Fragment: "b?c"},
		"http://h:80/p?q":    {Scheme: "http", Authority: "h:80", Path: "/p", Query: "q", HasQuery: true},
		"ws://u:p@h":         {Scheme: "ws", Authority: "u:p@h"},
		"h.test:443":         {Authority: "h.test:443"},
		"*":                  {Path: "*", Asterisk: true},
		"/redirect?u=ws://h": {Path: "/redirect", Query: "u=ws://h", HasQuery: true},
	} {
		want.Raw = target
		if d := cmp.Diff(want, pass(t, "GET "+target+" HTTP/1.1", status("400 x")).Target()); d != "" {
			t.Errorf("%s (-want +got):\n%s", target, d)
		}
	}
	got := pass(t, "GET /?a=1&b&c=x=y HTTP/1.1", status("400 x")).Params()
	if d := cmp.Diff([]Param{{"a", "1"}, {"b", ""}, {"c", "x=y"}}, got); d != "" {
		t.Error(d)
	}
}

func TestMarkers(t *testing.T) {
	for fields, want := range map[string]int{
		"Via: 1.1 a\nX-Forwarded-For: b": 2,
		"x-envoy-attempt-count: 1":       1,
		"X-Request-Id: 7":                0, // a marker in HTTP/1.0 only
		"X-Custom: 1\nCookie: via=1":     0,
	} {
		p := pass(t, "GET / HTTP/1.1\n"+fields, status("400 x"))
		if got := len(p.Markers()); got != want || p.Marked() != (want > 0) {
			t.Errorf("%q: got %d, want %d", fields, got, want)
		}
	}
	if !pass(t, "GET / HTTP/1.0\nX-Request-Id: 7", status("400 x")).Marked() {
		t.Error("X-Request-Id in HTTP/1.0: not a marker")
	}
}

func TestCredentials(t *testing.T) {
	for request, want := range map[string]string{
		"GET / HTTP/1.1":                                          "no credentials",
		"GET /?Access_Token=s3cr3t&x=1 HTTP/1.1":                  "query parameter Access_Token",
		"GET / HTTP/1.1\nAuthorization: Bearer s3cr3t":            "Authorization (Bearer)",
		"GET / HTTP/1.1\nAuthorization: s3cr3t":                   "Authorization (?)",
		"GET / HTTP/1.1\nCookie: a=s3cr3t; b=s3cr3t":              "cookie a, cookie b",
		"GET / HTTP/1.1\nX-Api-Key: s3cr3t":                       "X-Api-Key",
		"GET / HTTP/1.1\nSec-WebSocket-Protocol: chat, bearer":    "a token in Sec-WebSocket-Protocol",
		"GET / HTTP/1.1\nSec-WebSocket-Protocol: chat":            "no credentials",
		"GET ws://s3cr3t@h/ HTTP/1.1":                             "user information in the target",
		"GET / HTTP/1.1\nProxy-Authorization: Basic s3cr3t":       "no credentials",
		"GET /?token= HTTP/1.1\nSec-WebSocket-Protocol: eyJ.a.b ": "a token in Sec-WebSocket-Protocol",
	} {
		c := pass(t, request, status("401 x")).Credentials()
		if got := c.String(); got != want || c.Any() != (want != "no credentials") || strings.Contains(got, "s3cr3t") {
			t.Errorf("%q: got %q, want %q", request, got, want)
		}
	}
}

func TestLists(t *testing.T) {
	p := pass(t, "GET / HTTP/1.1\nConnection: keep-alive\nConnection: Upgrade", status("400 x"))
	if !p.HasToken(p.Request, "Connection", "upgrade") || p.HasToken(p.Request, "Upgrade", "websocket") {
		t.Error("tokens of Connection are not seen over two lines")
	}
	if got := len(p.List(p.Request, "Connection")); got != 2 {
		t.Errorf("got %d elements, want 2", got)
	}
	if p.SecWebSocket() || !pass(t, goodRequest, status("400 x")).SecWebSocket() {
		t.Error("Sec-WebSocket-* fields are not told")
	}
}

func TestBody(t *testing.T) {
	p := pass(t, goodRequest, "HTTP/1.1 400 x\nContent-Length: 12\n\nBad Request\n")
	if !p.BodyIs("Bad Request") || !p.BodyHas("Request") || !p.BodyHasFold("bad req") || p.BodyHasFold("worse") {
		t.Error("body is not matched")
	}
	e := p.BodyEvidence("Bad")
	if e.Side != reassembly.Server || e.Offset != uint64(len(p.Response.Raw)) || len(e.Refs) != 1 {
		t.Errorf("evidence: got %+v", e)
	}
}

func TestClientLeftAfter101(t *testing.T) {
	p := pass(t, goodRequest, "HTTP/1.1 101 x")
	if _, ok := p.ClientLeftAfter101(); ok {
		t.Error("still open: got a leave")
	}
	clientLeft(p.Handshake)
	if l, ok := p.ClientLeftAfter101(); !ok || !l.Reset || l.After != 2*time.Millisecond || l.Ref != ref(8) {
		t.Errorf("got %+v %v", l, ok)
	}
	p.Upgraded.Events = append([]analyzer.Event{{Kind: analyzer.EventFIN, From: reassembly.Server, Ref: ref(7)}}, p.Upgraded.Events...)
	if _, ok := p.ClientLeftAfter101(); ok {
		t.Error("the server went first: got a leave")
	}
}

func TestTimes(t *testing.T) {
	p := pass(t, goodRequest, "HTTP/1.1 401 x\nDate: Sun, 22 Nov 2026 18:46:12 GMT\nContent-Length: 0")
	if d, ok := p.ResponseTime(); !ok || d != 2*time.Millisecond {
		t.Errorf("response time: got %v %v", d, ok)
	}
	if got := p.Waited(); got != 2*time.Millisecond {
		t.Errorf("waited: got %v", got)
	}
	if got, want := p.Now().Format(time.RFC3339), "2026-11-22T18:46:12Z"; got != want {
		t.Errorf("now: got %s, want the server's %s", got, want)
	}
	p = pass(t, goodRequest, "HTTP/1.1 401 x\nDate: Thu, 01 Jan 1970 00:00:03 GMT\nContent-Length: 0")
	if got, want := p.Now(), time.Unix(0, 4*ms); !got.Equal(want) {
		t.Errorf("now, clocks close: got %v, want packet time %v", got, want)
	}
}

func TestEvidence(t *testing.T) {
	p := pass(t, goodRequest, status("400 x"))
	want := Evidence{
		Side: reassembly.Client, Refs: known(ref(4)), Offset: uint64(strings.Index(string(p.Request.Raw), "Upgrade:")),
		Length: uint64(len("Upgrade: websocket")), Field: "Upgrade", Value: "websocket",
	}
	if d := cmp.Diff(want, p.FieldOrAbsent(p.Request, "upgrade")); d != "" {
		t.Error(d)
	}
	absent := p.FieldOrAbsent(p.Request, "Origin")
	if absent.Field != "Origin" || absent.Length != uint64(len(p.Request.Raw)) || absent.Value != "" {
		t.Errorf("absent: got %+v", absent)
	}
	if _, ok := p.Teardown(reassembly.Server); ok {
		t.Error("teardown: got one, want none")
	}
	p.Conn.Halves[reassembly.Server].FIN = reassembly.Mark{Ref: ref(7), Seen: true}
	if e, ok := p.Teardown(reassembly.Server); !ok || e.Field != "FIN" || e.Refs[0] != ref(7) {
		t.Errorf("teardown: got %+v %v", e, ok)
	}
}

func TestQuote(t *testing.T) {
	for in, want := range map[string]string{
		"a\"b\r\n":                     `"a\"b\r\n"`,
		"\xff":                         `"\xff"`,
		strings.Repeat("x", 65):        `"` + strings.Repeat("x", 64) + `"…`,
		strings.Repeat("x", 63) + "éé": `"` + strings.Repeat("x", 63) + `"…`,
	} {
		if got := Quote(in); got != want {
			t.Errorf("%q: got %s, want %s", in, got, want)
		}
	}
}

func TestCredentialsText(t *testing.T) {
	for want, c := range map[string]Credentials{
		"no credentials": {},
		"Authorization (Bearer), cookie sid, cookie a\\\"b, x-api-key, query parameter token, a token in Sec-WebSocket-Protocol, user information in the target": {
			Scheme: "Bearer", Cookies: []string{"sid", `a"b`}, Fields: []string{"x-api-key"}, Params: []string{"token"}, Subprotocol: true, Userinfo: true,
		},
		"cookie " + strings.Repeat("a", QuoteLimit) + "…": {Cookies: []string{strings.Repeat("a", QuoteLimit+1)}},
	} {
		if got := c.String(); got != want {
			t.Errorf("%q; want %q", got, want)
		}
	}
}
