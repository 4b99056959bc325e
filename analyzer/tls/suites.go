package tls

import (
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"hash"
)

// bulk is the kind of cipher that protects records.
type bulk uint8

const (
	aesGCM bulk = iota + 1
	chaCha
	aesCBC
)

// suite is what a cipher suite says of the protection of records.
type suite struct {
	bulk bulk
	key  int              // octets
	mac  func() hash.Hash // CBC only
	hash func() hash.Hash // of the key derivation, from TLS 1.2 on
}

// suiteOf gives a suite; ok is false for those that cannot be read.
func suiteOf(c CipherSuite) (s suite, ok bool) {
	switch c {
	case 0x1301, // TLS 1.3 (RFC 8446 appendix B.4)
		0x009C, 0x009E, 0x00A0, 0x00A2, 0x00A4, 0x00A6, // RFC 5288
		0xC02B, 0xC02D, 0xC02F, 0xC031: // RFC 5289
		return suite{bulk: aesGCM, key: 16, hash: sha256.New}, true
	case 0x1302,
		0x009D, 0x009F, 0x00A1, 0x00A3, 0x00A5, 0x00A7,
		0xC02C, 0xC02E, 0xC030, 0xC032:
		return suite{bulk: aesGCM, key: 32, hash: sha512.New384}, true
	case 0x1303, 0xCCA8, 0xCCA9, 0xCCAA: // RFC 7905
		return suite{bulk: chaCha, key: 32, hash: sha256.New}, true
	}
	return cbcSuite(c)
}

// cbcSuite gives a suite of AES in CBC mode.
func cbcSuite(c CipherSuite) (suite, bool) {
	switch c {
	case 0x002F, 0x0030, 0x0031, 0x0032, 0x0033, 0x0034, // RFC 5246 appendix A.5
		0xC004, 0xC009, 0xC00E, 0xC013, 0xC018: // RFC 8422 section 6
		return suite{bulk: aesCBC, key: 16, mac: sha1.New, hash: sha256.New}, true
	case 0x0035, 0x0036, 0x0037, 0x0038, 0x0039, 0x003A,
		0xC005, 0xC00A, 0xC00F, 0xC014, 0xC019:
		return suite{bulk: aesCBC, key: 32, mac: sha1.New, hash: sha256.New}, true
	case 0x003C, 0x003E, 0x003F, 0x0040, 0x0067, 0x006C, // RFC 5246 appendix A.5
		0xC023, 0xC025, 0xC027, 0xC029: // RFC 5289
		return suite{bulk: aesCBC, key: 16, mac: sha256.New, hash: sha256.New}, true
	case 0x003D, 0x0068, 0x0069, 0x006A, 0x006B, 0x006D:
		return suite{bulk: aesCBC, key: 32, mac: sha256.New, hash: sha256.New}, true
	case 0xC024, 0xC026, 0xC028, 0xC02A:
		return suite{bulk: aesCBC, key: 32, mac: sha512.New384, hash: sha512.New384}, true
	}
	return suite{}, false
}

// is13 reports whether a suite is one of TLS 1.3, which share no numbers with the
// others (RFC 8446 appendix B.4).
func (c CipherSuite) is13() bool { return c>>8 == 0x13 }
