package frame

import (
	"encoding/binary"
	"strconv"
)

// NoStatus is the code of a Close frame without a body (RFC 6455 section 7.1.5).
const NoStatus CloseCode = 1005

// ParseClose reads the payload of a Close frame (RFC 6455 section 5.5.1). An
// empty one gives NoStatus; one of a single octet is not ok. reason is part of
// payload and need not be UTF-8.
func ParseClose(payload []byte) (code CloseCode, reason []byte, ok bool) {
	switch len(payload) {
	case 0:
		return NoStatus, nil, true
	case 1:
		return NoStatus, nil, false
	}
	return CloseCode(binary.BigEndian.Uint16(payload)), payload[2:], true
}

// Name gives the meaning of a registered code (RFC 6455 section 7.4.1 and the
// IANA registry), "" for any other.
func (c CloseCode) Name() string {
	if c >= 1000 && c <= 1015 {
		return [...]string{
			"normal closure", "going away", "protocol error", "unsupported data", "", "no status received",
			"abnormal closure", "invalid frame payload data", "policy violation", "message too big",
			"mandatory extension", "internal error", "service restart", "try again later", "bad gateway",
			"TLS handshake",
		}[c-1000]
	}
	switch c {
	case 3000:
		return "unauthorized"
	case 3003:
		return "forbidden"
	case 3008:
		return "timeout"
	}
	return ""
}

// Sendable reports whether an endpoint may put c into a Close frame: a code that
// is registered for it, or one of the ranges for libraries (3000 to 3999) and
// applications (4000 to 4999) (RFC 6455 section 7.4.2).
func (c CloseCode) Sendable() bool {
	switch {
	case c == 1004 || c == NoStatus || c == 1006 || c == 1015:
		return false
	}
	return c >= 1000 && c <= 1014 || c >= 3000 && c <= 4999
}

// String gives the name of the opcode as RFC 6455 spells it, or its number.
func (o Opcode) String() string {
	switch o {
	case Continuation:
		return "continuation"
	case Text:
		return "text"
	case Binary:
		return "binary"
	case Close:
		return "close"
	case Ping:
		return "ping"
	case Pong:
		return "pong"
	}
	return "0x" + strconv.FormatUint(uint64(o), 16)
}
