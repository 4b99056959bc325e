package diagnosis

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/tls"
	"github.com/handshark/handshark/reassembly"
	"github.com/handshark/handshark/rules"
	"github.com/handshark/handshark/rules/catalogue"
)

// insideTLS is the TLS of a handshake that was read with the secrets of its session.
func insideTLS(h *analyzer.Handshake, version tls.Version, alpn ...string) *analyzer.TLS {
	return &analyzer.TLS{
		Facts: tls.Facts{
			Decrypted:   true,
			ClientHello: tls.ClientHello{Seen: true, Complete: true, ALPN: alpn},
			ServerHello: tls.ServerHello{Seen: true, Version: version, SelectedVersion: version, ALPN: alpn},
		},
		ClientRef: h.Conn.First, ServerRef: h.Conn.First,
	}
}

// spoken is what ALPN selects for a handshake.
func spoken(h *analyzer.Handshake) string {
	if h.HTTP2 != nil {
		return "h2"
	}
	return "http/1.1"
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
		h.TLS = insideTLS(h, tls.TLS13, spoken(h))
		got, inside := fired(e.Judge(h))
		h.TLS = nil
		got = slices.DeleteFunc(got, func(id string) bool { return id == "request-host-port-mismatch" && h.Conn.Server.Port == 80 })
		want = slices.DeleteFunc(want, func(id string) bool { return slices.Contains(aboutClear, id) && !slices.Contains(got, id) })
		if !slices.Equal(got, want) || inside != cause && !slices.Contains(aboutClear, cause) {
			t.Errorf("%s: inside of TLS %v because of %q, in clear %v because of %q", h.ID(), got, inside, want, cause)
		}
	})
}

// TestALPNViolated judges HTTP/2 inside of TLS whose server selected h2, something else,
// or nothing that can be seen. No text case shows what is inside of TLS.
func TestALPNViolated(t *testing.T) {
	const rule = "tls-alpn-protocol-violated"
	for _, tt := range []struct {
		name    string
		version tls.Version
		alpn    []string
		want    string // part of the message; empty = silent
	}{
		{"h2", tls.TLS13, []string{"h2"}, ""},
		{"http/1.1", tls.TLS13, []string{"http/1.1"}, `by ALPN the server selected "http/1.1"`},
		{"nothing", tls.TLS12, nil, "by ALPN the server selected nothing"},
		{"encrypted", tls.TLS13, nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n := 0
			judgeHTTP2Inside(t, func(h *analyzer.Handshake, e *rules.Engine) {
				h.TLS = insideTLS(h, tt.version, tt.alpn...)
				v := e.Judge(h)
				i := slices.IndexFunc(v.Findings, func(f rules.Finding) bool { return f.Rule.ID == rule })
				switch {
				case len(v.RuleErrors) > 0:
					t.Error(v.RuleErrors)
				case (i >= 0) != (tt.want != ""):
					t.Errorf("%s: found at %d", h.ID(), i)
				case i >= 0 && !strings.Contains(v.Findings[i].Message, tt.want):
					t.Errorf("got %q; want %q in it", v.Findings[i].Message, tt.want)
				}
				if i >= 0 && h.Outcome.Failed() && v.Cause.Rule.ID != rule {
					t.Errorf("%s: cause %s", h.ID(), v.Cause.Rule.ID)
				}
				h.TLS = nil
				n++
			})
			if n == 0 {
				t.Error("no handshake in HTTP/2")
			}
		})
	}
}

// judgeHTTP2Inside hands on handshakes in HTTP/2: accepted ones, one that is reset, and a
// preface that is answered in HTTP/1.1.
func judgeHTTP2Inside(t *testing.T, f func(*analyzer.Handshake, *rules.Engine)) {
	t.Helper()
	e, err := rules.NewEngine(catalogue.All(), rules.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := newRun(context.Background(), e, 1, Options{Workers: 1, Keys: tls.NewKeyLog()})
	defer r.ledger.close()
	for _, id := range []string{"tls-alpn-protocol-violated", "h2-stream-reset", "h2-preface-answered-by-http1"} {
		judgeEach(t, r, "../testdata/pcaps/"+id+".pcap", func(h *analyzer.Handshake) {
			if h.HTTP2 != nil && h.TLS == nil {
				f(h, e)
			}
		})
	}
}
