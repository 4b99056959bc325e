package rules

import (
	"github.com/handshark/handshark/reassembly"
)

// Alert is the evidence of alert i of p.TLS.Alerts.
func (p *Pass) Alert(i int) Evidence {
	a := p.TLS.Alerts[i]
	e := Evidence{Side: reassembly.Side(a.From), Offset: a.Offset, Field: "TLS alert", Value: a.Code.String()}
	if i < len(p.TLS.AlertRefs) {
		e.Refs = known(p.TLS.AlertRefs[i])
	}
	return e
}

// ClientHello is the evidence of the first octets that the client sent in TLS.
func (p *Pass) ClientHello() Evidence {
	return Evidence{
		Side: reassembly.Client, Refs: known(p.TLS.ClientRef), Offset: p.TLS.Facts.ClientHello.Offset,
		Length: uint64(p.TLS.Facts.ClientHello.Length), Field: "ClientHello",
	}
}

// ServerHello is the evidence of the first octets that the server sent in TLS;
// it has no packets if there were none.
func (p *Pass) ServerHello() Evidence {
	return Evidence{Side: reassembly.Server, Refs: known(p.TLS.ServerRef), Field: "ServerHello"}
}
