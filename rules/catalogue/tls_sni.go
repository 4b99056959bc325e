package catalogue

import (
	"net/netip"

	"github.com/handshark/handshark/analyzer/tls"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/reassembly"
	"github.com/handshark/handshark/rules"
)

// sniFixes are those of both rules about a server name that the server misses.
var sniFixes = []rules.Fix{
	{Product: "any", Snippet: "client: dial by name and leave SNI on; where an address has to be dialled, set the TLS server name beside it"},
	{Product: "Go", Snippet: `tls.Config{ServerName: "ws.example.test"}`},
	{Product: "Node.js", Snippet: `new WebSocket("wss://192.0.2.1/", { servername: "ws.example.test" })`},
	{Product: "websocketpp", Snippet: "SSL_set_tlsext_host_name(stream.native_handle(), host.c_str())"},
	{Product: "nginx", Snippet: "server_name ws.example.test;   # in a server block with its certificate, instead of ssl_reject_handshake on\nproxy_ssl_server_name on; proxy_ssl_name ws.example.test;   # nginx as the client of its upstream"},
	{Product: "HAProxy", Snippet: "bind :443 ssl crt /etc/haproxy/certs/   # a certificate for the name; strict-sni refuses names without one\nserver s1 10.0.0.1:443 ssl sni str(ws.example.test)   # HAProxy as the client of its server"},
	{Product: "Apache", Snippet: "ServerName ws.example.test   # in a virtual host with its certificate; SSLStrictSNIVHostCheck off"},
	{Product: "stunnel", Snippet: "sni = ws.example.test   ; in the client service"},
	{Product: "Traefik, Envoy", Snippet: "a router or filter chain that matches the name"},
}

var tlsSNIProblem = rules.Rule{
	ID: "tls-sni-problem", Family: rules.TLS, Title: "SNI missing or unknown to the server",
	Doc: rules.Doc{
		Seen:   "The server ends the handshake with the fatal alert unrecognized_name. Or the ClientHello carries no server name, and the server answers it with missing_extension; or, where the capture shows that the client had looked up a name, with handshake_failure, an RST, or a certificate for another name that the client rejects.",
		Why:    "The server chooses certificate and virtual host by the name in the ClientHello (SNI). It has none for the name that the client sent, or the client sent no name.",
		Change: "Let the client send the name that the server is configured for, or configure the server for the name.",
	},
	Actor: rules.Client, Level: rules.Observation,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Reference: "RFC 6066 s3; RFC 8446 s6.2, s9.2; RFC 6455 s4.1 (connection step 5)",
	When:      rules.OnNoRequest,
	Suppresses: []string{
		"tls-alert-certificate", "tls-alert-handshake-failure", "tls-handshake-aborted-silently",
		"tls-reset-after-clienthello", "tls-sni-missing",
	},
	Fixes:      sniFixes,
	ClientSees: "remote error: tls: unrecognized name; handshake failure; net::ERR_SSL_UNRECOGNIZED_NAME_ALERT",
	Check:      checkSNIProblem,
}

func checkSNIProblem(p *rules.Pass) {
	a, alerted := fatalAlert(p)
	switch {
	case alerted && a.From == tls.Server && a.is(tls.UnrecognizedName):
		reportUnrecognizedName(p, a)
	case !namesNoServer(p):
	case alerted && a.From == tls.Server && !p.TLS.ServerHello.Seen:
		checkUnnamedRefusal(p, a)
	default:
		checkUnnamedEnd(p)
	}
}

// reportUnrecognizedName reports the alert that names the fault.
func reportUnrecognizedName(p *rules.Pass, a tlsAlert) {
	f := rules.Finding{Evidence: []rules.Evidence{a.evidence(p), helloEvidence(p)}, Proof: rules.Stated}
	switch hello := &p.TLS.ClientHello; {
	case hello.ServerName != "":
		f.Message = "the server does not know the name " + rules.Quote(hello.ServerName) + " that the client asks for: " + a.name()
	case namesNoServer(p):
		f.Message = "the client names no server, and the server wants a name: " + a.name()
		if name, ok := lookedUp(p); ok {
			f.Message = "the client looked up " + rules.Quote(name.Name) + " and does not name it in its ClientHello, and the server wants a name: " + a.name()
			f.Evidence = append(f.Evidence, lookupEvidence(p, name))
		}
	default:
		f.Message = "the server does not know the name that the client asks for: " + a.name()
	}
	p.Report(f)
}

