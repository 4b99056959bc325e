package catalogue

import (
	"fmt"
	"time"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/tls"
	"github.com/handshark/handshark/reassembly"
	"github.com/handshark/handshark/rules"
)

var tlsAlertHandshakeFailure = rules.Rule{
	ID: "tls-alert-handshake-failure", Family: rules.TLS, Title: "No common TLS parameters",
	Doc: rules.Doc{
		Seen:   "A fatal alert handshake_failure, insufficient_security or missing_extension ends the TLS handshake.",
		Why:    "The two sides share no version, cipher suite, group or signature algorithm; or the server wants a client certificate or a server name that the client did not send.",
		Change: "Compare what the ClientHello offers with the server's configuration; update the older side.",
	},
	Actor: rules.Server, Level: rules.Observation,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Reference: "RFC 8446 s6; RFC 5246 s7.2; RFC 6455 s4.1 (connection step 5)",
	When:      rules.OnNoRequest,
	Fixes: []rules.Fix{
		{Product: "nginx", Snippet: "ssl_protocols TLSv1.2 TLSv1.3;"},
		{Product: "any", Snippet: "client: update the TLS library, enable TLS 1.2"},
	},
	ClientSees: "remote error: tls: handshake failure; Received fatal alert: handshake_failure",
	Check: func(p *rules.Pass) {
		a, ok := fatalAlert(p)
		if !ok || !a.is(noCommonParameters[:]...) || afterAgreement(p, a) {
			return
		}
		text := "the sides found no common TLS parameters: " + a.String()
		if namesNoServer(p) {
			text += "; the ClientHello names no server, which some servers insist on"
		}
		p.Report(rules.Finding{Message: text, Evidence: []rules.Evidence{a.evidence(p), helloEvidence(p)}, Proof: rules.Stated})
	},
}

// noCommonParameters are the alerts of a side that finds nothing that both have.
var noCommonParameters = [...]tls.AlertCode{tls.HandshakeFailure, insufficientSecurity, missingExtension}

// afterAgreement reports whether the server sent an alert after its ServerHello, in
// which it had chosen version and cipher suite: it objects to something else.
func afterAgreement(p *rules.Pass, a tlsAlert) bool {
	return a.From == tls.Server && p.TLS.ServerHello.Seen
}

var tlsAlertProtocolVersion = rules.Rule{
	ID: "tls-alert-protocol-version", Family: rules.TLS, Title: "TLS version not acceptable",
	Doc: rules.Doc{
		Seen:   "A fatal alert protocol_version or inappropriate_fallback ends the TLS handshake.",
		Why:    "The client offers no version that the server speaks, or retried with a lower version than both support.",
		Change: "Update the side that stops at an old version; do not fall back to lower versions.",
	},
	Actor: rules.Server, Level: rules.Observation,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Reference: "RFC 8446 s6; RFC 5246 s7.2; RFC 7507; RFC 6455 s4.1 (connection step 5)",
	When:      rules.OnNoRequest,
	Fixes: []rules.Fix{
		{Product: "nginx", Snippet: "ssl_protocols TLSv1.2 TLSv1.3;"},
		{Product: "any", Snippet: "client: update the TLS library, enable TLS 1.2"},
	},
	ClientSees: "remote error: tls: protocol version not supported",
	Check: func(p *rules.Pass) {
		if a, ok := fatalAlert(p); ok && a.is(tls.ProtocolVersion, inappropriateFallback) {
			p.Report(rules.Finding{
				Message:  fmt.Sprintf("the client offers %v at most: %v", p.TLS.ClientHello.Highest(), a),
				Evidence: []rules.Evidence{a.evidence(p), helloEvidence(p)}, Proof: rules.Stated,
			})
		}
	},
}

