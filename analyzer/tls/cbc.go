package tls

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"hash"
)

// cbc is AES in CBC mode with an HMAC (RFC 5246 section 6.2.3.2), of the content
// or, if macLast, of what was encrypted (RFC 7366). It need not hide where it fails.
type cbc struct {
	block   cipher.Block
	mac     hash.Hash
	macLast bool
	chain   []byte // TLS 1.0: the last block of the record before (RFC 2246 section 6.2.3.2)
	extra   [13]byte
	sum     []byte
}

func newCBC(h *hellos, s suite, master []byte, from Side) protection {
	size := s.mac().Size()
	chained := h.version == TLS10
	block := cursor{b: keyBlock(h, s, master, 2*(size+s.key+aes.BlockSize))}
	mac, key := block.pair(size, from), block.pair(s.key, from)
	p := &cbc{mac: hmac.New(s.mac, mac), macLast: h.encryptThenMAC}
	p.block, _ = aes.NewCipher(key) // the suite's keys have 16 or 32 octets
	if chained {
		p.chain = append(p.chain, block.pair(aes.BlockSize, from)...)
	}
	return p
}

func (p *cbc) open(dst []byte, seq uint64, header, body []byte) (content []byte, kind byte, ok bool) {
	if p.macLast {
		if body, ok = p.authentic(seq, header, body, 0); !ok {
			return nil, 0, false
		}
	}
	blocks, iv := body, p.chain
	if iv == nil && len(body) >= aes.BlockSize {
		iv, blocks = body[:aes.BlockSize], body[aes.BlockSize:]
	}
	if len(blocks) == 0 || len(blocks)%aes.BlockSize != 0 {
		return nil, 0, false
	}
	content, ok = p.unpad(p.decrypt(dst, iv, blocks), len(dst))
	if ok && !p.macLast {
		content, ok = p.authentic(seq, header, content, len(dst))
	}
	if ok && p.chain != nil {
		p.chain = append(p.chain[:0], blocks[len(blocks)-aes.BlockSize:]...)
	}
	return content, header[0], ok
}

// decrypt appends the blocks of body to dst in clear.
func (p *cbc) decrypt(dst, iv, body []byte) []byte {
	out := append(dst, body...)
	cipher.NewCBCDecrypter(p.block, iv).CryptBlocks(out[len(dst):], out[len(dst):])
	return out
}

// unpad takes the padding off what follows the first from octets: each octet of it
// says how many more there are.
func (p *cbc) unpad(b []byte, from int) ([]byte, bool) {
	n := int(b[len(b)-1])
	if n+1 > len(b)-from {
		return nil, false
	}
	for _, x := range b[len(b)-1-n:] {
		if int(x) != n {
			return nil, false
		}
	}
	return b[:len(b)-1-n], true
}

// authentic checks the HMAC at the end of what follows the first from octets,
// and takes it off.
func (p *cbc) authentic(seq uint64, header, b []byte, from int) ([]byte, bool) {
	n := len(b) - p.mac.Size()
	if n < from {
		return nil, false
	}
	macHeader(&p.extra, seq, header, n-from)
	p.mac.Reset()
	p.mac.Write(p.extra[:])
	p.mac.Write(b[from:n])
	p.sum = p.mac.Sum(p.sum[:0])
	return b[:n], hmac.Equal(p.sum, b[n:])
}
