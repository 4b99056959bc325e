package rules

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/http1"
	"github.com/handshark/handshark/reassembly"
)

func TestSituations(t *testing.T) {
	established := exchange(t, goodRequest, "HTTP/1.1 101 Switching Protocols")
	rejected := exchange(t, goodRequest, status("400 Bad Request"))
	silent := exchange(t, goodRequest, status("400 Bad Request"))
	silent.Response = nil
	stalled := exchange(t, goodRequest, status("403 Forbidden"))
	stalled.Outcome = analyzer.NoResponse
	for _, tt := range []struct {
		name string
		h    *analyzer.Handshake
		want Situation
	}{
		{"established", established, OnRequest | On101 | OnSession},
		{"rejected", rejected, OnRequest | OnFinal},
		{"no response", silent, OnRequest | OnNoStatus},
		{"a head that stops", stalled, OnRequest | OnNoStatus},
		{"nothing", &analyzer.Handshake{}, OnNoRequest | OnNoStatus},
	} {
		if got := situations(tt.h); got != tt.want {
			t.Errorf("%s: got %b, want %b", tt.name, got, tt.want)
		}
	}
}

func TestRulesRunInTheirSituationOnly(t *testing.T) {
	never := fake("on-101", Response, func(r *Rule) { r.When = On101 })
	v := judge(t, exchange(t, goodRequest, status("400 Bad Request")), never)
	if len(v.Findings) != 0 {
		t.Errorf("got %v, want nothing", roles(v))
	}
}

func TestNeeds(t *testing.T) {
	r := fake("needs-body", Headers, func(r *Rule) { r.Needs = analyzer.ResponseBody | analyzer.RequestHead })
	for _, tt := range []struct {
		name string
		lost analyzer.Evidence
		h    func(*analyzer.Handshake)
		want []string
	}{
		{"never existed", 0, nil, nil},
		{"lost something else", analyzer.Frames, nil, nil},
		{"lost", analyzer.ResponseBody, nil, []string{"needs-body: response body: not captured"}},
		{"capture ended", analyzer.ResponseBody, func(h *analyzer.Handshake) { h.AtEnd = true },
			[]string{"needs-body: response body: the capture ended first"}},
		{"gap", analyzer.ResponseBody, func(h *analyzer.Handshake) { h.Conn.Halves[reassembly.Server].Missing = 7 },
			[]string{"needs-body: response body: bytes missing (gap)"}},
		{"cut", analyzer.ResponseBody, func(h *analyzer.Handshake) { h.Conn.Halves[reassembly.Server].Cut = 7 },
			[]string{"needs-body: response body: cut by snap length"}},
		{"one direction", analyzer.ResponseBody | analyzer.BothSides, nil,
			[]string{"needs-body: response body: only one direction was captured"}},
	} {
		h := exchange(t, goodRequest, status("400 Bad Request"))
		h.Have &^= analyzer.ResponseBody
		h.Lost = tt.lost
		if tt.h != nil {
			tt.h(h)
		}
		var got []string
		for _, i := range judge(t, h, r).Inconclusive {
			got = append(got, i.Rule.ID+": "+i.Because)
		}
		if d := cmp.Diff(tt.want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, d)
		}
	}
}

func TestUnjudged(t *testing.T) {
	all := []*Rule{
		fake("on-request", Headers, func(r *Rule) { r.When = OnRequest }),
		fake("on-101", Response, func(r *Rule) { r.When, r.Check = On101, inResponse }),
		fake("on-session", PostUpgrade, func(r *Rule) { r.When = OnSession }),
		fake("needs-head", Headers, func(r *Rule) { r.Needs = analyzer.ResponseHead }),
	}
	h := exchange(t, goodRequest, status("400 Bad Request"))
	h.Response, h.Have = nil, h.Have&^analyzer.ResponseHead
	if v := judge(t, h, all...); v.Unjudged != (RuleSet{}) {
		t.Errorf("no response at all: got %v, want nothing", v.Unjudged)
	}
	h.Lost = analyzer.ResponseHead
	if v := judge(t, h, all...); v.Unjudged != (RuleSet{0b1110}) || len(v.Inconclusive) != 1 {
		t.Errorf("response lost: got %b, %d inconclusive", v.Unjudged, len(v.Inconclusive))
	}
}

func TestPartLostPartNeverThere(t *testing.T) {
	r := fake("needs-two", Headers, func(r *Rule) { r.Needs = analyzer.ResponseBody | analyzer.Frames })
	h := exchange(t, goodRequest, status("400 Bad Request"))
	h.Have &^= analyzer.ResponseBody
	h.Lost = analyzer.ResponseBody // a refusal has no frames
	if v := judge(t, h, r); len(v.Inconclusive)+len(v.Findings) != 0 {
		t.Errorf("got %v, want the rule not to apply", v.Inconclusive)
	}
}

