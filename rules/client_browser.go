package rules

import (
	"fmt"
	"strings"

	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/analyzer/frame"
)

const (
	chromeConnecting = "Error in connection establishment: net::ERR_"
	chromeHandshake  = "Error during WebSocket handshake: "
)

func chromeConnect(e *encounter) string {
	word := ""
	if e.h.TLS != nil {
		word = chromeTLS(e)
	} else {
		word = map[refusal]string{
			refused: "CONNECTION_REFUSED", noHost: "ADDRESS_UNREACHABLE", noNet: "ADDRESS_UNREACHABLE",
			unanswered: "CONNECTION_TIMED_OUT",
		}[e.refusal()]
	}
	if word == "" {
		return ""
	}
	return chromeConnecting + word
}

func chromeTLS(e *encounter) string {
	t := e.secured()
	switch {
	case t.alerted:
		return t.alert.chrome
	case t.plain:
		return "SSL_PROTOCOL_ERROR"
	case t.rejected == unknownCA:
		return "CERT_AUTHORITY_INVALID"
	case t.rejected == expired:
		return "CERT_DATE_INVALID"
	case t.rejected == otherName:
		return "CERT_COMMON_NAME_INVALID"
	case t.rejected != notRejected:
		return ""
	}
	return map[cut]string{cutClosed: "CONNECTION_CLOSED", cutReset: "CONNECTION_RESET"}[e.cut]
}

func chromeAnswer(e *encounter) string {
	switch {
	case e.silent():
		return "WebSocket opening handshake timed out"
	case e.torn() && e.cut == cutReset:
		return chromeHandshake + "net::ERR_CONNECTION_RESET"
	case e.torn() && e.m == nil:
		return "Connection closed before receiving a handshake response"
	case e.torn():
		return chromeHandshake + "net::ERR_CONNECTION_CLOSED"
	case !strings.HasPrefix(e.first(), "HTTP/"):
		return chromeHandshake + "net::ERR_INVALID_HTTP_RESPONSE"
	}
	return chromeHandshake + "Unexpected response code: 200" // what it takes an unreadable status for
}

func chromeStatus(e *encounter) string {
	switch {
	case e.m.Status == 401 && e.m.Has("WWW-Authenticate"):
		return "HTTP Authentication failed; no valid credentials available"
	case e.m.Status == 407:
		return chromeConnecting + "UNEXPECTED_PROXY_AUTH"
	}
	return fmt.Sprintf(chromeHandshake+"Unexpected response code: %d", e.m.Status)
}

func chromeSwitched(e *encounter) string {
	return chromeChecks(e, chromeUpgrade, chromeAccept, chromeConnection, chromeProtocol, chromeExtensions)
}

// chromeAgreed is what it checks in HTTP/2, too.
func chromeAgreed(e *encounter) string { return chromeChecks(e, chromeProtocol, chromeExtensions) }

func chromeChecks(e *encounter, checks ...func(*encounter) string) string {
	for _, check := range checks {
		if text := check(e); text != "" {
			return chromeHandshake + text
		}
	}
	return ""
}

// chromeSingle checks that a field is there once; a comma makes two values.
func chromeSingle(e *encounter, name string) (value, fault string) {
	if !e.m.Has(name) {
		return "", "'" + name + "' header is missing"
	}
	list := field.Elements(e.m.Values(name)...)
	if len(list) > 1 {
		return "", "'" + name + "' header must not appear more than once in a response"
	}
	return e.m.Get(name), ""
}

func chromeUpgrade(e *encounter) string {
	value, fault := chromeSingle(e, "Upgrade")
	if fault == "" && !strings.EqualFold(value, "websocket") {
		return "'Upgrade' header value is not 'WebSocket': " + value
	}
	return fault
}

func chromeAccept(e *encounter) string {
	_, fault := chromeSingle(e, "Sec-WebSocket-Accept")
	if fault == "" && !e.accepted() {
		return "Incorrect 'Sec-WebSocket-Accept' header value"
	}
	return fault
}

func chromeConnection(e *encounter) string {
	switch {
	case !e.m.Has("Connection"):
		return "'Connection' header is missing"
	case !e.hasToken("Connection", "upgrade"):
		return "'Connection' header value must contain 'Upgrade'"
	}
	return ""
}

func chromeProtocol(e *encounter) string {
	const name = "Sec-WebSocket-Protocol"
	offered := e.offered()
	switch value, fault := chromeSingle(e, name); {
	case !e.m.Has(name) && len(offered) > 0:
		return "Sent non-empty '" + name + "' header but no response was received"
	case !e.m.Has(name):
		return ""
	case len(offered) == 0:
		return "Response must not include '" + name + "' header if not present in request: " + e.m.Get(name)
	case fault != "":
		return fault
	case !coveredBy(offered, value):
		return "'" + name + "' header value '" + value + "' in response does not match any of sent values"
	}
	return ""
}

func chromeExtensions(e *encounter) string {
	if e.brokenExtensions() {
		return strings.TrimRight("'Sec-WebSocket-Extensions' header value is rejected by the parser: "+e.m.Get("Sec-WebSocket-Extensions"), " ")
	}
	taken := false
	for _, x := range e.extensions() {
		switch f, param := x.deflateFault(); {
		case x.name != deflate:
			return "Found an unsupported extension '" + x.name + "' in 'Sec-WebSocket-Extensions' header"
		case taken:
			return "Received duplicate permessage-deflate response"
		case f != deflateFine:
			return "Error in permessage-deflate: " + chromeDeflate(f, param)
		}
		taken = true
	}
	return ""
}

func chromeDeflate(f deflateFault, param string) string {
	switch f {
	case deflateUnknown:
		return "Received an unexpected permessage-deflate extension parameter"
	case deflateTwice:
		return "Received duplicate permessage-deflate extension parameter " + param
	case deflateNoBits:
		return "client_max_window_bits must have value"
	case deflateFine, deflateTakeoverValue, deflateBits:
	}
	return "Received invalid " + param + " parameter"
}

func chromeSession(e *encounter) string {
	if s, ok := e.offence(); ok {
		return chromeFault(e, &s)
	}
	if code, reason, ok := e.closing(); ok {
		return closeEvent(code, reason)
	}
	if e.cut != notCut {
		return closeEvent(1006, "")
	}
	return ""
}

func chromeFault(e *encounter, s *sight) string {
	switch {
	case e.garbled():
		return "Invalid frame header"
	case s.masked:
		return "A server must not mask any frames that it sends to the client."
	case s.rsv[0] && !s.compressible() || s.rsv[1] || s.rsv[2]:
		return fmt.Sprintf("One or more reserved bits are on: reserved1 = %d, reserved2 = %d, reserved3 = %d", bit(s.rsv[0]), bit(s.rsv[1]), bit(s.rsv[2]))
	case !s.known():
		return fmt.Sprintf("Unrecognized frame opcode: %d", s.opcode)
	case s.opcode.Control() && !s.fin:
		return fmt.Sprintf("Received fragmented control frame: opcode = %d", s.opcode)
	case s.opcode == frame.Continuation && !s.continues:
		return "Received unexpected continuation frame."
	case s.data() && s.continues:
		return "Received start of new message but previous message is unfinished."
	}
	return ""
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// garbled reports whether an HTTP response stands where frames should.
func (e *encounter) garbled() bool {
	for _, p := range e.h.Upgraded.NotFrames {
		if p != nil && strings.HasPrefix(string(p.Data), "HTTP/") {
			return true
		}
	}
	return false
}
