package report

import (
	"strconv"
	"strings"
	"testing"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/frame"
	"github.com/handshark/handshark/analyzer/http1"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/reassembly"
	"github.com/handshark/handshark/rules"
)

// usualCase is what a run of established handshakes is made of. In target, lines and reason
// "{}" stands for a public value and "<>" for a secret one: harmless ones at first, until
// the kind of the records is known, then those of the case.
type usualCase struct {
	target, request, response, reason string
	public, secret                    []string
	words, fix, by                    string
	late                              func(*analyzer.Handshake, *rules.Verdict) // for those of the case; may be nil
}

func usualHandshakes() usualCase {
	return usualCase{
		target: "/chat?room={}", request: "Host: ws.example.test\nCookie: sid=<>; lang=en\nSec-WebSocket-Key: {}==\nUpgrade: websocket",
		response: "Server: nginx\nDate: Fri, 02 Jan 2026 03:04:05 GMT\nSec-WebSocket-Accept: {}=", reason: "Switching Protocols",
		public: []string{"8", "dGhlIHNhbXBsZQ"}, secret: []string{"3f9ac01b7e52d864", "c2VjcmV0"},
		words: "credentials travel in clear: cookie sid, cookie lang", fix: "new WebSocket('wss://ws.example.test/chat')", by: "nginx/1.22.1",
	}
}

// warmUp is how many handshakes of a case come first.
const warmUp = 8

// handshakes gives the handshakes of a case, one after the other.
func (c *usualCase) handshakes() (list []*analyzer.Handshake) {
	var asks, answers http1.Ahead
	for i := range warmUp + len(c.public)*len(c.secret) {
		public, secret := strconv.Itoa(10+i%3), []string{"5d41402abc4b2a76", "7d793037a0760186f"}[i%2]
		if n := i - warmUp; n >= 0 {
			public, secret = c.public[n%len(c.public)], c.secret[n/len(c.public)]
		}
		fill := func(s string) string { return strings.NewReplacer("{}", public, "<>", secret).Replace(s) }
		q := headRead(&asks, fill("GET "+c.target+" HTTP/1.1\n"+c.request))
		r := headRead(&answers, fill("HTTP/1.1 101 "+c.reason+"\n"+c.response))
		if q == nil || r == nil || q.Kind != http1.Request || r.Kind != http1.Response {
			continue
		}
		list = append(list, c.handshake(q, r))
	}
	return list
}

func headRead(ahead *http1.Ahead, lines string) *analyzer.Message {
	m := new(analyzer.Message)
	if !ahead.Read(&m.Message, []byte(strings.ReplaceAll(lines, "\n", "\r\n")+"\r\n\r\n")) {
		return nil
	}
	return m
}

func (c *usualCase) handshake(q, r *analyzer.Message) *analyzer.Handshake {
	h := attempt("192.0.2.1:4000", "[2001:db8::1]:80")
	h.Outcome, h.EndedBy, h.Body.Data = analyzer.Established, analyzer.Nobody, nil
	h.Request, h.Response = q, r
	q.First, q.Last, r.First, r.Last = ref(4, 10), ref(4, 10), ref(6, 20), ref(6, 20)
	h.Upgraded = &analyzer.Session{Frames: [2]int{3, 2}, Last: 30e6}
	return h
}

// verdict notes the credentials of a request.
func (c *usualCase) verdict(q *analyzer.Message) *rules.Verdict {
	r := &rules.Rule{ID: "auth-credentials-over-plaintext", Reference: "RFC 7617 s4", Fixes: []rules.Fix{{Product: "client", Snippet: c.fix}}}
	f := rules.Finding{Rule: r, Actor: rules.Client, Grade: rules.Info, Role: rules.Note, Message: c.words}
	for _, name := range []string{"Authorization", "Cookie"} {
		if i := q.Message.First(name); i >= 0 {
			f.Evidence = append(f.Evidence, rules.Evidence{
				Side: reassembly.Client, Refs: []capture.Ref{ref(4, 10), {}}, Offset: 3, Length: 4, Field: q.Name(i), Value: q.Text(q.Field(i).Value)[:min(q.Field(i).Value.Len(), rules.ValueLimit)],
			})
		}
	}
	return &rules.Verdict{AnsweredBy: c.by, Findings: []rules.Finding{f}}
}

