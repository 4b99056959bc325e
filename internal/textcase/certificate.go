package textcase

import (
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"net"
	"strings"
	"time"
)

const certificateUsage = `want certificate [cn=NAME] [san=A,B] [issuer="NAME"|self] [notbefore=YYYY-MM-DD] [notafter=YYYY-MM-DD]`

// tlsCertificate is the Certificate message of TLS 1.2 (RFC 5246 section 7.4.2)
// with one leaf. Ed25519 signs without chance, so the octets are always equal.
func tlsCertificate(from side, args []word) ([]byte, error) {
	if from != server {
		return nil, errors.New("tls certificate: want it from the server")
	}
	leaf := x509.Certificate{
		SerialNumber: big.NewInt(0x4853), Subject: pkix.Name{CommonName: "ws.example.test"}, DNSNames: []string{"ws.example.test"},
		NotBefore: day(2025, 6, 1), NotAfter: day(2026, 6, 1),
	}
	issuer := "Example Test CA"
	for _, w := range args {
		var err error
		switch w.key {
		case "cn":
			leaf.Subject.CommonName = w.text
		case "san":
			setNames(&leaf, w.text)
		case "issuer":
			issuer = w.text
		case "notbefore":
			leaf.NotBefore, err = time.Parse(time.DateOnly, w.text)
		case "notafter":
			leaf.NotAfter, err = time.Parse(time.DateOnly, w.text)
		default:
			err = errors.New("no such option")
		}
		if err != nil {
			return nil, fmt.Errorf("tls certificate %s: %w; %s", w, err, certificateUsage)
		}
	}
	der, err := signed(&leaf, issuer)
	return record(recordHandshake, 0x0303, handshake(11, sized24(sized24(der)))), err
}

func day(year int, month time.Month, d int) time.Time {
	return time.Date(year, month, d, 0, 0, 0, 0, time.UTC)
}

func setNames(c *x509.Certificate, names string) {
	c.DNSNames, c.IPAddresses = nil, nil
	for _, n := range strings.Split(names, ",") {
		if ip := net.ParseIP(n); ip != nil {
			c.IPAddresses = append(c.IPAddresses, ip)
		} else if n != "" {
			c.DNSNames = append(c.DNSNames, n)
		}
	}
}

// signed gives the certificate in DER, issued by itself or by a CA of the name.
func signed(leaf *x509.Certificate, issuer string) ([]byte, error) {
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
	parent, signer := leaf, key
	if issuer != "self" {
		parent = &x509.Certificate{Subject: pkix.Name{CommonName: issuer}}
		signer = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{9}, ed25519.SeedSize))
	}
	return x509.CreateCertificate(nil, leaf, parent, key.Public(), signer)
}
