package rules

import (
	"strings"

	"github.com/handshark/handshark/analyzer/field"
)

// accepted extension of a 101.
type extension struct {
	name   string
	params []extensionParam
	bad    bool // does not follow the grammar
}

type extensionParam struct {
	name, value string
	hasValue    bool
}

const deflate = "permessage-deflate"

// extensions takes the extensions of the 101 apart (RFC 6455 section 9.1).
func (e *encounter) extensions() []extension {
	var all []extension
	for _, element := range field.Elements(e.m.Values("Sec-WebSocket-Extensions")...) {
		parts := strings.Split(element.Text, ";")
		x := extension{name: strings.TrimSpace(parts[0])}
		x.bad = !field.IsToken(x.name)
		for _, p := range parts[1:] {
			name, value, has := strings.Cut(strings.TrimSpace(p), "=")
			value = strings.Trim(value, `"`)
			x.bad = x.bad || !field.IsToken(name) || has && !field.IsToken(value)
			x.params = append(x.params, extensionParam{name, value, has})
		}
		all = append(all, x)
	}
	return all
}

// broken reports whether the extension field of the 101 is there and does not
// follow the grammar, or is empty.
func (e *encounter) brokenExtensions() bool {
	all := e.extensions()
	for i := range all {
		if all[i].bad {
			return true
		}
	}
	return len(all) == 0 && e.m.Has("Sec-WebSocket-Extensions")
}

// deflateFault is what is wrong with one parameter list of permessage-deflate.
type deflateFault uint8

const (
	deflateFine deflateFault = iota
	deflateUnknown
	deflateTwice
	deflateTakeoverValue
	deflateBits
	deflateNoBits // client_max_window_bits without a value
)

// deflateFault gives the first fault of the parameters and the parameter.
func (x *extension) deflateFault() (deflateFault, string) {
	seen := map[string]bool{}
	for _, p := range x.params {
		f := p.fault()
		switch {
		case f == deflateUnknown:
			return f, p.name
		case seen[p.name]:
			return deflateTwice, p.name
		case f != deflateFine:
			return f, p.name
		}
		seen[p.name] = true
	}
	return deflateFine, ""
}

func (p *extensionParam) fault() deflateFault {
	switch p.name {
	case "server_no_context_takeover", "client_no_context_takeover":
		if p.hasValue {
			return deflateTakeoverValue
		}
	case "server_max_window_bits", "client_max_window_bits":
		n, ok := field.Decimal(p.value)
		switch {
		case !p.hasValue && p.name == "client_max_window_bits":
			return deflateNoBits
		case !ok || n < 8 || n > 15:
			return deflateBits
		}
	default:
		return deflateUnknown
	}
	return deflateFine
}

func (x *extension) has(param string) bool {
	for _, p := range x.params {
		if p.name == param {
			return true
		}
	}
	return false
}
