// Package http1 reads HTTP/1.x message heads and skips their bodies, keeping
// what other parsers throw away: order, letter case, spelling, line ends and
// byte positions. It never fails: what is odd is recorded as a [Deviation].
//
// It takes bytes only and knows nothing of packets; positions are stream
// offsets that the caller can map to packets.
package http1

// Kind tells requests from responses.
type Kind uint8

// Message kinds.
const (
	Request Kind = iota + 1
	Response
)

// Span is a half-open range of bytes of Message.Raw, which is never longer than
// 4 GiB: a message is mostly spans, and goes from one processor core to another.
type Span struct{ Start, End uint32 }

// Len is the number of bytes.
func (s Span) Len() int { return int(s.End - s.Start) }

// SpanOf gives the span of those bounds.
func SpanOf(start, end int) Span { return Span{uint32(start), uint32(end)} }

// part gives the span from one to another position in s.
func (s Span) part(from, to int) Span { return Span{s.Start + uint32(from), s.Start + uint32(to)} }

// Message is one message head (RFC 9112 section 2.1).
//
// Of a head that is not complete, Raw holds every byte that was read, but a
// last line without its line end is no field line: it proves nothing.
type Message struct {
	Kind     Kind
	Raw      []byte // the head as received, final empty line included; owned by the message
	Offset   uint64 // stream offset of Raw[0]
	Complete bool   // the terminating empty line was seen
	Why      Stop   // why the head is not complete; StopNone if it is
	Parts

	Deviations  []Deviation // in order of position; at most 16 of each kind are kept
	SkippedCRLF int         // empty lines before the start line (RFC 9112 section 2.2), not part of Raw

	text  string // Raw as a string, once much of it was asked for
	texts uint8  // texts that were given before

	fields []Field // of a head without a form, as own
	own    *index  // nil: the message was not made by a Reader
}

// Parts says where the parts of a head are: what follows from its octets alone.
type Parts struct {
	Line Span // start line without its line end

	Method, Target Span // requests; empty when the line has no such part
	Version        Span // "HTTP/1.1" as written; empty when absent
	Status         int  // responses: 100 to 999; 0 = not readable
	StatusSpan     Span
	Reason         Span // responses: reason phrase without the leading space

	// Form is what the head has in common with others; nil if that is not known. Varies
	// has a bit for each field line whose value is another one than in the first of them.
	Form   *Form
	Varies uint64

	start uint32             // where the lines of the form begin
	ends  [formVaries]uint32 // of the values that vary in the form
}

// Texts that are copied by themselves, and how long they may be, or a quarter of the head
// if that is more: what looks at a few fields only does not pay for the whole head.
const (
	textsApart = 8
	textApart  = 64
)

// Text gives the bytes of a span as a string. All texts of a message but a few
// share one copy of Raw, which is not to be changed any more: who keeps a short
// text for long should clone it.
func (m *Message) Text(s Span) string {
	if len(m.text) == len(m.Raw) {
		return m.text[s.Start:s.End]
	}
	return m.copied(s)
}

// Copy makes the copy that texts share, for who asks for most of them.
func (m *Message) Copy() {
	if len(m.text) != len(m.Raw) {
		m.text = string(m.Raw)
	}
}

func (m *Message) copied(s Span) string {
	if m.texts < textsApart && (s.Len() <= textApart || s.Len() <= len(m.Raw)/4) {
		m.texts++
		return string(m.Raw[s.Start:s.End])
	}
	m.text = string(m.Raw)
	return m.text[s.Start:s.End]
}

// Field is one field line (RFC 9110 section 5.1). Name and Value are spans
// without surrounding blanks; a folded value spans its continuation lines (use
// [Message.Value] for the joined text). A line without a colon has an empty
// Name and the whole line as its Value, so that no lookup finds it.
type Field struct {
	Line  Span // whole line without its line end
	Name  Span
	Value Span
}

