package siblings

import (
	"strings"
	"testing"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/http1"
	"github.com/handshark/handshark/rules"
)

// lastHead keeps the last head.
type lastHead struct{ m *http1.Message }

func (x *lastHead) Head(m *http1.Message) http1.Framing { x.m = m; return http1.BodyFraming(m, "GET") }
func (x *lastHead) Body(*http1.Message, []byte)         {}
func (x *lastHead) End(*http1.Message, http1.Stop)      {}
func (x *lastHead) Switched(uint64, []byte)             {}
func (x *lastHead) NotHTTP(uint64, []byte)              {}

func handshakeOf(t *testing.T, known *http1.Forms, head string) *analyzer.Handshake {
	t.Helper()
	var x lastHead
	r := http1.NewReader(http1.Request, &x, 64<<10)
	r.UseSource(nil, known)
	r.Feed(0, []byte(strings.ReplaceAll(head, "\n", "\r\n")+"\r\n\r\n"))
	if x.m == nil {
		t.Fatalf("no head in %q", head)
	}
	return &analyzer.Handshake{Request: &analyzer.Message{Message: *x.m}, Outcome: analyzer.Established}
}

// TestUsualIsNothingElse makes attempts of requests that differ in one thing each:
// those of known askers have to be what they are otherwise.
func TestUsualIsNothingElse(t *testing.T) {
	const common = "\nHost: WS.example.test:80\nConnection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Version: 13\nSec-WebSocket-Key: a\n"
	engine, err := rules.NewEngine(nil, rules.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var forms http1.Forms
	known := NewDigests()
	slow := known.Fresh()
	usual := 0
	for _, start := range []string{
		"GET /chat HTTP/1.1", "GET /chat?a=1 HTTP/1.1", "GET /chat?a=1?b#c?d HTTP/1.1", "GET /chat#c?d HTTP/1.1", "GET /? HTTP/1.1", "GET /chat2 HTTP/1.1",
		"GET http://a.test/chat HTTP/1.1", "CONNECT /chat HTTP/1.1", "GET * HTTP/1.1", "GET //a.test/chat HTTP/1.1", "GET /a://b HTTP/1.1",
	} {
		for i, fields := range []string{
			common + "Cookie: a=1", common + "Cookie: a=2", common + "Cookie: a=1\nCookie: a=2", common + "cookie: a=1",
			common + "Authorization: x\nCookie: y", common + "Cookie: y\nAuthorization: x", common + "X-Api-Key: a=1", common + "Proxy-Authorization: a=1",
			common + "Sec-WebSocket-Protocol: a=1", common + "Cookie: a\n b", common + "Cookie:", common + "X: y",
			strings.Replace(common, "Key: a", "Key: b", 1) + "X: y", strings.Replace(common, "Key: a", "Key:", 1) + "X: y",
			strings.Replace(common, "Key: a", "Key: a\nSec-WebSocket-Key: b", 1) + "X: y", strings.Replace(common, "Sec-WebSocket-Key", "Z", 1) + "X: y",
			strings.Replace(common, "WS", "WT", 1) + "X: y", strings.Replace(common, "13", "14", 1) + "X: y",
			common + "X: tunnel", common + "X: redirected", strings.Replace(common, "Upgrade\n", "upgrade\n", 1) + "X: y",
			strings.Replace(common, "13", "8\nSec-WebSocket-Version: 13", 1) + "X: y", strings.Replace(common, "Host: ", "H: ", 1) + "X: y",
		} {
			if i%8 == 0 { // or few would be learnt after the first ones
				forms = http1.Forms{}
			}
			h := handshakeOf(t, &forms, start+fields)
			switch {
			case strings.Contains(fields, "tunnel"):
				h.Tunnel = &analyzer.Tunnel{Request: handshakeOf(t, &forms, "CONNECT b.test:80 HTTP/1.1").Request}
			case strings.Contains(fields, "redirected"):
				h.Outcome, h.Response = analyzer.Redirected, handshakeOf(t, &forms, "GET / HTTP/1.1\nLocation: /elsewhere").Request
			}
			var set rules.RuleSet
			by := engine.Judge(h).Asker
			for range 2 {
				got, want := known.Attempt(h, &set, -1, by), slow.Attempt(h, &set, -1, nil)
				if x, y := known.manners.list[got.manner], slow.manners.list[want.manner]; x != y {
					t.Errorf("manner is %+v, want %+v, of\n%s", x, y, h.Request.Raw)
				}
				if got.manner = want.manner; got != want {
					t.Errorf("got %+v, want %+v, of\n%s", got, want, h.Request.Raw)
				}
			}
			if by != nil && known.usual(&Attempt{}, h, by) {
				usual++
			}
		}
	}
	if usual < 100 {
		t.Errorf("%d were usual: that shows nothing", usual)
	}
}
