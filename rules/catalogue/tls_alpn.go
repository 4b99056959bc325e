package catalogue

import (
	"fmt"
	"slices"
	"strings"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/tls"
	"github.com/handshark/handshark/reassembly"
	"github.com/handshark/handshark/rules"
)

// alpnFixes let both sides of a handshake that is made for HTTP/1.1 say so.
var alpnFixes = []rules.Fix{
	{Product: "gorilla/websocket", Snippet: "Dialer.TLSClientConfig = &tls.Config{NextProtos: []string{\"http/1.1\"}}   // not the one of an http.Transport"},
	{Product: "Node.js", Snippet: `new WebSocket(url, { ALPNProtocols: ["http/1.1"] })`},
	{Product: "libwebsockets", Snippet: `i.alpn = "http/1.1";`},
	{Product: "HAProxy", Snippet: "bind :443 ssl crt site.pem alpn http/1.1"},
	{Product: "Apache", Snippet: "Protocols http/1.1"},
}

// alpnH2Fixes keep HTTP/2 out of it.
var alpnH2Fixes = append(slices.Clone(alpnFixes),
	rules.Fix{Product: "utls", Snippet: "take h2 out of the ALPN extension of the fingerprint"},
	rules.Fix{Product: "nginx", Snippet: "http2 off;   # for a server block with clients that cannot be changed"},
)

var tlsALPNH2Selected = rules.Rule{
	ID: "tls-alpn-h2-selected", Family: rules.TLS, Title: "ALPN picks h2 while the client then speaks HTTP/1.1",
	Doc: rules.Doc{
		Seen:   "In TLS 1.2 the server selects h2 from the client's ALPN list, and the client does not behave as one of HTTP/2: it sends one record of the size of an upgrade request, gets no more than HTTP/2 settings back, never acknowledges them, and the server closes. With the secrets of the session the HTTP/1.1 request itself is seen. A client that leaves without having sent anything does not show it: browsers leave connections of HTTP/2 that they do not need. In TLS 1.3 the selection is encrypted, too.",
		Why:    "A WebSocket library that opens HTTP/1.1 connections only was given a TLS configuration that offers h2 as well, often that of an HTTP client. To a server that speaks HTTP/2 the upgrade request is a broken preface.",
		Change: "Offer http/1.1 alone in the WebSocket client.",
		Before: "ALPN: h2, http/1.1", After: "ALPN: http/1.1",
	},
	Actor: rules.Client, Level: rules.Diagnosis,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true, Endings: rules.Ends(analyzer.EndingNoStatus),
	Reference:  "RFC 7301 s3.2; RFC 9113 s3.4, s6.5.3",
	When:       rules.OnNoRequest | rules.OnNoStatus,
	Fixes:      alpnH2Fixes,
	ClientSees: `malformed HTTP response "\x00\x00\x12\x04..."; Parse Error: Expected HTTP/; unexpected EOF`,
	Check:      checkALPNH2Selected,
}

func checkALPNH2Selected(p *rules.Pass) {
	switch {
	case p.TLS == nil:
		return
	case p.Request != nil && p.TLS.ALPN() == "h2":
		p.Report(rules.Finding{
			Message:  fmt.Sprintf("the server selected h2 from %s, and the client sent a request in HTTP/1.1", alpnList(p)),
			Evidence: []rules.Evidence{p.Packet(reassembly.Server, "ServerHello", p.TLS.ServerRef), helloEvidence(p), p.StartLine(p.Request)},
			Proof:    rules.Proved,
		})
		return
	case !p.TLS.NotHTTP2:
		return
	}
	end, ok := p.Teardown(reassembly.Server)
	if !ok {
		return
	}
	p.Report(rules.Finding{
		Message: fmt.Sprintf("the server selected h2 from %s, but the client sent one record of %d octets, did not acknowledge the settings, and the server closed (%s)",
			alpnList(p), p.TLS.Sides[tls.Client].ApplicationBytes, end.Field),
		Evidence: []rules.Evidence{
			p.Packet(reassembly.Server, "ServerHello", p.TLS.ServerRef), helloEvidence(p),
			p.Packet(reassembly.Client, "protected record", p.TLS.AnswerRef), end,
		},
	})
}

var tlsAlertNoApplicationProtocol = rules.Rule{
	ID: "tls-alert-no-application-protocol", Family: rules.TLS, Title: "ALPN found no common protocol",
	Doc: rules.Doc{
		Seen:   "The server ends the handshake with the fatal alert no_application_protocol.",
		Why:    "The server supports none of the application protocols in the client's ALPN list. A WebSocket handshake in HTTP/1.1 needs http/1.1 on both sides, or no ALPN at all.",
		Change: "Let the client offer http/1.1, and the server accept it.",
		Before: "client: h2\nserver: http/1.1", After: "client: http/1.1",
	},
	Actor: rules.Any, Level: rules.Observation,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Reference:  "RFC 7301 s3.2; RFC 8446 s6.2; RFC 6455 s4.1 (connection step 5)",
	When:       rules.OnNoRequest,
	Fixes:      alpnFixes,
	ClientSees: "remote error: tls: no application protocol; SSL alert number 120",
	Check:      checkNoApplicationProtocol,
}

