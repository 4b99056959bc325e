package rules

import (
	"slices"
	"strings"

	"github.com/handshark/handshark/analyzer/tls"
	"github.com/handshark/handshark/reassembly"
)

// refusal is why TCP did not come about, as a client is told.
type refusal uint8

const (
	notRefused refusal = iota
	refused
	unanswered
	noHost // EHOSTUNREACH
	noNet  // ENETUNREACH
)

func (e *encounter) refusal() refusal {
	c := &e.h.Conn
	switch {
	case c.SYNACK.Seen || !c.SYN.Seen:
		return notRefused
	case c.Halves[reassembly.Server].RST.Seen:
		return refused
	case len(e.h.ICMP) == 0:
		return unanswered
	}
	return unreachable(e.h.ICMP[0].V6, e.h.ICMP[0].Code)
}

// unreachable is what Linux makes of the code of a destination-unreachable.
func unreachable(v6 bool, code uint8) refusal {
	port, nets := uint8(3), []uint8{0, 6, 9, 11}
	if v6 {
		port, nets = 4, []uint8{0}
	}
	switch {
	case code == port:
		return refused
	case slices.Contains(nets, code):
		return noNet
	}
	return noHost
}

// rejection is why a client did not take the certificate.
type rejection uint8

const (
	notRejected rejection = iota
	unknownCA
	expired
	otherName
	otherwise
)

// security is how TLS failed, as a client is told.
type security struct {
	alerted  bool // by the server
	alert    alertWords
	plain    bool // the answer is not TLS
	rejected rejection
	leafOnly bool // a self-issued certificate
	names    []string
	host     string
}

func (e *encounter) secured() security {
	t := e.h.TLS
	s := security{host: t.ClientHello.ServerName}
	if c := t.Certificate; c != nil {
		s.names, s.leafOnly = append(slices.Clone(c.DNSNames), c.IPAddresses...), c.SelfIssued
	}
	if t.Uncertified {
		s.alerted, s.alert = true, wordsOf(tls.CertificateRequired)
		return s
	}
	for _, a := range t.Alerts {
		if a.Level != tls.Fatal {
			continue
		}
		if a.From == tls.Server {
			s.alerted, s.alert = true, wordsOf(a.Code)
		} else {
			s.rejected = s.reason(a.Code)
		}
		return s
	}
	first := e.h.Prefix[reassembly.Server].Data
	s.plain = len(first) > 0 && !tls.LooksLikeTLS(first) && first[0] != 21
	return s
}

// reason is why a client sent that alert.
func (s *security) reason(code tls.AlertCode) rejection {
	switch code {
	case 48:
		return unknownCA
	case 45:
		return expired
	case 42, 46:
		if len(s.names) > 0 && s.host != "" && !s.covered() {
			return otherName
		}
	}
	return otherwise
}

// covered reports whether a name of the certificate stands for the host.
func (s *security) covered() bool {
	host := strings.ToLower(s.host)
	for _, n := range s.names {
		n = strings.ToLower(n)
		rest, wild := strings.CutPrefix(n, "*.")
		_, parent, _ := strings.Cut(host, ".")
		if n == host || wild && rest == parent {
			return true
		}
	}
	return false
}

// alertWords is an alert in the words of crypto/tls, OpenSSL and Chromium.
type alertWords struct{ goText, openSSL, chrome string }

func wordsOf(code tls.AlertCode) alertWords {
	const (
		mismatch   = "SSL_VERSION_OR_CIPHER_MISMATCH"
		clientCert = "BAD_SSL_CLIENT_AUTH_CERT"
	)
	w, ok := map[tls.AlertCode]alertWords{
		20:  {"bad record MAC", "sslv3 alert bad record mac", "SSL_BAD_RECORD_MAC_ALERT"},
		40:  {"handshake failure", "sslv3 alert handshake failure", mismatch},
		42:  {"bad certificate", "sslv3 alert bad certificate", clientCert},
		43:  {"unsupported certificate", "sslv3 alert unsupported certificate", clientCert},
		44:  {"revoked certificate", "sslv3 alert certificate revoked", clientCert},
		45:  {"expired certificate", "sslv3 alert certificate expired", clientCert},
		46:  {"unknown certificate", "sslv3 alert certificate unknown", clientCert},
		47:  {"illegal parameter", "sslv3 alert illegal parameter", ""},
		48:  {"unknown certificate authority", "tlsv1 alert unknown ca", clientCert},
		49:  {"access denied", "tlsv1 alert access denied", clientCert},
		50:  {"error decoding message", "tlsv1 alert decode error", ""},
		51:  {"error decrypting message", "tlsv1 alert decrypt error", "SSL_DECRYPT_ERROR_ALERT"},
		70:  {"protocol version not supported", "tlsv1 alert protocol version", mismatch},
		71:  {"insufficient security level", "tlsv1 alert insufficient security", mismatch},
		80:  {"internal error", "tlsv1 alert internal error", ""},
		86:  {"inappropriate fallback", "tlsv1 alert inappropriate fallback", ""},
		112: {"unrecognized name", "tlsv1 unrecognized name", "SSL_UNRECOGNIZED_NAME_ALERT"},
		116: {"certificate required", "tlsv13 alert certificate required", clientCert},
		120: {"no application protocol", "tlsv1 alert no application protocol", ""},
	}[code]
	if !ok {
		w = alertWords{"…", "…", ""}
	}
	if w.chrome == "" {
		w.chrome = "SSL_PROTOCOL_ERROR"
	}
	return w
}
