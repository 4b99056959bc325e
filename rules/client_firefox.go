package rules

import "github.com/handshark/handshark/analyzer/field"

// Firefox says the same of everything before the connection is open.
func firefoxConnect(e *encounter) string {
	if e.h.Request == nil {
		return firefoxCannotReach + "…." // the URL is not known
	}
	return firefoxCannot(e)
}

const firefoxCannotReach = "Firefox can’t establish a connection to the server at "

func firefoxCannot(e *encounter) string {
	return firefoxCannotReach + e.location("ws") + "."
}

func firefoxAnswer(e *encounter) string { return firefoxCannot(e) }
func firefoxStatus(e *encounter) string { return firefoxCannot(e) }

func firefoxSwitched(e *encounter) string {
	major, minor, ok := e.m.HTTPVersion()
	switch {
	case !ok || major == 1 && minor == 0,
		!e.hasToken("Upgrade", "websocket"), !e.hasToken("Connection", "upgrade"),
		e.value("Sec-WebSocket-Accept") != field.Accept(e.key):
		return firefoxCannot(e)
	}
	return firefoxAgreed(e)
}

// firefoxAgreed is what it checks in HTTP/2, too.
func firefoxAgreed(e *encounter) string {
	offered := e.offered()
	other := e.m.Has("Sec-WebSocket-Protocol") && len(offered) > 0 && !coveredBy(offered, e.value("Sec-WebSocket-Protocol"))
	if other || firefoxExtensions(e) {
		return firefoxCannot(e)
	}
	return ""
}

// firefoxExtensions reports whether it objects to the extensions.
func firefoxExtensions(e *encounter) bool {
	all := e.extensions()
	for i := range all {
		if f, _ := all[i].deflateFault(); all[i].name != deflate || f != deflateFine {
			return true
		}
	}
	return len(all) > 1
}

// firefoxSession tells what Firefox says of an open connection: of an end without a
// Close frame it says nothing, as its page gets an event.
func firefoxSession(e *encounter) string {
	if s, ok := e.firstWrong((*sight).wrongToFirefox); ok {
		return firefoxFault(e, &s)
	}
	if code, reason, ok := e.closing(); ok {
		return closeEvent(code, reason)
	}
	switch e.cut {
	case cutReset:
		if e.h.HTTP2 == nil {
			return firefoxInterrupted(e)
		}
	case cutClosed:
		return closeEvent(1006, "")
	case notCut:
	}
	return ""
}

func firefoxInterrupted(e *encounter) string {
	return "The connection to " + e.location("ws") + " was interrupted while the page was loading."
}

// wrongToFirefox is wrong, but for the mask: it takes masked frames.
func (s *sight) wrongToFirefox() bool {
	unmasked := *s
	unmasked.masked = false
	return unmasked.wrong()
}

// firefoxFault gives its words for a frame, which it looks at once it is complete. What
// it sees in the first octet it says before the connection counts as open, if the frame
// came with the 101.
func firefoxFault(e *encounter, s *sight) string {
	early := s.rsv[0] && !s.compressible() || s.rsv[1] || s.rsv[2] || s.opcode.Control() && !s.fin
	switch {
	case !s.complete && e.cut == cutClosed:
		return closeEvent(1006, "")
	case !s.complete:
		return ""
	case early && s.ref == e.m.Last:
		return firefoxCannot(e)
	}
	return firefoxInterrupted(e)
}
