package field

import (
	"net/netip"
	"strings"
)

// HostFault says why a Host value is not uri-host [ ":" port ] (RFC 9112 section
// 3.2, RFC 3986 section 3.2.2).
type HostFault uint8

// Faults of a Host value.
const (
	HostValid     HostFault = iota
	HostEmpty               // no value: legal only for a target without an authority
	HostScheme              // holds "://"
	HostUserinfo            // holds "@"
	HostList                // holds "," outside of what a name may hold
	HostPath                // holds "/", "?" or "#"
	HostOctet               // another octet that no name may hold, or a broken %-escape
	HostBrackets            // "[" and "]" do not match, or what they hold is no IP literal
	HostBareIPv6            // IPv6 address without brackets
	HostEmptyPort           // ":" without a port; allowed by RFC 3986, refused by some servers
	HostBadPort             // port is no number of 1 to 65535 in at most five digits
	HostNoName              // port without a name before it
)

// Host is a Host value or the authority of a URI without userinfo.
type Host struct {
	Name       string // as written, brackets included
	Port       string // as written; "" if there is none
	HasPort    bool   // a ":" was there
	PortNumber uint16 // 0 unless Port is valid
	Addr       netip.Addr
	Fault      HostFault
}

// IsIP reports whether the name is an IP literal.
func (h *Host) IsIP() bool { return h.Addr.IsValid() }

// ParseHost reads a Host value that has been trimmed. Name and Port hold what
// could be told apart even if there is a fault.
func ParseHost(s string) Host {
	h := splitHost(s)
	h.Fault = h.check(s)
	return h
}

// HostName gives the Name that ParseHost gives, for less.
func HostName(s string) string {
	name, _, _ := cutPort(s)
	return name
}

func cutPort(s string) (name, port string, hasPort bool) {
	first := strings.IndexByte(s, ':')
	if first < 0 {
		return s, "", false
	}
	colon, bracket := strings.LastIndexByte(s, ':'), strings.LastIndexByte(s, ']')
	if colon > bracket && (bracket > 0 || first == colon) {
		return s[:colon], s[colon+1:], true
	}
	return s, "", false
}

func splitHost(s string) Host {
	var h Host
	h.Name, h.Port, h.HasPort = cutPort(s)
	if h.HasPort {
		h.PortNumber = portNumber(h.Port)
	}
	addr := h.Name
	if len(addr) > 2 && addr[0] == '[' && addr[len(addr)-1] == ']' {
		addr = addr[1 : len(addr)-1]
	}
	// A zone has no place in a URI (RFC 9844 took it out).
	if a, err := netip.ParseAddr(addr); err == nil && a.Zone() == "" {
		h.Addr = a
	}
	return h
}

func (h *Host) check(s string) HostFault {
	switch {
	case s == "":
		return HostEmpty
	case strings.Contains(s, "://"):
		return HostScheme
	case strings.Contains(s, "@"):
		return HostUserinfo
	case strings.ContainsAny(s, "/?#"):
		return HostPath
	case strings.ContainsAny(s, "[]"):
		if fault := h.checkLiteral(); fault != HostValid {
			return fault
		}
	case h.Addr.Is6():
		return HostBareIPv6
	case strings.Contains(s, ","):
		return HostList
	case strings.Contains(h.Name, ":"):
		return HostBadPort
	case !isRegName(h.Name):
		return HostOctet
	case h.Name == "":
		return HostNoName
	}
	return h.checkPort()
}

func (h *Host) checkLiteral() HostFault {
	n := len(h.Name)
	switch {
	case n < 3 || h.Name[0] != '[' || h.Name[n-1] != ']':
		return HostBrackets
	case !h.Addr.Is6() && !isFutureLiteral(h.Name[1:n-1]):
		return HostBrackets
	}
	return HostValid
}

// isFutureLiteral matches IPvFuture of RFC 3986 section 3.2.2.
func isFutureLiteral(s string) bool {
	version, rest, ok := strings.Cut(s, ".")
	return ok && len(version) > 1 && lower(version[0]) == 'v' && rest != "" && isRegName(strings.ReplaceAll(rest, ":", ""))
}

func (h *Host) checkPort() HostFault {
	switch {
	case !h.HasPort:
		return HostValid
	case h.Port == "":
		return HostEmptyPort
	case h.PortNumber == 0:
		return HostBadPort
	}
	return HostValid
}

// portNumber gives 0 for what is no port.
func portNumber(s string) uint16 {
	if len(s) > 5 {
		return 0
	}
	n := 0
	for i := range len(s) {
		if s[i]-'0' > 9 {
			return 0
		}
		n = n*10 + int(s[i]-'0')
	}
	if n > 65535 {
		return 0
	}
	return uint16(n)
}

// isRegName matches reg-name of RFC 3986 section 3.2.2, which may be empty.
func isRegName(s string) bool {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case isAlnum(c), strings.IndexByte("-._~!$&'()*+,;=", c) >= 0:
		case c == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			i += 2
		default:
			return false
		}
	}
	return true
}

func isHex(c byte) bool { return c-'0' <= 9 || (c|0x20)-'a' <= 5 }
