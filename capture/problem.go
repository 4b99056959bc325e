package capture

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"
)

// OpenError says why a name could not be opened as a capture.
type OpenError struct {
	Name   string // as given, "-" for standard input
	Reason string // lower case, without the name
	Err    error  // cause, or nil
}

// Error gives "capture: NAME: REASON" on one line.
func (e *OpenError) Error() string { return "capture: " + e.Name + ": " + e.Reason }

// Unwrap gives the cause.
func (e *OpenError) Unwrap() error { return e.Err }

// ReadError says that the rest of a capture cannot be read. The same damage is
// the last entry of Info.Problems.
type ReadError struct {
	Name   string
	Frame  uint64 // last frame before the damage, 0 if there is none
	Offset int64  // byte offset in the (uncompressed) file
	Reason string // lower case, without the name
	Err    error  // cause, or nil
}

// Error gives "capture: NAME: after packet N at offset M: REASON" on one line.
func (e *ReadError) Error() string {
	return fmt.Sprintf("capture: %s: after packet %d at offset %d: %s", e.Name, e.Frame, e.Offset, e.Reason)
}

// Unwrap gives the cause.
func (e *ReadError) Unwrap() error { return e.Err }

// endsEarly is what a cut compressed file has.
const endsEarly = "compressed data ends early"

// openError makes an OpenError of what the operating system said, without the
// operation and path that *fs.PathError repeats.
func openError(name string, err error) *OpenError {
	reason := cause(err)
	if reason == endsEarly {
		reason += ", before the first packet"
	}
	return &OpenError{Name: name, Reason: reason, Err: err}
}

// cause gives the text of err without what the caller says itself.
func cause(err error) string {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err.Error()
	}
	if errors.Is(err, io.ErrUnexpectedEOF) { // only decompressors say so
		return endsEarly
	}
	return err.Error()
}

// after records damage that is behind the last frame.
func (f *file) after(offset int64, format string, args ...any) {
	f.add(Problem{Frame: f.info.Frames, Offset: offset, After: true}, format, args...)
}

// problem records damage of a frame.
func (f *file) problem(frame uint64, offset int64, format string, args ...any) {
	f.add(Problem{Frame: frame, Offset: offset}, format, args...)
}

// add records damage. Beyond MaxProblems it only counts, so that a hostile
// file can neither grow the list nor make it costly.
func (f *file) add(p Problem, format string, args ...any) {
	f.problems++
	if f.problems <= MaxProblems {
		p.Message = fmt.Sprintf(format, args...)
		f.info.Problems = append(f.info.Problems, p)
	}
}

// tally makes the last problem say how many there are from it on.
func (f *file) tally() {
	if f.problems > MaxProblems {
		f.info.Problems[MaxProblems-1].Message = strconv.FormatUint(f.problems-MaxProblems+1, 10) + " further problems from here on"
	}
}
