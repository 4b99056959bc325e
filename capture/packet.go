package capture

import "fmt"

// Ref names one captured packet. Every byte that a rule judges leads back to a
// Ref. The zero Ref names no packet.
type Ref struct {
	Capture uint32 // index of the capture in the run's list, from 0
	Frame   uint64 // number within that capture, from 1, counted as Wireshark counts frames
	Time    int64  // capture time in nanoseconds since the Unix epoch; may go backwards
}

// Known reports whether r names a packet.
func (r Ref) Known() bool { return r.Frame != 0 }

// Packet is one captured packet as the capture holds it.
type Packet struct {
	Ref       Ref
	Interface uint32   // index into Info.Interfaces
	Link      LinkType // link type of that interface
	Wire      int      // length on the wire; larger than len(Data) when the snap length cut it
	Data      []byte   // captured bytes, valid until the next call of Source.Next
}

// Source yields the packets of one capture in the order in which it holds them.
// A Source is used by one goroutine at a time.
type Source interface {
	// Next fills p. It returns io.EOF at the end of the capture. Any other error
	// says that the rest of this capture cannot be read; the packets that were
	// yielded before stay valid. Damage that can be passed over is recorded in
	// Info and is not an error.
	Next(p *Packet) error
	// Info tells what is known of the capture so far; it is complete after Next
	// returned an error. The caller must not change it.
	Info() *Info
	// Close releases what the source holds.
	Close() error
}

// Info describes one capture.
type Info struct {
	Index      uint32      // the Capture number of its packets' Refs
	Name       string      // file name as given, "-" for standard input
	Format     string      // "pcap", "pcap-ns", "pcapng", with "+gzip", "+zstd" or "+lz4" behind it
	Interfaces []Interface // in order of appearance over all sections
	Frames     uint64      // records that Wireshark numbers: packets, and blocks like them that hold none
	Packets    uint64      // packets yielded
	Bytes      uint64      // captured bytes yielded
	Cut        uint64      // packets shorter than on the wire
	Drops      uint64      // packets that the capturing side reports as dropped
	First      int64       // earliest packet time, nanoseconds; valid only if Packets > 0; 0 if no packet has one
	Last       int64       // latest packet time, nanoseconds; valid only if Packets > 0
	Problems   []Problem   // damage, in file order; bounded by MaxProblems
}

// Interface is one capture interface of a capture.
type Interface struct {
	Name string // as recorded, else empty
	Link LinkType
	Snap uint32 // snap length in bytes; 0 = none
}

// Secrets is a TLS key log that a capture holds.
type Secrets struct {
	KeyLog  []byte // valid during the call
	Capture uint32 // index of the capture in the run's list
	Frame   uint64 // last frame before it; 0 = it is before the first
	Offset  int64  // byte offset in the (uncompressed) file
}

// Late gives what is wrong with secrets that came after records of so many sessions that
// they are for.
func (s *Secrets) Late(sessions int) Problem {
	which := "1 TLS session come after its"
	if sessions != 1 {
		which = fmt.Sprintf("%d TLS sessions come after their", sessions)
	}
	return Problem{
		Frame: s.Frame, Offset: s.Offset, After: true,
		Message: "decryption secrets of " + which + " packets, which were read without them: only files that are named are read again",
	}
}

// Problem is damage in a capture, or a record that could not be read.
type Problem struct {
	Frame   uint64 // last frame before the damage, or the damaged frame; 0 = before the first
	Offset  int64  // byte offset in the (uncompressed) file; -1 = unknown
	Message string // lower case, without file name
	After   bool   // the damage is behind Frame, which is whole
}

// MaxProblems bounds Info.Problems; further ones are only counted in the last entry.
const MaxProblems = 64
