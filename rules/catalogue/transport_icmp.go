package catalogue

import (
	"fmt"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/reassembly"
	"github.com/handshark/handshark/rules"
)

var tcpICMPUnreachable = rules.Rule{
	ID: "tcp-icmp-unreachable", Family: rules.Transport, Title: "ICMP error ends the connection attempt",
	Doc: rules.Doc{
		Seen:   "A router or the host answers the SYN with an ICMP error (destination unreachable or time exceeded) that quotes it, and no SYN-ACK comes.",
		Why:    "The network has no way to the server or refuses to carry the connection. The WebSocket handshake was never sent.",
		Change: "Correct the route or the firewall rule on the device that sent the error; its address is in the evidence.",
	},
	Actor: rules.Network, Level: rules.Observation,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Reference: "RFC 792; RFC 4443 s3; RFC 6455 s4.1 (connection step 4)",
	Needs:     analyzer.TCPOpen, When: rules.OnNoRequest,
	Fixes: []rules.Fix{
		{Product: "any", Snippet: "allow the port on the device that sent the ICMP error, or give it a route to the server"},
		{Product: "Kubernetes", Snippet: "kubectl get endpoints SERVICE   # kube-proxy rejects services without endpoints"},
	},
	ClientSees: "no route to host, EHOSTUNREACH, ECONNREFUSED, net::ERR_ADDRESS_UNREACHABLE",
	Check:      checkICMPUnreachable,
}

func checkICMPUnreachable(p *rules.Pass) {
	errors := transportICMP(p)
	if p.Outcome != analyzer.ConnectFailed || p.Conn.SYNACK.Seen || p.Conn.Halves[reassembly.Server].RST.Seen || len(errors) == 0 {
		return
	}
	e := errors[0]
	p.Report(rules.Finding{
		Message: fmt.Sprintf("%v answered the SYN with ICMP %q", e.From, icmpWords(e)),
		Evidence: []rules.Evidence{
			p.Packet(reassembly.Client, "SYN", p.Conn.SYN.Ref), p.Packet(reassembly.Server, "ICMP error", e.Ref),
		},
		Proof: rules.Stated,
	})
}

// transportICMP gives the errors that end a connection attempt: destination
// unreachable other than "fragmentation needed", and time exceeded.
func transportICMP(p *rules.Pass) []*capture.ICMPError {
	var fatal []*capture.ICMPError
	for i := range p.ICMP {
		if icmpWords(&p.ICMP[i]) != "" {
			fatal = append(fatal, &p.ICMP[i])
		}
	}
	return fatal
}

// icmpWords names an error that ends a connection attempt; empty for others.
func icmpWords(e *capture.ICMPError) string {
	switch {
	case e.V6 && e.Type == 1:
		return icmpCode(icmp6Unreachable[:], e.Code)
	case e.V6 && e.Type == 3, !e.V6 && e.Type == 11:
		return "time exceeded"
	case !e.V6 && e.Type == 3 && e.Code != 4:
		return icmpCode(icmp4Unreachable[:], e.Code)
	}
	return ""
}

func icmpCode(names []string, code uint8) string {
	if int(code) < len(names) && names[code] != "" {
		return names[code]
	}
	return fmt.Sprintf("destination unreachable, code %d", code)
}

// Codes of "destination unreachable" (RFC 792, RFC 1122, RFC 1812, RFC 4443).
// Read only.
var (
	icmp4Unreachable = [...]string{
		0: "network unreachable", 1: "host unreachable", 2: "protocol unreachable", 3: "port unreachable",
		9: "network administratively prohibited", 10: "host administratively prohibited",
		13: "communication administratively prohibited",
	}
	icmp6Unreachable = [...]string{
		0: "no route to destination", 1: "administratively prohibited", 2: "beyond scope of source address",
		3: "address unreachable", 4: "port unreachable", 5: "source address failed policy", 6: "route rejected",
	}
)
