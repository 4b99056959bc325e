package catalogue

import (
	"fmt"

	"github.com/handshark/handshark/reassembly"
	"github.com/handshark/handshark/rules"
)

var dnsFailure = rules.Rule{
	ID: "dns-failure", Family: rules.Transport, Title: "Name does not resolve",
	Doc: rules.Doc{
		Seen:   "The client asks for the address of the WebSocket host and gets an error, an answer without addresses, or no answer; no connection for that name follows. That there is no IPv6 address is no failure.",
		Why:    "Without an address there is nothing to connect to. A name with a search suffix behind it shows that the resolver tried the short name in other domains.",
		Change: "Create the record, correct the host in the URL, or mend the resolver's search list. DNS over HTTPS and cached answers do not show in a capture.",
	},
	Actor: rules.Network, Level: rules.Diagnosis,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Reference: "RFC 1035 s4.1.1", When: rules.OnNoRequest,
	Fixes: []rules.Fix{
		{Product: "any", Snippet: "dig +short HOST; then create the record or correct the name"},
		{Product: "Kubernetes", Snippet: "use SERVICE.NAMESPACE.svc.cluster.local. or set dnsConfig.options ndots"},
	},
	ClientSees: "lookup HOST: no such host, getaddrinfo ENOTFOUND, net::ERR_NAME_NOT_RESOLVED",
	Check:      checkDNSFailure,
}

func checkDNSFailure(p *rules.Pass) {
	m := p.Lookup
	if m == nil {
		return
	}
	side := reassembly.Server
	if !m.Response {
		side = reassembly.Client
	}
	e := p.Packet(side, "DNS", m.Ref)
	e.Value = m.Name
	f := rules.Finding{
		Message:  fmt.Sprintf("%s %s, and no connection for that name follows", rules.Quote(m.Name), lookupResult(m.Response, m.RCode)),
		Evidence: []rules.Evidence{e}, Proof: rules.Stated,
	}
	if !m.Response {
		f.Proof = rules.Practice // the answer may have gone another way than the capture
	}
	p.Report(f)
}

// lookupResult says what became of a look-up (RFC 1035 section 4.1.1).
func lookupResult(answered bool, code uint8) string {
	const noError, servFail, nxDomain, refused = 0, 2, 3, 5
	switch {
	case !answered:
		return "was asked for and never answered"
	case code == noError:
		return "has no address of the kind that was asked for"
	case code == nxDomain:
		return "does not exist (NXDOMAIN)"
	case code == servFail:
		return "could not be resolved (SERVFAIL)"
	case code == refused:
		return "was refused by the resolver (REFUSED)"
	}
	return fmt.Sprintf("could not be resolved (response code %d)", code)
}