// compare encodes the records of a case as usual ones where that is possible, compares them
// with those that are built, and gives how many of either sort were usual.
func (c *usualCase) compare(t *testing.T, redactor *Redactor) (before, behind int) {
	t.Helper()
	var b Builder
	var x Encoded
	var k Kinds
	env := Env{OneCapture: true, Redactor: redactor}
	for i, h := range c.handshakes() {
		v := c.verdict(h.Request)
		if i >= warmUp && c.late != nil {
			c.late(h, v)
		}
		want := string(Build(h, v, env).AppendJSON(nil))
		switch usual := b.usual.encode(&b, &x, h, v, &env); {
		case !usual:
			b.encode(&x, b.Build(h, v, env))
		case i < warmUp:
			before++
		default:
			behind++
		}
		kept := Kept{Kinds: &k}
		kept.Octets, kept.Manner = k.Keep(nil, &x, i)
		if got := string(kept.AppendJSON(nil)); got != want {
			t.Fatalf("record %d\n got %s\nwant %s", i, got, want)
		}
	}
	return before, behind
}

// usualChanges are changes of usual handshakes that leave them usual.
var usualChanges = map[string]func(*usualCase){
	"none":                    func(*usualCase) {},
	"no credentials":          func(c *usualCase) { c.request = "Host: a.test\nSec-WebSocket-Key: {}" },
	"a token, too":            func(c *usualCase) { c.request += "\nAuthorization: Bearer <>" },
	"a token alone":           func(c *usualCase) { c.request = "Host: a.test\nAuthorization: Bearer <>" },
	"parameters":              func(c *usualCase) { c.target = "/chat?a={}&b=2" },
	"a port":                  func(c *usualCase) { c.request = strings.ReplaceAll(c.request, "ws.example.test", "a-b.test:8080") },
	"a common word as secret": func(c *usualCase) { c.secret[0] = "true" },
	"a short secret":          func(c *usualCase) { c.secret[0] = "d" },
	"no value":                func(c *usualCase) { c.secret[0] = "" },
	"no findings": func(c *usualCase) {
		c.late = func(_ *analyzer.Handshake, v *rules.Verdict) { v.Findings = v.Findings[:1] }
	},
}

