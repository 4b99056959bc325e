package rules_test

import (
	"testing"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/tls"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/reassembly"
	"github.com/handshark/handshark/rules"
)

// TestGoodbyeInsideTLS has the close_notify of a server prove how it ended the connection
// as long as its FIN has not come.
func TestGoodbyeInsideTLS(t *testing.T) {
	h := &analyzer.Handshake{TLS: &analyzer.TLS{}}
	h.TLS.Alerts = []tls.Alert{
		{From: tls.Client, Level: tls.Warning, Protected: true},
		{From: tls.Server, Level: tls.Warning, Protected: true},
	}
	h.TLS.AlertRefs = []capture.Ref{{Frame: 8}, {Frame: 9}}
	p := &rules.Pass{Handshake: h}
	if e, ok := p.Teardown(reassembly.Server); !ok || e.Field != "close_notify" || e.Refs[0].Frame != 9 {
		t.Errorf("the server ended with %v, want its close_notify in frame 9", e)
	}
	h.Conn.Halves[reassembly.Server].FIN = reassembly.Mark{Ref: capture.Ref{Frame: 10}, Seen: true}
	if e, _ := p.Teardown(reassembly.Server); e.Field != "FIN" {
		t.Errorf("the server ended with %v, want its FIN", e)
	}
}
