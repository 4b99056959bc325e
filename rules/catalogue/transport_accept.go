package catalogue

import (
	"fmt"
	"time"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/reassembly"
	"github.com/handshark/handshark/rules"
)

var tcpAcceptQueueFull = rules.Rule{
	ID: "tcp-accept-queue-full", Family: rules.Transport, Title: "Server does not take up the connection",
	Doc: rules.Doc{
		Seen:   "The server sends its SYN-ACK again after the client has acknowledged it and sent its first octets, and sends nothing else. The client's octets are repeated in vain.",
		Why:    "The queue of connections that the server's program has yet to accept is full: Linux then ignores the client's ACK and what comes after it, and repeats the SYN-ACK. The program is stuck, overloaded, or accepts too slowly. A path on which nothing but the SYN gets through looks the same from the client's end.",
		Change: "Look at the queue of the listening socket while it happens, find out why the program does not accept, and give the queue more room.",
	},
	Actor: rules.Server, Level: rules.Diagnosis,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Endings:   rules.Ends(analyzer.EndingTLS),
	Reference: "RFC 9293 s3.5, s3.8.1; listen(2), tcp(7)",
	Needs:     analyzer.TCPOpen | analyzer.BothSides, When: rules.OnNoStatus,
	Suppresses: []string{
		"client-gave-up", "request-head-incomplete", "request-undelivered", "response-timeout", "tcp-mtu-blackhole",
		"tls-handshake-aborted-silently", "tls-reset-after-clienthello",
	},
	Fixes: []rules.Fix{
		{Product: "Linux host", Snippet: "ss -ltn   # Recv-Q at Send-Q: the queue is full\nnstat -az TcpExtListenOverflows TcpExtListenDrops\nsysctl net.core.somaxconn=4096   # and the backlog of listen() in the program"},
		{Product: "nginx", Snippet: "listen 443 ssl backlog=4096;"},
		{Product: "Node.js", Snippet: "server.listen({ port, backlog: 4096 })   # and keep long work out of the event loop"},
	},
	ClientSees: "i/o timeout, timed out during opening handshake, opening handshake timed out",
	Check:      checkAcceptQueue,
}

func checkAcceptQueue(p *rules.Pass) {
	const often, aWhile = 2, int64(500 * time.Millisecond) // half of the first timeout of a SYN-ACK
	c := &p.Conn
	client, server := &c.Halves[reassembly.Client], &c.Halves[reassembly.Server]
	onlySYNACKs := c.SYNACKs > 1 && server.Packets == uint32(c.SYNACKs)
	if !p.Outcome.Failed() || !onlySYNACKs || client.Retransmissions < often || server.Last.Time-client.FirstData.Time < aWhile {
		return
	}
	p.Report(rules.Finding{
		Message: fmt.Sprintf("the server sent its SYN-ACK %d times, the last %v after the client had acknowledged it and begun to send, and nothing else; the client repeated its octets %d times",
			c.SYNACKs, transportSpan(client.FirstData.Time, server.Last.Time), client.Retransmissions),
		Evidence: []rules.Evidence{
			p.Packet(reassembly.Server, "last SYN-ACK", server.Last), p.Packet(reassembly.Client, "first segment", client.FirstData),
			p.Packet(reassembly.Client, "last data", client.LastData),
		},
		Proof: rules.Practice,
	})
}
