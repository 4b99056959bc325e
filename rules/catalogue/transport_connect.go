package catalogue

import (
	"fmt"
	"time"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/reassembly"
	"github.com/handshark/handshark/rules"
)

var tcpConnectRefused = rules.Rule{
	ID: "tcp-connect-refused", Family: rules.Transport, Title: "Server refused the TCP connection",
	Doc: rules.Doc{
		Seen:   "The client's SYN is answered by RST, and no try on this connection gets a SYN-ACK.",
		Why:    "Nothing listens on that address and port, or a firewall answers in the server's name. The WebSocket handshake was never sent.",
		Change: "Start the server, make it listen on the address that clients use (not on loopback inside a container), publish the port, or correct the port in the URL.",
	},
	Actor: rules.Server, Level: rules.Observation,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Reference: "RFC 9293 s3.5.2; RFC 6455 s4.1 (connection step 4)",
	Needs:     analyzer.TCPOpen, When: rules.OnNoRequest,
	Fixes: []rules.Fix{
		{Product: "any", Snippet: "start the server, let it listen on an address that the client reaches (0.0.0.0 or [::], not loopback), publish the container's port; or correct the port in the URL"},
		{Product: "Kubernetes", Snippet: "Service targetPort must equal containerPort"},
	},
	ClientSees: "connect: connection refused, ECONNREFUSED, net::ERR_CONNECTION_REFUSED",
	Check:      checkConnectRefused,
}

func checkConnectRefused(p *rules.Pass) {
	if !transportRefused(p) {
		return
	}
	rst := &p.Conn.Halves[reassembly.Server].RST
	after := transportSpan(p.Conn.SYN.Ref.Time, rst.Ref.Time)
	p.Report(rules.Finding{
		Message: fmt.Sprintf("%v answered the SYN with RST after %v: nothing accepts connections there", p.Conn.Server, after),
		Evidence: []rules.Evidence{
			p.Packet(reassembly.Client, "SYN", p.Conn.SYN.Ref), p.Packet(reassembly.Server, "RST", rst.Ref),
		},
		Proof: rules.Stated,
	})
}

// transportRefused reports whether the SYN was answered by RST.
func transportRefused(p *rules.Pass) bool {
	return p.Outcome == analyzer.ConnectFailed && !p.Conn.SYNACK.Seen && p.Conn.Halves[reassembly.Server].RST.Seen
}

// transportSpan gives the time between two packets, rounded for people.
func transportSpan(from, to int64) time.Duration { return roundTime(time.Duration(to - from)) }

// roundTime rounds a duration for people: three digits or so.
func roundTime(d time.Duration) time.Duration {
	switch {
	case d >= 10*time.Second:
		return d.Round(100 * time.Millisecond)
	case d >= 100*time.Millisecond:
		return d.Round(time.Millisecond)
	}
	return d.Round(10 * time.Microsecond)
}

// afterWords says how long after something else a thing came, to the millisecond.
func afterWords(d time.Duration, what string) string {
	if d < time.Millisecond/2 {
		return "at once after " + what
	}
	return d.Round(time.Millisecond).String() + " after " + what
}

var tcpConnectTimeout = rules.Rule{
	ID: "tcp-connect-timeout", Family: rules.Transport, Title: "No answer to SYN",
	Doc: rules.Doc{
		Seen:   "The client repeats its SYN and gets neither SYN-ACK nor RST nor an ICMP error; or the server repeats its SYN-ACK because the client's ACK never arrives.",
		Why:    "A firewall drops the packets, the host is down, or the route back is missing. The WebSocket handshake was never sent.",
		Change: "Open the port in every firewall, security group and network ACL on the path, in both directions, and check the route back to the client.",
	},
	Actor: rules.Network, Level: rules.Observation,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Reference: "RFC 9293 s3.8.1; RFC 6455 s4.1 (connection step 4)",
	Needs:     analyzer.TCPOpen | analyzer.BothSides, When: rules.OnNoRequest,
	Fixes: []rules.Fix{
		{Product: "any", Snippet: "open the port and the way back for it; test with: nc -vz HOST PORT"},
		{Product: "AWS", Snippet: "security group and network ACL: allow the port in, ephemeral ports out"},
	},
	ClientSees: "i/o timeout, ETIMEDOUT, net::ERR_CONNECTION_TIMED_OUT, opening handshake timed out",
	Check:      checkConnectTimeout,
}

func checkConnectTimeout(p *rules.Pass) {
	c := &p.Conn
	syn := p.Packet(reassembly.Client, "SYN", c.SYN.Ref, c.LastSYN)
	switch {
	case p.Outcome != analyzer.ConnectFailed || c.Halves[reassembly.Server].RST.Seen || len(transportICMP(p)) > 0:
	case c.SYNACK.Seen && c.SYNACKs > 1:
		p.Report(rules.Finding{
			Message:  fmt.Sprintf("the SYN-ACK was sent %d times and the client never acknowledged it: the way back is blocked", c.SYNACKs),
			Evidence: []rules.Evidence{p.Packet(reassembly.Server, "SYN-ACK", c.SYNACK.Ref), syn}, Proof: rules.Proved,
		})
	case !c.SYNACK.Seen && c.SYNs > 1:
		p.Report(rules.Finding{
			Message: fmt.Sprintf("%d SYNs to %v over %v, and no answer of any kind", c.SYNs, c.Server,
				transportSpan(c.SYN.Ref.Time, c.LastSYN.Time)),
			Evidence: []rules.Evidence{syn}, Proof: rules.Proved,
		})
	}
}

var tcpLocalhostFamily = rules.Rule{
	ID: "tcp-localhost-family", Family: rules.Transport, Title: "localhost resolves to a loopback family nobody listens on",
	Doc: rules.Doc{
		Seen:   "A connection to one loopback address, usually ::1, is refused, and one to the same port at the other loopback family is accepted.",
		Why:    "The client turned \"localhost\" into an address family on which the server does not listen. Clients that try only one address fail.",
		Change: "Name the address in the URL, make the client prefer the other family, or let the server listen on both.",
		Before: "ws://localhost:8080/chat   (tried at [::1]:8080)", After: "ws://127.0.0.1:8080/chat",
	},
	Actor: rules.Client, Level: rules.Diagnosis,
	Severity: rules.Severity{Established: rules.Info, Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Reference: "RFC 8305 s2; RFC 6761 s6.3",
	Needs:     analyzer.TCPOpen, When: rules.OnNoRequest,
	Suppresses: []string{"tcp-connect-refused"},
	Fixes: []rules.Fix{
		{Product: "any", Snippet: "ws://127.0.0.1:8080 instead of ws://localhost:8080"},
		{Product: "Node.js", Snippet: "node --dns-result-order=ipv4first"},
		{Product: "any", Snippet: "server: listen on ::, dual stack"},
	},
	ClientSees: "connect ECONNREFUSED ::1:8080",
	Check:      checkLocalhostFamily,
}

// checkLocalhostFamily finds nothing: one connection does not show whether the
// other family is served. The comparison of attempts puts this rule in the place
// of the refusal.
func checkLocalhostFamily(*rules.Pass) {}
