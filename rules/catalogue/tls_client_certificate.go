package catalogue

import (
	"github.com/handshark/handshark/analyzer/tls"
	"github.com/handshark/handshark/reassembly"
	"github.com/handshark/handshark/rules"
)

var tlsClientCertRequired = rules.Rule{
	ID: "tls-client-cert-required", Family: rules.TLS, Title: "Client certificate missing or refused (mTLS)",
	Doc: rules.Doc{
		Seen:   "The server asks for a client certificate (CertificateRequest, in clear up to TLS 1.2) and ends the handshake with a fatal alert about the answer, or sends certificate_required; or a 400 page says that no certificate was sent or that it failed verification. In TLS 1.3 request, answer and alert are encrypted: there a record of the length of an empty Certificate, and one of the length of an alert for an answer, are all that shows.",
		Why:    "The server lets in only clients with a certificate that it trusts (mutual TLS). This client sent none, or one that the server does not accept.",
		Change: "Give the client a certificate of the authority that the server checks against, or make the certificate optional on the server and refuse with an HTTP status where one is needed. Browsers cannot choose a certificate for a WebSocket alone: they take what was chosen for the page of the same host.",
		Before: "Server: CertificateRequest\nClient: Certificate (empty)\nServer: fatal alert 40", After: "Client: Certificate, CertificateVerify",
	},
	Actor: rules.Client, Level: rules.Observation,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Endings:    rules.Status(400),
	Reference:  "RFC 8446 s4.4.2.4, s6.2; RFC 5246 s7.4.6, s7.2.2; RFC 6455 s4.1 (connection step 5)",
	When:       rules.OnNoRequest | rules.OnFinal,
	Suppresses: []string{"tls-handshake-aborted-silently"},
	Fixes: []rules.Fix{
		{Product: "gorilla/websocket", Snippet: "Dialer.TLSClientConfig = &tls.Config{Certificates: []tls.Certificate{cert}}"},
		{Product: "Node.js", Snippet: "new WebSocket(url, { cert: fs.readFileSync('client.pem'), key: fs.readFileSync('client.key') })"},
		{Product: "nginx", Snippet: "ssl_verify_client optional;   # then: if ($ssl_client_verify != SUCCESS) { return 403; }\nproxy_ssl_certificate client.pem; proxy_ssl_certificate_key client.key;   # nginx as the client of its upstream"},
		{Product: "HAProxy", Snippet: "bind :443 ssl crt site.pem ca-file clients-ca.pem verify optional\nserver s1 10.0.0.1:443 ssl crt client.pem   # HAProxy as the client of its server"},
		{Product: "Apache", Snippet: "SSLVerifyClient optional\nSSLCACertificateFile clients-ca.pem"},
		{Product: "stunnel", Snippet: "cert = client.pem   ; in the client service; the server's CAfile has to hold its issuer"},
		{Product: "Go", Snippet: "tls.Config{ClientAuth: tls.VerifyClientCertIfGiven, ClientCAs: pool}"},
	},
	ClientSees: "remote error: tls: certificate required; bad certificate; SSL alert number 40, 42 or 116; Unexpected response code: 400",
	If:         rules.If(rules.NoResponse, rules.Status400),
	Check:      checkClientCertRequired,
}

func checkClientCertRequired(p *rules.Pass) {
	switch {
	case p.Request != nil:
		checkClientCertPage(p)
	case p.TLS != nil && p.TLS.Uncertified:
		reportUncertified(p)
	default:
		checkClientCertAlert(p)
	}
}

// reportUncertified reports what the lengths of records tell in TLS 1.3.
func reportUncertified(p *rules.Pass) {
	p.Report(rules.Finding{
		Message: "the client's first protected record is as long as an empty Certificate, so the server asked for one; its only answer is as long as an alert",
		Evidence: []rules.Evidence{
			p.Packet(reassembly.Client, "protected record", p.TLS.AnswerRef),
			p.Packet(reassembly.Server, "protected record", p.Conn.Halves[reassembly.Server].LastData), helloEvidence(p),
		},
		Proof: rules.Practice,
	})
}

func checkClientCertAlert(p *rules.Pass) {
	a, ok := fatalAlert(p)
	if !ok || !wantsClientCertificate(p, a) {
		return
	}
	f := rules.Finding{
		Message:  "the server wants a client certificate" + ownCertificate(p) + ": " + a.name(),
		Evidence: []rules.Evidence{a.evidence(p), helloEvidence(p)}, Proof: rules.Stated,
	}
	if a.is(tls.HandshakeFailure) && !p.TLS.ClientCertificate.Empty {
		f.Proof = rules.Practice // the alert does not name the certificate, and there was one
	}
	p.Report(f)
}

// wantsClientCertificate reports whether the server objects to the certificate that
// it asked the client for, or to there being none (RFC 5246 section 7.4.6). An alert
// that came before the client's answer is about something else.
func wantsClientCertificate(p *rules.Pass, a tlsAlert) bool {
	switch {
	case a.From != tls.Server:
		return false
	case a.is(tls.CertificateRequired):
		return true
	}
	answered := p.TLS.ClientCertificate.Seen || p.TLS.Sides[tls.Client].Lost
	return p.TLS.CertificateRequested && answered && a.is(tls.HandshakeFailure, tls.BadCertificate, unsupportedCertificate,
		certificateRevoked, tls.CertificateExpired, certificateUnknown, tls.UnknownCA, accessDenied)
}

// ownCertificate says what the client sent for one.
func ownCertificate(p *rules.Pass) string {
	switch c := &p.TLS.ClientCertificate; {
	case c.Empty:
		return ", which it asked for and did not get"
	case c.Seen:
		return ", and does not accept the one that it got"
	}
	return ""
}

// clientCertTexts are words of the pages of nginx. Read only.
var clientCertTexts = [...]string{"no required ssl certificate was sent", "the ssl certificate error"}

// checkClientCertPage looks for a 400 page that says so. In clear on the wire it came
// from behind a proxy, which is the client of that server.
func checkClientCertPage(p *rules.Pass) {
	if p.Status() != 400 {
		return
	}
	for _, text := range clientCertTexts {
		if !p.BodyHasFold(text) {
			continue
		}
		f := rules.Finding{
			Message:  "the 400 says that the client certificate is missing or was not accepted: " + rules.Quote(text),
			Evidence: []rules.Evidence{p.BodyEvidence(text), p.StartLine(p.Response)}, Proof: rules.Stated,
		}
		if p.TLS == nil {
			f.Actor = rules.Intermediary
			f.Message += "; the request came in clear, so a proxy relays it by TLS and has no certificate for that"
			f.Fix = "nginx: proxy_ssl_certificate client.pem; proxy_ssl_certificate_key client.key;\nHAProxy: server s1 10.0.0.1:443 ssl crt client.pem"
		}
		p.Report(f)
		return
	}
}