func checkNoApplicationProtocol(p *rules.Pass) {
	a, ok := fatalAlert(p)
	if !ok || a.From != tls.Server || !a.is(tls.NoApplicationProtocol) {
		return
	}
	f := rules.Finding{
		Message: "the server supports no application protocol of the client: " + a.name(), Actor: rules.Server,
		Evidence: []rules.Evidence{a.evidence(p), helloEvidence(p)}, Proof: rules.Stated,
	}
	if hello := &p.TLS.ClientHello; hello.Complete && len(hello.ALPN) > 0 {
		f.Message = "the server supports none of the application protocols " + rules.Quote(strings.Join(hello.ALPN, ", ")) +
			" that the client offers: " + a.name()
		if !slices.Contains(hello.ALPN, "http/1.1") {
			f.Actor = rules.Client
		}
	}
	p.Report(f)
}

var tlsALPNUnofferedSelection = rules.Rule{
	ID: "tls-alpn-unoffered-selection", Family: rules.TLS, Title: "Server selected an ALPN protocol that was not offered",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The ALPN extension of the ServerHello (in clear up to TLS 1.2) names a protocol that is not in the client's list, or more than one, and the client ends the handshake.",
		Why:    "The server has to select exactly one protocol of the client's list, or leave the extension out. Clients abort otherwise.",
		Change: "Select from the client's list only; send no extension if nothing fits or nothing was offered.",
		Before: "offered: http/1.1\nselected: h2", After: "selected: http/1.1",
	},
	Actor: rules.Server, Level: rules.MustNot,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Reference:  "RFC 7301 s3.1, s3.2; RFC 5246 s7.4.1.4",
	When:       rules.OnNoRequest,
	Suppresses: []string{"tls-alert-other", "tls-handshake-aborted-silently"},
	Fixes: []rules.Fix{
		{Product: "any", Snippet: "server: select a protocol of the client's list, byte for byte, or send no ALPN extension"},
		{Product: "OpenSSL", Snippet: "in the callback of SSL_CTX_set_alpn_select_cb: return SSL_TLSEXT_ERR_NOACK if nothing fits   /* not the server's favourite */"},
		{Product: "Go", Snippet: `tls.Config{NextProtos: []string{"http/1.1"}}   // crypto/tls selects correctly`},
	},
	ClientSees: "tls: server selected unadvertised ALPN protocol; SSL alert number 47 or 110",
	Check:      checkALPNUnoffered,
}

func checkALPNUnoffered(p *rules.Pass) {
	if p.TLS == nil || p.Request != nil || !p.TLS.ClientHello.Complete || len(p.TLS.ServerHello.ALPN) == 0 {
		return
	}
	offered, chosen := p.TLS.ClientHello.ALPN, p.TLS.ServerHello.ALPN
	how, stated, ok := alpnRejected(p)
	if !ok || len(chosen) == 1 && slices.Contains(offered, chosen[0]) {
		return
	}
	f := rules.Finding{
		Message: fmt.Sprintf("the server selected %s although the client had offered %s, and the client ended the handshake",
			rules.Quote(strings.Join(chosen, ", ")), alpnOffer(offered)),
		Evidence: []rules.Evidence{p.Packet(reassembly.Server, "ServerHello", p.TLS.ServerRef), helloEvidence(p), how},
	}
	if stated {
		f.Proof = rules.Proved
	}
	p.Report(f)
}

// alpnList gives what the client offered, as far as the capture has it.
func alpnList(p *rules.Pass) string {
	if hello := &p.TLS.ClientHello; hello.Complete {
		return alpnOffer(hello.ALPN)
	}
	return "what the client offered"
}

func alpnOffer(offered []string) string {
	if len(offered) == 0 {
		return "nothing"
	}
	return rules.Quote(strings.Join(offered, ", "))
}

// alpnRejected reports whether the client ended the handshake over what the server
// selected: by an alert about extensions, or without a word.
func alpnRejected(p *rules.Pass) (how rules.Evidence, stated, ok bool) {
	if a, found := fatalAlert(p); found {
		about := a.is(illegalParameter, unsupportedExtension, tls.NoApplicationProtocol)
		return a.evidence(p), true, a.From == tls.Client && about
	}
	side, how, ok := silentEnd(p)
	return how, false, ok && side == reassembly.Client
}
