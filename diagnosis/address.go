package diagnosis

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/capture"
)

// Address selects endpoints: an address or a name, with or without a port, or a
// port alone.
type Address struct {
	Prefix netip.Prefix // valid only if Name is empty; the zero Prefix matches every address
	Name   string       // DNS name: matches the addresses that are called so in the handshake (Host, SNI, CONNECT target) or in DNS answers
	Port   uint16       // 0 = any
}

// ParseAddress reads "192.0.2.1", "192.0.2.0/24", "192.0.2.1:80",
// "[2001:db8::1]:80", "2001:db8::1", "example.test:443" or ":8080".
func ParseAddress(s string) (Address, error) {
	host, port, err := splitPort(s)
	if err != nil {
		return Address{}, err
	}
	a := Address{Port: port}
	if host == "" && port != 0 {
		return a, nil
	}
	if p, err := netip.ParsePrefix(host); err == nil {
		a.Prefix = unmapped(p).Masked()
	} else if ip, err := netip.ParseAddr(host); err == nil {
		ip = ip.Unmap()
		a.Prefix = netip.PrefixFrom(ip, ip.BitLen())
	} else if host == "" || strings.ContainsAny(host, "/:[]") {
		return Address{}, fmt.Errorf("address %q is none: want an address, a prefix, a name or :PORT", s)
	} else {
		a.Name = strings.ToLower(host)
	}
	return a, nil
}

// unmapped gives a prefix of IPv4 addresses written as IPv6 ones as what it is:
// packets have IPv4 addresses.
func unmapped(p netip.Prefix) netip.Prefix {
	if ip := p.Addr(); ip.Is4In6() && p.Bits() >= 96 {
		return netip.PrefixFrom(ip.Unmap(), p.Bits()-96)
	}
	return p
}

func splitPort(s string) (host string, port uint16, err error) {
	if _, err := netip.ParseAddr(s); err == nil {
		return s, 0, nil
	}
	i := strings.LastIndexByte(s, ':')
	if i < 0 || strings.HasSuffix(s, "]") {
		return unbracketed(s), 0, nil
	}
	if strings.Count(s[:i], ":") > 0 && s[0] != '[' {
		return s, 0, nil // an IPv6 prefix
	}
	n, err := strconv.ParseUint(s[i+1:], 10, 16)
	if err != nil || n == 0 {
		return "", 0, fmt.Errorf("address %q: port %q is no number from 1 to 65535", s, s[i+1:])
	}
	return unbracketed(s[:i]), uint16(n), nil
}

// unbracketed takes off the brackets around an IPv6 address.
func unbracketed(s string) string {
	if strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]") {
		return s[1 : len(s)-1]
	}
	return s
}

// matchAny reports whether an endpoint is one of those named; none named is all.
func matchAny(list []Address, e capture.Endpoint, names []string) bool {
	if len(list) == 0 {
		return true
	}
	for i := range list {
		if list[i].matches(e, names) {
			return true
		}
	}
	return false
}

func (a *Address) matches(e capture.Endpoint, names []string) bool {
	if a.Port != 0 && a.Port != e.Port {
		return false
	}
	if a.Name == "" {
		return !a.Prefix.IsValid() || a.Prefix.Contains(e.Addr.Netip())
	}
	return slices.Contains(names, a.Name)
}

// namesOf gives the names under which a handshake's server was addressed.
func namesOf(h *analyzer.Handshake) []string {
	var names []string
	add := func(authority string) {
		if name := field.ParseHost(authority).Name; name != "" {
			names = append(names, strings.ToLower(name))
		}
	}
	if h.Request != nil {
		add(h.Request.Get("Host"))
	}
	if h.TLS != nil {
		add(h.TLS.ClientHello.ServerName)
	}
	if h.Tunnel != nil {
		add(h.Tunnel.Request.Text(h.Tunnel.Request.Target))
	}
	for i := range h.DNS {
		names = append(names, h.DNS[i].Name)
	}
	return names
}
