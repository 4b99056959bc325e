package catalogue

import (
	"bytes"
	"fmt"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/reassembly"
	"github.com/handshark/handshark/rules"
)

var clientDataBefore101 = rules.Rule{
	ID: "client-data-before-101", Family: rules.Syntax, Title: "Client sent data before the server's answer",
	Doc: rules.Doc{
		Seen:   "The client sent octets behind its request head before it could have seen a 101; the acknowledgement number of their segment proves it.",
		Why:    "A client has to wait for the 101. gorilla/websocket closes the connection without an answer; others buffer the octets and read them as frames later.",
		Change: "Let the client send its first frame after it has read and checked the 101.",
	},
	Actor: rules.Client, Level: rules.MustNot, Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 6455 s4.1 (after item 12), s5.1; RFC 9110 s7.8",
	Needs: analyzer.RequestHead, When: rules.OnRequest,
	Fixes:      []rules.Fix{{Product: "client", Snippet: "Read the 101 before the first frame is written."}},
	ClientSees: "the server closes; gorilla client `EOF`",
	If:         rules.If(rules.EarlyData),
	Check:      checkEarlyData,
}

func checkEarlyData(p *rules.Pass) {
	data, ref := earlyData(p)
	if p.Dialect == analyzer.Hixie76 || len(bytes.Trim(data, "\r\n")) == 0 {
		return // the key of Hixie-76 belongs there; stray line ends are ignored
	}
	what := "octets"
	if looksLikeFrame(data) {
		what = "octets that look like a frame"
	}
	p.Found(fmt.Sprintf("the client sent %s before the 101: % x; it has to wait for the answer", what, data[:min(len(data), 8)]),
		octetsAt(p, reassembly.Client, "octets after the request head", data, ref))
}

// earlyData gives what the client sent behind its request without having seen
// the answer. A body that was announced is no such thing.
func earlyData(p *rules.Pass) ([]byte, capture.Ref) {
	switch {
	case p.Upgraded != nil && p.Upgraded.Early != nil:
		return p.Upgraded.Early.Data, p.Upgraded.Early.Ref
	case p.Upgraded != nil, p.Lost&analyzer.ResponseHead != 0, holed(p):
		return nil, capture.Ref{} // sent after the answer, or after one that may have been lost
	case p.Request.Has("Transfer-Encoding"), p.Request.Has("Content-Length") && p.Request.Get("Content-Length") != "0":
		return nil, capture.Ref{}
	}
	return p.RequestBody.Data, p.RequestBody.Ref
}

// looksLikeFrame reports whether data begins like a masked frame of a client.
func looksLikeFrame(data []byte) bool {
	return len(data) > 1 && data[0]&0x70 == 0 && (data[0]&0x0F <= 2 || data[0]&0x0F >= 8 && data[0]&0x0F <= 10) && data[1]&0x80 != 0
}
