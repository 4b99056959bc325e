package tls

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"

	"golang.org/x/crypto/chacha20poly1305"
)

// Lengths of the AEAD ciphers (RFC 5116, RFC 8439).
const (
	nonceLength    = 12
	saltLength     = 4 // of the nonce in TLS 1.2's GCM (RFC 5288 section 3)
	explicitLength = 8
	tagLength      = 16
)

// protection undoes the protection of the records of one side under one key.
type protection interface {
	// open appends the content of a record to dst. seq is its sequence number, header
	// its five octets, body what follows; neither is changed. Content that does not
	// authenticate is not given.
	open(dst []byte, seq uint64, header, body []byte) (content []byte, kind byte, ok bool)
}

// newAEAD gives the AEAD cipher of a suite; nil if the machine is not to have it (as
// where FIPS 140 is enforced).
func newAEAD(b bulk, key []byte) (a cipher.AEAD) {
	var err error
	if b == chaCha {
		a, err = chacha20poly1305.New(key)
	} else if block, bad := aes.NewCipher(key); bad == nil {
		a, err = cipher.NewGCM(block)
	}
	if err != nil {
		return nil
	}
	return a
}

// aead is what the AEAD protections of both generations share.
type aead struct {
	cipher cipher.AEAD
	iv     [nonceLength]byte
	nonce  [nonceLength]byte
	extra  [13]byte // additional data of TLS 1.2
}

// number writes the nonce of a record: the sequence number on the IV (RFC 8446
// section 5.3, RFC 7905 section 2).
func (a *aead) number(seq uint64) []byte {
	a.nonce = a.iv
	low := a.nonce[nonceLength-8:]
	binary.BigEndian.PutUint64(low, binary.BigEndian.Uint64(low)^seq)
	return a.nonce[:]
}

// unseal appends to dst what was sealed, if it authenticates.
func (a *aead) unseal(dst, nonce, sealed, extra []byte) ([]byte, bool) {
	if a.cipher == nil {
		return nil, false
	}
	out, err := a.cipher.Open(dst, nonce, sealed, extra)
	return out, err == nil
}

// tls13 is RFC 8446 section 5.2.
type tls13 struct{ aead }

func newTLS13(s suite, secret []byte) *tls13 {
	p := &tls13{}
	p.cipher = newAEAD(s.bulk, expandLabel(s.hash, secret, "key", s.key))
	copy(p.iv[:], expandLabel(s.hash, secret, "iv", nonceLength))
	return p
}

func (p *tls13) open(dst []byte, seq uint64, header, body []byte) (content []byte, kind byte, ok bool) {
	inner, ok := p.unseal(dst, p.number(seq), body, header)
	if !ok {
		return nil, 0, false
	}
	// The content, its type, and zeros (RFC 8446 section 5.4).
	n := len(inner) - 1
	for n >= len(dst) && inner[n] == 0 {
		n--
	}
	if n < len(dst) {
		return nil, 0, false
	}
	return inner[:n], inner[n], true
}

// tls12 is AEAD in TLS 1.2 (RFC 5246 section 6.2.3.3).
type tls12 struct {
	aead
	explicit bool // eight octets of the nonce go before the record (RFC 5288 section 3)
}

func (p *tls12) open(dst []byte, seq uint64, header, body []byte) (content []byte, kind byte, ok bool) {
	nonce := p.number(seq)
	if p.explicit {
		if len(body) < explicitLength {
			return nil, 0, false
		}
		copy(nonce[saltLength:], body)
		body = body[explicitLength:]
	}
	macHeader(&p.extra, seq, header, len(body)-tagLength) // what is shorter does not open
	content, ok = p.unseal(dst, nonce, body, p.extra[:])
	return content, header[0], ok
}

// macHeader writes what a record is authenticated with besides its content: the
// sequence number, type, version, and the length n (RFC 5246 section 6.2.3.1).
func macHeader(out *[13]byte, seq uint64, header []byte, n int) {
	binary.BigEndian.PutUint64(out[:], seq)
	copy(out[8:], header[:3])
	binary.BigEndian.PutUint16(out[11:], uint16(n))
}

// newTLS12 gives the protection of one side in TLS 1.2 and older.
func newTLS12(h *hellos, s suite, master []byte, from Side) protection {
	if s.bulk == aesCBC {
		return newCBC(h, s, master, from)
	}
	iv := saltLength
	if s.bulk == chaCha {
		iv = nonceLength
	}
	block := cursor{b: keyBlock(h, s, master, 2*(s.key+iv))}
	p := &tls12{explicit: s.bulk == aesGCM}
	p.cipher = newAEAD(s.bulk, block.pair(s.key, from))
	copy(p.iv[:], block.pair(iv, from))
	return p
}

// pair takes n octets for the client and as many for the server, and gives those of
// one side (RFC 5246 section 6.3).
func (c *cursor) pair(n int, from Side) []byte {
	both := c.take(2 * n)
	return both[n*int(from):][:n]
}
