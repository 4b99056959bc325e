package catalogue

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/handshark/handshark/analyzer/tls"
	"github.com/handshark/handshark/rules"
)

var tlsAlertCertificate = rules.Rule{
	ID: "tls-alert-certificate", Family: rules.TLS, Title: "Client rejected the server certificate",
	Doc: rules.Doc{
		Seen:   "The client sends a fatal TLS alert about certificates: bad_certificate, unsupported_certificate, certificate_revoked, certificate_expired, certificate_unknown or unknown_ca.",
		Why:    "The client checked the server's certificate and does not accept it. It must not go on with the WebSocket handshake.",
		Change: "Serve a certificate that the client trusts, with its whole chain, valid now and for the name that the client uses.",
	},
	Actor: rules.Server, Level: rules.Observation,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Reference: "RFC 8446 s6; RFC 5246 s7.2; RFC 6455 s4.1 (connection step 5)",
	When:      rules.OnNoRequest,
	Fixes: []rules.Fix{
		{Product: "any", Snippet: "server: serve fullchain.pem (leaf and intermediates)"},
		{Product: "gorilla/websocket", Snippet: "Dialer.TLSClientConfig = &tls.Config{RootCAs: pool}"},
		{Product: "Node.js", Snippet: "NODE_EXTRA_CA_CERTS=/etc/ssl/corp.pem"},
	},
	ClientSees: "x509: certificate signed by unknown authority; CERTIFICATE_VERIFY_FAILED; net::ERR_CERT_AUTHORITY_INVALID",
	Check:      checkAlertCertificate,
}

func checkAlertCertificate(p *rules.Pass) {
	a, ok := fatalAlert(p)
	if !ok || a.From != tls.Client || !a.is(tls.BadCertificate, unsupportedCertificate, certificateRevoked,
		tls.CertificateExpired, certificateUnknown, tls.UnknownCA) {
		return
	}
	p.Report(rules.Finding{
		Message:  "the client rejected the server's certificate with " + a.name(),
		Evidence: []rules.Evidence{a.evidence(p), helloEvidence(p)}, Proof: rules.Stated,
	})
}

var tlsCertExpired = rules.Rule{
	ID: "tls-cert-expired", Family: rules.TLS, Title: "Server (or client) certificate outside its validity period",
	Doc: rules.Doc{
		Seen:   "The visible certificate ended before the time of the packets or begins after it, or the client says certificate_expired.",
		Why:    "Clients reject a certificate outside its validity. A wrong clock of the client looks the same.",
		Change: "Renew the certificate and reload the server; check the client's clock.",
	},
	Actor: rules.Server, Level: rules.Diagnosis,
	Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Reference:  "RFC 5280 s4.1.2.5; RFC 8446 s6.2",
	When:       rules.OnNoRequest,
	Suppresses: []string{"tls-alert-certificate", "tls-client-cert-required", "tls-handshake-aborted-silently", "tls-unknown-ca"},
	Fixes: []rules.Fix{
		{Product: "nginx", Snippet: "certbot renew && nginx -s reload"},
		{Product: "any", Snippet: "client: set the clock (NTP)"},
	},
	ClientSees: "x509: certificate has expired or is not yet valid; net::ERR_CERT_DATE_INVALID; CERT_HAS_EXPIRED",
	Check:      checkCertExpired,
}

func checkCertExpired(p *rules.Pass) {
	a, alerted := fatalAlert(p)
	stated := alerted && a.is(tls.CertificateExpired)
	how, said, rejected := clientRejected(p)
	text := outOfDate(p)
	switch {
	case text != "" && rejected:
		p.Report(rules.Finding{
			Message:  text + ", and the client " + said,
			Evidence: []rules.Evidence{certificateEvidence(p), how}, Proof: rejectionProof(alerted),
		})
	case stated:
		reportExpiredUnseen(p, a)
	}
}

