package diagnosis

import (
	"context"
	"path/filepath"
	"slices"
	"testing"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/tls"
	"github.com/handshark/handshark/reassembly"
	"github.com/handshark/handshark/rules"
	"github.com/handshark/handshark/rules/catalogue"
)

// insideTLS is the TLS of a handshake that was read with the secrets of its session.
func insideTLS() *analyzer.TLS {
	return &analyzer.TLS{Facts: tls.Facts{
		Decrypted:   true,
		ClientHello: tls.ClientHello{Seen: true, Complete: true, ALPN: []string{"http/1.1"}},
		ServerHello: tls.ServerHello{Seen: true, SelectedVersion: tls.TLS13, ALPN: []string{"http/1.1"}},
	}}
}

// aboutClear are rules about what is in clear where it should not be.
var aboutClear = []string{"auth-credentials-over-plaintext", "http-redirect-canonical", "http-sent-to-tls-port"}

// fired gives what a test compares: the rules that fired, and the cause.
func fired(v *rules.Verdict) (ids []string, cause string) {
	for i := range v.Findings {
		ids = append(ids, v.Findings[i].Rule.ID)
	}
	slices.Sort(ids)
	if c := v.Cause; c != nil && c.Rule != nil {
		cause = c.Rule.ID
	}
	return ids, cause
}

// TestCasesInsideTLS judges the handshake of every text case once more, as if it had been
// read inside of TLS: the verdict must be the same.
func TestCasesInsideTLS(t *testing.T) {
	files, err := filepath.Glob("../testdata/pcaps/*.pcap")
	if err != nil || len(files) == 0 {
		t.Fatal("no captures:", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) { judgeInsideTLS(t, file) })
	}
}

func judgeInsideTLS(t *testing.T, file string) {
	e, err := rules.NewEngine(catalogue.All(), rules.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := newRun(context.Background(), e, 1, Options{Workers: 1, Keys: tls.NewKeyLog()})
	defer r.ledger.close()
	judgeEach(t, r, file, func(h *analyzer.Handshake) {
		if h.Request == nil || h.TLS != nil || h.Conn.Ahead[reassembly.Server] {
			return // what the server sent unseen may have been TLS's own
		}
		want, cause := fired(e.Judge(h))
		h.TLS = insideTLS()
		got, inside := fired(e.Judge(h))
		h.TLS = nil
		got = slices.DeleteFunc(got, func(id string) bool { return id == "request-host-port-mismatch" && h.Conn.Server.Port == 80 })
		want = slices.DeleteFunc(want, func(id string) bool { return slices.Contains(aboutClear, id) && !slices.Contains(got, id) })
		if !slices.Equal(got, want) || inside != cause && !slices.Contains(aboutClear, cause) {
			t.Errorf("%s: inside of TLS %v because of %q, in clear %v because of %q", h.ID(), got, inside, want, cause)
		}
	})
}
