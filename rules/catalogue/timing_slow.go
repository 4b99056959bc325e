package catalogue

import (
	"fmt"
	"time"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/reassembly"
	"github.com/handshark/handshark/rules"
)

var handshakeSlow = rules.Rule{
	ID: "handshake-slow", Family: rules.Timing, Title: "Handshake succeeds but slowly",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "More than a second passes between the request and the 101, or between the first SYN and the SYN-ACK.",
		Why:    "Either the server thinks long, often about who asks, or a packet was lost and sent again: delays of about 0.2, 1 or 3 seconds are typical of that.",
		Change: "Look at what the server does before it accepts, or for the loss on the network.",
	},
	Actor: rules.Any, Level: rules.Diagnosis, Severity: inform,
	Reference: "practice",
	Needs:     bothHeads | analyzer.BothSides, When: rules.On101,
	Fixes: []rules.Fix{
		{Product: "server", Snippet: "measure what the handler does before it accepts"},
		{Product: "network", Snippet: "look for loss: tcp.analysis.retransmission"},
	},
	ClientSees: "a long wait, then a connection",
	If:         rules.If(rules.Slow),
	Check:      checkSlow,
}

// slowFrom is when a handshake is called slow.
const slowFrom = time.Second

func checkSlow(p *rules.Pass) {
	if connect, ok := p.ConnectTime(); ok && connect > slowFrom {
		p.Report(rules.Finding{
			Actor:   rules.Network,
			Message: fmt.Sprintf("the TCP connection took %s and %d SYNs", roundTime(connect), p.Conn.SYNs),
			Evidence: []rules.Evidence{
				p.Packet(reassembly.Client, "SYN", p.Conn.SYN.Ref), p.Packet(reassembly.Server, "SYN-ACK", p.Conn.SYNACK.Ref),
			},
		})
	}
	wait, ok := p.ResponseTime()
	if !ok || wait <= slowFrom {
		return
	}
	f := rules.Finding{
		Actor:    rules.Server,
		Message:  fmt.Sprintf("%s came %s after the request", opener(p), roundTime(wait)),
		Evidence: []rules.Evidence{p.StartLine(p.Request), p.StartLine(p.Response)},
	}
	if n := p.Conn.Halves[reassembly.Client].Retransmissions; n > 0 {
		f.Actor = rules.Network
		f.Message += "; packets of the client were sent again"
	}
	p.Report(f)
}
