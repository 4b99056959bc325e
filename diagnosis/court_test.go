package diagnosis

import (
	"testing"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/http1"
	"github.com/handshark/handshark/rules"
	"github.com/handshark/handshark/rules/catalogue"
)

// TestDocketOctets: a docket is handed over when what its handshakes hold is much, and
// the room of large records is not kept.
func TestDocketOctets(t *testing.T) {
	engine, err := rules.NewEngine(catalogue.All(), rules.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := newRun(t.Context(), engine, 1, Options{Workers: 1})
	defer r.ledger.close()
	c := newPipeline(r).court
	raw := make([]byte, docketOctets/4)
	for n := range 5 {
		if len(c.filling.cases) != n {
			t.Fatalf("%d cases after %d handshakes of %d octets", len(c.filling.cases), n, len(raw))
		}
		c.add(&analyzer.Handshake{Request: &analyzer.Message{Message: http1.Message{Kind: http1.Request, Raw: raw}}})
	}
	if d := c.filling; len(d.cases) != 0 || d.octets != 0 {
		t.Errorf("%d cases, %d octets are left", len(d.cases), d.octets)
	}
}

// TestDocketComesBack: where all dockets are on their way, the next one is the first
// that comes back, with its memory.
func TestDocketComesBack(t *testing.T) {
	engine, err := rules.NewEngine(catalogue.All(), rules.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := newRun(t.Context(), engine, 1, Options{Workers: 2})
	defer r.ledger.close()
	p := newPipeline(r)
	defer p.court.close()
	c := &court{p: p, spent: make(chan *docket, 1), out: 1}
	d := &docket{cases: make([]decided, 3, docketSize), lot: p.analyzer.Cut()}
	c.spent <- d
	if next := c.next(); next != d || len(next.cases) != 0 || cap(next.cases) != docketSize || c.out != 0 {
		t.Errorf("another docket, or not empty: %d cases, %d on their way", len(next.cases), c.out)
	}
}
