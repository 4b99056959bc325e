package catalogue

import (
	"slices"
	"unicode/utf8"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/analyzer/frame"
	"github.com/handshark/handshark/reassembly"
	"github.com/handshark/handshark/rules"
)

// acceptedNames gives the names of the extensions that the 101 accepts.
func acceptedNames(p *rules.Pass) []string {
	var names []string
	list, _ := field.ParseExtensions(p.Response.Values(extensionsField)...)
	for i := range list {
		names = append(names, list[i].Name)
	}
	return names
}

// onlyDeflate reports whether the 101 accepts permessage-deflate and nothing else,
// so that the meaning of the reserved bits is known.
func onlyDeflate(p *rules.Pass) bool {
	names := acceptedNames(p)
	return len(names) > 0 && !slices.ContainsFunc(names, func(n string) bool { return n != "permessage-deflate" })
}

var frameRSVWithoutExtension = frameRule(rules.Rule{
	ID: "frame-rsv-without-extension", Title: "Reserved bit set without a negotiated extension",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "A frame has RSV1 although the 101 accepts no extension, or RSV2 or RSV3 although permessage-deflate defines neither.",
		Why:    "The receiver has to close with 1002. One side compresses although the other one did not agree, or a hop took Sec-WebSocket-Extensions out of the 101.",
		Change: "Compress only what the 101 agrees to; compare Sec-WebSocket-Extensions on both sides of the proxy.",
	},
	Actor: rules.Any, Level: rules.Must, Severity: bothErrors, Cause: rules.IsCause, Reference: "RFC 6455 s5.2; RFC 7692 s6",
	Fixes:      []rules.Fix{{Product: "any", Snippet: "Compress only if permessage-deflate is in the 101; else keep the RSV bits 0."}},
	ClientSees: "Chrome `One or more reserved bits are on`; ws `Invalid WebSocket frame: RSV1 must be clear`",
	If:         rules.If(rules.FrameReserved),
	Check: func(p *rules.Pass) {
		none, deflate := len(acceptedNames(p)) == 0, onlyDeflate(p)
		badFrames(p, func(_ reassembly.Side, f *analyzer.Frame) string {
			switch {
			case none && f.RSV1:
				return "has RSV1, but " + opener(p) + " accepts no extension"
			case (none || deflate) && (f.RSV2 || f.RSV3):
				return "has RSV2 or RSV3, which no accepted extension defines"
			}
			return ""
		})
	},
})

var frameRSV1Misplaced = frameRule(rules.Rule{
	ID: "frame-rsv1-misplaced", Title: "RSV1 on a control frame or continuation",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "permessage-deflate is agreed, and a control frame or a continuation frame has RSV1.",
		Why:    "RSV1 marks the first frame of a compressed message only: the receiver has to close with 1002.",
		Change: "Set RSV1 on the first frame of a compressed message and nowhere else.",
	},
	Actor: rules.Any, Level: rules.MustNot, Severity: bothErrors, Cause: rules.IsCause, Reference: "RFC 7692 s6.1",
	Fixes: []rules.Fix{{Product: "any", Snippet: "Set RSV1 on the first frame of a compressed data message only."}},
	If:    rules.If(rules.FrameReserved),
	Check: func(p *rules.Pass) {
		if !onlyDeflate(p) {
			return
		}
		badFrames(p, func(_ reassembly.Side, f *analyzer.Frame) string {
			if !f.RSV1 || f.Opcode == frame.Text || f.Opcode == frame.Binary {
				return ""
			}
			return "has RSV1, which marks the first frame of a message only"
		})
	},
})

// inMessage walks over the frames of both sides and tells for each whether a
// fragmented message of that side is open before it.
func inMessage(p *rules.Pass, what func(open bool, f *analyzer.Frame) string) {
	var open [2]bool
	badFrames(p, func(side reassembly.Side, f *analyzer.Frame) string {
		s := what(open[side], f)
		if !f.Opcode.Control() {
			open[side] = !f.FIN
		}
		return s
	})
}

var frameInterleavedData = frameRule(rules.Rule{
	ID: "frame-interleaved-data", Title: "New data frame inside a fragmented message",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "A text or binary frame begins while a fragmented message of the same side is unfinished.",
		Why:    "Only control frames may come in between: the receiver closes with 1002. Two writers on one connection do it.",
		Change: "Finish one message before the next begins; let one writer own the connection.",
	},
	Actor: rules.Any, Level: rules.MustNot, Severity: bothErrors, Cause: rules.IsCause, Reference: "RFC 6455 s5.4",
	Fixes: []rules.Fix{{Product: "any", Snippet: "Guard the connection with one lock for whole messages."}},
	If:    rules.If(rules.FrameFragmented),
	Check: func(p *rules.Pass) {
		inMessage(p, func(open bool, f *analyzer.Frame) string {
			if !open || f.Opcode != frame.Text && f.Opcode != frame.Binary {
				return ""
			}
			return "begins a message while another one is unfinished"
		})
	},
})

var frameUnexpectedContinuation = frameRule(rules.Rule{
	ID: "frame-unexpected-continuation", Title: "Continuation without a started message",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "A continuation frame comes while no message of that side is unfinished.",
		Why:    "There is nothing to continue: the receiver closes with 1002.",
		Change: "Begin each message with opcode 1 or 2, and use opcode 0 for its further frames only.",
	},
	Actor: rules.Any, Level: rules.Must, Severity: bothErrors, Cause: rules.IsCause, Reference: "RFC 6455 s5.4",
	Fixes: []rules.Fix{{Product: "any", Snippet: "Begin each message with opcode 0x1 or 0x2."}},
	If:    rules.If(rules.FrameFragmented),
	Check: func(p *rules.Pass) {
		inMessage(p, func(open bool, f *analyzer.Frame) string {
			if open || f.Opcode != frame.Continuation {
				return ""
			}
			return "continues a message that was not begun"
		})
	},
})

var frameTextInvalidUTF8 = frameRule(rules.Rule{
	ID: "frame-text-invalid-utf8", Title: "Text message is not UTF-8",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "A text message in one frame, not compressed and short enough to be kept, is not valid UTF-8.",
		Why:    "The receiver closes with 1007.",
		Change: "Encode text as UTF-8, or send binary messages.",
	},
	Actor: rules.Any, Level: rules.Must, Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause: rules.IsCause, Reference: "RFC 6455 s5.6, s8.1",
	Fixes: []rules.Fix{{Product: "any", Snippet: "Send data that is not UTF-8 in binary frames."}},
	If:    rules.If(rules.TextNotUTF8),
	Check: func(p *rules.Pass) {
		badFrames(p, func(_ reassembly.Side, f *analyzer.Frame) string {
			whole := f.FIN && !f.RSV1 && f.Complete && uint64(len(f.Payload)) == f.Length
			if f.Opcode != frame.Text || !whole || utf8.Valid(f.Payload) {
				return ""
			}
			return "is text but not UTF-8"
		})
	},
})
