package catalogue

import (
	"strings"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/reassembly"
	"github.com/handshark/handshark/rules"
)

const framing101Seen = "a hang, `Invalid frame header` or an early end, depending on the hop"

var framing101Fixes = []rules.Fix{
	{Product: "server", Snippet: "Write no Content-Length, Transfer-Encoding, Content-Encoding or close with a 101; take the route out of compressing middleware."},
}

var response101ConnectionClose = rules.Rule{
	ID: "response-101-connection-close", Family: rules.Response, Title: "101 with Connection: close",
	Doc: rules.Doc{
		Seen:   "Connection of the 101 names close.",
		Why:    "Clients let it pass, but a hop in between may close the connection after the head.",
		Change: "Send Connection: Upgrade only.",
		Before: "Connection: Upgrade, close", After: "Connection: Upgrade",
	},
	Actor: rules.Server, Level: rules.Observation, Severity: rules.Severity{Established: rules.Info, Failed: rules.Warning},
	Reference: "RFC 9112 s9.6",
	Needs:     on101Needs, When: rules.On101,
	Fixes: framing101Fixes, ClientSees: framing101Seen,
	If:    rules.If(rules.AnswerConnectionOdd),
	Check: checkClose101,
}

func checkClose101(p *rules.Pass) {
	if p.HasToken(p.Response, "Connection", "close") {
		p.Found("Connection of the 101 is "+quoteAll(p.Response, "Connection")+"; a hop may close after the head", p.Fields(p.Response, "Connection")...)
	}
}

var response101ContentLength = rules.Rule{
	ID: "response-101-content-length", Family: rules.Response, Title: "101 with Content-Length",
	Doc: rules.Doc{
		Seen:   "The 101 has a Content-Length field.",
		Why:    "A 101 has no content, and clients have to ignore the field. A careless proxy takes as many octets of frames for a body. A value of 0 is common and harmless.",
		Change: "Send no Content-Length with a 101.",
		Before: "HTTP/1.1 101 Switching Protocols\nContent-Length: 0", After: "HTTP/1.1 101 Switching Protocols",
	},
	Actor: rules.Server, Level: rules.MustNot, Severity: rules.Severity{Established: rules.Info, Failed: rules.Error},
	Cause: rules.IsCause, Reference: "RFC 9110 s8.6; RFC 9112 s6.3",
	Needs: on101Needs, When: rules.On101,
	Fixes: framing101Fixes, ClientSees: framing101Seen,
	If:    rules.If(rules.ResponseContent),
	Check: checkLength101,
}

func checkLength101(p *rules.Pass) {
	zero := p.Response.Get("Content-Length") == "0"
	if !p.Response.Has("Content-Length") || zero && p.Outcome.Failed() && p.Ending.Kind != analyzer.EndingClientLeft {
		return
	}
	proof := rules.Practice
	if zero {
		proof = rules.Heuristic
	}
	p.Report(rules.Finding{
		Message:  "Content-Length " + quoteAll(p.Response, "Content-Length") + " in the 101, which has no content",
		Evidence: p.Fields(p.Response, "Content-Length"), Proof: proof,
	})
}

var response101TransferEncoding = rules.Rule{
	ID: "response-101-transfer-encoding", Family: rules.Response, Title: "101 with Transfer-Encoding",
	Doc: rules.Doc{
		Seen:   "The 101 has a Transfer-Encoding field.",
		Why:    "A 101 has no content. A proxy may decode the frames as chunks, and a server may really write chunks around them.",
		Change: "Send no Transfer-Encoding with a 101; turn chunking off for the handler.",
		Before: "HTTP/1.1 101 Switching Protocols\nTransfer-Encoding: chunked", After: "HTTP/1.1 101 Switching Protocols",
	},
	Actor: rules.Server, Level: rules.MustNot, Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause: rules.IsCause, Reference: "RFC 9112 s6.1, s6.3",
	Needs: on101Needs, When: rules.On101,
	Fixes: framing101Fixes, ClientSees: framing101Seen,
	If:    rules.If(rules.ResponseContent),
	Check: checkTransferEncoding101,
}

