package catalogue

import (
	"testing"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/tls"
	"github.com/handshark/handshark/rules"
)

func TestCertificateCovers(t *testing.T) {
	c := &tls.Certificate{
		DNSNames:    []string{"www.example.test", "*.api.example.test", "*."},
		IPAddresses: []string{"192.0.2.7", "2001:db8::1"},
	}
	tests := []struct {
		host string
		want bool
	}{
		{"www.example.test", true},
		{"WWW.Example.test.", true},
		{"example.test", false},
		{"a.api.example.test", true},
		{"a.b.api.example.test", false}, // a wildcard is one label
		{"api.example.test", false},
		{"192.0.2.7", true},
		{"::ffff:192.0.2.7", true},
		{"2001:db8:0::1", true},
		{"192.0.2.8", false},
		{"localhost", false},
		{"", false},
	}
	for _, tt := range tests {
		if got := certificateCovers(c, tt.host); got != tt.want {
			t.Errorf("certificateCovers(%q) = %t; want %t", tt.host, got, tt.want)
		}
	}
}

func TestModernSuite(t *testing.T) {
	tests := []struct {
		name   string
		suites []tls.CipherSuite
		want   bool
	}{
		{"TLS 1.3", []tls.CipherSuite{0x1301}, true},
		{"ECDHE with AES-GCM", []tls.CipherSuite{0x002F, 0xC02F}, true},
		{"RSA with AES-CBC", []tls.CipherSuite{0x002F, 0x0035}, false},
		{"nothing to tell by", nil, true},
	}
	for _, tt := range tests {
		if got := modernSuite(&tls.ClientHello{CipherSuites: tt.suites}); got != tt.want {
			t.Errorf("%s: modernSuite = %t; want %t", tt.name, got, tt.want)
		}
	}
}

func TestInspects(t *testing.T) {
	for issuer, want := range map[string]bool{
		"Avast Web/Mail Shield Root":                           true,
		"Norton Web/Mail Shield Root":                          true,
		"ESET SSL Filter CA":                                   true,
		"Zscaler Intermediate Root CA (zscalerthree.net) (t) ": true,
		"Kaspersky Anti-Virus Personal Root Certificate":       true,
		"mitmproxy":                          true,
		"Fortinet_CA_SSL":                    false, // devices sign their own pages with it
		"Kaspersky Lab Public Services Root": false,
		"ISRG Root X1":                       false,
		"":                                   false,
	} {
		if got := inspects(issuer); got != want {
			t.Errorf("inspects(%q) = %t; want %t", issuer, got, want)
		}
	}
}

// TestNamesNoServer: what was not captured of a ClientHello may hold the name.
func TestNamesNoServer(t *testing.T) {
	tests := []struct {
		name  string
		hello tls.ClientHello
		want  bool
	}{
		{"whole, without a name", tls.ClientHello{Seen: true, Complete: true}, true},
		{"whole, with a name", tls.ClientHello{Seen: true, Complete: true, HasServerName: true}, false},
		{"cut before the name", tls.ClientHello{Seen: true}, false},
		{"SSL 2.0", tls.ClientHello{Seen: true, Complete: true, SSLv2: true}, false},
	}
	for _, tt := range tests {
		h := &analyzer.Handshake{TLS: &analyzer.TLS{Facts: tls.Facts{ClientHello: tt.hello}}}
		if got := namesNoServer(&rules.Pass{Handshake: h}); got != tt.want {
			t.Errorf("%s: namesNoServer = %t; want %t", tt.name, got, tt.want)
		}
	}
}
