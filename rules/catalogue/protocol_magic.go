package catalogue

import (
	"bytes"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/reassembly"
	"github.com/handshark/handshark/rules"
)

// firstLine gives the octets up to the first line end.
func firstLine(data []byte) string {
	if i := bytes.IndexAny(data, "\r\n"); i > 0 {
		data = data[:i]
	}
	return string(data)
}

// magics are first octets that tell a protocol. Read only.
var magics = [...]struct{ start, name string }{
	{"\x15\x03", "a TLS alert"},
	{"\x16\x03", "a TLS handshake record"},
	{"SSH-", "SSH"},
	{"220", "an SMTP or FTP greeting"},
	{"+OK", "a POP3 greeting"},
	{"-ERR", "a Redis or POP3 error"},
	{"* OK", "an IMAP greeting"},
	{"RFB ", "VNC (RFB)"},
	{"ICY ", "a Shoutcast stream"},
	{"AMQP", "AMQP"},
	{"<", "bare HTML or XML without an HTTP head"},
	{"{", "bare JSON without an HTTP head"},
	{"[", "bare JSON without an HTTP head"},
}

// protocolByMagic names the protocol that octets look like; empty if unknown.
func protocolByMagic(data []byte) string {
	for _, m := range magics {
		if bytes.HasPrefix(data, []byte(m.start)) {
			return m.name
		}
	}
	switch {
	case len(data) >= 5 && data[0] == 0 && data[1] == 0 && data[3] == 4:
		return settingsFrame
	case len(data) >= 2 && (data[0] == 0x81 || data[0] == 0x82):
		return "a WebSocket frame without a handshake"
	}
	return ""
}

const settingsFrame = "an HTTP/2 SETTINGS frame"

var responseNotHTTP = rules.Rule{
	ID: "response-not-http", Family: rules.Protocol, Title: "First answer bytes are not an HTTP status line",
	Doc: rules.Doc{
		Seen:   "The request head is complete, and the octets that come back do not begin with \"HTTP/\", a version and a three-digit status.",
		Why:    "Another service listens on the port (SSH, mail, VNC, a TLS or HTTP/2 listener), or the server skips the handshake and sends frames at once.",
		Change: "Point the client at the port of the WebSocket listener. Put a bridge such as websockify in front of services that speak plain TCP.",
	},
	Actor: rules.Server, Level: rules.Must,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Reference: "RFC 6455 s4.2.2 step 5; RFC 9112 s4",
	Needs:     analyzer.ResponseStart, When: rules.OnRequest,
	Fixes: []rules.Fix{
		{Product: "any", Snippet: "correct host and port of the URL"},
		{Product: "websockify", Snippet: "websockify 6080 localhost:5900   # for servers that speak plain TCP"},
	},
	ClientSees: `malformed HTTP response "..."; did not receive a valid HTTP response; net::ERR_INVALID_HTTP_RESPONSE`,
	If:         rules.If(rules.OutcomeMalformed),
	Check:      checkResponseNotHTTP,
}

func checkResponseNotHTTP(p *rules.Pass) {
	if p.Outcome != analyzer.Malformed {
		return
	}
	seen, at := p.Prefix[reassembly.Server].Data, p.FirstOctets(reassembly.Server)
	if p.Response != nil { // a start line that is almost one
		at = p.StartLine(p.Response)
		seen = []byte(at.Value)
	}
	if len(at.Refs) == 0 {
		return
	}
	f, what := rules.Finding{Evidence: []rules.Evidence{at}}, protocolByMagic(seen)
	start := firstLine(seen)
	if what == settingsFrame {
		const frameHead = 9
		start, f.Fix = start[:min(len(start), frameHead)], http1Listener
	}
	if what != "" {
		what = ", which looks like " + what
	}
	f.Message = "the answer begins with " + rules.Quote(start) + what + ", not with an HTTP status line"
	p.Report(f)
}

// http1Listener mends a listener of HTTP/2 in clear, which takes no HTTP/1.1.
const http1Listener = "serve HTTP/1.1 on this port (nginx before 1.25: no http2 on a listen without ssl), or correct host and port of the URL"

