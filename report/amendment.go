package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// Amendment is what took the place of parts of a record after it was kept.
type Amendment struct {
	SupersededBy *string    `json:"superseded_by"` // only to be set
	RootCause    *RootCause `json:"root_cause"`
	Findings     []Finding  `json:"findings"`
}

// Where the parts begin that an Amendment has, and end. No text of a record holds one of
// these: quotation marks in a text are escaped.
const (
	supersededPart = `"superseded_by":`
	behindThat     = `,"request":`
	verdictPart    = `"root_cause":`
	behindVerdict  = `,"inconclusive":`
)

// Amendment gives the parts of a record as they were kept, to be changed: nothing else of
// it has to be decoded. It is worked out in room, which it gives back.
func (r *Kept) Amendment(room []byte) (*Amendment, []byte, error) {
	raw := r.AppendJSON(room[:0])
	from, to := bytes.Index(raw, []byte(verdictPart)), bytes.Index(raw, []byte(behindVerdict))
	if from < 1 || to < from {
		return nil, raw, errors.New("report: read back record: no verdict")
	}
	raw[from-1], raw[to] = '{', '}'
	a := new(Amendment)
	if err := json.Unmarshal(raw[from-1:to+1], a); err != nil {
		return nil, raw, fmt.Errorf("report: read back verdict: %w", err)
	}
	return a, raw, nil
}

// amended appends a record that was kept with the parts that were changed.
func (a *Amendment) amended(dst, raw []byte) []byte {
	superseded, verdict := bytes.Index(raw, []byte(supersededPart)), bytes.Index(raw, []byte(verdictPart))
	between, rest := bytes.Index(raw, []byte(behindThat)), bytes.Index(raw, []byte(behindVerdict))
	e := emitter{b: append(dst, raw[:superseded]...)}
	e.optStr(supersededPart, a.SupersededBy)
	e.b = append(e.bytes(), raw[between:verdict]...)
	object(&e, verdictPart, a.RootCause, (*emitter).rootCause)
	list(&e, `"findings":`, a.Findings, (*emitter).finding)
	return append(e.bytes(), raw[rest:]...)
}

// Record gives a record that has no more than these parts, and shares them.
func (a *Amendment) Record() *Handshake {
	return &Handshake{SupersededBy: a.SupersededBy, RootCause: a.RootCause, Findings: a.Findings}
}