func TestBecause(t *testing.T) {
	cut := exchange(t, goodRequest, status("400 Bad Request"))
	cut.Request.Complete, cut.Request.Why = false, http1.StopGap
	for _, tt := range []struct {
		name    string
		h       *analyzer.Handshake
		missing analyzer.Evidence
		want    string
	}{
		{"TLS", &analyzer.Handshake{TLS: &analyzer.TLS{}}, analyzer.RequestHead, "inside TLS, no keys"},
		{"no SYN", &analyzer.Handshake{}, analyzer.TCPOpen, "connection setup: capture starts mid-stream"},
		{"head with a hole", cut, analyzer.RequestHead, "request head: bytes missing (gap)"},
		{"evicted", &analyzer.Handshake{ConnEnd: reassembly.EndEvicted}, analyzer.Frames,
			"octets after the 101: given up to stay within the memory limits"},
	} {
		if got := because(tt.h, tt.missing); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestPanicIsRecorded(t *testing.T) {
	bad := fake("bad", Syntax, func(r *Rule) {
		r.Check = func(p *Pass) {
			inRequest(p)
			panic("boom")
		}
	})
	e, err := NewEngine([]*Rule{bad, fake("good", Headers, nil)}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	v := e.Judge(exchange(t, goodRequest, status("400 Bad Request")))
	if d := cmp.Diff([]string{"bad: panic: boom"}, v.RuleErrors); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"good primary"}, roles(v)); d != "" {
		t.Error(d)
	}
}

func TestFaultyFindingsAreDropped(t *testing.T) {
	for want, check := range map[string]func(*Pass){
		"finding without evidence":  func(p *Pass) { p.Found("m") },
		"evidence without a packet": func(p *Pass) { p.Found("m", p.Packet(reassembly.Client, "SYN")) },
		"finding without an actor":  func(p *Pass) { p.Found("m", p.StartLine(p.Request)) },
	} {
		r := fake("r", Headers, func(r *Rule) { r.Check = check })
		if strings.Contains(want, "actor") {
			r.Actor = Any
		}
		e, err := NewEngine([]*Rule{r}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		v := e.Judge(exchange(t, goodRequest, status("400 Bad Request")))
		if len(v.Findings) != 0 || len(v.RuleErrors) != 1 || v.RuleErrors[0] != "r: "+want {
			t.Errorf("%s: got %v %v", want, roles(v), v.RuleErrors)
		}
	}
}

func TestCollectingRulesSeeTheOthers(t *testing.T) {
	parent := fake("request-missing-upgrade-tokens", Headers, func(r *Rule) {
		r.Suppresses = []string{"request-upgrade-missing", "request-connection-missing"}
		r.Collects = true
		r.Check = func(p *Pass) {
			if p.Fired("request-upgrade-missing") && p.Fired("request-connection-missing") {
				inRequest(p)
			}
		}
	})
	up, con := fake("request-upgrade-missing", Headers, nil), fake("request-connection-missing", Headers, nil)
	h := exchange(t, goodRequest, status("400 Bad Request"))
	if got, want := causeID(judge(t, h, parent, up, con).Cause), parent.ID; got != want {
		t.Errorf("both children: got %s, want %s", got, want)
	}
	con.Check = func(*Pass) {}
	if got, want := causeID(judge(t, h, parent, up, con).Cause), up.ID; got != want {
		t.Errorf("one child: got %s, want %s", got, want)
	}
}

func TestOptions(t *testing.T) {
	all := []*Rule{fake("request-host-missing", Headers, nil), fake("request-key-missing", Headers, nil)}
	for _, tt := range []struct {
		o    Options
		want []string
	}{
		{Options{}, []string{"request-host-missing primary", "request-key-missing contributing"}},
		{Options{Only: []string{"request-key-missing"}}, []string{"request-key-missing primary"}},
		{Options{Skip: []string{"request-key-missing"}}, []string{"request-host-missing primary"}},
		{Options{Only: []string{"request-key-missing"}, Skip: []string{"request-key-missing"}}, nil},
	} {
		e, err := NewEngine(all, tt.o)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(tt.want, roles(e.Judge(exchange(t, goodRequest, status("400 Bad Request"))))); d != "" {
			t.Errorf("%+v (-want +got):\n%s", tt.o, d)
		}
	}
	_, err := NewEngine(all, Options{Only: []string{"request-key-mising"}})
	if got, want := err.Error(), `no rule "request-key-mising"; did you mean request-key-missing?`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if _, err := NewEngine(all, Options{Skip: []string{"zzz"}}); err == nil || err.Error() != `no rule "zzz"` {
		t.Errorf("got %v", err)
	}
}

func TestSilentFindingsCountAsFired(t *testing.T) {
	r := fake("request-odd", Headers, func(r *Rule) { r.Severity.Established = Silent })
	e, err := NewEngine([]*Rule{fake("other", Syntax, func(r *Rule) { r.Check = func(*Pass) {} }), r}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	v := e.Judge(exchange(t, goodRequest, "HTTP/1.1 101 Switching Protocols"))
	set := v.Fired
	if len(v.Findings) != 0 || !set.Has(1) || set.Has(0) || set.Len() != 1 {
		t.Errorf("got %v, fired %v", roles(v), set)
	}
}

func TestEngineIsReusable(t *testing.T) {
	e, err := NewEngine([]*Rule{fake("a", Headers, nil), fake("b", Version, nil)}, Options{Panic: true})
	if err != nil {
		t.Fatal(err)
	}
	want := roles(e.Judge(exchange(t, goodRequest, status("400 Bad Request"))))
	e.Judge(exchange(t, goodRequest, "HTTP/1.1 101 Switching Protocols"))
	again := e.Judge(exchange(t, goodRequest, status("400 Bad Request")))
	if d := cmp.Diff(want, roles(again)); d != "" {
		t.Errorf("judged again:\n%s", d)
	}
}
