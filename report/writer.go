package report

import (
	"encoding/json"
	"fmt"
)

// Record is a handshake on its way to a Writer: records come in their final
// order, by Handshake.Time and then by ID.
type Record struct {
	// Handshake may be nil if the record was kept aside: see Load.
	Handshake *Handshake
	// Kept is the record as it was kept aside, if it was, or was numbered; valid during the
	// call that hands the Record on.
	Kept Kept
	// Brief says that all was dropped to save memory but what it takes to count the
	// handshake: its group, see [GroupKey], with URL and cause, its time and first
	// packet. The Handshake is then valid during the call that hands the Record on:
	// Copy keeps it.
	Brief bool
	// Amends says that the handshake was written before, by the same ID, and that
	// this record takes the place of that one: later packets shed other light on it.
	// It occurs only where packets are judged as they come.
	Amends bool
}

// Load gives the handshake, decoding what was kept where there is nothing else. What was not
// decoded is as valid as r.Handshake.
func (r *Record) Load() (*Handshake, error) {
	if r.Handshake != nil {
		return r.Handshake, nil
	}
	return decode(r.Kept.AppendJSON(nil))
}

func decode(raw []byte) (*Handshake, error) {
	h := new(Handshake)
	if err := json.Unmarshal(raw, h); err != nil {
		return nil, fmt.Errorf("report: read back record: %w", err)
	}
	return h, nil
}

// Copy gives a handshake that shares nothing with r.
func (r *Record) Copy() (*Handshake, error) {
	if r.Handshake != nil {
		return decode(r.Handshake.AppendJSON(nil))
	}
	return r.Load()
}

// appendJSON appends the JSON object of the handshake, its redactions numbered.
func (r *Record) appendJSON(dst []byte, o *Ordinals) []byte {
	switch {
	case r.Kept.Manner&isNumbered != 0:
		return r.Kept.AppendJSON(dst)
	case r.Handshake != nil:
		o.room = r.Handshake.AppendJSON(o.room[:0])
		return o.JSON(dst, o.room)
	case r.Kept.changed(), r.Kept.Manner&NotUTF8 != 0:
		o.room = r.Kept.AppendJSON(o.room[:0])
		return o.JSON(dst, o.room)
	}
	return r.Kept.expand(dst, o.replace)
}

// Numberer is a Writer that can number the redactions of records ahead of Handshake, on
// another goroutine: they have to be handed to either in the same order.
type Numberer interface {
	// Number appends to dst what r stands on then, and gives dst. See [Ordinals.Number].
	Number(dst []byte, r *Record) []byte
}

// Tail is what a report says when all handshakes are known.
type Tail struct {
	Captures []Capture
	Summary  Summary
	// Errors and Warnings count findings of that severity of established
	// handshakes: those of failed ones count by their failure.
	Errors, Warnings int
	// Unusable holds one error for each input that could not be used at all, or
	// not to its end; each names its file.
	Unusable []error
	// Undecoded and Other count packets that could not be looked through, and
	// packets of other protocols, by reason, for runs that found nothing.
	Undecoded, Other []Count
	// HTTP counts the conversations in which HTTP was read, for runs that found
	// nothing.
	HTTP uint64
	// NotSelected counts the handshakes that the selection left out, FilteredOut
	// the packets that the packet filter did.
	NotSelected int
	FilteredOut uint64
	// RuleErrors names rules that failed to run: a fault in this program.
	RuleErrors []string
}

// Count is a named number.
type Count struct {
	Name  string
	Count uint64
}

// Writer writes a report in one format. It is used by one goroutine.
type Writer interface {
	// Handshake takes the next record.
	Handshake(Record) error
	// Close writes what stands behind the handshakes. It does not close the
	// writer beneath.
	Close(*Tail) error
}