var tlsVersionCipherMismatch = rules.Rule{
	ID: "tls-version-cipher-mismatch", Family: rules.TLS, Title: "No common TLS version or cipher suite",
	Doc: rules.Doc{
		Seen:   "The server answers the ClientHello with a fatal alert, and the ClientHello shows why: nothing above TLS 1.1, nothing but TLS 1.3, or no modern cipher suite.",
		Why:    "Servers of today want TLS 1.2 or 1.3 with authenticated encryption; older ones do not know TLS 1.3.",
		Change: "Update the older side, or enable a version and a suite that both have.",
	},
	Actor: rules.Client, Level: rules.Diagnosis,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Reference:  "RFC 8446 s6.2; RFC 9325 s3.1, s4.2",
	When:       rules.OnNoRequest,
	Suppresses: []string{"tls-alert-handshake-failure", "tls-alert-protocol-version"},
	Fixes: []rules.Fix{
		{Product: "nginx", Snippet: "ssl_protocols TLSv1.2 TLSv1.3;"},
		{Product: "any", Snippet: "client: update the TLS library, enable TLS 1.2"},
	},
	ClientSees: "protocol version not supported; handshake failure",
	Check:      checkVersionCipherMismatch,
}

func checkVersionCipherMismatch(p *rules.Pass) {
	a, ok := fatalAlert(p)
	if !ok || a.From != tls.Server || p.TLS.ServerHello.Seen || !p.TLS.ClientHello.Complete ||
		!a.is(tls.HandshakeFailure, tls.ProtocolVersion, insufficientSecurity, inappropriateFallback) {
		return
	}
	f := rules.Finding{Evidence: []rules.Evidence{helloEvidence(p), a.evidence(p)}, Proof: rules.Stated}
	h := &p.TLS.ClientHello
	switch {
	case h.Highest() < tls.TLS12:
		f.Message = fmt.Sprintf("the client offers nothing above %v, and the server answered with %s", h.Highest(), a.name())
	case onlyTLS13(h):
		f.Message = "the client offers nothing but TLS 1.3, and the server answered with " + a.name()
		f.Actor = rules.Server
	case !modernSuite(h):
		f.Message = fmt.Sprintf("none of the client's %d cipher suites is a modern one (%v, ...), and the server answered with %s",
			len(h.CipherSuites), h.CipherSuites[0], a.name())
	default:
		return
	}
	p.Report(f)
}

// onlyTLS13 reports whether a ClientHello offers TLS 1.3 and nothing older.
func onlyTLS13(h *tls.ClientHello) bool {
	for _, v := range h.SupportedVersions {
		if v >= tls.SSL30 && v < tls.TLS13 {
			return false
		}
	}
	return len(h.SupportedVersions) > 0 && h.Highest() == tls.TLS13
}

// modernSuite reports whether a ClientHello offers a suite with authenticated
// encryption and forward secrecy, of TLS 1.2 or 1.3. An empty list tells nothing.
func modernSuite(h *tls.ClientHello) bool {
	for _, s := range h.CipherSuites {
		switch {
		case s >= 0x1301 && s <= 0x1305, s >= 0xC02B && s <= 0xC032, s >= 0xCCA8 && s <= 0xCCAC, s >= 0x009E && s <= 0x009F,
			s >= 0xC0AC && s <= 0xC0AF:
			return true
		}
	}
	return len(h.CipherSuites) == 0
}

var tlsAlertOther = rules.Rule{
	ID: "tls-alert-other", Family: rules.TLS, Title: "TLS handshake ended with another fatal alert",
	Doc: rules.Doc{
		Seen:   "A fatal alert that no other rule is about ends the TLS handshake.",
		Why:    "The side that sent it found something wrong; the name of the alert says what.",
		Change: "Look up the alert and read the log of the side that received it.",
	},
	Actor: rules.Any, Level: rules.Observation,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsSymptom, Sufficient: true,
	Reference:  "RFC 8446 s6; RFC 5246 s7.2; RFC 6455 s4.1 (connection step 5)",
	When:       rules.OnNoRequest,
	Fixes:      []rules.Fix{{Product: "any", Snippet: "look up the alert number; read the log of the side that received it"}},
	ClientSees: "a TLS error of the client library; browsers close with 1006",
	Check:      checkAlertOther,
}

