package catalogue

import (
	"fmt"
	"strings"
	"time"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/tls"
	"github.com/handshark/handshark/reassembly"
	"github.com/handshark/handshark/rules"
)

var tlsResetAfterClientHello = rules.Rule{
	ID: "tls-reset-after-clienthello", Family: rules.TLS, Title: "Connection reset or stalled on the ClientHello",
	Doc: rules.Doc{
		Seen:   "TCP is set up and the client sends its ClientHello. The server's side answers with RST or FIN and not one octet; or the ClientHello is sent again and again and never acknowledged.",
		Why:    "The server, or what stands in front of it, drops the connection when it sees the ClientHello: a filter on the server name, a device that cannot cope with a ClientHello of several packets (post-quantum key shares), a load balancer without a backend for the name, or a program that speaks no TLS.",
		Change: "Try the same name from another network, another name from this one, and a smaller ClientHello; read the log of the load balancer.",
	},
	Actor: rules.Server, Level: rules.Diagnosis,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Reference: "RFC 8446 s5.1, s6.2; RFC 9293 s3.5.2",
	Needs:     analyzer.BothSides | analyzer.TCPClose, When: rules.OnNoRequest,
	Suppresses: []string{"tls-handshake-aborted-silently"},
	Fixes: []rules.Fix{
		{Product: "Go", Snippet: "GODEBUG=tlsmlkem=0   # a small ClientHello, as a test for devices on the path"},
		{Product: "Chrome", Snippet: "chrome --disable-features=PostQuantumKyber,UseMLKEM   # the same test"},
		{Product: "network", Snippet: "allow the server name in the filter on the path; update the firmware of middleboxes and load balancers"},
		{Product: "HAProxy", Snippet: "use_backend ws if { req.ssl_sni -i ws.example.test }   # and a default_backend, in mode tcp"},
		{Product: "nginx", Snippet: "map $ssl_preread_server_name $upstream { ws.example.test ws; default ws; }   # stream: a name without upstream is dropped"},
	},
	ClientSees: "read: connection reset by peer; EOF; ECONNRESET; net::ERR_CONNECTION_RESET",
	Check:      checkResetAfterClientHello,
}

func checkResetAfterClientHello(p *rules.Pass) {
	if f, ok := helloDropped(p); ok {
		p.Report(f)
	} else if f, ok = helloStalled(p); ok {
		p.Report(f)
	}
}

// helloDropped tells of a server's side that ended the connection on the ClientHello.
func helloDropped(p *rules.Pass) (f rules.Finding, ok bool) {
	end, ok := endOnHello(p)
	if !ok {
		return f, false
	}
	f.Evidence = []rules.Evidence{end, helloEvidence(p)}
	f.Message = fmt.Sprintf("the server's side answered the ClientHello%s with %s and nothing else", helloSize(p), end.Field)
	rst, syn := &p.Conn.Halves[reassembly.Server].RST, &p.Conn.SYNACK
	if rst.Seen && syn.Seen && transportTTLsDiffer(syn.TTL, rst.TTL) {
		f.Actor = rules.Network
		f.Message += fmt.Sprintf("; its TTL %d differs from %d of the SYN-ACK, so a device on the path may have sent it", rst.TTL, syn.TTL)
		f.Evidence = append(f.Evidence, p.Packet(reassembly.Server, "SYN-ACK", syn.Ref))
	}
	return f, true
}

// helloSize gives the length of the ClientHello, and in how many segments it came.
func helloSize(p *rules.Pass) string {
	if !p.TLS.ClientHello.Complete {
		return ""
	}
	text := fmt.Sprintf(" of %d octets", p.TLS.ClientHello.Length)
	if h := &p.Conn.Halves[reassembly.Client]; h.DataPackets > 1 && h.Retransmissions == 0 {
		text += fmt.Sprintf(" in %d packets", h.DataPackets)
	}
	return text
}