var requestNotHTTP = rules.Rule{
	ID: "request-not-http", Family: rules.Protocol, Title: "Client's first bytes are neither HTTP, TLS nor an HTTP/2 preface",
	Doc: rules.Doc{
		Seen:   "The first octets of the client are no request line, no TLS record, no HTTP/2 preface and no PROXY header, and the server answers in HTTP.",
		Why:    "The client speaks another protocol to an HTTP port, or sends WebSocket frames without the handshake. An HTTP server cannot parse that and refuses. FastCGI, uwsgi and SCGI are what a web server speaks that is told to hand requests to an application of that kind.",
		Change: "Correct the scheme and the port of the URL, and make the client send the opening handshake before its first frame.",
	},
	Actor: rules.Client, Level: rules.Must,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Endings:   rules.StatusRange(400, 599),
	Reference: "RFC 6455 s4.1 (handshake item 1); RFC 9112 s2.2, s3",
	Needs:     analyzer.RequestStart, When: rules.OnNoRequest,
	Fixes: []rules.Fix{
		{Product: "any", Snippet: "check scheme and port of the URL: the first octets have to be an HTTP request"},
		{Product: "websockify", Snippet: "websockify 6080 localhost:5900   # for services that speak plain TCP"},
	},
	ClientSees: "400 Bad Request read as garbage by a client that expects another protocol",
	Check:      checkRequestNotHTTP,
}

func checkRequestNotHTTP(p *rules.Pass) {
	data := p.Prefix[reassembly.Client].Data
	if len(data) == 0 || p.TLS != nil || isHTTP2Preface(data) || isSOCKS(data) || !p.Conn.SYN.Seen {
		return
	}
	f, what := rules.Finding{Evidence: []rules.Evidence{p.FirstOctets(reassembly.Client)}}, protocolByMagic(data)
	if g := gatewayOf(data); g.name != "" {
		what, f.Actor = g.name, rules.Intermediary
		cutValue(&f.Evidence[0], octetsShown) // credentials may be among the fields that follow
		f.Fix = "HTTP/1.1 towards this server. With nginx, in place of " + g.directive + ":\n" + nginxUpgrade
	}
	if what != "" {
		what = ", which looks like " + what
	}
	f.Message = "the client begins with " + rules.Quote(firstLine(data[:min(len(data), octetsShown)])) + what + ", not with a request line"
	p.Report(f)
}

// cutValue leaves the first n octets of what an evidence shows.
func cutValue(e *rules.Evidence, n int) { e.Value = e.Value[:min(len(e.Value), n)] }

// octetsShown bounds what is shown of a protocol that is not known: more of it
// might be a password.
const octetsShown = 16

// isSOCKS reports whether octets begin a SOCKS 4 or 5 exchange.
func isSOCKS(data []byte) bool {
	return len(data) >= 3 && (data[0] == 4 && (data[1] == 1 || data[1] == 2) || data[0] == 5 && int(data[1]) <= len(data)-2)
}

var h2PrefaceAnsweredByHTTP1 = rules.Rule{
	ID: "h2-preface-answered-by-http1", Family: rules.Protocol, Title: "HTTP/2 preface answered in HTTP/1.x",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The client opens with the HTTP/2 preface in clear, and the server answers with an HTTP/1.x status line.",
		Why:    "The client assumes that the server speaks HTTP/2 without TLS; this one speaks HTTP/1.1 only and takes the preface for a bad request.",
		Change: "Make the client speak HTTP/1.1 to this port, or enable HTTP/2 in clear (h2c) on the server.",
	},
	Actor: rules.Server, Level: rules.Observation,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Endings:   rules.StatusRange(400, 599),
	Reference: "RFC 9113 s3.3, s3.4",
	Needs:     analyzer.RequestStart | analyzer.ResponseStart, When: rules.OnNoRequest | rules.OnFinal,
	Suppresses: []string{"request-not-http", "response-400-unexplained", "response-505"},
	Fixes: []rules.Fix{
		{Product: "any", Snippet: "client: HTTP/1.1 for WebSocket, no prior-knowledge h2c"},
		{Product: "Go", Snippet: "server: p := new(http.Protocols); p.SetHTTP1(true); p.SetUnencryptedHTTP2(true); srv.Protocols = p"},
	},
	ClientSees: "http2: frame too large; connection error",
	Check:      checkH2PrefaceAnswered,
}

func checkH2PrefaceAnswered(p *rules.Pass) {
	if p.Response == nil || p.Response.Packed || !isHTTP2Preface(p.Prefix[reassembly.Client].Data) {
		return
	}
	preface := p.FirstOctets(reassembly.Client)
	cutValue(&preface, len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")) // a field that follows may hold a credential
	p.Report(rules.Finding{
		Message: "the server answered the HTTP/2 preface with " + rules.Quote(p.Response.Text(p.Response.Line)) +
			": it does not speak HTTP/2 on this port",
		Evidence: []rules.Evidence{preface, p.StartLine(p.Response)},
		Proof:    rules.Stated,
	})
}
