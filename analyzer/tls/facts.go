// Package tls reads from a TLS connection what is visible without keys: hello
// messages, the certificate of TLS 1.2, alerts in clear, and which side sent
// protected data. With a key log it also undoes the protection of records
// (Reader.Decrypt). It takes bytes only and knows nothing of packets.
package tls

import "time"

// Side is one end of the connection.
type Side uint8

// The two sides.
const (
	Client Side = iota
	Server
)

// Facts is what the bytes of both sides show. Nothing in it is verified.
type Facts struct {
	ClientHello       ClientHello
	ServerHello       ServerHello
	HelloRetryRequest bool // RFC 8446 section 4.1.4

	Certificate          *Certificate // the server's leaf; in clear up to TLS 1.2, else only if decrypted
	CertificateRequested bool         // CertificateRequest; in clear up to TLS 1.2, else only if decrypted
	ClientCertificate    ClientCertificate
	// Resumed is set when the server accepted a session or pre-shared key, so that
	// no certificate was sent.
	Resumed bool

	Alerts []Alert // alerts in clear and those that were decrypted, in order; at most MaxAlerts
	Sides  [2]Records

	// Decrypted is set when a protected record of either side was opened. What the
	// handshake of TLS 1.3 protects (the server's choice of ALPN, certificates) is known
	// only then.
	Decrypted bool
}

// MaxAlerts bounds Facts.Alerts.
const MaxAlerts = 16

// ALPN gives the negotiated protocol (RFC 7301); empty if there is none or it is
// unknown, as it is in TLS 1.3 without keys.
func (f *Facts) ALPN() string {
	if len(f.ServerHello.ALPN) == 0 {
		return ""
	}
	return f.ServerHello.ALPN[0]
}

// Version gives the negotiated version; 0 without a ServerHello.
func (f *Facts) Version() Version { return f.ServerHello.Negotiated() }

// ClientHello is RFC 8446 section 4.1.2, or the hello of SSL 2.0 (RFC 6101
// appendix E). Of an incomplete one the fields that arrived are set.
type ClientHello struct {
	Seen              bool
	Complete          bool
	SSLv2             bool
	Offset            uint64 // stream offset of its record
	Length            int    // octets of the message as announced, header included
	RecordVersion     Version
	Version           Version // legacy_version
	SupportedVersions []Version
	HasServerName     bool
	ServerName        string // as sent; empty when there is none
	ALPN              []string
	CipherSuites      []CipherSuite
	HasSession        bool // a session id, ticket or pre-shared key is offered
}

// Highest gives the highest version that is offered, GREASE left out.
func (h *ClientHello) Highest() Version {
	most := h.Version
	if len(h.SupportedVersions) > 0 {
		most = 0
	}
	for _, v := range h.SupportedVersions {
		if !isGREASE(uint16(v)) {
			most = max(most, v)
		}
	}
	return most
}

// ServerHello is RFC 8446 section 4.1.3.
type ServerHello struct {
	Seen            bool
	Offset          uint64  // stream offset of its record
	Version         Version // legacy_version
	SelectedVersion Version // supported_versions; 0 = none: TLS 1.2 or older
	CipherSuite     CipherSuite
	// ALPN is one name unless the server is wrong. In TLS 1.3 it comes from the
	// EncryptedExtensions (RFC 8446 section 4.3.1) and is known only if they were decrypted.
	ALPN []string
}

// Negotiated gives the version that the server chose.
func (h *ServerHello) Negotiated() Version {
	if h.SelectedVersion != 0 {
		return h.SelectedVersion
	}
	return h.Version
}

// Certificate is a leaf certificate.
type Certificate struct {
	Readable            bool // the leaf could be parsed; otherwise only ChainLength is set
	NotBefore, NotAfter time.Time
	DNSNames            []string // at most 100
	IPAddresses         []string // at most 100
	SubjectCommonName   string
	IssuerCommonName    string
	IssuerOrganization  string
	SelfIssued          bool // subject and issuer are the same
	ChainLength         int  // certificates sent, the leaf included
	Offset              uint64
}

// ClientCertificate is the client's Certificate message, where it is in clear or was
// decrypted.
type ClientCertificate struct {
	Seen  bool
	Empty bool // the client had none to send
}

// Alert is an alert in clear, or one that was decrypted.
type Alert struct {
	From      Side
	Level     AlertLevel
	Code      AlertCode
	Offset    uint64 // stream offset of its record
	Protected bool   // it was decrypted; up to TLS 1.2 Records.EncryptedAlerts counts it too
}

// Records is what one side sent.
type Records struct {
	Records          int
	ChangeCipherSpec bool
	Encrypted        bool   // an encrypted handshake record followed the ChangeCipherSpec: its Finished
	EncryptedAlerts  int    // alert records whose content is protected
	ApplicationData  int    // records
	ApplicationBytes uint64 // octets of them, protection included
	FirstApplication uint64 // stream offset of the first; valid only if ApplicationData > 0
	FirstLength      uint16 // octets of the first, protection included
	LastLength       uint16 // octets of the last so far, protection included
	Lost             bool   // bytes were missing
	NotTLS           bool   // what followed is no TLS record
	NotTLSAt         uint64 // stream offset of it; valid only if NotTLS
}