// namesNoServer reports whether a whole ClientHello has no server name. That of SSL
// 2.0 has no room for one.
func namesNoServer(p *rules.Pass) bool {
	if p.TLS == nil {
		return false
	}
	h := &p.TLS.ClientHello
	return h.Complete && !h.SSLv2 && !h.HasServerName
}

// checkUnnamedRefusal looks at a ClientHello without a name that was answered by an
// alert. Handshake_failure has other reasons, too: it counts only if the client knew
// a name and offers what servers of today want.
func checkUnnamedRefusal(p *rules.Pass, a tlsAlert) {
	h := &p.TLS.ClientHello
	f := rules.Finding{Evidence: []rules.Evidence{helloEvidence(p), a.evidence(p)}, Proof: rules.Practice}
	name, known := lookedUp(p)
	switch {
	case a.is(missingExtension) && !known:
		f.Message = "the client names no server, and the server misses an extension: " + a.name()
	case a.is(missingExtension), a.is(tls.HandshakeFailure) && known && h.Highest() >= tls.TLS12 && !onlyTLS13(h) && modernSuite(h):
		f.Message = "the client looked up " + rules.Quote(name.Name) + " and does not name it in its ClientHello, and the server answered with " + a.name()
		f.Evidence = append(f.Evidence, lookupEvidence(p, name))
	default:
		return
	}
	p.Report(f)
}

// checkUnnamedEnd looks at a ClientHello without a name after which the server's side
// reset the connection, or the client rejected a certificate for another name.
func checkUnnamedEnd(p *rules.Pass) {
	name, ok := lookedUp(p)
	if !ok {
		return
	}
	f := rules.Finding{Evidence: []rules.Evidence{helloEvidence(p)}}
	end, reset := endOnHello(p)
	switch {
	case reset && end.Field == "RST":
		f.Message, f.Proof = "the server's side reset the connection", rules.Heuristic
	case rejectedDefault(p, name.Name):
		end, _, _ = clientRejected(p)
		f.Message, f.Proof = "the client rejected the certificate for another name that came", rules.Practice
	default:
		return
	}
	f.Message = "the client looked up " + rules.Quote(name.Name) + " and does not name it in its ClientHello, and " + f.Message
	f.Evidence = append(f.Evidence, end, lookupEvidence(p, name))
	p.Report(f)
}

// rejectedDefault reports whether the client said that it does not accept a
// certificate that does not cover the name.
func rejectedDefault(p *rules.Pass, name string) bool {
	a, alerted := fatalAlert(p)
	_, _, ok := clientRejected(p)
	return ok && alerted && !a.is(tls.CertificateExpired) && forOtherName(p, name)
}

// forOtherName reports whether the certificate that came covers neither the name nor
// the address.
func forOtherName(p *rules.Pass, name string) bool {
	c := p.TLS.Certificate
	return c != nil && c.Readable && !certificateCovers(c, name) && !certificateCovers(c, p.Conn.Server.Addr.String())
}

// lookedUp gives the last answer before the connection by which this client got the
// server's address for a name: it was not dialled by address.
func lookedUp(p *rules.Pass) (m *capture.DNSMessage, ok bool) {
	for i := len(p.DNS) - 1; i >= 0; i-- {
		if m = &p.DNS[i]; m.Client.Addr == p.Conn.Client.Addr && m.Name != "" && m.Ref.Time <= p.Conn.First.Time {
			return m, true
		}
	}
	return nil, false
}

func lookupEvidence(p *rules.Pass, m *capture.DNSMessage) rules.Evidence {
	e := p.Packet(reassembly.Client, "DNS answer", m.Ref)
	e.Value = m.Name
	return e
}

// endOnHello is the evidence that the server's side ended the connection without
// having sent an octet.
func endOnHello(p *rules.Pass) (end rules.Evidence, ok bool) {
	side, end, ok := silentEnd(p)
	return end, ok && side == reassembly.Server && unansweredHello(p) && !p.Missed(reassembly.Server)
}

