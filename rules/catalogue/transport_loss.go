package catalogue

import (
	"fmt"
	"math"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/reassembly"
	"github.com/handshark/handshark/rules"
)

var tcpMTUBlackhole = rules.Rule{
	ID: "tcp-mtu-blackhole", Family: rules.Transport, Title: "Large segments vanish (PMTU blackhole)",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The connection is set up with small packets; then a full-sized segment is sent again and again and never acknowledged, while small packets still get through both ways; or an ICMP message says that a segment is too large for the path, and its sender goes on in vain. Seen from the client: a full-sized part of the answer never comes, the rest behind it does, and the client does not acknowledge it.",
		Why:    "A link on the path carries only smaller packets, and the ICMP message that would say so is lost or filtered. Requests with large cookies or tokens fail, small ones pass.",
		Change: "Let the ICMP messages through, clamp the MSS on the router before the narrow link, or lower the MTU of the host.",
	},
	Actor: rules.Network, Level: rules.Diagnosis,
	Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Endings:   rules.Ends(analyzer.EndingTLS),
	Reference: "RFC 4821; RFC 2923 s2.1",
	Needs:     analyzer.TCPOpen | analyzer.BothSides, When: rules.OnNoStatus,
	Suppresses: []string{
		"request-head-incomplete", "response-timeout", "tls-handshake-aborted-silently", "tls-reset-after-clienthello", "client-gave-up",
		"request-undelivered", "response-undelivered", "response-head-truncated",
	},
	Fixes: []rules.Fix{
		{Product: "any", Snippet: "let ICMP type 3 code 4 and ICMPv6 type 2 pass, or clamp the MSS before the narrow link:\niptables -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu"},
		{Product: "Linux host", Snippet: "ip link set dev wg0 mtu 1380; sysctl net.ipv4.tcp_mtu_probing=1"},
	},
	ClientSees: "handshake timeouts for logged-in users or over a VPN only",
	Check:      checkMTUBlackhole,
}

func checkMTUBlackhole(p *rules.Pass) {
	if !p.Outcome.Failed() {
		return
	}
	for _, s := range [...]reassembly.Side{reassembly.Client, reassembly.Server} {
		if e := transportTooBig(p, s); e != nil {
			reportTooBig(p, s, e)
			return
		}
		if transportStuck(p, s) {
			reportStuck(p, s)
			return
		}
	}
	if transportGone(p) {
		reportGone(p)
	}
}

func reportStuck(p *rules.Pass, s reassembly.Side) {
	h, other := &p.Conn.Halves[s], &p.Conn.Halves[s.Other()]
	p.Found(fmt.Sprintf("the %s sent %d octets, of which %d were acknowledged, and repeated segments %d times, while the %s kept answering with small packets: large ones are lost on the way",
		s, h.Bytes, h.Acked, h.Retransmissions, s.Other()),
		p.Packet(s, "first segment", h.FirstData), p.Packet(s, "last retransmission", h.LastData),
		p.Packet(s.Other(), "acknowledgement", other.Last))
}

// transportStuck reports whether a side repeats a full-sized segment in vain
// although the other side still answers: it acknowledges what comes later,
// selectively, and so its packets go on. Had another full-sized one got through, the
// path would carry them.
func transportStuck(p *rules.Pass, s reassembly.Side) bool {
	h, other := &p.Conn.Halves[s], &p.Conn.Halves[s.Other()]
	full, alive := analyzer.FullSegment(&p.Conn), other.Last.Time > sentSince(p, s)
	return h.Retransmissions >= 2 && h.Acked < full && transportHead(p, s) >= h.Acked+full && alive
}

// sentSince is when a side had sent its head as far as it came, or began to send where
// none was read.
func sentSince(p *rules.Pass, s reassembly.Side) int64 {
	switch {
	case s == reassembly.Client && p.Request != nil:
		return p.Request.Last.Time
	case s == reassembly.Server && p.Response != nil:
		return p.Response.Last.Time
	}
	return p.Conn.Halves[s].FirstData.Time
}

// transportGone reports whether a full-sized part of the answer is missing at the client
// although what the server sent behind it arrived there.
func transportGone(p *rules.Pass) bool {
	server := &p.Conn.Halves[reassembly.Server]
	return p.Outcome == analyzer.NoResponse && p.EndedBy == analyzer.ByNetwork && server.Missing > 0 && !server.BeyondAck
}

