package http2

// Answer says whether octets are what they are taken for.
type Answer uint8

// Answers.
const (
	No    Answer = iota
	Maybe        // more octets are needed to tell
	Yes
)

// Starts reports whether data may be what a server begins with: a SETTINGS frame that is
// not an ACK (RFC 9113 sections 3.4 and 6.5).
func Starts(data []byte) Answer {
	const length, kind, flags = 3, 3, 4
	for i, c := range data[:min(len(data), frameHeader)] {
		switch {
		case i == 0 && c != 0, i > flags && c != 0, i == kind && c != byte(Settings), i == flags && c != 0:
			return No
		}
	}
	switch {
	case len(data) >= length && (int(data[1])<<8|int(data[2]))%settingSize != 0:
		return No
	case len(data) < frameHeader:
		return Maybe
	}
	return Yes
}

// Busy reports whether what was fed last does not end where a frame, or a piece of data
// that nobody waits for, does: what was read of it is needed with what follows.
func (r *Reader) Busy() bool {
	switch r.step {
	case inHeader, inPreface:
		return r.have > 0 || r.section
	case inPrefix, inKept, inFragment:
		return true
	}
	return false
}

// Padding reports whether what is missing of a frame from offset on may be padding, and how
// much of it is not known: what tells so is missing, too.
func (f *Frame) Padding(offset uint64) bool {
	return f.Has(FlagPadded) && offset == f.Offset+frameHeader
}

// End is the stream offset behind the frame, if it is in one piece.
func (f *Frame) End() uint64 { return f.Offset + frameHeader + uint64(f.Length) }