var tlsSNIMissing = rules.Rule{
	ID: "tls-sni-missing", Family: rules.TLS, Title: "ClientHello carries no server_name",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The ClientHello has no server_name extension although the capture shows that the client looked up a name for this address, and the server refuses the ClientHello, or the client rejects the certificate that came or leaves without a word when it has it.",
		Why:    "A WebSocket client has to send the host name in the TLS handshake. Servers with several names then choose another certificate, or refuse.",
		Change: "Switch SNI on in the client: TLS has to be given the host name of the URL.",
	},
	Actor: rules.Client, Level: rules.Must,
	Severity:   rules.Severity{Failed: rules.Error},
	Cause:      rules.IsCause,
	Reference:  "RFC 6455 s4.1 (connection step 5); RFC 6066 s3",
	When:       rules.OnNoRequest,
	Suppresses: []string{"tls-reset-after-clienthello", "tls-handshake-aborted-silently"},
	Fixes:      sniFixes,
	ClientSees: "remote error: tls: internal error, handshake failure; EOF; a certificate for another name",
	Check:      checkSNIMissing,
}

// checkSNIMissing speaks only of failures that a missing name can explain.
func checkSNIMissing(p *rules.Pass) {
	if !namesNoServer(p) {
		return
	}
	name, ok := lookedUp(p)
	if !ok {
		return
	}
	how, end, proof := endForName(p, name.Name)
	if how == "" {
		return
	}
	p.Report(rules.Finding{
		Message:  "the client looked up " + rules.Quote(name.Name) + " and does not name it in its ClientHello, and " + how,
		Evidence: []rules.Evidence{helloEvidence(p), end, lookupEvidence(p, name)}, Proof: proof,
	})
}

// endForName tells how a handshake ended that a missing name can explain; empty if it
// cannot.
func endForName(p *rules.Pass, name string) (how string, end rules.Evidence, proof rules.Proof) {
	if a, ok := fatalAlert(p); ok && a.From == tls.Server {
		if !p.TLS.ServerHello.Seen && a.is(tls.HandshakeFailure, internalError, missingExtension, tls.UnrecognizedName) {
			return "the server answered with " + a.name(), a.evidence(p), rules.Practice
		}
		return "", end, 0
	}
	if end, ok := endOnHello(p); ok {
		return "the server's side ended the connection (" + end.Field + ")", end, rules.Practice
	}
	if rejectedDefault(p, name) {
		end, _, _ = clientRejected(p)
		return "the client rejected the certificate for another name that came", end, rules.Practice
	}
	if side, end, ok := silentEnd(p); ok && side == reassembly.Client && forOtherName(p, name) {
		return "the client left (" + end.Field + ") when it had the certificate for another name that came", end, rules.Heuristic
	}
	return "", end, 0
}

var tlsSNIIPLiteral = rules.Rule{
	ID: "tls-sni-ip-literal", Family: rules.TLS, Title: "server_name contains an IP address",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The TLS handshake failed, and the name in the ClientHello (SNI) is an IPv4 or IPv6 address.",
		Why:    "Server names are DNS names; addresses are not allowed there. Servers ignore such a name or refuse it.",
		Change: "Connect by DNS name, or leave server_name out when the URL holds an address.",
		Before: "server_name: 192.0.2.7", After: "server_name: ws.example.test",
	},
	Actor: rules.Client, Level: rules.MustNot,
	Severity:  rules.Severity{Failed: rules.Warning},
	Reference: "RFC 6066 s3",
	When:      rules.OnNoRequest,
	Fixes: []rules.Fix{
		{Product: "any", Snippet: "client: connect by DNS name, or leave server_name out when the URL holds an address"},
		{Product: "nginx", Snippet: "proxy_ssl_name ws.example.test;   # $proxy_host is an address where proxy_pass names one"},
		{Product: "Node.js", Snippet: `new WebSocket("wss://192.0.2.1/", { servername: "ws.example.test" })`},
	},
	ClientSees: "nothing by itself",
	Check:      checkSNIIPLiteral,
}

func checkSNIIPLiteral(p *rules.Pass) {
	if p.TLS == nil || p.Request != nil {
		return
	}
	name := p.TLS.ClientHello.ServerName
	if _, err := netip.ParseAddr(name); err == nil {
		p.Found("the client asks for the server name "+rules.Quote(name)+", which is an address", helloEvidence(p))
	}
}
