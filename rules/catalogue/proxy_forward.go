package catalogue

import (
	"fmt"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/rules"
)

var proxyForwardAuth407 = rules.Rule{
	ID: "proxy-forward-auth-407", Family: rules.Proxy, Title: "Forward proxy demands credentials (407)",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "A forward proxy answers the CONNECT, or the handshake itself, with 407 and Proxy-Authenticate.",
		Why:    "The proxy lets nobody through without a name and a password, or refuses those that were sent. The server was never reached.",
		Change: "Give the client the proxy's credentials in a scheme that it supports, or exempt the destination.",
	},
	Actor: rules.Intermediary, Level: rules.Observation,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsSymptom, Sufficient: true,
	Reference: "RFC 9110 s15.5.8, s11.7.1; RFC 6455 s4.1",
	Needs:     analyzer.ResponseHead, When: rules.OnFinal,
	Suppresses: []string{"proxy-forward-connect-denied"},
	Fixes: []rules.Fix{
		{Product: "any", Snippet: "give the client the proxy's user name and password, or exempt the destination on the proxy"},
		{Product: "gorilla/websocket", Snippet: "websocket.Dialer{Proxy: http.ProxyURL(u)}   // u with user and password"},
		{Product: "websocket-client (Python)", Snippet: "create_connection(url, http_proxy_host=h, http_proxy_port=p, http_proxy_auth=(user, password))"},
		{Product: "Java", Snippet: `-Djdk.http.auth.tunneling.disabledSchemes=""   # allows Basic on CONNECT`},
	},
	ClientSees: "net::ERR_TUNNEL_CONNECTION_FAILED; Unable to tunnel through proxy; failed CONNECT via proxy status: 407",
	If:         rules.If(rules.Status407),
	Check:      checkForwardAuth,
}

func checkForwardAuth(p *rules.Pass) {
	if p.Status() != 407 {
		return
	}
	m := p.Response
	text := "the proxy answered 407"
	if schemes := p.List(m, "Proxy-Authenticate"); len(schemes) > 0 {
		text += ", asking for " + rules.Quote(proxyScheme(schemes[0].Text))
	}
	evidence := append([]rules.Evidence{p.StartLine(m)}, p.Fields(m, "Proxy-Authenticate")...)
	switch {
	case p.Request == nil || !p.Request.Complete:
	case p.Request.Has("Proxy-Authorization"):
		text += ": the Proxy-Authorization that was sent (" + p.Credentials().ProxyScheme + ") was refused"
		evidence = append(evidence, p.StartLine(p.Request))
	default:
		text += ": the request carries no Proxy-Authorization"
		evidence = append(evidence, p.Head(p.Request, "Proxy-Authorization"))
	}
	p.Report(rules.Finding{Message: text, Evidence: evidence, Proof: rules.Stated})
}

// proxyScheme gives the scheme of a challenge.
func proxyScheme(challenge string) string {
	for i := range len(challenge) {
		if challenge[i] == ' ' {
			return challenge[:i]
		}
	}
	return challenge
}

var response407MissingProxyAuthenticate = rules.Rule{
	ID: "response-407-missing-proxy-authenticate", Family: rules.Proxy, Title: "407 without Proxy-Authenticate",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The proxy answers 407 and names no scheme.",
		Why:    "A client cannot tell how to authenticate and gives up.",
		Change: "Send Proxy-Authenticate with every 407.",
		Before: "HTTP/1.1 407 Proxy Authentication Required", After: "HTTP/1.1 407 Proxy Authentication Required\nProxy-Authenticate: Basic realm=\"proxy\"",
	},
	Actor: rules.Intermediary, Level: rules.Must,
	Severity:  rules.Severity{Failed: rules.Error},
	Reference: "RFC 9110 s11.7.1, s15.5.8",
	Needs:     analyzer.ResponseHead, When: rules.OnFinal,
	Fixes:      []rules.Fix{{Product: "any", Snippet: "Proxy-Authenticate: Basic realm=\"proxy\""}},
	ClientSees: "nothing by itself: the client cannot authenticate",
	If:         rules.If(rules.Status407),
	Check: func(p *rules.Pass) {
		if p.Status() == 407 && !p.Response.Has("Proxy-Authenticate") {
			p.Found("407 without a Proxy-Authenticate field", p.Head(p.Response, "Proxy-Authenticate"))
		}
	},
}

