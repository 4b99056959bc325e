package diagnosis

import (
	"net/netip"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/report"
	"github.com/handshark/handshark/siblings"
)

// row is where a record of which only the row was kept is made.
type row struct {
	alike    alike // what it was made of; the zero value if others had a say in it
	record   report.Record
	h        report.Handshake
	response report.Response
	cause    report.RootCause
	lack     [1]report.Finding // which rule said what is missing, no more
}

// alike is what entries have in common whose rows differ in time and frame alone.
type alike struct {
	to      siblings.Destination
	at      uint32
	capture uint32
	cause   int16
	lack    int16
	status  int16
	form    form
	end     analyzer.Outcome
	meant   analyzer.Certainty
	percent uint8
}

func (e *entry) alike() alike {
	return alike{e.Destination(), e.at, e.capture, e.Cause, e.lack, e.Status, e.form, e.Outcome, e.Meant, e.percent}
}

// rowsKept bounds the rows that are remembered: there may be hundreds of thousands
// of them, of few kinds.
const rowsKept = 64

func (a *alike) slot() uint { return (a.to.Slot() + 7*uint(a.at) + 31*uint(a.end)) % rowsKept }

// brief gives the record of an entry of which only the row was kept. It is valid
// until the next call.
func (l *ledger) brief(e *entry, rel *siblings.Relation) (*report.Record, error) {
	own := e.alike()
	r := &l.rows[own.slot()]
	_, cut := l.cutOf(e)
	if alone := untouched(rel) && !cut; !alone || r.alike != own {
		l.fill(r, e)
		l.amend(&r.h, e, rel, nil)
		if r.alike = own; !alone {
			r.alike = alike{}
		}
	}
	url, err := l.url(e)
	if err != nil {
		return nil, err
	}
	r.h.URL, r.h.Time = report.Text(url), report.TimeOf(e.Asked)
	r.h.Frames = report.FrameRange{First: e.frame, Last: e.frame}
	r.record = report.Record{Handshake: &r.h, Brief: true}
	return &r.record, nil
}

// fill puts into r what an entry tells.
func (l *ledger) fill(r *row, e *entry) {
	l.judged(r, e)
	server := l.digests.Server(&e.Attempt)
	r.h.Server, r.h.Capture = netip.AddrPortFrom(server.Addr.Netip(), server.Port).String(), int(e.capture)
	if e.Status != 0 {
		r.response = report.Response{Status: int(e.Status)}
		r.h.Response = &r.response
	}
}

// url gives the URL of an entry of which only the row was kept.
func (l *ledger) url(e *entry) (string, error) {
	if e.form == asRow {
		return l.urls.texts[e.at], nil
	}
	text, err := l.spool.raw(e.at)
	return string(text), err
}

// judged puts into r what an entry tells of the verdict.
func (l *ledger) judged(r *row, e *entry) *report.Handshake {
	r.h = report.Handshake{WebSocket: report.CertaintyName(e.Meant), Outcome: e.Outcome.String()}
	if e.Outcome.Failed() {
		r.cause = report.RootCause{Rule: report.Undetermined}
		if e.Cause >= 0 {
			r.cause.Rule = l.engine.At(int(e.Cause)).ID
			r.cause.Confidence = float64(e.percent) / 100
		}
		r.h.RootCause = &r.cause
	}
	if e.lack >= 0 {
		r.lack[0] = report.Finding{Rule: l.engine.At(int(e.lack)).ID}
		r.h.Findings = r.lack[:]
	}
	return &r.h
}
