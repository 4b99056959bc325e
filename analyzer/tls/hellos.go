package tls

import "fmt"

// Extensions that bear on the protection of records.
const (
	extEncryptThenMAC = 22 // RFC 7366
	extEarlyData      = 42 // RFC 8446 section 4.2.10
)

// hellos is what the hellos of a connection say of the protection of its records.
type hellos struct {
	client, server         [randomLength]byte
	clientSeen, serverSeen bool
	early                  bool // the client may send early data
	retried                bool // HelloRetryRequest
	preShared              bool // the server chose a pre-shared key
	extensions             bool // EncryptedExtensions were read
	earlyTaken             bool // the server takes early data (RFC 8446 section 4.2.10)
	version                Version
	suite                  CipherSuite
	compression            int
	encryptThenMAC         bool
}

// clientHello reads a ClientHello, or the start of one: its end may be missing.
func (h *hellos) clientHello(body []byte) {
	c := cursor{b: body}
	c.take(2)
	random := c.take(randomLength)
	if c.short {
		return
	}
	h.clientSeen = true
	copy(h.client[:], random)
	c.vector(1)
	c.vector(2)
	c.vector(1)
	exts := cursor{b: c.vector(2)}
	// What is missing may have offered early data; that none comes does no harm.
	h.early = h.early || c.short
	for len(exts.b) > 0 {
		kind, _ := exts.number(2), exts.vector(2)
		h.early = h.early || kind == extEarlyData
	}
}

// serverHello reads a ServerHello that is whole.
func (h *hellos) serverHello(body []byte) {
	c := cursor{b: body}
	h.version = Version(c.number(2))
	random := c.take(randomLength)
	c.vector(1)
	h.suite = CipherSuite(c.number(2))
	h.compression = c.number(1)
	h.serverSeen = !c.short
	copy(h.server[:], random)
	h.encryptThenMAC, h.preShared = false, false
	h.serverExtensions(&cursor{b: c.vector(2)})
}

func (h *hellos) serverExtensions(exts *cursor) {
	for len(exts.b) > 0 {
		kind, data := exts.number(2), exts.vector(2)
		switch kind {
		case extSupportedVersions:
			h.version = Version((&cursor{b: data}).number(2))
		case extEncryptThenMAC:
			h.encryptThenMAC = true
		case extPreSharedKey:
			h.preShared = true
		}
	}
}

// unsupported says why records cannot be read though secrets are known; "" if they
// can.
func (h *hellos) unsupported() string {
	s, ok := suiteOf(h.suite)
	switch {
	case h.version < TLS10 || h.version > TLS13:
		return fmt.Sprintf("the protection of %s is not supported", h.version)
	case h.version < TLS13 && h.compression != 0:
		return fmt.Sprintf("compression (method %d) is not supported", h.compression)
	case !ok, h.suite.is13() != (h.version == TLS13), h.version < TLS12 && s.bulk != aesCBC:
		return fmt.Sprintf("the cipher suite %s is not supported in %s", h.suite, h.version)
	}
	return ""
}