// helloStalled tells of a ClientHello that does not get through. Each of its segments
// counts when it is sent again, so that the time has to show that it was in vain.
func helloStalled(p *rules.Pass) (f rules.Finding, ok bool) {
	const inVain = 3
	client := &p.Conn.Halves[reassembly.Client]
	side, end, ok := silentEnd(p)
	long := time.Duration(client.LastData.Time-client.FirstData.Time) >= patience
	if !ok || side != reassembly.Client || client.Retransmissions < inVain || !long ||
		client.Acked > p.TLS.ClientHello.Offset || !unansweredHello(p) {
		return f, false
	}
	f.Actor = rules.Network
	f.Message = fmt.Sprintf("the ClientHello%s was sent again for %v and never acknowledged, and the client left (%s)",
		helloSize(p), roundTime(time.Duration(client.LastData.Time-client.FirstData.Time)), end.Field)
	f.Evidence = []rules.Evidence{helloEvidence(p), p.Packet(reassembly.Client, "last retransmission", client.LastData), end}
	return f, true
}

var tlsInterception = rules.Rule{
	ID: "tls-interception", Family: rules.TLS, Title: "TLS inspection breaks the socket",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The certificate of the server (in clear up to TLS 1.2) was issued by the authority of a product that intercepts TLS (an antivirus, a corporate proxy, a debugging proxy), and the client rejects it.",
		Why:    "The product ends TLS itself and signs a certificate for each host with an authority of its own. Browsers find that in the system's store; programs with a store of their own (Node.js, Python, Java, Go in a container) do not know it.",
		Change: "Exempt the host from inspection, or give the program the authority's certificate.",
	},
	Actor: rules.Intermediary, Level: rules.Diagnosis,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Reference:  "none (practice of the products)",
	When:       rules.OnNoRequest,
	Suppresses: []string{"tls-alert-certificate", "tls-handshake-aborted-silently", "tls-unknown-ca"},
	Fixes: []rules.Fix{
		{Product: "network", Snippet: "exempt the WebSocket host from TLS inspection"},
		{Product: "client host", Snippet: "switch off HTTPS scanning for the program in the antivirus"},
		{Product: "Node.js", Snippet: "NODE_EXTRA_CA_CERTS=/etc/ssl/inspection-ca.pem   # or node --use-system-ca"},
		{Product: "Go", Snippet: "SSL_CERT_FILE=/etc/ssl/with-inspection-ca.pem"},
	},
	ClientSees: "x509: certificate signed by unknown authority; self-signed certificate in certificate chain; net::ERR_CERT_AUTHORITY_INVALID",
	Check:      checkInterception,
}

func checkInterception(p *rules.Pass) {
	a, ok := fatalAlert(p)
	if !ok || a.From != tls.Client || !a.is(tls.BadCertificate, certificateUnknown, tls.UnknownCA) {
		return
	}
	c := p.TLS.Certificate
	if c == nil || !c.Readable || c.SelfIssued || !inspects(c.IssuerCommonName) {
		return
	}
	p.Report(rules.Finding{
		Message: fmt.Sprintf("the certificate was issued by %s, the authority of a product that intercepts TLS, and the client rejected it with %s",
			rules.Quote(c.IssuerCommonName), a.name()),
		Evidence: []rules.Evidence{certificateEvidence(p), a.evidence(p)}, Proof: rules.Proved,
	})
}

// inspectionAuthorities are beginnings and ends of the common names of authorities
// that products make for nothing but interception. Vendors that sign the pages of
// their own devices with the same authority are left out. Read only.
var inspectionAuthorities = [...]struct{ begin, end string }{
	{"", " web/mail shield root"}, // Avast, AVG, Norton
	{"kaspersky anti-virus personal root", ""},
	{"eset ssl filter ca", ""},
	{"bitdefender personal ca.net-defender", ""},
	{"zscaler root ca", ""},
	{"zscaler intermediate root ca", ""},
	{"do_not_trust_fiddlerroot", ""},
	{"charles proxy ca", ""},
	{"portswigger ca", ""},
	{"mitmproxy", ""},
}

func inspects(issuer string) bool {
	issuer = strings.ToLower(issuer)
	for _, name := range inspectionAuthorities {
		if strings.HasPrefix(issuer, name.begin) && strings.HasSuffix(issuer, name.end) {
			return true
		}
	}
	return false
}
