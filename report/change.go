package report

import "bytes"

// Change is what other handshakes say of one whose record is kept as JSON: it is written
// into that, which need not be decoded. The zero value changes nothing.
type Change struct {
	// Confidence takes the place of that of the root cause; 0 = nothing does.
	Confidence float64
	// SupersededBy is the ID of the attempt by which the client got over the failure: its
	// findings are information from then on, see Handshake.Soften. Empty = none.
	SupersededBy string
}

// Where the parts of a record begin that a Change concerns, and end. No text of a record
// holds one of these: quotation marks in a text are escaped.
const (
	supersededPart = `"superseded_by":`
	behindThat     = `,"request":`
	verdictPart    = `"root_cause":`
	confidencePart = `"confidence":` // of a root cause, with the label behind it
	labelPart      = `"label":`
	behindLabel    = `,"summary":`
	findingsPart   = `"findings":`
	severityPart   = `"severity":`
	behindVerdict  = `,"inconclusive":`
)

// apply appends a record with the change.
func (c *Change) apply(dst, record []byte) []byte {
	e := emitter{b: dst}
	if c.SupersededBy != "" {
		record = e.before(record, supersededPart)
		e.name(supersededPart, c.SupersededBy)
		record = e.skip(record, behindThat)
	}
	record = e.before(record, verdictPart)
	if c.Confidence > 0 {
		record = e.before(record, confidencePart)
		e.float(confidencePart, c.Confidence)
		e.str(labelPart, ConfidenceLabel(c.Confidence))
		record = e.skip(record, behindLabel)
	}
	record = e.before(record, findingsPart)
	if c.SupersededBy != "" {
		record = e.soften(record)
	}
	return append(e.b, record...)
}

// before appends what stands before a part, and gives the rest.
func (e *emitter) before(record []byte, part string) []byte {
	i := max(bytes.Index(record, []byte(part)), 0)
	e.b = append(e.b, record[:i]...)
	return record[i:]
}

// skip leaves out what stands before a part that begins with a comma, over that of what
// was appended, and gives the rest.
func (e *emitter) skip(record []byte, part string) []byte {
	e.b = e.bytes()
	return record[max(bytes.Index(record, []byte(part)), 0):]
}

// soften appends findings as information, and gives the rest.
func (e *emitter) soften(record []byte) []byte {
	end := max(bytes.Index(record, []byte(behindVerdict)), 0)
	for findings := record[:end]; ; {
		i := bytes.Index(findings, []byte(severityPart))
		if i < 0 {
			e.b = append(e.b, findings...)
			return record[end:]
		}
		e.b = append(e.b, findings[:i]...)
		e.str(severityPart, "info")
		findings = e.skip(findings[i:], ",")
	}
}