var proxyForwardConnectDenied = rules.Rule{
	ID: "proxy-forward-connect-denied", Family: rules.Proxy, Title: "Forward proxy refused the CONNECT tunnel",
	Doc: rules.Doc{
		Seen:   "The client asks a forward proxy for a tunnel with CONNECT, and the proxy answers with a status other than 2xx and 407.",
		Why:    "The proxy does not allow the host or the port, or could not reach it. The WebSocket handshake was never sent.",
		Change: "Allow the host and port for CONNECT on the proxy, serve the WebSocket on 443, or correct the target.",
		Before: "CONNECT ws.example.test:8443 HTTP/1.1", After: "CONNECT ws.example.test:443 HTTP/1.1",
	},
	Actor: rules.Intermediary, Level: rules.Observation,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Endings:   rules.StatusRange(300, 599),
	Reference: "RFC 6455 s4.1 (connection steps 3-4); RFC 9110 s9.3.6",
	Needs:     analyzer.RequestHead | analyzer.ResponseHead, When: rules.OnFinal,
	Fixes: []rules.Fix{
		{Product: "Squid", Snippet: "acl SSL_ports port 443 8443\nacl ws dstdomain .example.test\nhttp_access allow CONNECT SSL_ports ws"},
		{Product: "any", Snippet: "serve wss on port 443; send CONNECT host:port HTTP/1.1 with Host"},
	},
	ClientSees: "net::ERR_TUNNEL_CONNECTION_FAILED; Proxy returns \"HTTP/1.1 403 Forbidden\"",
	If:         rules.If(rules.MethodOdd),
	Check:      checkConnectDenied,
}

func checkConnectDenied(p *rules.Pass) {
	s := p.Status()
	if !isConnect(p) || s/100 == 2 || s == 407 {
		return
	}
	f := rules.Finding{
		Message:  fmt.Sprintf("the proxy answered CONNECT %s with %d", rules.Quote(shownTarget(p.Request.Text(p.Request.Target))), s),
		Evidence: []rules.Evidence{p.StartLine(p.Request), p.StartLine(p.Response)}, Proof: rules.Stated,
	}
	if s >= statusBadGateway && s <= statusGatewayTimeout {
		f.Message += ": proxies answer so when they do not reach the target"
		f.Evidence = append(f.Evidence, p.Fields(p.Response, "X-Squid-Error")...)
		f.Fix = "look from the proxy's host whether the target listens, and whether its name, the route and firewalls let the proxy reach it"
	}
	p.Report(f)
}

// isConnect reports whether the attempt is the CONNECT of a tunnel, and not that of a
// WebSocket in HTTP/2.
func isConnect(p *rules.Pass) bool {
	m := p.Request
	return m != nil && p.HTTP2 == nil && string(m.Raw[m.Method.Start:m.Method.End]) == "CONNECT"
}

var proxyConnectTargetInvalid = rules.Rule{
	ID: "proxy-connect-target-invalid", Family: rules.Proxy, Title: "CONNECT target lacks a port or is not authority-form",
	Doc: rules.Doc{
		Seen:   "The target of the CONNECT is not a host, a colon and a port.",
		Why:    "CONNECT has no default port. Proxies answer 400.",
		Change: "Write host:port, with brackets around an IPv6 address.",
		Before: "CONNECT ws.example.test HTTP/1.1", After: "CONNECT ws.example.test:443 HTTP/1.1",
	},
	Actor: rules.Client, Level: rules.Must,
	Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Reference:  "RFC 9112 s3.2.3",
	When:       rules.OnAlways,
	Suppresses: []string{"proxy-forward-connect-denied"},
	Fixes:      []rules.Fix{{Product: "any", Snippet: "CONNECT ws.example.test:443 HTTP/1.1"}},
	ClientSees: "400 from the proxy",
	If:         rules.If(rules.MethodOdd, rules.Tunneled),
	Check:      checkConnectTarget,
}

