package catalogue

import (
	"fmt"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/frame"
	"github.com/handshark/handshark/reassembly"
	"github.com/handshark/handshark/rules"
)

// Frame rules judge the first frames of each side (analyzer.FramesKept): what
// breaks a session at its beginning.

// frameRule fills in what the frame rules share.
func frameRule(r rules.Rule) rules.Rule {
	r.Family, r.Needs, r.When = rules.PostUpgrade, analyzer.ResponseHead|analyzer.Frames, rules.OnSession
	if r.Cause == rules.IsCause {
		r.Sufficient = true
		r.Suppresses = []string{"closed-without-close-frame", "early-close-protocol-error"}
	}
	if r.ClientSees == "" {
		r.ClientSees = "Close 1002 or 1007 from the peer, or 1006 in the browser"
	}
	return r
}

var bothErrors = rules.Severity{Established: rules.Error, Failed: rules.Error}

var sides = [...]reassembly.Side{reassembly.Client, reassembly.Server}

// badFrames reports the first frame of each side of which what says something.
func badFrames(p *rules.Pass, what func(side reassembly.Side, f *analyzer.Frame) string) {
	if !framed(p) {
		return
	}
	for _, side := range sides {
		for i := range p.Upgraded.First[side] {
			f := &p.Upgraded.First[side][i]
			if s := what(side, f); s != "" {
				p.Report(rules.Finding{
					Actor: actorOf(side), Evidence: []rules.Evidence{p.Frame(side, f)},
					Message: fmt.Sprintf("frame %d of the %s (%s, %d octets) %s", i+1, side, f.Opcode, f.Length, s),
				})
				break
			}
		}
	}
}

var frameClientUnmasked = frameRule(rules.Rule{
	ID: "frame-client-unmasked", Title: "Client frame not masked",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "A frame of the client has no MASK bit.",
		Why:    "A server has to close the connection, with 1002 as a rule; TLS makes no difference.",
		Change: "Mask every frame of the client with a fresh random key.",
	},
	Actor: rules.Client, Level: rules.Must, Severity: bothErrors, Cause: rules.IsCause, Reference: "RFC 6455 s5.1, s5.3",
	Fixes: []rules.Fix{{Product: "client", Snippet: "Set MASK, send four random octets as the key and XOR the payload with them."}},
	If:    rules.If(rules.FrameOdd),
	Check: func(p *rules.Pass) {
		badFrames(p, func(side reassembly.Side, f *analyzer.Frame) string {
			if side == reassembly.Server || f.Masked {
				return ""
			}
			return "is not masked; a client has to mask"
		})
	},
})

var frameServerMasked = frameRule(rules.Rule{
	ID: "frame-server-masked", Title: "Server frame masked",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "A frame of the server has the MASK bit.",
		Why:    "A client has to close the connection, as browsers do with 1002.",
		Change: "Let the server send its frames unmasked; a client's frame writer must not be used for it.",
	},
	Actor: rules.Server, Level: rules.MustNot, Severity: bothErrors, Cause: rules.IsCause, Reference: "RFC 6455 s5.1",
	Fixes:      []rules.Fix{{Product: "server", Snippet: "Write frames with MASK 0 and no masking key."}},
	ClientSees: "Chrome `A server must not mask any frames that it sends to the client.`",
	If:         rules.If(rules.FrameOdd),
	Check: func(p *rules.Pass) {
		badFrames(p, func(side reassembly.Side, f *analyzer.Frame) string {
			if side == reassembly.Client || !f.Masked {
				return ""
			}
			return "is masked; a server must not mask"
		})
	},
})

var frameControlFragmented = frameRule(rules.Rule{
	ID: "frame-control-fragmented", Title: "Fragmented control frame",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "A Close, Ping or Pong frame has FIN 0.",
		Why:    "Control frames must not be fragmented: the receiver closes with 1002.",
		Change: "Send control frames in one piece with FIN set.",
	},
	Actor: rules.Any, Level: rules.MustNot, Severity: bothErrors, Cause: rules.IsCause, Reference: "RFC 6455 s5.4, s5.5",
	Fixes: []rules.Fix{{Product: "any", Snippet: "Set FIN on every Close, Ping and Pong."}},
	If:    rules.If(rules.FrameOdd),
	Check: func(p *rules.Pass) {
		badFrames(p, func(_ reassembly.Side, f *analyzer.Frame) string {
			if !f.Opcode.Control() || f.FIN {
				return ""
			}
			return "is a control frame without FIN"
		})
	},
})

var frameControlTooLong = frameRule(rules.Rule{
	ID: "frame-control-too-long", Title: "Control frame longer than 125 octets",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "A Close, Ping or Pong frame has an extended length.",
		Why:    "The payload of a control frame is 125 octets at most: the receiver closes with 1002. A close reason of more than 123 octets does it.",
		Change: "Keep the payload of control frames at 125 octets or less; cut close reasons.",
	},
	Actor: rules.Any, Level: rules.Must, Severity: bothErrors, Cause: rules.IsCause, Reference: "RFC 6455 s5.5",
	Fixes: []rules.Fix{{Product: "any", Snippet: "Cut the close reason to 123 octets of UTF-8."}},
	If:    rules.If(rules.FrameOdd),
	Check: func(p *rules.Pass) {
		badFrames(p, func(_ reassembly.Side, f *analyzer.Frame) string {
			if !f.Opcode.Control() || f.Length <= 125 && !f.NotMinimal {
				return ""
			}
			return "is a control frame with an extended length; 125 octets are the limit"
		})
	},
})

