package tls

import (
	"bytes"
	"crypto/cipher"
	"strings"
	"testing"
)

// TestDamagedCBC changes what only the HMAC covers: the first octet of the content.
func TestDamagedCBC(t *testing.T) {
	for _, name := range []string{"tls12-etm-sha1", "tls12-etm-sha384", "tls12-mte-sha384", "tls12-mte-rsa-sha256", "tls11-sha1", "tls11-mte"} {
		s := recorded(t, name)
		for i, p := range s.pieces {
			if p.from == Client && p.data[0] == typeApplicationData {
				s.pieces[i].data = bytes.Clone(p.data)
				s.pieces[i].data[recordHeader] ^= 1
				break
			}
		}
		h := hear(s.pieces, s.keys(t))
		if h.text(Client) != "" || h.text(Server) != reverse || h.state != Undecryptable || h.why != "client: "+noAuth || len(h.lost[Client]) != 1 {
			t.Errorf("%s: %q, %d %s, lost %v", name, h.text(Client), h.state, h.why, h.lost)
		}
	}
}

// TestOddCBC opens records of one who has the keys and does not keep to the format.
func TestOddCBC(t *testing.T) {
	master := make([]byte, 48)
	for _, macLast := range []bool{false, true} {
		for _, version := range []Version{TLS10, TLS12} {
			h := &hellos{version: version, encryptThenMAC: macLast}
			s, _ := suiteOf(0x2F)
			for _, plain := range []string{"", strings.Repeat("\x0f", 16), strings.Repeat("\xff", 16), strings.Repeat("\x00", 16), strings.Repeat("\x1f", 32), strings.Repeat("\x0e", 15) + "\x0d"} {
				for _, cut := range []int{0, 1, 16, 20} {
					p := newCBC(h, s, master, Client).(*cbc)
					body := p.sealed([]byte(plain))
					body = body[:max(0, len(body)-cut)]
					content, _, ok := p.open(make([]byte, 0, 64), 0, octets("17 0303 0000"), body)
					whole := macLast && cut == 0 && (plain[:min(1, len(plain))] == "\x0f" || plain[:min(1, len(plain))] == "\x00" || len(plain) == 32)
					if ok != whole {
						t.Errorf("%s, HMAC last %v, %q without %d: %q %v", version, macLast, plain, cut, content, ok)
					}
				}
			}
		}
	}
}

// sealed encrypts blocks and, if it goes last, appends the HMAC.
func (p *cbc) sealed(plain []byte) []byte {
	iv, body := p.chain, []byte(nil)
	if iv == nil {
		iv = make([]byte, 16)
		body = append(body, iv...)
	}
	n := len(body)
	body = append(body, plain...)
	cipher.NewCBCEncrypter(p.block, iv).CryptBlocks(body[n:], body[n:])
	if !p.macLast {
		return body
	}
	var extra [13]byte
	macHeader(&extra, 0, octets("17 0303 0000"), len(body))
	p.mac.Reset()
	p.mac.Write(extra[:])
	p.mac.Write(body)
	return p.mac.Sum(body)
}
