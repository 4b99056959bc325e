package rules

import (
	"strconv"
	"testing"

	"github.com/handshark/handshark/analyzer"
)

// BenchmarkJudge runs 300 rules that each look one field up over a handshake
// that has nothing wrong with it.
func BenchmarkJudge(b *testing.B) {
	all := make([]*Rule, 0, 300)
	for i := range 300 {
		all = append(all, fake("r-"+strconv.Itoa(i), Headers, func(r *Rule) {
			r.Needs = analyzer.RequestHead
			r.Check = func(p *Pass) {
				if !p.Request.Has("Sec-WebSocket-Key") {
					inRequest(p)
				}
			}
		}))
	}
	e, err := NewEngine(all, Options{})
	if err != nil {
		b.Fatal(err)
	}
	h := exchange(b, goodRequest, "HTTP/1.1 101 Switching Protocols")
	b.ReportAllocs()
	for b.Loop() {
		e.Judge(h)
	}
}