func checkAlertOther(p *rules.Pass) {
	a, ok := fatalAlert(p)
	if !ok || hasRule(p, a) {
		return
	}
	f := rules.Finding{
		Message: "the TLS handshake ended with " + a.String(), Evidence: []rules.Evidence{a.evidence(p), helloEvidence(p)},
		Actor: sideActor(reassembly.Side(a.From)), Proof: rules.Stated,
	}
	if name := p.TLS.ClientHello.ServerName; name != "" && refusesHello(p, a) {
		f.Message += ", right after a ClientHello that names " + rules.Quote(name) + ": Caddy and others answer so where they have no certificate for a name"
		f.Fix = "see whether the server has a certificate for " + rules.Quote(name) + " (Caddy: a site with that address), and whether the client names the right host; else read the server's log"
	}
	p.Report(f)
}

// refusesHello reports whether a server answered a ClientHello with internal_error and
// nothing else. Servers on Go choose the certificate before they write a ServerHello, and
// send this alert if there is none to choose.
func refusesHello(p *rules.Pass, a tlsAlert) bool {
	return a.From == tls.Server && a.is(internalError) && !p.TLS.ServerHello.Seen
}

// hasRule reports whether another rule is about an alert.
func hasRule(p *rules.Pass, a tlsAlert) bool {
	switch {
	case a.is(noCommonParameters[:]...) && !afterAgreement(p, a), a.is(tls.ProtocolVersion, inappropriateFallback, userCanceled):
		return true
	case a.From == tls.Server:
		return a.is(tls.UnrecognizedName, tls.NoApplicationProtocol) || wantsClientCertificate(p, a)
	}
	return a.is(tls.BadCertificate, unsupportedCertificate, certificateRevoked, tls.CertificateExpired, certificateUnknown, tls.UnknownCA)
}

// sideActor gives the actor at that end of the connection.
func sideActor(s reassembly.Side) rules.Actor {
	if s == reassembly.Client {
		return rules.Client
	}
	return rules.Server
}

var tlsHandshakeAbortedSilently = rules.Rule{
	ID: "tls-handshake-aborted-silently", Family: rules.TLS, Title: "TLS handshake stopped without an alert",
	Doc: rules.Doc{
		Seen:   "After the ClientHello the connection ends, by FIN, RST or silence, before the TLS handshake is complete, and no alert can be read. In TLS 1.3 that is before the client's first protected record, in TLS 1.2 before the server's ChangeCipherSpec: after these it may have been a session that ended in order, and nothing is said.",
		Why:    "A side dropped the connection without giving a reason, or said it in an encrypted alert; or a device on the path did not like the ClientHello. A client that leaves after the certificate rejected it.",
		Change: "Read the logs of both ends at that time; try the same name from another network.",
	},
	Actor: rules.Any, Level: rules.Observation,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsSymptom, Sufficient: true,
	Reference: "RFC 8446 s6.2; RFC 6455 s4.1 (connection step 5), s4.2.2 step 1",
	Needs:     analyzer.BothSides | analyzer.TCPClose, When: rules.OnNoRequest,
	Fixes: []rules.Fix{
		{Product: "Go", Snippet: "GODEBUG=tlsmlkem=0   # a small ClientHello, as a test for middleboxes"},
		{Product: "any", Snippet: "allow the server name in the filter on the path; update the load balancer"},
	},
	ClientSees: "connection reset by peer; EOF; ERR_CONNECTION_RESET",
	Check:      checkAbortedSilently,
}

