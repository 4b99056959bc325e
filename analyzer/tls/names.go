package tls

import (
	stdtls "crypto/tls"
	"fmt"
)

// Version is a protocol version as it stands on the wire.
type Version uint16

// Versions.
const (
	SSL20 Version = 0x0002
	SSL30 Version = 0x0300
	TLS10 Version = 0x0301
	TLS11 Version = 0x0302
	TLS12 Version = 0x0303
	TLS13 Version = 0x0304
)

// String gives the name in common use.
func (v Version) String() string {
	switch {
	case v == SSL20:
		return "SSL 2.0"
	case v == SSL30:
		return "SSL 3.0"
	case v >= TLS10 && v <= TLS13:
		return fmt.Sprintf("TLS 1.%d", v-TLS10)
	case v>>8 == 0x7F:
		return fmt.Sprintf("TLS 1.3 draft %d", v&0xFF)
	case isGREASE(uint16(v)):
		return "GREASE"
	}
	return fmt.Sprintf("0x%04X", uint16(v))
}

// isGREASE matches the reserved values of RFC 8701.
func isGREASE(v uint16) bool { return v&0x0F0F == 0x0A0A && v>>8 == v&0xFF }

// CipherSuite is a cipher suite of the IANA registry.
type CipherSuite uint16

// String gives the registered name of the suites in common use, else the number.
func (c CipherSuite) String() string {
	switch {
	case isGREASE(uint16(c)):
		return "GREASE"
	case c == 0x00FF:
		return "TLS_EMPTY_RENEGOTIATION_INFO_SCSV"
	case c == 0x5600:
		return "TLS_FALLBACK_SCSV"
	}
	return stdtls.CipherSuiteName(uint16(c))
}

// AlertLevel is the level of an alert (RFC 8446 section 6).
type AlertLevel uint8

// Levels.
const (
	Warning AlertLevel = 1
	Fatal   AlertLevel = 2
)

// String gives the name of the level, or its number.
func (l AlertLevel) String() string {
	switch l {
	case Warning:
		return "warning"
	case Fatal:
		return "fatal"
	}
	return fmt.Sprint(uint8(l))
}

// AlertCode is an AlertDescription (RFC 8446 section 6 and older documents).
type AlertCode uint8

// Alerts that callers tell apart.
const (
	CloseNotify           AlertCode = 0
	HandshakeFailure      AlertCode = 40
	BadCertificate        AlertCode = 42
	CertificateExpired    AlertCode = 45
	UnknownCA             AlertCode = 48
	ProtocolVersion       AlertCode = 70
	UnrecognizedName      AlertCode = 112
	CertificateRequired   AlertCode = 116
	NoApplicationProtocol AlertCode = 120
)

// String gives the registered name, or the number.
func (c AlertCode) String() string {
	if name := alertName(c); name != "" {
		return name
	}
	return fmt.Sprintf("alert %d", uint8(c))
}

func alertName(c AlertCode) string {
	switch {
	case c < 50:
		return alertsTo49[c]
	case c < 110:
		return alertsTo109(c)
	case c <= 121:
		return [...]string{
			"unsupported_extension", "certificate_unobtainable", "unrecognized_name",
			"bad_certificate_status_response", "bad_certificate_hash_value", "unknown_psk_identity",
			"certificate_required", "general_error", "", "", "no_application_protocol", "ech_required",
		}[c-110]
	}
	return ""
}

// alertsTo49 is read only.
var alertsTo49 = [50]string{
	0: "close_notify", 10: "unexpected_message",
	20: "bad_record_mac", 21: "decryption_failed", 22: "record_overflow",
	30: "decompression_failure",
	40: "handshake_failure", 41: "no_certificate", 42: "bad_certificate",
	43: "unsupported_certificate", 44: "certificate_revoked", 45: "certificate_expired",
	46: "certificate_unknown", 47: "illegal_parameter", 48: "unknown_ca", 49: "access_denied",
}

func alertsTo109(c AlertCode) string {
	switch c {
	case 50:
		return "decode_error"
	case 51:
		return "decrypt_error"
	case 52:
		return "too_many_cids_requested"
	case 60:
		return "export_restriction"
	case 70:
		return "protocol_version"
	case 71:
		return "insufficient_security"
	case 80:
		return "internal_error"
	case 86:
		return "inappropriate_fallback"
	case 90:
		return "user_canceled"
	case 100:
		return "no_renegotiation"
	case 109:
		return "missing_extension"
	}
	return ""
}
