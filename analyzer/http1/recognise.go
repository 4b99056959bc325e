package http1

import "bytes"

// maxMethod bounds how far a request line is searched for the end of its
// method: a path glued to the method must still be seen as HTTP.
const maxMethod = 256

// hopeless reports that b, the first bytes of a start line, cannot become one,
// whatever follows. Once it is true for some bytes it is true for all longer ones.
func hopeless(kind Kind, b []byte) bool {
	if kind == Response {
		n := min(len(b), len("HTTP/"))
		return !equalFold(b[:n], "HTTP/"[:n]) && !allCR(b)
	}
	if allCR(b) {
		return false
	}
	for len(b) > 0 && isBlank(b[0]) {
		b = b[1:]
	}
	for i, c := range b {
		switch {
		case c <= 0x20 && i > 0 && (isBlank(c) || c == '\r' || c == '\n'):
			return false
		case c <= 0x20 || c > 0x7E || i >= maxMethod:
			return true
		}
	}
	return false
}

// allCR: a CR may yet become the line end of an empty line.
func allCR(b []byte) bool { return len(b) > 0 && len(bytes.TrimLeft(b, "\r")) == 0 }

// isStartLine reports whether a whole line starts a message, well formed or not.
func isStartLine(kind Kind, line []byte) bool {
	if hopeless(kind, line) {
		return false
	}
	if kind == Response {
		return len(line) >= len("HTTP/")
	}
	method, last := firstWord(line), lastWord(line)
	switch {
	case string(line) == "PRI * HTTP/2.0": // RFC 9113 section 3.4
		return false
	case len(method) == len(bytes.Trim(line, " \t")):
		// STOMP opens with a line "CONNECT".
		return knownMethod(method) && string(method) != "CONNECT"
	case hasPrefixFold(last, "HTTP/"):
		return true
	case hasPrefixFold(last, "RTSP/"), hasPrefixFold(last, "SIP/"), hasPrefixFold(last, "ICAP/"):
		return false
	}
	return knownMethod(method)
}

// mayStart judges the beginning of a start line when no more bytes will come.
// The preface of HTTP/2 is no start line, however little of it there is to see
// after its method.
func mayStart(kind Kind, b []byte) bool {
	if hopeless(kind, b) || allCR(b) {
		return false
	}
	if kind == Response {
		return true
	}
	method := firstWord(b)
	if len(method) == len(bytes.TrimLeft(b, " \t")) {
		return methodPrefix(method)
	}
	return knownMethod(method) || isStartLine(kind, b)
}

// resumes reports whether b, after lost bytes, starts a message beyond doubt or
// may do so with more bytes. It is stricter than hopeless: b may be the middle
// of anything.
func resumes(kind Kind, b []byte) bool {
	if kind == Response {
		n := min(len(b), len("HTTP/1."))
		return string(b[:n]) == "HTTP/1."[:n]
	}
	method := firstWord(b)
	if len(method) == len(b) {
		return methodPrefix(method)
	}
	return b[len(method)] == ' ' && knownMethod(method)
}

// StartsRequest reports whether data begins with a well-known method and a SP:
// for a caller that looks for a request in the middle of a stream.
func StartsRequest(data []byte) bool {
	method := firstWord(data)
	return len(method) < len(data) && resumes(Request, data)
}

func firstWord(b []byte) []byte {
	for len(b) > 0 && isBlank(b[0]) {
		b = b[1:]
	}
	for i, c := range b {
		if isBlank(c) {
			return b[:i]
		}
	}
	return b
}

func lastWord(b []byte) []byte {
	for len(b) > 0 && isBlank(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	for i := len(b) - 1; i >= 0; i-- {
		if isBlank(b[i]) {
			return b[i+1:]
		}
	}
	return b
}

func hasPrefixFold(b []byte, prefix string) bool {
	return len(b) >= len(prefix) && equalFold(b[:len(prefix)], prefix)
}

// methods are those of the IANA registry that a client in the field sends, and
// a few others that are common. Read only.
var methods = [...]string{
	"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY",
	"PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", "REPORT", "SEARCH",
	"PURGE", "NOTIFY", "SUBSCRIBE", "UNSUBSCRIBE", "M-SEARCH",
}

func knownMethod(b []byte) bool {
	if string(b) == "GET" {
		return true
	}
	for _, m := range methods {
		if string(b) == m {
			return true
		}
	}
	return false
}

func methodPrefix(b []byte) bool {
	for _, m := range methods {
		if len(b) > 0 && len(b) <= len(m) && string(b) == m[:len(b)] {
			return true
		}
	}
	return false
}