func checkConnectTarget(p *rules.Pass) {
	m := p.Request
	if p.Tunnel != nil {
		m = p.Tunnel.Request
	} else if !isConnect(p) {
		return
	}
	if m == nil || !m.Complete {
		return
	}
	target := m.Text(m.Target)
	if h := field.ParseHost(target); target != "" && h.Fault == field.HostValid && h.PortNumber != 0 {
		return
	}
	p.Found("CONNECT target "+rules.Quote(shownTarget(target))+" is not host:port", p.StartLine(m))
}

var proxyForwardNoTunnel = rules.Rule{
	ID: "proxy-forward-no-tunnel", Family: rules.Proxy, Title: "ws:// sent to a forward proxy as a plain request (no CONNECT)",
	Doc: rules.Doc{
		Seen:   "The upgrade request goes to a forward proxy in absolute form, or with Proxy-Connection, instead of through a CONNECT tunnel.",
		Why:    "A forward proxy takes it for an ordinary request: it drops Upgrade on the far side or refuses.",
		Change: "Make the client open a tunnel with CONNECT for ws:// too, or use wss://.",
		Before: "GET http://ws.example.test/chat HTTP/1.1\nProxy-Connection: keep-alive", After: "CONNECT ws.example.test:80 HTTP/1.1",
	},
	Actor: rules.Client, Level: rules.Diagnosis,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Endings:   rules.Status(400, 403, 501),
	Reference: "RFC 6455 s4.1 (proxy usage, step 3)",
	Needs:     analyzer.RequestHead, When: rules.OnFinal,
	Suppresses: []string{
		"request-host-port-mismatch", "request-proxy-connection-header", "request-target-absolute-form",
		"request-target-ws-scheme", "response-400-unexplained", "response-501",
	},
	Fixes: []rules.Fix{
		{Product: "any", Snippet: "enable CONNECT for ws:// as well (RFC 6455 requires it), or use wss://"},
		{Product: "any", Snippet: "set HTTPS_PROXY, and the proxy option of the WebSocket library"},
	},
	ClientSees: "Unexpected response code: 400 or 403; websocket: bad handshake",
	If:         rules.If(rules.TargetOdd, rules.RequestFieldOdd),
	Check:      checkForwardNoTunnel,
}

func checkForwardNoTunnel(p *rules.Pass) {
	m := p.Request
	absolute := p.Target().Scheme != ""
	port := p.Conn.Server.Port
	proxyPort := (port == 3128 || port == 8080 || port == 8888) && !targetsPort(p, port)
	via := p.Response != nil && p.Response.Has("Via")
	named := m.Has("Proxy-Connection")
	signs := 0
	for _, sign := range [...]bool{absolute, proxyPort, via, named} {
		if sign {
			signs++
		}
	}
	if p.Tunnel != nil || isConnect(p) || !hasUpgradeWebSocket(p) || !absolute && !named || signs < 2 || blamesOther(p, "proxy-forward-no-tunnel") {
		return
	}
	p.Found(fmt.Sprintf("the upgrade was sent to the proxy on port %d as a plain request, without a CONNECT tunnel", port),
		append([]rules.Evidence{p.StartLine(m)}, p.Fields(m, "Proxy-Connection")...)...)
}

// targetsPort reports whether an absolute target names the port that the
// connection goes to: the server itself is asked, not a proxy.
func targetsPort(p *rules.Pass, port uint16) bool {
	h := field.ParseHost(p.Target().Authority)
	return h.PortNumber == port
}
