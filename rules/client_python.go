package rules

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/handshark/handshark/analyzer/field"
)

func pythonConnect(e *encounter) string {
	if e.h.TLS != nil {
		return pythonTLS(e)
	}
	at, err := netip.ParseAddrPort(e.to())
	if err != nil {
		return ""
	}
	code, ok := map[refusal]int{refused: 111, noHost: 113, noNet: 101}[e.refusal()]
	switch {
	case ok && at.Addr().Is4():
		return fmt.Sprintf("[Errno %d] Connect call failed ('%s', %d)", code, at.Addr(), at.Port())
	case ok:
		return fmt.Sprintf("[Errno %d] Connect call failed ('%s', %d, 0, 0)", code, at.Addr(), at.Port())
	case e.refusal() == unanswered:
		return "TimeoutError"
	}
	return ""
}

func pythonTLS(e *encounter) string {
	const verify = "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: "
	t := e.secured()
	switch {
	case t.alerted:
		return "[SSL: " + strings.ToUpper(strings.ReplaceAll(t.alert.openSSL, " ", "_")) + "] " + t.alert.openSSL + " (_ssl.c:…)"
	case t.plain:
		return "[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:…)"
	case t.rejected == unknownCA && t.leafOnly:
		return verify + "self-signed certificate (_ssl.c:…)"
	case t.rejected == unknownCA:
		return verify + "unable to get local issuer certificate (_ssl.c:…)"
	case t.rejected == expired:
		return verify + "certificate has expired (_ssl.c:…)"
	case t.rejected == otherName:
		return verify + "Hostname mismatch, certificate is not valid for '" + t.host + "'. (_ssl.c:…)"
	case t.rejected == notRejected && e.cut == cutClosed:
		return "ConnectionResetError"
	}
	return ""
}

const pythonInvalid = "did not receive a valid HTTP response"

func pythonAnswer(e *encounter) string {
	if e.silent() {
		return "TimeoutError"
	}
	return pythonInvalid
}

// pythonLine reports whether the status line is one that it reads at all:
// HTTP/1.1, a status, a reason that may be empty.
func pythonLine(e *encounter) bool {
	version, rest, _ := strings.Cut(e.firstLine(), " ")
	_, broken := e.brokenField()
	return version == "HTTP/1.1" && strings.Contains(rest, " ") && !broken
}

func pythonStatus(e *encounter) string {
	if !pythonLine(e) {
		return pythonInvalid
	}
	if location := e.m.Get("Location"); e.m.Status/100 == 3 && location != "" {
		if strings.HasPrefix(location, "http") {
			return location + " isn't a valid URI: scheme isn't ws or wss"
		}
		return "" // it follows
	}
	return fmt.Sprintf("server rejected WebSocket connection: HTTP %d", e.m.Status)
}

func pythonSwitched(e *encounter) string {
	if !pythonLine(e) {
		return pythonInvalid
	}
	connection := strings.Join(texts(field.Elements(e.m.Values("Connection")...)), ", ")
	upgrade := texts(field.Elements(e.m.Values("Upgrade")...))
	accepts := e.m.Values("Sec-WebSocket-Accept")
	switch {
	case !e.hasToken("Connection", "upgrade"):
		return pythonField("Connection", connection)
	case len(upgrade) != 1 || !strings.EqualFold(upgrade[0], "websocket"):
		return pythonField("Upgrade", strings.Join(upgrade, ", "))
	case len(accepts) == 0:
		return "missing Sec-WebSocket-Accept header"
	case len(accepts) > 1:
		return "invalid Sec-WebSocket-Accept header: more than one Sec-WebSocket-Accept header found"
	case !e.accepted():
		return "invalid Sec-WebSocket-Accept header: " + accepts[0]
	}
	if text := pythonExtensions(e); text != "" {
		return text
	}
	return pythonProtocol(e)
}

func pythonField(name, value string) string {
	if value == "" {
		return "empty " + name + " header"
	}
	return "invalid " + name + " header: " + value
}

func pythonExtensions(e *encounter) string {
	switch {
	case !e.m.Has("Sec-WebSocket-Extensions"):
		return ""
	case !e.offersExtensions():
		return "no extensions supported"
	case e.brokenExtensions():
		return strings.TrimRight("invalid Sec-WebSocket-Extensions header: expected token at … in "+e.m.Get("Sec-WebSocket-Extensions"), " ")
	}
	taken := false
	for _, x := range e.extensions() {
		if f, _ := x.deflateFault(); x.name != deflate || taken || f != deflateFine {
			return "Unsupported extension: name = " + x.name + ", params = " + pythonParams(x.params)
		}
		taken = true
	}
	return ""
}

// pythonParams writes parameters as a Python list.
func pythonParams(params []extensionParam) string {
	var list []string
	for _, p := range params {
		value := "None"
		if p.hasValue {
			value = "'" + p.value + "'"
		}
		list = append(list, "('"+p.name+"', "+value+")")
	}
	return "[" + strings.Join(list, ", ") + "]"
}

func pythonProtocol(e *encounter) string {
	sent := texts(field.Elements(e.m.Values("Sec-WebSocket-Protocol")...))
	switch {
	case !e.m.Has("Sec-WebSocket-Protocol"):
		return ""
	case len(e.offered()) == 0:
		return "no subprotocols supported"
	case len(sent) == 0:
		return "invalid Sec-WebSocket-Protocol header: expected token at 0 in"
	case len(sent) > 1:
		return "multiple subprotocols: " + strings.Join(sent, ", ")
	case !coveredBy(e.offered(), sent[0]):
		return "unsupported subprotocol: " + sent[0]
	}
	return ""
}

func pythonSession(e *encounter) string {
	if _, ok := e.offence(); ok {
		return "" // it says so only once the server has closed, too
	}
	if code, reason, ok := e.closing(); ok {
		said := pythonClose(code, reason)
		return "received " + said + "; then sent " + said
	}
	if e.cut != notCut {
		return "no close frame received or sent"
	}
	return ""
}

func pythonClose(code uint16, reason string) string {
	names := map[uint16]string{
		1000: "OK", 1001: "going away", 1002: "protocol error", 1003: "unsupported type", 1005: "no status code [internal]",
		1007: "invalid data", 1008: "policy violation", 1009: "message too big", 1010: "extension required",
		1011: "unexpected error", 1012: "service restart", 1013: "try again later", 1014: "bad gateway",
	}
	name, ok := names[code]
	switch {
	case ok:
	case code >= 3000 && code < 4000:
		name = "registered"
	case code >= 4000 && code < 5000:
		name = "private use"
	default:
		name = "unknown"
	}
	return strings.TrimSpace(fmt.Sprintf("%d (%s) %s", code, name, reason))
}