func reportGone(p *rules.Pass) {
	client, server := &p.Conn.Halves[reassembly.Client], &p.Conn.Halves[reassembly.Server]
	p.Found(fmt.Sprintf("of %d octets of the server %d never came, though others behind them did, and the client still acknowledges no more than %d after %v: large packets are lost on the way to it",
		server.Bytes, server.Missing, server.Acked, transportSpan(server.LastData.Time, client.Last.Time)),
		p.Packet(reassembly.Server, "last data", server.LastData), p.Packet(reassembly.Client, "last acknowledgement", client.Last))
}

// transportTooBig gives the ICMP error that says that the packets of a side are too
// large for the path, where that side goes on sending in vain: its head was not
// acknowledged. Nil: there is none.
func transportTooBig(p *rules.Pass, s reassembly.Side) *capture.ICMPError {
	h, from := &p.Conn.Halves[s], p.Conn.Client
	if s == reassembly.Server {
		from = p.Conn.Server
	}
	if h.Retransmissions < 2 || h.Acked >= transportHead(p, s) {
		return nil
	}
	for i := range p.ICMP {
		e := &p.ICMP[i]
		tooBig := e.V6 && e.Type == 2 || !e.V6 && e.Type == 3 && e.Code == 4
		if tooBig && e.Src == from && h.LastData.Time > e.Ref.Time {
			return e
		}
	}
	return nil
}

// transportHead is how much of what a side sent belongs to the handshake: up to the
// end of its head, or all where none was read.
func transportHead(p *rules.Pass, s reassembly.Side) uint64 {
	switch sent := p.Conn.Halves[s].Bytes; {
	case s == reassembly.Client && p.Request != nil:
		return min(sent, p.Request.End())
	case s == reassembly.Server && p.Upgraded != nil:
		return min(sent, p.Response.End()) // the frames behind a small 101 are not what is stuck
	default:
		return sent
	}
}

func reportTooBig(p *rules.Pass, s reassembly.Side, e *capture.ICMPError) {
	limit := ""
	if e.MTU > 0 {
		limit = fmt.Sprintf(" (at most %d octets pass)", e.MTU)
	}
	h := &p.Conn.Halves[s]
	p.Report(rules.Finding{
		Message: fmt.Sprintf("%v said by ICMP that a packet of the %s is too large%s, and what the %s sent after that was not acknowledged either, in %d retransmissions",
			e.From, s, limit, s, h.Retransmissions),
		Evidence: []rules.Evidence{
			p.Packet(s.Other(), "ICMP error", e.Ref), p.Packet(s, "first segment", h.FirstData), p.Packet(s, "last retransmission", h.LastData),
		},
		Proof: rules.Mandated, // a router has to drop it
	})
}

var tcpOverlapConflict = rules.Rule{
	ID: "tcp-overlap-conflict", Family: rules.Transport, Title: "Retransmission carries different bytes",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "Two segments cover the same sequence numbers with different octets inside the handshake.",
		Why:    "Somebody injects segments, a device on the path rewrites them, or offload garbled the capture. The two ends may have read different messages. The first copy is the one that is judged here.",
		Change: "Capture nearer to the endpoint with offload switched off. If the conflict stays, look for a device that injects or rewrites segments.",
	},
	Actor: rules.Network, Level: rules.Observation,
	Severity:  rules.Severity{Established: rules.Warning, Failed: rules.Warning},
	Reference: "RFC 9293 s3.4 (derived)",
	When:      rules.OnRequest,
	Fixes: []rules.Fix{
		{Product: "Linux host", Snippet: "ethtool -K eth0 gro off lro off tso off   # then capture again"},
	},
	ClientSees: "nothing by itself",
	If:         rules.If(rules.Overlaps),
	Check:      checkOverlapConflict,
}

func checkOverlapConflict(p *rules.Pass) {
	for _, s := range [...]reassembly.Side{reassembly.Client, reassembly.Server} {
		h := &p.Conn.Halves[s]
		if h.Conflicts == 0 || !transportInHeads(p, h.Conflict.Time) {
			continue
		}
		p.Found(fmt.Sprintf("the %s sent %d segment(s) with other octets than before at the same sequence numbers; the first copy is judged", s, h.Conflicts),
			p.Packet(s, "conflicting segment", h.Conflict))
	}
}

// transportInHeads reports whether a packet came between the first packet of the
// request head and the last one of the response head, in order of time: parts of a
// head may come in any order.
func transportInHeads(p *rules.Pass, at int64) bool {
	from, to := p.Request.First.Time, int64(math.MaxInt64)
	for _, r := range p.Request.Refs {
		from = min(from, r.Time)
	}
	if p.Response != nil {
		to = p.Response.Last.Time
		for _, r := range p.Response.Refs {
			to = max(to, r.Time)
		}
	}
	return from <= at && at <= to
}