// unusualChanges are those that do not: of those that are late, and mostly where a secret
// stands where none belongs.
var unusualChanges = map[string]func(*usualCase){
	"a parameter that decodes": func(c *usualCase) { c.public = []string{"a%7B"} },
	"a reference that decodes": func(c *usualCase) { c.public = []string{"a&lt;"} },
	"a telling parameter":      func(c *usualCase) { c.public = []string{"1&token=abcdef"} },
	"a value that needs care":  func(c *usualCase) { c.target, c.public = "/chat", []string{`a"b`} },
	"a quoted cookie":          func(c *usualCase) { c.secret = []string{`"abcdef"`} },
	"a JWT":                    func(c *usualCase) { c.secret = []string{"eyJhbGciOiJub25lIn0.eyJzdWIiOiJjaGF0In0."} },
	"a cookie in a cookie":     func(c *usualCase) { c.secret = []string{"a=b"} },
	"a cookie without value":   func(c *usualCase) { c.secret = []string{"a; b"} },
	"many cookies":             func(c *usualCase) { c.secret = []string{"a" + strings.Repeat("; a=b", mostPairs)} },
	"more than evidence has":   func(c *usualCase) { c.secret = []string{strings.Repeat("a", rules.ValueLimit)} },
	"another scheme": func(c *usualCase) {
		c.request, c.secret = "Host: a.test\nAuthorization: <>", []string{"Basic dXNlcjpwYXNz"}
	},
	"a token that is quoted": func(c *usualCase) { c.request, c.secret = "Host: a.test\nAuthorization: Bearer <>", []string{`"a"`} },
	"a token and more": func(c *usualCase) {
		c.request, c.secret = "Host: a.test\nAuthorization: Bearer <>", []string{"abcd efgh"}
	},
	"no token":                     func(c *usualCase) { c.request, c.secret = "Host: a.test\nAuthorization: Bearer <>", []string{""} },
	"three lines of credentials":   func(c *usualCase) { c.request = "Host: a.test\nCookie: a=<>\nCookie: b=<>\nAuthorization: Bearer <>" },
	"a secret in the target":       func(c *usualCase) { c.target, c.secret = "/deep/chat", []string{"deep"} },
	"in a line":                    func(c *usualCase) { c.request += "\nX-Theme: very dark"; c.secret = []string{"dark"} },
	"in the name of a line":        func(c *usualCase) { c.request += "\nX-dark: 1"; c.secret = []string{"dark"} },
	"in the name of a varying one": func(c *usualCase) { c.secret = []string{"Socket-Key"} },
	"in a line of the answer":      func(c *usualCase) { c.response += "\nX-Theme: dark"; c.secret = []string{"dark"} },
	"in the key":                   func(c *usualCase) { c.public, c.secret = c.public[1:], c.public[1:] },
	"in the date":                  func(c *usualCase) { c.secret = []string{"2026"} },
	"in the name of a cookie":      func(c *usualCase) { c.request = "Host: a.test\nCookie: darker=<>"; c.secret = []string{"dark"} },
	"in our words":                 func(c *usualCase) { c.secret = []string{"travel"} },
	"cut, in our words":            func(c *usualCase) { c.words = `cookie … 3f9ac01b…`; c.secret = []string{"3f9ac01b7e52d864"} },
	"cut, at the end of our words": func(c *usualCase) { c.secret = []string{"cookie.lang.xyz-credentials"}; c.words = "credentials" },
	"in the fix":                   func(c *usualCase) { c.fix += " // once-only"; c.secret = []string{"once-only"} },
	"encoded in the fix":           func(c *usualCase) { c.fix += " // %6Fnce-only"; c.secret = []string{"once-only"} },
	"in who answers":               func(c *usualCase) { c.by = "darkhttpd"; c.secret = []string{"dark"} },
	"in the reason":                func(c *usualCase) { c.secret = []string{"Protocols"} },
	"in the scheme":                func(c *usualCase) { c.request += "\nAuthorization: Bearer {}"; c.secret = []string{"eare"} },
	"a long common word":           func(c *usualCase) { c.secret = []string{"localhost"} },
	"a piece of another": func(c *usualCase) {
		c.request, c.secret = strings.ReplaceAll(c.request, "<>", "<>; sid2=<>2"), []string{"WS.example.test"}
	},
	"the host": func(c *usualCase) { c.secret = []string{"ws.example.test"} },
	"like the first name": func(c *usualCase) {
		c.request = "Host: a.test\nCookie: sessionid=<>; lang=en"
		c.secret = []string{"x-sessioni"}
	},
	"words that need care":      func(c *usualCase) { c.words += ` "x"` },
	"words that tell":           func(c *usualCase) { c.words += " token=abcdefgh" },
	"a reason that tells":       func(c *usualCase) { c.reason, c.public = "Switching {}", []string{"ghp_0123456789abcdefghij"} },
	"one who answers at length": func(c *usualCase) { c.by = strings.Repeat("a", 300) + " token=abcdefgh" },
	"no host":                   func(c *usualCase) { c.request = "Cookie: sid=<>\nSec-WebSocket-Key: {}" },
	"an odd host":               func(c *usualCase) { c.request = "Host: a=b\nSec-WebSocket-Key: {}" },
	"set cookies":               func(c *usualCase) { c.response += "\nCookie: a={}" },
	"other evidence": func(c *usualCase) {
		c.late = func(_ *analyzer.Handshake, v *rules.Verdict) { v.Findings[0].Evidence[0].Value = "lang=en" }
	},
	"evidence of no line": func(c *usualCase) {
		c.late = func(_ *analyzer.Handshake, v *rules.Verdict) { v.Findings[0].Evidence[0].Field = "Cookies" }
	},
	"a reason at the end": func(c *usualCase) {
		c.late = func(h *analyzer.Handshake, _ *rules.Verdict) {
			h.Upgraded.Closes[reassembly.Server] = &analyzer.Close{Code: 1000, Reason: []byte("bye")}
		}
	},
	"words of a refusal": func(c *usualCase) {
		c.late = func(h *analyzer.Handshake, _ *rules.Verdict) {
			f := analyzer.Frame{Frame: frame.Frame{FIN: true, Opcode: frame.Text, Complete: true, Payload: []byte(`{"type":"disconnect","reason":"unauthorized","reconnect":false}`)}}
			h.Upgraded.First[reassembly.Server] = []analyzer.Frame{f}
		}
	},
	"a body": func(c *usualCase) {
		c.late = func(h *analyzer.Handshake, _ *rules.Verdict) { h.Body.Data = []byte("a") }
	},
	"TLS": func(c *usualCase) { c.late = func(h *analyzer.Handshake, _ *rules.Verdict) { h.TLS = &analyzer.TLS{} } },
	"a look-up": func(c *usualCase) {
		c.late = func(h *analyzer.Handshake, _ *rules.Verdict) { h.Lookup = &capture.DNSMessage{Name: "a"} }
	},
	"a tunnel": func(c *usualCase) {
		c.late = func(h *analyzer.Handshake, _ *rules.Verdict) { h.Tunnel = &analyzer.Tunnel{Request: h.Request} }
	},
	"interim": func(c *usualCase) {
		c.late = func(h *analyzer.Handshake, _ *rules.Verdict) { h.Interim = []*analyzer.Message{h.Response} }
	},
	"no answer":  func(c *usualCase) { c.late = func(h *analyzer.Handshake, _ *rules.Verdict) { h.Response = nil } },
	"no request": func(c *usualCase) { c.late = func(h *analyzer.Handshake, _ *rules.Verdict) { h.Request = nil } },
	"a cause": func(c *usualCase) {
		c.late = func(_ *analyzer.Handshake, v *rules.Verdict) { v.Cause = verdict().Cause }
	},
	"inconclusive": func(c *usualCase) {
		c.late = func(_ *analyzer.Handshake, v *rules.Verdict) { v.Inconclusive = verdict().Inconclusive }
	},
}