// reportExpiredUnseen reports that a side says certificate_expired although the
// capture shows no such certificate: it is an issuer's, or the client's, or the clock
// is wrong.
func reportExpiredUnseen(p *rules.Pass, a tlsAlert) {
	f := rules.Finding{
		Message: "a certificate is out of date: " + a.String(), Evidence: []rules.Evidence{a.evidence(p), helloEvidence(p)},
		Actor: expiredOwner(a), Proof: rules.Stated,
	}
	if c := p.TLS.Certificate; a.From == tls.Client && c != nil && c.Readable {
		f.Message += fmt.Sprintf("; the server's own is valid until %s, so look at its issuers and at the client's clock",
			c.NotAfter.UTC().Format(time.DateOnly))
		f.Evidence, f.Proof = append(f.Evidence, certificateEvidence(p)), rules.Practice
	}
	p.Report(f)
}

// rejectionProof is how well a visible fault of the certificate explains that
// the client went: it may have left for another reason if it did not say.
func rejectionProof(alerted bool) rules.Proof {
	if alerted {
		return rules.Proved
	}
	return rules.Practice
}

// expiredOwner is whose certificate an alert complains about: that of the side
// which did not send it.
func expiredOwner(a tlsAlert) rules.Actor {
	if a.From == tls.Server {
		return rules.Client
	}
	return rules.Server
}

// outOfDate says how the visible certificate misses the time of the packets;
// empty if it does not, or none is visible.
func outOfDate(p *rules.Pass) string {
	if p.TLS == nil || p.TLS.Certificate == nil || !p.TLS.Certificate.Readable {
		return ""
	}
	c, now := p.TLS.Certificate, p.Now()
	switch {
	case now.After(c.NotAfter):
		return "the server's certificate ended on " + c.NotAfter.UTC().Format(time.DateOnly)
	case now.Before(c.NotBefore):
		return "the server's certificate is valid from " + c.NotBefore.UTC().Format(time.DateOnly) + " on only"
	}
	return ""
}

var tlsNameMismatch = rules.Rule{
	ID: "tls-name-mismatch", Family: rules.TLS, Title: "Certificate does not cover the host name used",
	Doc: rules.Doc{
		Seen:   "The client asks for a name (SNI) that none of the names in the visible certificate covers, and then rejects the certificate or leaves.",
		Why:    "Clients compare the name they dialled with the names of the certificate.",
		Change: "Add the name to the certificate, or dial a name that it has.",
		Before: "wss://api.example.test/   certificate: www.example.test", After: "wss://www.example.test/",
	},
	Actor: rules.Server, Level: rules.Diagnosis,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Reference:  "RFC 9525 s6; RFC 6125",
	When:       rules.OnNoRequest,
	Suppresses: []string{"tls-alert-certificate", "tls-handshake-aborted-silently"},
	Fixes: []rules.Fix{
		{Product: "any", Snippet: "server: a certificate with that name among its subjectAltNames"},
		{Product: "Go", Snippet: `tls.Config{ServerName: "svc.example.test"}   // for internal addresses`},
	},
	ClientSees: "x509: certificate is valid for X, not Y; ERR_TLS_CERT_ALTNAME_INVALID",
	Check:      checkNameMismatch,
}

func checkNameMismatch(p *rules.Pass) {
	how, said, ok := clientRejected(p)
	if !ok || p.TLS.Certificate == nil || !p.TLS.Certificate.Readable || p.TLS.ClientHello.ServerName == "" {
		return
	}
	c, name := p.TLS.Certificate, p.TLS.ClientHello.ServerName
	a, alerted := fatalAlert(p)
	if certificateCovers(c, name) || alerted && a.is(tls.CertificateExpired) {
		return
	}
	p.Report(rules.Finding{
		Message: fmt.Sprintf("the client asked for %s, the certificate covers %s, and the client %s",
			rules.Quote(name), rules.Quote(strings.Join(c.DNSNames[:min(3, len(c.DNSNames))], ", ")), said),
		Evidence: []rules.Evidence{helloEvidence(p), certificateEvidence(p), how}, Proof: rejectionProof(alerted),
	})
}

