package report

import (
	"bytes"
	"errors"
)

// Where the parts of a record begin that Kept.Amended has, and end. No text of a record
// holds one of these: quotation marks in a text are escaped.
const (
	supersededPart = `"superseded_by":`
	behindThat     = `,"request":`
	verdictPart    = `"root_cause":`
	behindVerdict  = `,"inconclusive":`

	confidencePart = `"confidence":` // of a root cause, with the label behind it
	labelPart      = `"label":`
	behindLabel    = `,"summary":`
)

// Verdict gives root cause and findings of a record as it was kept: nothing else of it has
// to be decoded. It is worked out in room, which it gives back.
func (r *Kept) Verdict(room []byte) (*Handshake, []byte, error) {
	raw := r.AppendJSON(room[:0])
	from, to := bytes.Index(raw, []byte(verdictPart)), bytes.Index(raw, []byte(behindVerdict))
	if from < 1 || to < from {
		return nil, raw, errors.New("report: read back record: no verdict")
	}
	raw[from-1], raw[to] = '{', '}'
	h, err := decode(raw[from-1 : to+1])
	return h, raw, err
}

// amended appends a record that was kept with the parts that were changed.
func (h *Handshake) amended(dst, raw []byte) []byte {
	superseded, verdict := bytes.Index(raw, []byte(supersededPart)), bytes.Index(raw, []byte(verdictPart))
	between, rest := bytes.Index(raw, []byte(behindThat)), bytes.Index(raw, []byte(behindVerdict))
	e := emitter{b: append(dst, raw[:superseded]...)}
	e.optStr(supersededPart, h.SupersededBy)
	e.b = append(e.bytes(), raw[between:verdict]...)
	object(&e, verdictPart, h.RootCause, (*emitter).rootCause)
	list(&e, `"findings":`, h.Findings, (*emitter).finding)
	return append(e.bytes(), raw[rest:]...)
}

// weighed appends a record that was kept with another confidence of its root cause.
func weighed(dst, raw []byte, confidence float64) []byte {
	verdict := bytes.Index(raw, []byte(verdictPart))
	from := verdict + bytes.Index(raw[verdict:], []byte(confidencePart))
	to := from + bytes.Index(raw[from:], []byte(behindLabel))
	e := emitter{b: append(dst, raw[:from]...)}
	e.float(confidencePart, confidence)
	e.str(labelPart, ConfidenceLabel(confidence))
	return append(e.bytes(), raw[to:]...)
}
