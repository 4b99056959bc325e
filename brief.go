package handshark

import (
	"net/netip"

	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/report"
	"github.com/handshark/handshark/rules"
	"github.com/handshark/handshark/siblings"
)

// row is where records of which only the row was kept are made, one after the
// other in the same memory: there may be hundreds of thousands of them.
type row struct {
	record   report.Record
	h        report.Handshake
	response report.Response
	cause    report.RootCause
	servers  map[capture.Endpoint]string
	room     []byte
}

// serversNamed bounds the servers whose text is remembered.
const serversNamed = 1 << 10

// brief gives the record of an entry of which only the row was kept. It is valid
// until the next call.
func (l *ledger) brief(e *entry, rel *siblings.Relation) (*report.Record, error) {
	url, err := l.url(e)
	if err != nil {
		return nil, err
	}
	h := l.row.judged(e, l.engine)
	h.ID, h.URL = formatID(e.id), report.Text(url)
	h.Client, h.Server = l.row.text(l.digests.Client(&e.Attempt)), l.row.server(l.digests.Server(&e.Attempt))
	h.Capture, h.Time = int(e.capture), report.TimeOf(e.Start)
	h.Frames = report.FrameRange{First: e.frame, Last: e.frame}
	if e.Status != 0 {
		l.row.response = report.Response{Status: int(e.Status)}
		h.Response = &l.row.response
	}
	l.amend(h, e, rel, nil)
	l.row.record = report.Record{Handshake: h, Brief: true}
	return &l.row.record, nil
}

// url gives the URL of an entry of which only the row was kept.
func (l *ledger) url(e *entry) (string, error) {
	if e.form == asRow {
		return l.urls.texts[e.at], nil
	}
	text, err := l.spool.raw(e.at)
	return string(text), err
}

// judged gives what an entry tells of the verdict.
func (r *row) judged(e *entry, engine *rules.Engine) *report.Handshake {
	r.h = report.Handshake{WebSocket: report.CertaintyName(e.Meant), Outcome: e.Outcome.String()}
	if e.Outcome.Failed() {
		r.cause = report.RootCause{Rule: report.Undetermined}
		if e.Cause >= 0 {
			r.cause.Rule = engine.At(int(e.Cause)).ID
			r.cause.Confidence = float64(e.percent) / 100
		}
		r.h.RootCause = &r.cause
	}
	return &r.h
}

func (r *row) text(e capture.Endpoint) string {
	r.room = netip.AddrPortFrom(e.Addr.Netip(), e.Port).AppendTo(r.room[:0])
	return string(r.room)
}

func (r *row) server(e capture.Endpoint) string {
	if s, ok := r.servers[e]; ok {
		return s
	}
	if r.servers == nil || len(r.servers) >= serversNamed {
		r.servers = make(map[capture.Endpoint]string)
	}
	s := r.text(e)
	r.servers[e] = s
	return s
}