var frameLengthMSB = frameRule(rules.Rule{
	ID: "frame-length-msb", Title: "64-bit length has its top bit set",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The 64-bit payload length of a frame has its most significant bit set.",
		Why:    "That bit has to be 0: the receiver closes. As a rule the sender lost the boundary of its frames.",
		Change: "Look at what the sender wrote just before: octets without a frame header, or a wrong length.",
	},
	Actor: rules.Any, Level: rules.Must, Severity: bothErrors, Cause: rules.IsCause, Reference: "RFC 6455 s5.2",
	Fixes: []rules.Fix{{Product: "any", Snippet: "Write the length as an unsigned number of 63 bits, in network order."}},
	If:    rules.If(rules.FrameOdd),
	Check: func(p *rules.Pass) {
		badFrames(p, func(_ reassembly.Side, f *analyzer.Frame) string {
			if !f.LengthMSB {
				return ""
			}
			return "has the top bit of its length set"
		})
	},
})

var frameLengthNotMinimal = frameRule(rules.Rule{
	ID: "frame-length-not-minimal", Title: "Payload length not minimally encoded",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "A frame uses a longer form of its payload length than it needs.",
		Why:    "The shortest form has to be used: strict receivers close with 1002.",
		Change: "Use 7 bits up to 125 octets, 16 bits up to 65535, 64 bits above.",
	},
	Actor: rules.Any, Level: rules.Must, Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause: rules.IsCause, Reference: "RFC 6455 s5.2",
	Fixes: []rules.Fix{{Product: "any", Snippet: "Use the shortest form of the length."}},
	If:    rules.If(rules.FrameOdd),
	Check: func(p *rules.Pass) {
		badFrames(p, func(_ reassembly.Side, f *analyzer.Frame) string {
			if !f.NotMinimal || f.Opcode.Control() {
				return ""
			}
			return "has a length in a longer form than it needs"
		})
	},
})

var frameReservedOpcode = frameRule(rules.Rule{
	ID: "frame-reserved-opcode", Title: "Unknown opcode",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "A frame has opcode 3 to 7 or 11 to 15.",
		Why:    "No such frames are defined: the receiver has to close. As a rule the sender lost the boundary of its frames.",
		Change: "Use opcodes 0, 1, 2, 8, 9 and 10 only, and look at what the sender wrote just before.",
	},
	Actor: rules.Any, Level: rules.Must, Severity: bothErrors, Cause: rules.IsCause, Reference: "RFC 6455 s5.2",
	Fixes: []rules.Fix{{Product: "any", Snippet: "Use the opcodes 0x0, 0x1, 0x2, 0x8, 0x9 and 0xA only."}},
	If:    rules.If(rules.FrameOdd),
	Check: func(p *rules.Pass) {
		badFrames(p, func(_ reassembly.Side, f *analyzer.Frame) string {
			if f.Opcode <= frame.Binary || f.Opcode >= frame.Close && f.Opcode <= frame.Pong {
				return ""
			}
			return "has an opcode that is not defined"
		})
	},
})

var frameMaskKeyWeak = frameRule(rules.Rule{
	ID: "frame-mask-key-weak", Title: "Masking key constant or zero",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "Three or more frames of the client have the same masking key.",
		Why:    "Nothing fails by it, but masks that can be guessed do not protect proxies from prepared content.",
		Change: "Draw a fresh random key for every frame; clients on trusted networks may leave it so to save time.",
	},
	Actor: rules.Client, Level: rules.Must, Severity: rules.Severity{Established: rules.Info, Failed: rules.Info},
	Reference:  "RFC 6455 s5.3, s10.3",
	Fixes:      []rules.Fix{{Product: "client", Snippet: "Draw a fresh random masking key for every frame."}},
	ClientSees: "nothing by itself",
	If:         rules.If(rules.MaskRepeats),
	Check:      checkMaskKeys,
})

func checkMaskKeys(p *rules.Pass) {
	var masked []*analyzer.Frame
	for i := range p.Upgraded.First[reassembly.Client] {
		f := &p.Upgraded.First[reassembly.Client][i]
		if !f.Masked || f.Length == 0 {
			continue
		}
		if masked = append(masked, f); f.Mask != masked[0].Mask {
			return
		}
	}
	const enough = 3
	if len(masked) >= enough {
		p.Found(fmt.Sprintf("the first %d masked frames of the client have the key %x", len(masked), masked[0].Mask),
			p.Frame(reassembly.Client, masked[0]), p.Frame(reassembly.Client, masked[1]))
	}
}
