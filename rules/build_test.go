package rules

import (
	"strings"
	"testing"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/http1"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/reassembly"
)

const ms = 1_000_000

// ref is packet n, captured n milliseconds after the epoch.
func ref(n uint64) capture.Ref { return capture.Ref{Frame: n, Time: int64(n) * ms} }

// headTaker takes the first head and whatever body follows it.
type headTaker struct {
	m    *http1.Message
	body []byte
}

func (x *headTaker) Head(m *http1.Message) http1.Framing {
	x.m = m
	return http1.BodyFraming(m, "GET")
}
func (x *headTaker) Body(_ *http1.Message, data []byte) { x.body = append(x.body, data...) }
func (x *headTaker) End(*http1.Message, http1.Stop)     {}
func (x *headTaker) Switched(uint64, []byte)            {}
func (x *headTaker) NotHTTP(uint64, []byte)             {}

// parse reads a head, written with \n, and its body.
func parse(t testing.TB, kind http1.Kind, text string) (*analyzer.Message, []byte) {
	t.Helper()
	return parseKnowing(t, &http1.Forms{}, kind, text)
}

// parseKnowing is parse with what is known of earlier heads.
func parseKnowing(t testing.TB, known *http1.Forms, kind http1.Kind, text string) (*analyzer.Message, []byte) {
	t.Helper()
	head, body, _ := strings.Cut(strings.TrimPrefix(text, "\n"), "\n\n")
	wire := strings.ReplaceAll(head, "\n", "\r\n") + "\r\n\r\n" + body
	var x headTaker
	r := http1.NewReader(kind, &x, 64<<10)
	r.UseSource(nil, known)
	r.Feed(0, []byte(wire))
	r.Close(http1.StopClose)
	if x.m == nil {
		t.Fatalf("no head in %q", text)
	}
	m := &analyzer.Message{Message: *x.m, From: reassembly.Client, First: ref(4), Last: ref(4)}
	if kind == http1.Response {
		m.From, m.First, m.Last = reassembly.Server, ref(6), ref(6)
	}
	return m, x.body
}

const goodRequest = `GET /chat HTTP/1.1
Host: ws.example.test
Upgrade: websocket
Connection: Upgrade
Sec-WebSocket-Key: aGFuZHNoYXJrLW5vbmNlIQ==
Sec-WebSocket-Version: 13`

// exchange is a handshake whose request in packet 4 is answered in packet 6.
func exchange(t testing.TB, request, response string) *analyzer.Handshake {
	t.Helper()
	h := &analyzer.Handshake{
		WebSocket: analyzer.Yes, Start: 1 * ms, Until: 100 * ms,
		Have: analyzer.RequestHead | analyzer.ResponseHead | analyzer.ResponseBody | analyzer.BothSides |
			analyzer.TCPOpen | analyzer.TCPClose | analyzer.Plaintext | analyzer.RequestStart | analyzer.ResponseStart,
	}
	h.Request, _ = parse(t, http1.Request, request)
	var body []byte
	h.Response, body = parse(t, http1.Response, response)
	h.Body = analyzer.Body{Data: body, Length: uint64(len(body)), Complete: true, Ref: ref(6)}
	if h.Response.Status == 101 {
		h.Outcome, h.Upgraded = analyzer.Established, &analyzer.Session{}
		h.Have |= analyzer.Frames
		return h
	}
	h.Outcome, h.EndedBy = analyzer.Rejected, analyzer.ByServer
	h.Ending = analyzer.Ending{Kind: analyzer.EndingStatus, Status: h.Response.Status, Time: 6 * ms}
	return h
}

// clientLeft makes h a 101 after which the client tore the connection down.
func clientLeft(h *analyzer.Handshake) *analyzer.Handshake {
	h.Outcome, h.EndedBy = analyzer.Aborted, analyzer.ByClient
	h.Ending = analyzer.Ending{Kind: analyzer.EndingClientLeft, Time: 8 * ms}
	h.Upgraded.Events = []analyzer.Event{{Kind: analyzer.EventRST, From: reassembly.Client, Ref: ref(8)}}
	return h
}

// fake is a rule that is complete and fires where its check says.
func fake(id string, family Family, change func(*Rule)) *Rule {
	r := &Rule{
		ID: id, Family: family, Title: "Title of " + id, Actor: Client, Level: Must,
		Doc:       Doc{Seen: "It is seen.", Why: "It fails.", Change: "Change it."},
		Severity:  Severity{Warning, Error},
		Cause:     IsCause,
		Reference: "RFC 6455", When: OnAlways, Check: inRequest,
	}
	if change != nil {
		change(r)
	}
	return r
}

func inRequest(p *Pass)  { p.Found("seen in the request", p.StartLine(p.Request)) }
func inResponse(p *Pass) { p.Found("seen in the response", p.StartLine(p.Response)) }

func judge(t testing.TB, h *analyzer.Handshake, all ...*Rule) *Verdict {
	t.Helper()
	e, err := NewEngine(all, Options{Panic: true})
	if err != nil {
		t.Fatal(err)
	}
	v := e.Judge(h)
	v.Tell()
	for _, what := range v.RuleErrors {
		t.Errorf("rule error: %s", what)
	}
	return v
}

// roles gives "id role" of every finding, in order.
func roles(v *Verdict) []string {
	names := map[Role]string{
		Note: "note", Primary: "primary", Contributing: "contributing",
		Consequence: "consequence", Incidental: "incidental",
	}
	var all []string
	for _, f := range v.Findings {
		all = append(all, f.Rule.ID+" "+names[f.Role])
	}
	return all
}

func causeID(c *Cause) string {
	if c == nil {
		return "none"
	}
	if c.Rule == nil {
		return "undetermined"
	}
	return c.Rule.ID
}
