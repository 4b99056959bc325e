package rules

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/analyzer/frame"
)

// goConnect is what Go's net and crypto/tls say.
func goConnect(e *encounter) string {
	if e.h.TLS != nil {
		return goTLS(e)
	}
	switch e.refusal() {
	case refused:
		return "dial tcp " + e.to() + ": connect: connection refused"
	case noHost:
		return "dial tcp " + e.to() + ": connect: no route to host"
	case noNet:
		return "dial tcp " + e.to() + ": connect: network is unreachable"
	case unanswered:
		return "dial tcp " + e.to() + ": i/o timeout"
	case notRefused:
	}
	return ""
}

func goTLS(e *encounter) string {
	t := e.secured()
	switch {
	case t.alerted:
		return "remote error: tls: " + t.alert.goText
	case t.plain:
		return "tls: first record does not look like a TLS handshake"
	case t.rejected == unknownCA:
		return "tls: failed to verify certificate: x509: certificate signed by unknown authority"
	case t.rejected == expired:
		return "tls: failed to verify certificate: x509: certificate has expired or is not yet valid: …"
	case t.rejected == otherName:
		return "tls: failed to verify certificate: x509: certificate is valid for " + strings.Join(t.names, ", ") + ", not " + t.host
	case t.rejected != notRejected:
		return ""
	}
	return goCut(e, "EOF")
}

// goCut is what a read says when the connection ends.
func goCut(e *encounter, closed string) string {
	switch e.cut {
	case cutReset:
		return fmt.Sprintf("read tcp %s->%s: read: connection reset by peer", e.from(), e.to())
	case cutClosed:
		return closed
	case notCut:
	}
	return ""
}

func goAnswer(e *encounter) string {
	if e.silent() {
		return fmt.Sprintf("read tcp %s->%s: i/o timeout", e.from(), e.to())
	}
	return goResponse(e, "unexpected EOF")
}

// goResponse is what net/http says of a response that it cannot read.
func goResponse(e *encounter, closed string) string {
	if e.torn() {
		return goCut(e, closed)
	}
	line := e.firstLine()
	_, status, ok := strings.Cut(line, " ")
	if !ok {
		return "malformed HTTP response " + strconv.Quote(line)
	}
	code, _, _ := strings.Cut(strings.TrimLeft(status, " "), " ")
	if _, err := strconv.Atoi(code); len(code) != 3 || err != nil {
		return "malformed HTTP status code " + strconv.Quote(code)
	}
	return ""
}

// goField is what net/http says of a field line without a colon.
func goField(e *encounter) string {
	if line, ok := e.brokenField(); ok {
		return "malformed MIME header: missing colon: " + strconv.Quote(line)
	}
	return ""
}

const badHandshake = "websocket: bad handshake"

func gorillaStatus(*encounter) string { return badHandshake }

func gorillaSwitched(e *encounter) string {
	if text := goField(e); text != "" {
		return text
	}
	if !e.hasToken("Upgrade", "websocket") || !e.hasToken("Connection", "upgrade") || !e.accepted() {
		return badHandshake
	}
	offer := strings.Join(e.h.Request.Values("Sec-WebSocket-Extensions"), ",")
	own := strings.Contains(offer, "server_no_context_takeover") && strings.Contains(offer, "client_no_context_takeover")
	for _, x := range e.extensions() {
		if x.bad || x.name != deflate || !own {
			continue
		}
		if !x.has("server_no_context_takeover") || !x.has("client_no_context_takeover") {
			return "websocket: invalid compression negotiation"
		}
		break
	}
	return ""
}

func gorillaSession(e *encounter) string {
	if s, ok := e.offence(); ok {
		return "websocket: " + strings.Join(gorillaFaults(&s), ", ")
	}
	if code, reason, ok := e.closing(); ok {
		return gorillaClose(code, reason)
	}
	return goCut(e, "websocket: close 1006 (abnormal closure): unexpected EOF")
}

// gorillaFaults lists what it objects to in a frame, in its order.
func gorillaFaults(s *sight) (list []string) {
	say := func(when bool, text string) {
		if when {
			list = append(list, text)
		}
	}
	say(s.rsv[0] && !s.compressible(), "RSV1 set")
	say(s.rsv[1], "RSV2 set")
	say(s.rsv[2], "RSV3 set")
	switch {
	case !s.known():
		say(true, fmt.Sprintf("bad opcode %d", s.opcode))
	case s.opcode.Control():
		say(s.length > 125, "len > 125 for control")
		say(!s.fin, "FIN not set on control")
	case s.opcode == frame.Continuation:
		say(!s.continues, "continuation after FIN")
	default:
		say(s.continues, "data before FIN")
	}
	say(s.masked, "bad MASK")
	return list
}

func gorillaClose(code uint16, reason string) string {
	names := map[uint16]string{
		1000: "normal", 1001: "going away", 1002: "protocol error", 1003: "unsupported data", 1005: "no status",
		1006: "abnormal closure", 1007: "invalid payload data", 1008: "policy violation", 1009: "message too big",
		1010: "mandatory extension missing", 1011: "internal server error", 1015: "TLS handshake error",
	}
	text := fmt.Sprintf("websocket: close %d", code)
	if name, ok := names[code]; ok {
		text += " (" + name + ")"
	}
	if reason != "" {
		text += ": " + reason
	}
	return text
}