// certificateCovers reports whether a certificate is good for a host (RFC 9525 section 6.3):
// a wildcard stands for the whole leftmost label.
func certificateCovers(c *tls.Certificate, host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if addr, err := netip.ParseAddr(host); err == nil {
		for _, ip := range c.IPAddresses {
			if other, err := netip.ParseAddr(ip); err == nil && other.Unmap() == addr.Unmap() {
				return true
			}
		}
		return false
	}
	_, parent, _ := strings.Cut(host, ".")
	for _, name := range c.DNSNames {
		name = strings.ToLower(strings.TrimSuffix(name, "."))
		if rest, wild := strings.CutPrefix(name, "*."); name == host || wild && rest != "" && rest == parent {
			return true
		}
	}
	return false
}

var tlsUnknownCA = rules.Rule{
	ID: "tls-unknown-ca", Family: rules.TLS, Title: "Client does not trust the server certificate chain",
	Doc: rules.Doc{
		Seen:   "The client says unknown_ca; or it rejects a certificate that is issued by itself, or comes without its issuer, although dates and name fit. In TLS 1.3 only an encrypted record of the size of an alert, then the end, can be seen.",
		Why:    "The client does not know the authority that signed the certificate: a private or self-signed one, or a missing intermediate.",
		Change: "Serve the whole chain of a public authority, or give the client the private authority's certificate.",
	},
	Actor: rules.Client, Level: rules.Diagnosis,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Reference:  "RFC 8446 s4.4.2, s6.2; RFC 5246 s7.2.2",
	When:       rules.OnNoRequest,
	Suppresses: []string{"tls-alert-certificate", "tls-handshake-aborted-silently"},
	Fixes: []rules.Fix{
		{Product: "any", Snippet: "server: serve fullchain.pem (leaf and intermediates)"},
		{Product: "gorilla/websocket", Snippet: "Dialer.TLSClientConfig = &tls.Config{RootCAs: pool}"},
		{Product: "Node.js", Snippet: "NODE_EXTRA_CA_CERTS=/etc/ssl/corp.pem"},
	},
	ClientSees: "x509: certificate signed by unknown authority; self signed certificate; Trust anchor for certification path not found",
	Check:      checkUnknownCA,
}

func checkUnknownCA(p *rules.Pass) {
	if a, ok := fatalAlert(p); ok && a.From == tls.Client && a.is(tls.UnknownCA) {
		p.Report(rules.Finding{
			Message:  "the client does not trust the server's certificate, by " + a.name() + issuerWords(p) + alsoOutOfDate(p),
			Evidence: []rules.Evidence{a.evidence(p), helloEvidence(p)}, Proof: rules.Stated,
		})
		return
	}
	how, said, ok := clientRejected(p)
	if !ok {
		return
	}
	proof, told := distrust(p)
	if !told || issuerWords(p) == "" || outOfDate(p) != "" ||
		p.TLS.ClientHello.ServerName != "" && !certificateCovers(p.TLS.Certificate, p.TLS.ClientHello.ServerName) {
		return
	}
	p.Report(rules.Finding{
		Message:  "the client " + said + " after the server's certificate" + issuerWords(p),
		Evidence: []rules.Evidence{how, certificateEvidence(p)}, Proof: proof,
	})
}

// distrust says how sure it is that the client did not trust the certificate: its
// alert says so, or it left without a word (as Node.js does) where all that it had got is
// known to be in order.
func distrust(p *rules.Pass) (proof rules.Proof, ok bool) {
	if a, found := fatalAlert(p); found {
		return rules.Practice, a.is(tls.BadCertificate, certificateUnknown)
	}
	c := p.TLS.Certificate
	return rules.Heuristic, p.TLS.Decrypted && c != nil && c.SelfIssued
}

// alsoOutOfDate tells of a second fault that shows once the first is mended.
func alsoOutOfDate(p *rules.Pass) string {
	if s := outOfDate(p); s != "" {
		return "; also, " + s
	}
	return ""
}

// issuerWords says why the visible chain may not be trusted; empty if it is not
// visible or nothing is odd about it.
func issuerWords(p *rules.Pass) string {
	c := p.TLS.Certificate
	switch {
	case c == nil || !c.Readable:
		return ""
	case c.SelfIssued:
		return ", which is self-signed"
	case c.ChainLength == 1:
		return ", which came without its issuer " + rules.Quote(c.IssuerCommonName)
	}
	return ""
}
