package report

import (
	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/tls"
)

// tlsOf gives the TLS facts of h.
func tlsOf(h *analyzer.Handshake) *TLS {
	if h.TLS == nil {
		return nil
	}
	f := &h.TLS.Facts
	rec := &TLS{
		SNI: Text(f.ClientHello.ServerName), Resumed: f.Resumed,
		Decrypted: f.Decrypted, Alert: alertOf(f.Alerts),
	}
	if f.ServerHello.Seen {
		rec.Version = f.Version().String()
		rec.Cipher = f.ServerHello.CipherSuite.String()
	}
	rec.ALPN = Text(f.ALPN())
	return rec
}

// alertOf gives the first alert that is more than the usual goodbye.
func alertOf(alerts []tls.Alert) *Alert {
	const closeNotify = 0
	for _, a := range alerts {
		if a.Code != closeNotify {
			from := "client"
			if a.From == tls.Server {
				from = "server"
			}
			return &Alert{From: from, Code: int(a.Code), Name: a.Code.String()}
		}
	}
	return nil
}

func serverName(t *analyzer.TLS) string {
	if t == nil {
		return ""
	}
	return t.ClientHello.ServerName
}
