package catalogue

import (
	"fmt"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/rules"
)

const hostRefused = "`Unexpected response code: 400`; many servers close at once"

var requestHostMissing = rules.Rule{
	ID: "request-host-missing", Family: rules.Headers, Title: "Host missing",
	Doc: rules.Doc{
		Seen:   "The HTTP/1.1 request has no Host field line.",
		Why:    "Every HTTP/1.1 server has to answer such a request with 400, whatever it is for.",
		Change: "Let the client send Host with the authority of the URL it opens.",
		Before: "GET /chat HTTP/1.1\nUpgrade: websocket", After: "GET /chat HTTP/1.1\nHost: ws.example.test\nUpgrade: websocket",
	},
	Actor: rules.Client, Level: rules.Must, Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 6455 s4.1 (item 4), s4.2.1 (item 2); RFC 9112 s3.2",
	Needs: analyzer.RequestHead, When: rules.OnRequest,
	Fixes:      []rules.Fix{{Product: "client", Snippet: "Host: ws.example.test"}},
	ClientSees: hostRefused,
	If:         rules.If(rules.HostOdd),
	Check:      checkHostMissing,
}

func checkHostMissing(p *rules.Pass) {
	if http11(p.Request) && !p.Request.Has("Host") {
		p.Found("the request has no Host field; HTTP/1.1 demands one", p.Head(p.Request, "Host"))
	}
}

var requestHostDuplicate = rules.Rule{
	ID: "request-host-duplicate", Family: rules.Headers, Title: "Host sent more than once",
	Doc: rules.Doc{
		Seen:   "The request has two or more Host field lines, equal or not.",
		Why:    "A server has to answer 400, because two hops could read two different hosts.",
		Change: "Send Host once: look for a line that is added by hand, by middleware or by a proxy to the one of the library.",
		Before: "Host: ws.example.test\nHost: ws.example.test", After: "Host: ws.example.test",
	},
	Actor: rules.Client, Level: rules.Must, Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 9112 s3.2",
	Needs: analyzer.RequestHead, When: rules.OnRequest,
	Fixes: []rules.Fix{
		{Product: "client", Snippet: "Remove the Host line that the application adds; the library writes its own."},
		{Product: "nginx", Snippet: "proxy_set_header Host $host;   # once, not in addition to another"},
	},
	ClientSees: hostRefused,
	If:         rules.If(rules.HostOdd),
	Check:      checkHostDuplicate,
}

func checkHostDuplicate(p *rules.Pass) {
	if lines := p.Fields(p.Request, "Host"); len(lines) > 1 {
		p.Found(fmt.Sprintf("Host occurs %d times; one line is allowed", len(lines)), lines...)
	}
}

var requestHostInvalid = rules.Rule{
	ID: "request-host-invalid", Family: rules.Headers, Title: "Host value invalid",
	Doc: rules.Doc{
		Seen:   "The value of Host is empty or is not host or host:port.",
		Why:    "A server has to answer 400 to a Host that it cannot read; one that does not may pick the wrong virtual host.",
		Change: "Send the host of the URL and, unless it is the default, its port: no scheme, user, path or list.",
		Before: "Host: ws://ws.example.test/chat", After: "Host: ws.example.test",
	},
	Actor: rules.Client, Level: rules.Must, Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 9112 s3.2; RFC 9110 s7.2, s4.2.4",
	Needs: analyzer.RequestHead, When: rules.OnRequest,
	Fixes:      []rules.Fix{{Product: "client", Snippet: "Host: ws.example.test:8080   # host and port only"}},
	ClientSees: hostRefused,
	If:         rules.If(rules.HostOdd),
	Check:      checkHostInvalid,
}

// hostFaults says what is wrong with a Host value. An empty port is grammatical.
var hostFaults = [...]string{
	field.HostEmpty: "is empty", field.HostScheme: "holds a scheme", field.HostUserinfo: "holds user information",
	field.HostList: "is a list", field.HostPath: "holds a path", field.HostOctet: "holds an octet that no host name may hold",
	field.HostBrackets: "has brackets that hold no address", field.HostBareIPv6: "is an IPv6 address without brackets",
	field.HostBadPort: "has no port number of 1 to 65535", field.HostNoName: "has a port but no host",
}

func checkHostInvalid(p *rules.Pass) {
	lines := p.Request.Lookup("Host")
	if len(lines) != 1 {
		return
	}
	value := p.Request.Value(lines[0])
	h := field.ParseHost(value)
	what := hostFaults[h.Fault]
	switch {
	case what == "":
		return
	case h.Fault != field.HostUserinfo: // that may hold a password
		what = rules.Quote(value) + " " + what
	}
	p.Found("Host "+what+"; host or host:port is expected", p.Field(p.Request, lines[0]))
}

var requestHostPortMismatch = rules.Rule{
	ID: "request-host-port-mismatch", Family: rules.Headers, Title: "Host port differs from the TCP port",
	Doc: rules.Doc{
		Seen:   "The port in Host, or the default port where none is given, is not the port that the connection goes to.",
		Why:    "Servers that choose a virtual host or check the origin by Host may take the request for somebody else's. Behind port mappings and proxies the difference is normal.",
		Change: "Let the client, or the proxy in front of the server, put the port into Host when it is not the default one.",
		Before: "Host: ws.example.test        (connection to port 8080)", After: "Host: ws.example.test:8080",
	},
	Actor: rules.Client, Level: rules.Must, Severity: rules.Severity{Established: rules.Info, Failed: rules.Warning},
	Reference: "RFC 6455 s4.1 (item 4); RFC 9112 s3.2",
	Needs:     analyzer.RequestHead, When: rules.OnRequest,
	Fixes: []rules.Fix{
		{Product: "client", Snippet: "Host: ws.example.test:8080"},
		{Product: "nginx", Snippet: "proxy_set_header Host $http_host;"},
	},
	ClientSees: "nothing by itself",
	If:         rules.If(rules.PortOdd, rules.TargetOdd),
	Check:      checkHostPort,
}

func checkHostPort(p *rules.Pass) {
	line, one := p.Request.Only("Host")
	// Inside a tunnel, or with an absolute target, the connection goes to a proxy.
	if !one || p.Marked() || p.Tunnel != nil || holed(p) || p.Target().Authority != "" || !hostMatters(p) {
		return
	}
	h := hostOf(p)
	named, to := h.PortNumber, p.Conn.Server.Port
	if !h.HasPort {
		named = defaultPort(p)
	}
	if h.Fault == field.HostValid && named != to {
		p.Found(fmt.Sprintf("Host says port %d, the connection goes to port %d", named, to), p.Field(p.Request, line))
	}
}

func defaultPort(p *rules.Pass) uint16 {
	if p.TLS != nil {
		return 443
	}
	return 80
}

// hostMatters reports whether the port of Host can have to do with how the
// attempt ended: a refusal of a kind that goes by it. An established handshake
// is worth a note.
func hostMatters(p *rules.Pass) bool {
	switch p.Status() {
	case 400, 403, 404, 421:
		return true
	}
	return p.Outcome == analyzer.Established
}
