package catalogue

import (
	"github.com/handshark/handshark/analyzer/tls"
	"github.com/handshark/handshark/reassembly"
	"github.com/handshark/handshark/rules"
)

var metaTLSOpaque = rules.Rule{
	ID: "meta-tls-opaque", Family: rules.Meta, Title: "Handshake is inside TLS and no keys are available",
	Doc: rules.Doc{
		Seen:   "A ClientHello is followed by protected records, and no key log or session secret decrypts them.",
		Why:    "The WebSocket handshake, and in TLS 1.3 the certificate and most alerts, cannot be read. Only rules about TCP and about the visible part of TLS can speak.",
		Change: "Give a key log (--keylog), put the secrets into the pcapng file, or capture behind the host that terminates TLS.",
	},
	Actor: rules.Capture, Level: rules.Observation,
	Severity:  rules.Severity{Established: rules.Info, Failed: rules.Info},
	Reference: "RFC 8446 s5.2",
	When:      rules.OnNoRequest,
	Fixes: []rules.Fix{
		{Product: "any", Snippet: "SSLKEYLOGFILE=keys.log   # set for the client, before it starts; then handshark analyze --keylog keys.log"},
		{Product: "Wireshark", Snippet: "editcap --inject-secrets tls,keys.log in.pcapng out.pcapng"},
	},
	ClientSees: "nothing: this is a property of the capture",
	Check:      checkTLSOpaque,
}

func checkTLSOpaque(p *rules.Pass) {
	if p.TLS == nil || !p.TLS.ClientHello.Seen || p.TLS.Decrypted && p.TLS.Locked == "" {
		return
	}
	c, s := &p.TLS.Sides[tls.Client], &p.TLS.Sides[tls.Server]
	if c.ApplicationData+s.ApplicationData == 0 {
		return
	}
	because := "there are no keys to read them"
	if p.TLS.Locked != "" {
		because = "its keys do not open them: " + p.TLS.Locked
	}
	p.Found("protected records follow the ClientHello, and "+because,
		p.Packet(reassembly.Client, "ClientHello", p.TLS.ClientRef))
}
