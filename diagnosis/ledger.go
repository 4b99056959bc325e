package diagnosis

import (
	"math"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/report"
	"github.com/handshark/handshark/rules"
	"github.com/handshark/handshark/siblings"
)

// ledger keeps a compact entry for every handshake of a run, and its record
// aside, until all are known and can be compared.
//
// With KeepSample it takes at most bytesPerAttempt for each handshake, whatever it
// holds, and 16 more while the entries are sorted; beyond that there are a few MiB
// for records and URLs, the rest of which is in a temporary file.
type ledger struct {
	o       Options
	engine  *rules.Engine
	digests *siblings.Digests
	redact  *report.Redactor
	only    bool // the run has one capture
	// unnumbered says that no file has the packets as they are numbered.
	unnumbered bool
	again      bool                   // records may be settled more than once
	infos      func() []*capture.Info // of the group being read; nil = none is
	names      naming                 // of the interfaces in infos
	entries    entries
	spool      spool
	full       [2]int         // records kept whatever their group, by whether they may be no WebSocket
	groups     map[group]int8 // records kept in full, by group
	filled     [64]filled     // of groups, those that have their records, as far as there is room
	urls       interned
	paths      paths                          // of which the URL was held last
	failed     []string                       // rules that broke
	cut        map[uint64]analyzer.SessionEnd // sessions that an idle timeout cut, by id
	builder    report.Builder
	encoded    report.Encoded // reused
	rows       [rowsKept]row
	row        row    // of the entry that is being counted
	room       []byte // reused
}

// bytesPerAttempt is what a handshake costs until the end of a run, in bytes: its
// entry, what it has in common with others, and the indexes by which it is compared.
// It is 131 where clients come again or have IPv4, and 162 where no two have anything
// in common.
const bytesPerAttempt = 176

// entry is one handshake: 128 bytes, which is two lines of cache, without a pointer, so
// that the collector need not look at hundreds of thousands of them.
type entry struct {
	siblings.Attempt
	id      uint64 // see ledger.id; until that is asked for, Handshake.Nth
	frame   uint64
	capture uint32
	at      uint32 // where the record is, see form
	grades  grades
	percent uint8 // confidence of the cause; valid only if Cause >= 0
	form    form
	lack    int16 // of an incomplete handshake, the rule that says what is missing; -1 = none
}

// form says in what form the record of an entry is kept.
type form uint8

const (
	hidden     form = iota // not at all: it is not selected
	inSpool                // whole, by number in ledger.spool
	inMemory               // whole and as it is, by number in ledger.spool
	asRow                  // its URL alone, by number in ledger.urls
	asRowAside             // its URL alone, by number in ledger.spool
)

// brief reports whether only the row is kept.
func (e *entry) brief() bool { return e.form == asRow || e.form == asRowAside }

// grades counts the findings that matter of an established handshake.
type grades struct{ errors, warnings uint16 }

// group is what a folded table folds by.
type group struct {
	to    siblings.Destination
	cause int16 // or what the capture lacks
	end   analyzer.Outcome
}

// filled is a group that has its records: no more of it are kept, whatever comes.
type filled struct {
	group
	full bool
}

func (g *group) slot() uint { return g.to.Slot() + 7*uint(uint16(g.cause)) + 31*uint(g.end) }

// fullPerGroup and fullAnyway bound the records kept in full by KeepSample: of
// each group, and of the run before groups are looked at. Tables of more than 40
// handshakes are folded, those that may be no WebSocket always.
//
// Beyond groupsApart groups those of a server are one, and beyond twice as many
// all are: a table shows far fewer.
const (
	fullPerGroup = 3
	fullAnyway   = 64
	groupsApart  = 1 << 14
)

func newLedger(o Options, e *rules.Engine, only bool) *ledger {
	l := &ledger{
		o: o, engine: e, digests: siblings.NewDigests(), redact: report.NewRedactor(o.ShowSecrets),
		only: only, groups: make(map[group]int8), cut: make(map[uint64]analyzer.SessionEnd),
	}
	if o.Keep == KeepSample {
		l.spool.loose = looseKept
	}
	l.entries.id = l.id
	return l
}

// ended takes the end of a session that outlived its look-ahead; only those that
// an idle timeout seems to have cut are of interest.
func (l *ledger) ended(end *analyzer.SessionEnd) {
	if len(l.cut) < sessionsKept && rules.IdleTimeout(end) > 0 {
		l.cut[uint64(end.ID)] = *end
	}
}

// failuresKept bounds the failures of rules that are reported: one that breaks on
// every handshake is told often enough.
const failuresKept = 1 << 10

// sessionsKept bounds the cut sessions that are remembered.
const sessionsKept = 1 << 16

// captures makes the captures of the group being read known, for names of
// interfaces; nil: none is read any more.
func (l *ledger) captures(infos func() []*capture.Info) { l.infos = infos }

// add takes a judged handshake.
func (l *ledger) add(h *analyzer.Handshake, v *rules.Verdict, n naming) {
	o := l.opinion(h, v)
	l.enter(h, &o, func() (form, uint32) { return l.keepWhole(h, v, n) })
}

// opinion is what an entry needs to know of a verdict.
type opinion struct {
	fired   rules.RuleSet
	failed  []string // rules that broke
	grades  grades
	cause   int16 // of the engine's rules; -1 = none
	lack    int16 // see entry
	percent uint8 // confidence of the cause
	asker   *rules.Asker
}

