package tls

import (
	"crypto/x509"
	"encoding/binary"
)

// Extensions (IANA registry).
const (
	extServerName        = 0
	extALPN              = 16
	extSessionTicket     = 35
	extPreSharedKey      = 41
	extSupportedVersions = 43
)

// cursor reads a message from its start. What is cut short reads as far as it
// goes, and ok stays false from then on.
type cursor struct {
	b     []byte
	short bool
}

func (c *cursor) take(n int) []byte {
	if n > len(c.b) {
		n, c.short = len(c.b), true
	}
	out := c.b[:n]
	c.b = c.b[n:]
	return out
}

func (c *cursor) number(size int) int {
	n := 0
	b := c.take(size)
	if len(b) < size {
		return 0
	}
	for _, x := range b {
		n = n<<8 | int(x)
	}
	return n
}

// vector takes a vector whose length has size octets.
func (c *cursor) vector(size int) []byte { return c.take(c.number(size)) }

// uint16s takes the whole numbers of a vector.
func uint16s[T ~uint16](b []byte) (out []T) {
	for ; len(b) >= 2; b = b[2:] {
		out = append(out, T(binary.BigEndian.Uint16(b)))
	}
	return out
}

// read reads a ClientHello body and reports whether all of it was there.
func (h *ClientHello) read(body []byte) bool {
	c := cursor{b: body}
	h.Version = Version(c.number(2))
	c.take(32)
	h.HasSession = len(c.vector(1)) > 0
	h.CipherSuites = uint16s[CipherSuite](c.vector(2))
	c.vector(1)
	if len(c.b) == 0 {
		return !c.short // SSL 3.0: no extensions
	}
	// The session id of TLS 1.3 is there for appearance only (RFC 8446 appendix D.4).
	legacy := h.HasSession
	h.HasSession = false
	h.extensions(&cursor{b: c.vector(2)}, &c)
	if len(h.SupportedVersions) == 0 {
		h.HasSession = h.HasSession || legacy
	}
	return !c.short
}

func (h *ClientHello) extensions(c, outer *cursor) {
	for len(c.b) > 0 {
		kind, data := c.number(2), c.vector(2)
		e := cursor{b: data}
		switch kind {
		case extServerName:
			h.serverName(&e)
		case extALPN:
			h.ALPN = protocols(&e)
		case extSupportedVersions:
			h.SupportedVersions = uint16s[Version](e.vector(1))
		case extSessionTicket:
			h.HasSession = h.HasSession || len(data) > 0
		case extPreSharedKey:
			h.HasSession = true
		}
	}
	outer.short = outer.short || c.short
}

// serverName reads RFC 6066 section 3; the first host_name counts.
func (h *ClientHello) serverName(c *cursor) {
	list := cursor{b: c.vector(2)}
	for len(list.b) > 0 && !h.HasServerName {
		kind, name := list.number(1), list.vector(2)
		if kind == 0 && !list.short {
			h.HasServerName, h.ServerName = true, string(name)
		}
	}
}

// protocols reads RFC 7301 section 3.1.
func protocols(c *cursor) (out []string) {
	list := cursor{b: c.vector(2)}
	for len(list.b) > 0 {
		name := list.vector(1)
		if list.short {
			break
		}
		out = append(out, string(name))
	}
	return out
}

// read reads a ServerHello body and reports whether it selects a pre-shared key.
func (h *ServerHello) read(body []byte) (preShared bool) {
	c := cursor{b: body}
	h.Version = Version(c.number(2))
	c.take(32)
	c.vector(1)
	h.CipherSuite = CipherSuite(c.number(2))
	c.take(1)
	exts := cursor{b: c.vector(2)}
	for len(exts.b) > 0 {
		kind, data := exts.number(2), exts.vector(2)
		e := cursor{b: data}
		switch kind {
		case extALPN:
			h.ALPN = protocols(&e)
		case extSupportedVersions:
			h.SelectedVersion = Version(e.number(2))
		case extPreSharedKey:
			preShared = true
		}
	}
	return preShared
}

// beginSSLv2 starts the hello of SSL 2.0, whose first octets are in the header.
func (r *Reader) beginSSLv2(s *stream) {
	s.state = sslv2Hello
	s.left = sslv2Length(s.header[:]) - (recordHeader - 2)
	s.hs.buf = append(s.hs.buf[:0], s.header[2:]...)
	r.facts.Sides[Client].Records++
	r.facts.ClientHello = ClientHello{
		Seen: true, SSLv2: true, Offset: s.start, RecordVersion: SSL20,
		Version: Version(binary.BigEndian.Uint16(s.header[3:])),
		Length:  sslv2Length(s.header[:]),
	}
}

// sslv2 reads on in the hello of SSL 2.0: cipher specs of three octets, those of
// later versions with a zero before them. It is at most 32 KiB long.
func (r *Reader) sslv2(s *stream, data []byte) {
	s.hs.buf = append(s.hs.buf, data...)
	if s.left > 0 {
		return
	}
	s.state = inRecords
	c := cursor{b: s.hs.buf[3:]}
	specs := c.number(2)
	session, challenge := c.number(2), c.number(2)
	hello := &r.facts.ClientHello
	for b := c.take(specs); len(b) >= 3; b = b[3:] {
		if b[0] == 0 {
			hello.CipherSuites = append(hello.CipherSuites, CipherSuite(binary.BigEndian.Uint16(b[1:])))
		}
	}
	hello.HasSession = session > 0
	c.take(session + challenge)
	hello.Complete = !c.short
	s.hs.buf = nil
}

// Bounds of what is read of a certificate.
const (
	maxLeaf  = 32 << 10
	maxNames = 100
)

// readCertificate reads the Certificate message of TLS 1.2 (RFC 5246 section 7.4.2).
func readCertificate(body []byte) *Certificate {
	out := &Certificate{}
	c := cursor{b: body}
	list := cursor{b: c.vector(3)}
	for len(list.b) > 0 {
		der := list.vector(3)
		if list.short {
			break
		}
		if out.ChainLength++; out.ChainLength == 1 && len(der) <= maxLeaf {
			out.leaf(der)
		}
	}
	return out
}

// readCertificate13 reads the Certificate message of TLS 1.3 (RFC 8446 section 4.4.2).
func readCertificate13(body []byte) *Certificate {
	out := &Certificate{}
	c := cursor{b: body}
	c.vector(1)
	list := cursor{b: c.vector(3)}
	for len(list.b) > 0 {
		der := list.vector(3)
		list.vector(2)
		if list.short {
			break
		}
		if out.ChainLength++; out.ChainLength == 1 && len(der) <= maxLeaf {
			out.leaf(der)
		}
	}
	return out
}

func (c *Certificate) leaf(der []byte) {
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return
	}
	c.Readable = true
	c.NotBefore, c.NotAfter = leaf.NotBefore.UTC(), leaf.NotAfter.UTC()
	c.DNSNames = leaf.DNSNames[:min(len(leaf.DNSNames), maxNames)]
	for _, ip := range leaf.IPAddresses[:min(len(leaf.IPAddresses), maxNames)] {
		c.IPAddresses = append(c.IPAddresses, ip.String())
	}
	c.SubjectCommonName, c.IssuerCommonName = leaf.Subject.CommonName, leaf.Issuer.CommonName
	if len(leaf.Issuer.Organization) > 0 {
		c.IssuerOrganization = leaf.Issuer.Organization[0]
	}
	c.SelfIssued = string(leaf.RawSubject) == string(leaf.RawIssuer)
}