func checkAbortedSilently(p *rules.Pass) {
	side, end, ok := silentEnd(p)
	if !ok {
		return
	}
	alert := "an alert"
	if p.TLS.Sides[tls.Side(side)].ApplicationData > 0 {
		alert = "an alert that can be read" // its protected records may hold one
	}
	f := rules.Finding{
		Message:  fmt.Sprintf("the %v ended the TLS handshake (%s) without %s%s", side, end.Field, alert, tlsStage(p)),
		Evidence: []rules.Evidence{end, helloEvidence(p)}, Actor: sideActor(side),
	}
	switch waited := time.Duration(end.Refs[0].Time - p.TLS.ClientRef.Time); {
	case hiddenAlert(p):
		blameHiddenAlert(&f, side, end.Field, tlsStage(p))
	case side == reassembly.Client && waited >= patience && unansweredHello(p):
		f.Message = fmt.Sprintf("the server sent nothing for %v after the ClientHello, and the client left (%s)", roundTime(waited), end.Field)
		f.Actor = rules.Server
	case side == reassembly.Server && unansweredFlight(p, end):
		since := time.Duration(end.Refs[0].Time - p.Conn.Halves[reassembly.Server].LastData.Time)
		f.Message = fmt.Sprintf("the client sent nothing for %v after what the server had sent of the TLS handshake, and the server left (%s)", roundTime(since), end.Field)
		f.Actor = rules.Client
	}
	p.Report(f)
}

// unansweredFlight reports whether the client has all that the server sent, and was
// silent after it until the server ended the connection.
func unansweredFlight(p *rules.Pass, end rules.Evidence) bool {
	client, server := &p.Conn.Halves[reassembly.Client], &p.Conn.Halves[reassembly.Server]
	return server.DataPackets > 0 && server.Acked >= server.Bytes && client.LastData.Time < server.LastData.Time &&
		end.Refs[0].Time-server.LastData.Time >= int64(patience)
}

// silentEnd tells which side ended a TLS handshake in which nobody sent a fatal alert
// in clear, and how.
func silentEnd(p *rules.Pass) (side reassembly.Side, end rules.Evidence, ok bool) {
	if p.TLS == nil || p.Outcome != analyzer.TLSFailed || !p.TLS.ClientHello.Seen {
		return side, end, false
	}
	if _, alerted := fatalAlert(p); alerted {
		return side, end, false
	}
	side = reassembly.Server
	if p.EndedBy == analyzer.ByClient {
		side = reassembly.Client
	}
	end, ok = p.Teardown(side)
	return side, end, ok
}

// blameHiddenAlert turns a finding to the client, whose encrypted alert ended the
// handshake: a server only closes after it. What a client objects to at that
// point is as a rule the certificate.
func blameHiddenAlert(f *rules.Finding, side reassembly.Side, how, stage string) {
	f.Actor = rules.Client
	f.Fix = "client: trust the CA that issued the server's certificate, and connect by a name that the certificate covers"
	f.Message = fmt.Sprintf("the client sent a last record of the size of an encrypted alert%s and ended the TLS handshake (%s)", stage, how)
	if side == reassembly.Server {
		f.Message = fmt.Sprintf("the client sent a last record of the size of an encrypted alert%s; the server closed (%s) upon it", stage, how)
	}
}

// patience is how long a client waits at least that gives up rather than stops.
const patience = time.Second

// unansweredHello reports whether nothing at all came back from the server.
func unansweredHello(p *rules.Pass) bool {
	return p.Conn.Halves[reassembly.Server].DataPackets == 0
}

// tlsStage says how far the handshake had come.
func tlsStage(p *rules.Pass) string {
	switch client, server := &p.TLS.Sides[tls.Client], &p.TLS.Sides[tls.Server]; {
	case client.Encrypted && server.Encrypted:
		return " once both sides had finished it, before any data"
	case client.Encrypted && !server.ChangeCipherSpec:
		return " upon the client's last message of it, before its own"
	case p.TLS.Version() >= tls.TLS13 && client.ApplicationData == 0 && server.ApplicationData > 0:
		return " after the server's messages of it, before the client's"
	case p.TLS.Certificate != nil:
		return " after the server's certificate"
	case p.TLS.ServerHello.Seen:
		return " after the ServerHello"
	}
	return " right after the ClientHello"
}

// hiddenAlert reports whether the client's only encrypted record has the size of
// an alert (RFC 8446 section 5.2: two octets, the type, the tag).
func hiddenAlert(p *rules.Pass) bool {
	const alert = 2 + 1 + 16
	c := &p.TLS.Sides[tls.Client]
	return c.ApplicationData == 1 && c.ApplicationBytes == alert
}