// opinion may be called by any goroutine.
func (l *ledger) opinion(h *analyzer.Handshake, v *rules.Verdict) opinion {
	o := opinion{fired: v.Fired, failed: v.RuleErrors, grades: gradesOf(h, v), cause: -1, lack: l.lackOf(h, v), asker: v.Asker}
	if v.Cause != nil && v.Cause.Rule != nil {
		if i, ok := l.engine.Index(v.Cause.Rule.ID); ok {
			o.cause, o.percent = int16(i), uint8(math.Round(100*v.Cause.Confidence))
		}
	}
	return o
}

// lackOf gives the rule that says what the capture lacks of an incomplete handshake.
func (l *ledger) lackOf(h *analyzer.Handshake, v *rules.Verdict) int16 {
	if h.Outcome != analyzer.Incomplete {
		return -1
	}
	for i := range v.Findings {
		if id := v.Findings[i].Rule.ID; report.SaysWhatIsMissing(id) {
			if n, ok := l.engine.Index(id); ok {
				return int16(n)
			}
		}
	}
	return -1
}

// enter makes the entry of a handshake; whole keeps its record where it is wanted.
func (l *ledger) enter(h *analyzer.Handshake, o *opinion, whole func() (form, uint32)) {
	e := l.entries.add()
	*e = entry{
		Attempt: l.digests.Attempt(h, &o.fired, int(o.cause), o.asker), id: uint64(h.Nth),
		frame: h.Conn.First.Frame, capture: h.Conn.First.Capture, grades: o.grades, percent: o.percent, lack: o.lack,
	}
	if len(l.failed) < failuresKept {
		l.failed = append(l.failed, o.failed...)
	}
	switch {
	case !l.o.Select.takes(h):
	case l.keeps(e):
		e.form, e.at = whole()
	default:
		e.form, e.at = l.keepURL(h, o.asker)
	}
}

// keepWhole keeps a record with all that it holds.
func (l *ledger) keepWhole(h *analyzer.Handshake, v *rules.Verdict, n naming) (form, uint32) {
	known := len(v.RuleErrors)
	defer func() { l.failed = append(l.failed, v.RuleErrors[known:]...) }() // those of telling it
	if l.spool.holds() {
		return l.spool.hold(report.Build(h, v, l.env(n)))
	}
	l.encoded.Reset(roomKept)
	l.builder.Encode(&l.encoded, h, v, l.env(n))
	return l.spool.put(&l.encoded, 0)
}

// keepURL keeps what only the row of a table needs; by is who asked, nil if that is
// not known.
func (l *ledger) keepURL(h *analyzer.Handshake, by *rules.Asker) (form, uint32) {
	path, usual := pathOf(h, by)
	if usual {
		if n, ok := l.paths.find(by, path, h.TLS != nil); ok {
			return asRow, n
		}
	}
	url, plain := report.AppendURL(l.room[:0], h)
	l.room = url
	if n, ok := l.urls.find(url); ok && plain {
		if usual {
			l.paths.enter(by, path, h.TLS != nil, n)
		}
		return asRow, n
	}
	text := string(url)
	if !plain {
		text = string(report.URL(h, l.redact))
	}
	if n, ok := l.urls.number(text); ok {
		return asRow, n
	}
	return asRowAside, l.spool.keep([]byte(text))
}

// idKnown marks the id of an entry that was worked out.
const idKnown = 1 << 63

// id gives the analyzer.ID of an entry. Few are asked for: of those in a folded table
// only some that others refer to, or that began at the same time.
func (l *ledger) id(e *entry) uint64 {
	if e.id&idKnown == 0 {
		e.id = idKnown | uint64(analyzer.IDOf(l.digests.Client(&e.Attempt), l.digests.Server(&e.Attempt), e.Start, int(e.id)))
	}
	return e.id &^ idKnown
}

// cutOf gives the end of the session of an entry if an idle timeout seems to have cut it.
func (l *ledger) cutOf(e *entry) (end analyzer.SessionEnd, cut bool) {
	if len(l.cut) > 0 {
		end, cut = l.cut[l.id(e)]
	}
	return end, cut
}

func gradesOf(h *analyzer.Handshake, v *rules.Verdict) (g grades) {
	if h.Outcome != analyzer.Established {
		return g
	}
	for i := range v.Findings {
		switch v.Findings[i].Grade {
		case rules.Error:
			g.errors++
		case rules.Warning:
			g.warnings++
		}
	}
	return g
}

// keeps decides whether the record is kept in full.
func (l *ledger) keeps(e *entry) bool {
	if l.o.Keep == KeepAll {
		return true
	}
	of := &l.full[min(e.Meant, 1)]
	if *of++; *of <= fullAnyway {
		return true
	}
	cause := e.Cause
	if e.Outcome == analyzer.Incomplete {
		cause = e.lack // it has no other
	}
	own := group{e.Destination(), cause, e.Outcome}
	f := &l.filled[own.slot()%uint(len(l.filled))]
	if f.full && f.group == own {
		return false
	}
	n, known := l.groups[own]
	g := group{l.destination(e, known), cause, e.Outcome}
	if !known {
		n = l.groups[g]
	}
	if n >= fullPerGroup {
		if known { // others may find room elsewhere when there are more groups
			*f = filled{own, true}
		}
		return false
	}
	l.groups[g] = n + 1
	return true
}

// destination gives what stands for the destination of an entry among the groups.
func (l *ledger) destination(e *entry, known bool) siblings.Destination {
	switch {
	case known || len(l.groups) < groupsApart:
		return e.Destination()
	case len(l.groups) < 2*groupsApart:
		return e.Destination().Server()
	}
	return siblings.Destination{}
}

func (l *ledger) env(n naming) report.Env {
	return report.Env{OneCapture: l.only, Unnumbered: l.unnumbered, Path: n.paths.Path, Interface: n.interfaceName, Redactor: l.redact}
}

func (l *ledger) close() { l.spool.close() }
