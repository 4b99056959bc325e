package rules

import (
	"fmt"
	"strings"

	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/analyzer/frame"
)

func nodeConnect(e *encounter) string {
	if e.h.TLS != nil {
		return nodeTLS(e)
	}
	word := map[refusal]string{refused: "ECONNREFUSED", noHost: "EHOSTUNREACH", noNet: "ENETUNREACH", unanswered: "ETIMEDOUT"}[e.refusal()]
	if word == "" {
		return ""
	}
	return "connect " + word + " " + strings.NewReplacer("[", "", "]", "").Replace(e.to())
}

func nodeTLS(e *encounter) string {
	t := e.secured()
	switch {
	case t.alerted:
		return "write EPROTO …" + t.alert.openSSL + "…"
	case t.plain:
		return "write EPROTO …wrong version number…"
	case t.rejected == unknownCA && t.leafOnly:
		return "self-signed certificate"
	case t.rejected == unknownCA:
		return "unable to verify the first certificate"
	case t.rejected == expired:
		return "certificate has expired"
	case t.rejected == otherName:
		return "Hostname/IP does not match certificate's altnames: Host: " + t.host + ". is not in the cert's altnames: …"
	case t.rejected == notRejected && e.cut == cutClosed:
		return "Client network socket disconnected before secure TLS connection was established"
	}
	return ""
}

func nodeAnswer(e *encounter) string {
	switch {
	case e.silent():
		return "Opening handshake has timed out"
	case e.torn() && e.cut == cutReset:
		return "read ECONNRESET"
	case e.torn():
		return "socket hang up"
	case !strings.HasPrefix(e.first(), "HTTP/"):
		return "Parse Error: Expected HTTP/, RTSP/ or ICE/"
	}
	return "Parse Error: Invalid status code"
}

func nodeStatus(e *encounter) string {
	return fmt.Sprintf("Unexpected server response: %d", e.m.Status)
}

func nodeSwitched(e *encounter) string {
	_, broken := e.brokenField()
	switch {
	case broken:
		return "Parse Error: Invalid header token"
	case !e.m.Has("Upgrade") || !e.hasToken("Connection", "upgrade"):
		return nodeStatus(e) // Node's parser sees no upgrade and hands on a response
	case !strings.EqualFold(e.value("Upgrade"), "websocket"):
		return "Invalid Upgrade header"
	case e.value("Sec-WebSocket-Accept") != field.Accept(e.key):
		return "Invalid Sec-WebSocket-Accept header"
	}
	if text := nodeProtocol(e); text != "" {
		return text
	}
	return nodeExtensions(e)
}

func nodeProtocol(e *encounter) string {
	offered := e.offered()
	switch sent := e.m.Has("Sec-WebSocket-Protocol"); {
	case sent && len(offered) == 0:
		return "Server sent a subprotocol but none was requested"
	case sent && !coveredBy(offered, e.value("Sec-WebSocket-Protocol")):
		return "Server sent an invalid subprotocol"
	case !sent && len(offered) > 0:
		return "Server sent no subprotocol"
	}
	return ""
}

func coveredBy(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

func nodeExtensions(e *encounter) string {
	const invalid = "Invalid Sec-WebSocket-Extensions header"
	if !e.m.Has("Sec-WebSocket-Extensions") {
		return ""
	}
	all := e.extensions()
	switch {
	case !e.offersExtensions():
		return "Server sent a Sec-WebSocket-Extensions header but no extension was requested"
	case e.brokenExtensions():
		return invalid
	}
	for i := range all {
		if all[i].name != deflate {
			return "Server indicated an extension that was not requested"
		}
	}
	// Of several it looks at the first.
	if f, _ := all[0].deflateFault(); f != deflateFine {
		return invalid
	}
	return ""
}

func nodeSession(e *encounter) string {
	if s, ok := e.offence(); ok {
		return "Invalid WebSocket frame: " + nodeFault(&s)
	}
	if code, reason, ok := e.closing(); ok {
		return closeEvent(code, reason)
	}
	if e.cut != notCut {
		return closeEvent(1006, "")
	}
	return ""
}

// closeEvent is the close event that ws and browsers give.
func closeEvent(code uint16, reason string) string {
	return strings.TrimSpace(fmt.Sprintf("close %d %s", code, reason))
}

func nodeFault(s *sight) string {
	switch {
	case s.rsv[1] || s.rsv[2]:
		return "RSV2 and RSV3 must be clear"
	case s.rsv[0] && !s.compressible():
		return "RSV1 must be clear"
	case !s.known(), s.opcode == frame.Continuation && !s.continues, s.data() && s.continues:
		return fmt.Sprintf("invalid opcode %d", s.opcode)
	case s.opcode.Control() && !s.fin:
		return "FIN must be set"
	case s.opcode.Control() && s.length > 125:
		return fmt.Sprintf("invalid payload length %d", s.length)
	}
	return "MASK must be clear"
}
