package field

import "strings"

// OriginFault says why a value is no serialized origin (RFC 6454 section 6.2).
type OriginFault uint8

// Faults of an origin.
const (
	OriginValid    OriginFault = iota
	OriginEmpty                // no value
	OriginNoScheme             // no "://", or what stands before it is no scheme
	OriginUserinfo             // holds "@"
	OriginPath                 // a path, query or fragment follows, if only "/"
	OriginHost                 // host is empty or invalid
	OriginPort                 // port is empty or no port
	OriginCase                 // scheme or host in upper case: serializations are lower case
)

// Origin is one origin of an Origin field.
type Origin struct {
	Text   string // as written
	Null   bool   // "null": an opaque origin
	Scheme string
	Host   Host
	Fault  OriginFault
}

// ParseOrigins reads an Origin value, which RFC 6454 section 7.1 lets be a list
// separated by SP. An empty value gives one element with OriginEmpty.
func ParseOrigins(value string) []Origin {
	var out []Origin
	for part := range strings.FieldsFuncSeq(value, func(r rune) bool { return r == ' ' || r == '\t' }) {
		out = append(out, ParseOrigin(part))
	}
	if out == nil {
		return []Origin{{Fault: OriginEmpty}}
	}
	return out
}

// ParseOrigin reads one origin: "null" or scheme "://" host [ ":" port ].
func ParseOrigin(s string) Origin {
	o := Origin{Text: s, Null: s == "null"}
	if o.Null {
		return o
	}
	scheme, rest, ok := strings.Cut(s, "://")
	if !ok || !isScheme(scheme) {
		o.Fault = OriginNoScheme
		if s == "" {
			o.Fault = OriginEmpty
		}
		return o
	}
	o.Scheme = scheme
	authority := rest
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		authority, o.Fault = rest[:end], OriginPath
	}
	o.Host = ParseHost(authority)
	if fault := o.authorityFault(); fault != OriginValid && o.Fault == OriginValid {
		o.Fault = fault
	}
	return o
}

func (o *Origin) authorityFault() OriginFault {
	switch o.Host.Fault {
	case HostValid:
		if strings.ToLower(o.Scheme) != o.Scheme || strings.ToLower(o.Host.Name) != o.Host.Name {
			return OriginCase
		}
		return OriginValid
	case HostUserinfo:
		return OriginUserinfo
	case HostEmptyPort, HostBadPort:
		return OriginPort
	}
	return OriginHost
}

// PortNumber gives the port, the default one of the scheme if none is written;
// 0 if it is not known.
func (o *Origin) PortNumber() uint16 {
	if o.Host.HasPort {
		return o.Host.PortNumber
	}
	return DefaultPort(o.Scheme)
}

// DefaultPort gives the port of an http, https, ws or wss URI without one; 0
// for other schemes.
func DefaultPort(scheme string) uint16 {
	switch strings.ToLower(scheme) {
	case "http", "ws":
		return 80
	case "https", "wss":
		return 443
	}
	return 0
}

// isScheme matches scheme of RFC 3986 section 3.1.
func isScheme(s string) bool {
	for i := range len(s) {
		if !isAlnum(s[i]) && strings.IndexByte("+-.", s[i]) < 0 {
			return false
		}
	}
	return s != "" && (s[0]|0x20)-'a' <= 'z'-'a'
}