// coder/websocket goes through net/http's client, which wraps what goes wrong.
const (
	coderPrefix  = "failed to WebSocket dial: "
	coderSend    = coderPrefix + "failed to send handshake request: Get "
	coderViolate = coderPrefix + "WebSocket protocol violation: "
)

func coderGet(e *encounter, text string) string {
	if text == "" {
		return ""
	}
	return coderSend + strconv.Quote(e.location("http")) + ": " + text
}

func coderConnect(e *encounter) string {
	if e.h.TLS == nil {
		return coderGet(e, goConnect(e))
	}
	// The URL is inside of the TLS that never came about.
	return ""
}

func coderAnswer(e *encounter) string {
	switch {
	case e.silent():
		return coderGet(e, "context deadline exceeded")
	case e.torn() && e.m == nil:
		return coderGet(e, goCut(e, "EOF"))
	}
	return coderBroken(e, goResponse(e, "unexpected EOF"))
}

func coderBroken(e *encounter, text string) string {
	if text == "" || e.cut == cutReset && e.torn() {
		return coderGet(e, text)
	}
	return coderGet(e, "net/http: HTTP/1.x transport connection broken: "+text)
}

func coderStatus(e *encounter) string {
	if e.m.Status/100 == 3 && e.m.Has("Location") {
		return "" // it follows
	}
	return fmt.Sprintf(coderPrefix+"expected handshake response status code 101 but got %d", e.m.Status)
}

func coderSwitched(e *encounter) string {
	accept := e.m.Get("Sec-WebSocket-Accept")
	switch {
	case goField(e) != "":
		return coderBroken(e, goField(e))
	case !e.hasToken("Connection", "upgrade"):
		return fmt.Sprintf(coderViolate+"Connection header %q does not contain Upgrade", e.m.Get("Connection"))
	case !e.hasToken("Upgrade", "websocket"):
		return fmt.Sprintf(coderViolate+"Upgrade header %q does not contain websocket", e.m.Get("Upgrade"))
	case !e.accepted():
		return fmt.Sprintf(coderViolate+"invalid Sec-WebSocket-Accept %q, key %q", accept, e.key)
	}
	if p := e.m.Get("Sec-WebSocket-Protocol"); p != "" && !anyFold(e.offered(), p) {
		return fmt.Sprintf(coderViolate+"unexpected Sec-WebSocket-Protocol from server: %q", p)
	}
	return coderExtensions(e)
}

func anyFold(list []string, s string) bool {
	for _, x := range list {
		if field.EqualFold(x, s) {
			return true
		}
	}
	return false
}

func coderExtensions(e *encounter) string {
	all := e.extensions()
	if len(all) == 0 {
		return ""
	}
	if all[0].name != deflate || len(all) > 1 || !e.offersExtensions() {
		return coderPrefix + "WebSocket protcol violation: unsupported extensions from server: " + coderList(all[1:])
	}
	for _, p := range all[0].params {
		text := p.name
		if p.hasValue {
			text += "=" + p.value
		}
		switch {
		case text == "client_no_context_takeover", text == "server_no_context_takeover",
			strings.HasPrefix(text, "server_max_window_bits="):
		default:
			return fmt.Sprintf(coderPrefix+"unsupported permessage-deflate parameter: %q", text)
		}
	}
	return ""
}

func coderList(all []extension) string {
	var list []string
	for _, x := range all {
		var params []string
		for _, p := range x.params {
			if p.hasValue {
				p.name += "=" + p.value
			}
			params = append(params, p.name)
		}
		list = append(list, "{name:"+x.name+" params:["+strings.Join(params, " ")+"]}")
	}
	return "[" + strings.Join(list, " ") + "]"
}

func coderSession(e *encounter) string {
	if s, ok := e.offence(); ok {
		if s.rsv[0] && !s.compressible() || s.rsv[1] || s.rsv[2] {
			return fmt.Sprintf("failed to get reader: received header with unexpected rsv bits set: %t:%t:%t", s.rsv[0], s.rsv[1], s.rsv[2])
		}
		return ""
	}
	if code, reason, ok := e.closing(); ok {
		return fmt.Sprintf("failed to get reader: received close frame: status = %s and reason = %q", coderCode(code), reason)
	}
	if text := goCut(e, "EOF"); text != "" {
		return "failed to get reader: failed to read frame header: " + text
	}
	return ""
}

func coderCode(code uint16) string {
	names := map[uint16]string{
		1000: "NormalClosure", 1001: "GoingAway", 1002: "ProtocolError", 1003: "UnsupportedData", 1005: "NoStatusRcvd",
		1007: "InvalidFramePayloadData", 1008: "PolicyViolation", 1009: "MessageTooBig", 1010: "MandatoryExtension",
		1011: "InternalError", 1012: "ServiceRestart", 1013: "TryAgainLater", 1014: "BadGateway",
	}
	if name, ok := names[code]; ok {
		return "Status" + name
	}
	return fmt.Sprintf("StatusCode(%d)", code)
}