func checkTransferEncoding101(p *rules.Pass) {
	if p.Response.Has("Transfer-Encoding") {
		p.Report(rules.Finding{
			Message:  "Transfer-Encoding " + quoteAll(p.Response, "Transfer-Encoding") + " in the 101, which has no content",
			Evidence: p.Fields(p.Response, "Transfer-Encoding"), Proof: rules.Practice,
		})
	}
}

var response101BodyFraming = rules.Rule{
	ID: "response-101-with-body-framing", Family: rules.Response, Title: "the 101 is framed like a response with a body",
	Doc: rules.Doc{
		Seen:   "The 101 has several of Content-Length above 0, Transfer-Encoding, Content-Encoding and Connection: close, or one of them and a body that follows.",
		Why:    "Middleware or a hop treats the 101 as an ordinary response. What follows is not read as frames by everybody.",
		Change: "Take the WebSocket route out of compressing and buffering middleware, and strip these fields from 1xx responses.",
		Before: "HTTP/1.1 101 Switching Protocols\nTransfer-Encoding: chunked\nConnection: Upgrade, close", After: whole101,
	},
	Actor: rules.Server, Level: rules.Diagnosis, Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 9110 s8.6, s15.2.2; RFC 9112 s6.1",
	Needs: on101Needs, When: rules.On101, Collects: true,
	Suppresses: []string{"response-101-connection-close", "response-101-content-length", "response-101-transfer-encoding"},
	Fixes:      framing101Fixes, ClientSees: framing101Seen,
	If:    rules.If(rules.ResponseContent, rules.AnswerConnectionOdd),
	Check: checkBodyFraming101,
}

func checkBodyFraming101(p *rules.Pass) {
	var found []string
	var evidence []rules.Evidence
	add := func(name string, there bool) {
		if there {
			found, evidence = append(found, name), append(evidence, p.Fields(p.Response, name)...)
		}
	}
	length := p.Response.Get("Content-Length")
	add("Content-Length", length != "" && length != "0")
	add("Transfer-Encoding", p.Response.Has("Transfer-Encoding"))
	add("Content-Encoding", p.Response.Has("Content-Encoding"))
	add("Connection", p.HasToken(p.Response, "Connection", "close"))
	if len(found) > 1 || len(found) == 1 && notFrames(p, reassembly.Server) != nil {
		p.Found("the 101 is framed like a response with a body: "+strings.Join(found, ", "), evidence...)
	}
}

var response101Unsolicited = rules.Rule{
	ID: "response-101-unsolicited", Family: rules.Response, Title: "101 switches to something the client did not offer",
	Doc: rules.Doc{
		Seen:   "Upgrade of the 101 names a protocol that Upgrade of the request does not, or the request has no Upgrade.",
		Why:    "A server may switch to what was offered only. If the client did offer it, a hop took Upgrade out of the request and the server ignores that.",
		Change: "Let the server refuse a request without Upgrade: websocket; look for the hop that removes it.",
	},
	Actor: rules.Server, Level: rules.MustNot, Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 9110 s7.8",
	Needs: analyzer.RequestHead | on101Needs, When: rules.On101,
	Fixes: []rules.Fix{
		{Product: "server", Snippet: "Answer 426 with Upgrade: websocket to a request without Upgrade."},
	},
	ClientSees: "Chrome `'Upgrade' header value is not 'WebSocket'`; ws `Invalid Upgrade header`",
	If:         rules.If(rules.AnswerUpgradeOdd, rules.UpgradeOdd),
	Check:      checkUnsolicited,
}

func checkUnsolicited(p *rules.Pass) {
	for _, e := range p.List(p.Response, "Upgrade") {
		if !offersUpgrade(p, e.Text) {
			p.Found("the 101 switches to "+rules.Quote(e.Text)+", which the request does not offer",
				append(p.Fields(p.Response, "Upgrade"), p.FieldOrAbsent(p.Request, "Upgrade"))...)
			return
		}
	}
}

// offersUpgrade reports whether Upgrade of the request names a protocol, whatever its version.
func offersUpgrade(p *rules.Pass, protocol string) bool {
	name, _, _ := strings.Cut(protocol, "/")
	for _, e := range p.List(p.Request, "Upgrade") {
		if offer, _, _ := strings.Cut(e.Text, "/"); field.EqualFold(offer, name) {
			return true
		}
	}
	return false
}