// Stop says why a message ended before its natural end.
type Stop uint8

// Reasons for an incomplete message.
const (
	StopNone    Stop = iota
	StopGap          // bytes were not captured
	StopClose        // the stream ended
	StopLimit        // the head is larger than the limit
	StopOpen         // the capture ended while the connection was open
	StopReset        // the stream was reset
	StopFraming      // the chunked coding of the body is broken
)

// String names the reason.
func (s Stop) String() string {
	names := [...]string{"complete", "not captured", "closed", "over the limit", "capture ended", "reset", "broken framing"}
	if int(s) < len(names) {
		return names[s]
	}
	return "unknown"
}

// Deviation is something in a head that RFC 9112 or RFC 9110 does not allow, or
// that peers are known to stumble over.
type Deviation struct {
	Kind  DeviationKind
	Span  Span
	Field int // index into Fields; -1 = start line or between lines
}

// DeviationKind names a Deviation.
type DeviationKind uint8

// Deviations.
const (
	BareLF             DeviationKind = iota + 1 // line ends in LF without CR
	BareCR                                      // CR not followed by LF inside a line
	ObsFold                                     // line folding (RFC 9112 section 5.2)
	SpaceBeforeColon                            // RFC 9112 section 5.1
	LeadingSpaceLine                            // first line after the start line begins with a blank; such lines are no Field (RFC 9112 section 2.2)
	NoColon                                     // field line without a colon
	BadName                                     // field name empty or not a token
	ControlOctet                                // NUL or a control octet other than HTAB in a field value or reason phrase
	NonASCII                                    // octet above 0x7F in a field value
	ExtraSpaces                                 // start line: other than single SP separators
	TabSeparator                                // start line: TAB as separator
	TrailingBlank                               // start line: blank at the end
	BadMethod                                   // method is not a token
	BadVersion                                  // version does not match "HTTP/" DIGIT "." DIGIT
	MissingVersion                              // request line without a version
	EmptyTarget                                 // request line without a target
	BadStatus                                   // status is not three digits
	MissingReasonSpace                          // status line ends directly after the status code
	EmptyReason                                 // status line with the space but no reason (legal; peers differ)
	NotHTTP                                     // the first bytes are no HTTP start line at all
	TargetOctet                                 // octet in the target that RFC 3986 does not allow, or % without two hexadecimal digits

	deviationKinds
)

// Framing says how the body of a message is delimited (RFC 9112 section 6).
type Framing struct {
	Kind   FramingKind
	Length uint64 // FrameLength only
}

// FramingKind is the kind of a Framing.
type FramingKind uint8

// Ways to delimit a body.
const (
	FrameNone       FramingKind = iota // no body: the next message follows the head
	FrameLength                        // Length bytes
	FrameChunked                       // chunked transfer coding
	FrameUntilClose                    // until the stream ends
	FrameSwitch                        // HTTP ends here: everything after the head goes to Handler.Switched
)

// Handler receives what a [Reader] finds in one side's stream. For each message
// Head is called once, then Body any number of times, then End once.
type Handler interface {
	// Head is called for each message head, complete or not, and decides the
	// framing of the body; BodyFraming gives the one of RFC 9112 section 6.3.
	// The answer for an incomplete head is ignored.
	Head(*Message) Framing
	// Body is called for body bytes (transfer coding removed), valid during the call only.
	Body(m *Message, data []byte)
	// End is called when the message is complete or can go no further. StopGap
	// says that bytes of the body were not captured: of a body of known length
	// the end was found nevertheless.
	End(m *Message, why Stop)
	// Switched is called with the bytes after a FrameSwitch head; offset is the
	// stream offset of data[0]. Where it is not the end of the previous call,
	// the bytes between were not captured.
	Switched(offset uint64, data []byte)
	// NotHTTP is called at most once, when the bytes at offset cannot start a
	// message; they and every later byte then go to Switched as well.
	NotHTTP(offset uint64, data []byte)
}
