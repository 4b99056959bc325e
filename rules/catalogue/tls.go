package catalogue

import (
	"fmt"

	"github.com/handshark/handshark/analyzer/tls"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/reassembly"
	"github.com/handshark/handshark/rules"
)

// tlsRules lists the rules of family TLS.
var tlsRules = []*rules.Rule{
	&tlsALPNProtocolViolated,
	&tlsAlertCertificate,
	&tlsAlertHandshakeFailure,
	&tlsAlertNoApplicationProtocol,
	&tlsAlertOther,
	&tlsAlertProtocolVersion,
	&tlsALPNH2Selected,
	&tlsALPNUnofferedSelection,
	&tlsCertExpired,
	&tlsClientCertRequired,
	&tlsHandshakeAbortedSilently,
	&tlsInterception,
	&tlsNameMismatch,
	&tlsResetAfterClientHello,
	&tlsSNIIPLiteral,
	&tlsSNIMissing,
	&tlsSNIProblem,
	&tlsUnknownCA,
	&tlsVersionCipherMismatch,
}

// tlsAlert is a fatal alert in clear with its packet.
type tlsAlert struct {
	*tls.Alert
	ref capture.Ref
}

// fatalAlert gives the first fatal alert in clear before application data; ok is
// false if there is none. A handshake that HTTP was seen in is none of ours.
func fatalAlert(p *rules.Pass) (a tlsAlert, ok bool) {
	if p.TLS == nil || !p.TLS.ClientHello.Seen || p.Request != nil {
		return a, false
	}
	for i := range p.TLS.Alerts {
		alert := &p.TLS.Alerts[i]
		if alert.Level == tls.Fatal && alert.Code != tls.CloseNotify && i < len(p.TLS.AlertRefs) {
			return tlsAlert{alert, p.TLS.AlertRefs[i]}, true
		}
	}
	return a, false
}

// name gives "fatal alert 48 (unknown_ca)".
func (a tlsAlert) name() string { return fmt.Sprintf("fatal alert %d (%v)", uint8(a.Code), a.Code) }

// String gives "fatal alert 48 (unknown_ca) from the client".
func (a tlsAlert) String() string { return a.name() + " from the " + reassembly.Side(a.From).String() }

func (a tlsAlert) is(codes ...tls.AlertCode) bool {
	for _, c := range codes {
		if a.Code == c {
			return true
		}
	}
	return false
}

func (a tlsAlert) evidence(p *rules.Pass) rules.Evidence {
	e := p.Packet(reassembly.Side(a.From), "TLS alert", a.ref)
	e.Offset = a.Offset
	return e
}

// helloEvidence is the evidence of the ClientHello.
func helloEvidence(p *rules.Pass) rules.Evidence {
	return p.Packet(reassembly.Client, "ClientHello", p.TLS.ClientRef)
}

// certificateEvidence is the evidence of the server's flight with its certificate.
func certificateEvidence(p *rules.Pass) rules.Evidence {
	return p.Packet(reassembly.Server, "Certificate", p.TLS.ServerRef)
}

// clientRejected reports whether the client ended the TLS handshake after the
// server's certificate: by an alert that leaves open what was wrong with it or says
// that it is out of date, or without a word. An alert that names another fault is no
// sign of what the certificate shows beside that.
func clientRejected(p *rules.Pass) (how rules.Evidence, said string, ok bool) {
	if a, found := fatalAlert(p); found {
		about := a.is(tls.BadCertificate, tls.CertificateExpired, certificateUnknown)
		return a.evidence(p), "sent " + a.name(), a.From == tls.Client && about
	}
	if p.TLS == nil || p.Request != nil || p.TLS.Sides[tls.Client].ApplicationData > 0 || p.TLS.Sides[tls.Client].Encrypted {
		return how, "", false
	}
	how, ok = p.Teardown(reassembly.Client)
	return how, "left (" + how.Field + ") without a word", ok
}

// Alerts that package tls does not name.
const (
	unsupportedCertificate tls.AlertCode = 43
	certificateRevoked     tls.AlertCode = 44
	certificateUnknown     tls.AlertCode = 46
	accessDenied           tls.AlertCode = 49
	illegalParameter       tls.AlertCode = 47
	insufficientSecurity   tls.AlertCode = 71
	internalError          tls.AlertCode = 80
	inappropriateFallback  tls.AlertCode = 86
	userCanceled           tls.AlertCode = 90
	missingExtension       tls.AlertCode = 109
	unsupportedExtension   tls.AlertCode = 110
)
