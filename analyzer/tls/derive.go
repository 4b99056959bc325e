package tls

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"hash"
)

// expandLabel is HKDF-Expand-Label with an empty context (RFC 8446 section 7.1).
// n is at most 255 times the hash's length.
func expandLabel(h func() hash.Hash, secret []byte, label string, n int) []byte {
	label = "tls13 " + label
	info := append([]byte{byte(n >> 8), byte(n), byte(len(label))}, label...)
	return hkdfExpand(h, secret, append(info, 0), n)
}

// hkdfExpand is RFC 5869 section 2.3. That of crypto/hkdf refuses short keys where
// FIPS 140 is enforced, and secrets of a capture are not ours to judge.
func hkdfExpand(h func() hash.Hash, secret, info []byte, n int) (out []byte) {
	m := hmac.New(h, secret)
	var last []byte
	for i := byte(1); len(out) < n; i++ {
		m.Reset()
		m.Write(last)
		m.Write(info)
		m.Write([]byte{i})
		last = m.Sum(nil)
		out = append(out, last...)
	}
	return out[:n]
}

// keyBlock is the key material of TLS 1.2 and older (RFC 5246 section 6.3).
func keyBlock(h *hellos, s suite, master []byte, n int) []byte {
	seed := append([]byte("key expansion"), h.server[:]...)
	seed = append(seed, h.client[:]...)
	if h.version == TLS12 {
		return pHash(s.hash, master, seed, n)
	}
	// RFC 2246 section 5: each half of the secret with one hash.
	half := (len(master) + 1) / 2
	out := pHash(md5.New, master[:half], seed, n)
	for i, b := range pHash(sha1.New, master[len(master)-half:], seed, n) {
		out[i] ^= b
	}
	return out
}

// pHash is P_hash (RFC 5246 section 5).
func pHash(h func() hash.Hash, secret, seed []byte, n int) (out []byte) {
	m := hmac.New(h, secret)
	a := seed
	for len(out) < n {
		m.Reset()
		m.Write(a)
		a = m.Sum(nil)
		m.Reset()
		m.Write(a)
		m.Write(seed)
		out = m.Sum(out)
	}
	return out[:n]
}
