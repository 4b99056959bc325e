package handshark

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/report"
	"github.com/handshark/handshark/rules"
	"github.com/handshark/handshark/siblings"
)

// ledger keeps a compact entry for every handshake of a run, and its record
// aside, until all are known and can be compared.
type ledger struct {
	o       Options
	engine  *rules.Engine
	digests *siblings.Digests
	redact  *report.Redactor
	only    bool // the run has one capture
	infos   []func() []*capture.Info
	entries []entry
	spool   spool
	groups  map[group]int // records kept in full, by group
	failed  []string      // rules that broke
}

// entry is one handshake.
type entry struct {
	siblings.Attempt
	id     string
	row    row
	record int  // index in the spool; -1 = only the row is kept
	hidden bool // not selected
}

// row is what a line of a folded table needs.
type row struct {
	time    int64
	url     report.Text
	capture uint32
	frame   uint64
}

// group is what a folded table folds by.
type group struct {
	server capture.Endpoint
	target uint64
	cause  int16
	end    analyzer.Outcome
}

// fullPerGroup and fullAnyway bound the records kept in full by KeepSample: of
// each group, and of the run before groups are looked at.
const (
	fullPerGroup = 3
	fullAnyway   = 256
)

func newLedger(o Options, e *rules.Engine, only bool) *ledger {
	return &ledger{
		o: o, engine: e, digests: siblings.NewDigests(), redact: report.NewRedactor(o.ShowSecrets),
		only: only, groups: make(map[group]int),
	}
}

// captures makes the captures of the group being read known, for names of
// interfaces.
func (l *ledger) captures(infos func() []*capture.Info) { l.infos = append(l.infos, infos) }

// add takes a judged handshake.
func (l *ledger) add(h *analyzer.Handshake, v *rules.Verdict, d *capture.Decoder) {
	cause := int16(-1)
	if v.Cause != nil && v.Cause.Rule != nil {
		if i, ok := l.engine.Index(v.Cause.Rule.ID); ok {
			cause = int16(i)
		}
	}
	e := entry{
		Attempt: l.digests.Attempt(h, l.engine.Fired(), int(cause)), id: h.ID, record: -1,
		hidden: !l.o.Select.takes(h),
	}
	e.row = row{time: h.Start, capture: h.Conn.First.Capture, frame: h.Conn.First.Frame}
	l.failed = append(l.failed, v.RuleErrors...)
	if !e.hidden && l.keeps(&e) {
		rec := report.Build(h, v, l.env(d))
		e.record = l.spool.put(rec)
	} else if !e.hidden {
		e.row.url = report.URL(h, l.redact)
	}
	l.entries = append(l.entries, e)
}

// keeps decides whether the record is kept in full.
func (l *ledger) keeps(e *entry) bool {
	if l.o.Keep == KeepAll || len(l.entries) < fullAnyway {
		return true
	}
	g := group{e.Server, e.Target, e.Cause, e.Outcome}
	n := l.groups[g]
	l.groups[g] = n + 1
	return n < fullPerGroup
}

func (l *ledger) env(d *capture.Decoder) report.Env {
	return report.Env{OneCapture: l.only, Path: d.Path, Interface: l.interfaceName, Redactor: l.redact}
}

// interfaceName names an interface as the capture does, or by its number when
// there are several.
func (l *ledger) interfaceName(index, iface uint32) string {
	for _, infos := range l.infos {
		for _, i := range infos() {
			if i.Index == index && int(iface) < len(i.Interfaces) {
				return nameOf(i, iface)
			}
		}
	}
	return ""
}

func nameOf(i *capture.Info, iface uint32) string {
	name := i.Interfaces[iface].Name
	if name == "" && len(i.Interfaces) > 1 {
		return strconv.Itoa(int(iface))
	}
	return name
}

// yield brings the handshakes into order, amends them by what the others say,
// and emits them.
func (l *ledger) yield(emit func(*report.Record) error) (*summary, error) {
	slices.SortStableFunc(l.entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.row.time, b.row.time), cmp.Compare(a.id, b.id))
	})
	attempts := make([]siblings.Attempt, len(l.entries))
	for i := range l.entries {
		attempts[i] = l.entries[i].Attempt
	}
	relations := siblings.Relate(attempts, l.engine.RequestFaults())
	sum := newSummary()
	for i := range l.entries {
		if l.entries[i].hidden || l.noise(i, &relations[i]) {
			continue
		}
		rec, err := l.record(i, &relations[i])
		if err != nil {
			return sum, err
		}
		sum.count(rec.Handshake)
		if err := emit(rec); err != nil {
			return sum, err
		}
	}
	return sum, nil
}

// noise reports whether an entry is a name that did not resolve and that nothing
// connects with WebSocket: captures are full of those.
func (l *ledger) noise(i int, rel *siblings.Relation) bool {
	e := &l.entries[i]
	return e.Lookup && e.Meant == analyzer.Unknown && !rel.Likely
}

func (l *ledger) close() { l.spool.close() }
