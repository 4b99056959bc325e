package handshark

import (
	"net/netip"
	"strconv"

	"github.com/handshark/handshark/analyzer"
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
	lack     [1]report.Finding // which rule said what is missing, no more
	servers  [serversNamed]serverName
	room     []byte
}

// serversNamed bounds the servers whose text is remembered.
const serversNamed = 64

// serverName is a server with its text; the text is empty where there is none.
type serverName struct {
	of   capture.Endpoint
	text string
}

// brief gives the record of an entry of which only the row was kept. It is valid
// until the next call.
func (l *ledger) brief(e *entry, rel *siblings.Relation) (*report.Record, error) {
	url, err := l.url(e)
	if err != nil {
		return nil, err
	}
	h := l.row.judged(e, l.engine)
	h.URL = report.Text(url)
	h.ID, h.Client = l.row.names(e.id, l.digests.Client(&e.Attempt))
	h.Server = l.row.server(l.digests.Server(&e.Attempt))
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
	if e.lack >= 0 {
		r.lack[0] = report.Finding{Rule: engine.At(int(e.lack)).ID}
		r.h.Findings = r.lack[:]
	}
	return &r.h
}

// names gives the texts of an id and an endpoint, which are made together.
func (r *row) names(id uint64, e capture.Endpoint) (string, string) {
	r.room = analyzer.ID(id).AppendTo(r.room[:0])
	n := len(r.room)
	r.room = appendEndpoint(r.room, e)
	both := string(r.room)
	return both[:n], both[n:]
}

func (r *row) server(e capture.Endpoint) string {
	s := &r.servers[(e.Addr.Lo^uint64(e.Port))%serversNamed]
	if s.of != e || s.text == "" {
		*s = serverName{e, string(appendEndpoint(nil, e))}
	}
	return s.text
}

// appendEndpoint appends what netip.AddrPort does.
func appendEndpoint(b []byte, e capture.Endpoint) []byte {
	if !e.Addr.Is4() {
		return netip.AddrPortFrom(e.Addr.Netip(), e.Port).AppendTo(b)
	}
	for shift := 24; shift >= 0; shift -= 8 {
		b = append(appendOctet(b, byte(e.Addr.Lo>>shift)), '.')
	}
	b[len(b)-1] = ':'
	return strconv.AppendUint(b, uint64(e.Port), 10)
}

// appendOctet appends a number of up to three digits.
func appendOctet(b []byte, n byte) []byte {
	if n >= 100 {
		b = append(b, '0'+n/100)
	}
	if n >= 10 {
		b = append(b, '0'+n/10%10)
	}
	return append(b, '0'+n%10)
}