// TestUsual: records are usual once their forms, words and kind are known.
func TestUsual(t *testing.T) {
	for name, change := range usualChanges {
		t.Run(name, func(t *testing.T) {
			c := usualHandshakes()
			change(&c)
			if before, behind := c.compare(t, NewRedactor(false)); before < 2 || behind == 0 {
				t.Errorf("%d and %d records were usual", before, behind)
			}
		})
	}
}

// TestUnusual: a record is built where anything is not as it is in usual ones.
func TestUnusual(t *testing.T) {
	for name, change := range unusualChanges {
		t.Run(name, func(t *testing.T) {
			c := usualHandshakes()
			change(&c)
			if _, behind := c.compare(t, NewRedactor(false)); behind > 0 || len(c.handshakes()) <= warmUp {
				t.Errorf("%d of %d records were usual", behind, len(c.handshakes())-warmUp)
			}
		})
	}
	for name, r := range map[string]*Redactor{"no redactor": nil, "all is shown": NewRedactor(true)} {
		c := usualHandshakes()
		if before, behind := c.compare(t, r); before+behind > 0 {
			t.Errorf("%s: %d and %d records were usual", name, before, behind)
		}
	}
}

// FuzzUsual: records that are usual are those that are built.
func FuzzUsual(f *testing.F) {
	add := func(c usualCase) {
		f.Add(c.target, c.request, c.response, c.reason, c.public[0], c.secret[0], c.words, c.fix, c.by)
	}
	for _, changes := range []map[string]func(*usualCase){usualChanges, unusualChanges} {
		for _, change := range changes {
			c := usualHandshakes()
			change(&c)
			add(c)
		}
	}
	f.Fuzz(func(t *testing.T, target, request, response, reason, public, secret, words, fix, by string) {
		c := usualCase{target: target, request: request, response: response, reason: reason, public: []string{public}, secret: []string{secret}, words: words, fix: fix, by: by}
		c.compare(t, NewRedactor(false))
	})
}
