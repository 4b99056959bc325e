package diagnosis

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/handshark/handshark/capture"
)

// text writes an address so that ParseAddress reads it again.
func (a Address) text() string {
	host := a.Name
	if a.Prefix.IsValid() {
		host = a.Prefix.String()
	}
	switch {
	case a.Port == 0:
		return host
	case a.Prefix.IsValid() && a.Prefix.Addr().Is6():
		return fmt.Sprintf("[%s]:%d", host, a.Port)
	}
	return fmt.Sprintf("%s:%d", host, a.Port)
}

// FuzzAddress reads any text as an address: what it selects it says in a text
// that means the same, and it matches what it names.
func FuzzAddress(f *testing.F) {
	for _, s := range []string{
		"192.0.2.1", "192.0.2.0/24", "192.0.2.1:80", "[2001:db8::1]:80", "2001:db8::1", "2001:db8::/32", "[2001:db8::/32]:443",
		"example.test:443", ":8080", "::ffff:192.0.2.1", "fe80::1%eth0", "a:b:c", "::ffff:192.0.2.0/120", "192.0.2.1:0", "[", "[]", "", ":8", "[::1", "1.2.3.4/33",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := ParseAddress(s)
		if err != nil {
			return
		}
		if again, err := ParseAddress(a.text()); err != nil || again != a {
			t.Errorf("%q is %+v, written %q, which is %+v, %v", s, a, a.text(), again, err)
		}
		e, names := endpointOf(a.Prefix, a.Port), []string{a.Name}
		if !a.matches(e, names) {
			t.Errorf("%q does not match %v called %q", s, e, names)
		}
		if e.Port++; a.Port != 0 && a.matches(e, names) {
			t.Errorf("%q matches port %d", s, e.Port)
		}
	})
}

// endpointOf gives the first endpoint of a prefix as a decoder would.
func endpointOf(p netip.Prefix, port uint16) capture.Endpoint {
	e := capture.Endpoint{Port: port}
	if ip := p.Addr(); ip.Is4() || ip.Is4In6() {
		b := ip.As4()
		e.Addr = capture.AddrFrom4(b[:])
	} else if ip.Is6() {
		b := ip.As16()
		e.Addr = capture.AddrFrom16(b[:])
	}
	return e
}
