package catalogue

import (
	"bytes"

	"github.com/handshark/handshark/rules"
)

// protocolRules lists the rules of family Protocol.
var protocolRules = []*rules.Rule{
	&h2ConnectionSpecificHeader,
	&h2DataBefore2xx,
	&h2ExtendedConnectWithoutSetting,
	&h2GetWithUpgrade,
	&h2HostAuthorityConflict,
	&h2PrefaceAnsweredByHTTP1,
	&h2ProtocolMissing,
	&h2ProtocolNotWebSocket,
	&h2PseudoHeadersMissing,
	&h2RequestEndStream,
	&h2SchemeInvalid,
	&h2SettingInvalidValue,
	&h2SettingWithdrawn,
	&h2Status101,
	&h2UppercaseFieldName,
	&httpH2ExtendedConnect,
	&httpSentToTLSPort,
	&proxyProtocolHeaderUnexpected,
	&requestHTTPVersionMalformed,
	&requestHTTPVersionTooLow,
	&requestLineMalformed,
	&requestMethodCase,
	&requestMethodNotGET,
	&requestNotHTTP,
	&requestTargetAbsoluteForm,
	&requestTargetFragment,
	&requestTargetInvalidOctets,
	&requestTargetNotOriginForm,
	&requestTargetWSScheme,
	&responseNotHTTP,
	&tlsSentToPlaintextPort,
}

// isHTTP2Preface reports whether octets begin with the connection preface of
// HTTP/2 (RFC 9113 section 3.4).
func isHTTP2Preface(data []byte) bool { return bytes.HasPrefix(data, []byte("PRI * HTTP/2.0")) }

// isTLSRecord reports whether octets begin with a TLS alert or handshake record.
func isTLSRecord(data []byte) bool {
	return len(data) >= 2 && (data[0] == 0x15 || data[0] == 0x16) && data[1] == 3
}
