package catalogue

import (
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/frame"
	"github.com/handshark/handshark/reassembly"
	"github.com/handshark/handshark/rules"
)

var noteOnly = rules.Severity{Established: rules.Info, Failed: rules.Info}

// badClose reports each Close frame of which what says something.
func badClose(p *rules.Pass, what func(side reassembly.Side, c *analyzer.Close) string) {
	for _, side := range sides {
		c := p.Upgraded.Closes[side]
		if c == nil {
			continue
		}
		if s := what(side, c); s != "" {
			p.Report(rules.Finding{
				Actor: actorOf(side), Message: fmt.Sprintf("the Close frame of the %s %s", side, s), Evidence: []rules.Evidence{p.Close(side, c)},
			})
		}
	}
}

var close1010FromServer = frameRule(rules.Rule{
	ID: "close-1010-from-server", Title: "Server closes with 1010",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The server sends a Close frame with 1010.",
		Why:    "1010 is for clients that miss an extension; a server refuses in the handshake.",
		Change: "Refuse the handshake, or close with 1002 or 1011.",
	},
	Actor: rules.Server, Level: rules.MustNot, Severity: noteOnly, Reference: "RFC 6455 s7.4.1",
	Fixes:      []rules.Fix{{Product: "server", Snippet: "Close with 1002 or 1011."}},
	ClientSees: "nothing by itself",
	If:         rules.If(rules.CloseOdd),
	Check: func(p *rules.Pass) {
		badClose(p, func(side reassembly.Side, c *analyzer.Close) string {
			if side == reassembly.Client || c.Code != 1010 {
				return ""
			}
			return "has 1010, which is for clients"
		})
	},
})

var closeBodyTruncated = frameRule(rules.Rule{
	ID: "close-body-truncated", Title: "Close body is one octet",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "A Close frame has a payload of one octet.",
		Why:    "The payload is empty or begins with a code of two octets: the receiver fails the connection with 1002.",
		Change: "Send no payload, or two octets and a reason.",
	},
	Actor: rules.Any, Level: rules.Must, Severity: rules.Severity{Established: rules.Warning, Failed: rules.Warning}, Reference: "RFC 6455 s5.5.1",
	Fixes:      []rules.Fix{{Product: "any", Snippet: "Send an empty Close payload or at least two octets."}},
	ClientSees: "nothing by itself",
	If:         rules.If(rules.CloseOdd),
	Check: func(p *rules.Pass) {
		badClose(p, func(_ reassembly.Side, c *analyzer.Close) string {
			if c.BodyLen != 1 {
				return ""
			}
			return "has a payload of one octet; a code has two"
		})
	},
})

var closeCodeInvalid = frameRule(rules.Rule{
	ID: "close-code-invalid", Title: "Close frame carries a code that must not be sent",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "A Close frame has a code below 1000 or above 4999, or 1004, 1005, 1006 or 1015.",
		Why:    "These codes are reserved for what happens without a Close frame, or undefined: the receiver may answer 1002.",
		Change: "Send 1000 to 1003, 1007 to 1014, or 3000 to 4999.",
	},
	Actor: rules.Any, Level: rules.MustNot, Severity: rules.Severity{Established: rules.Warning, Failed: rules.Warning}, Reference: "RFC 6455 s7.4.1, s7.4.2",
	Fixes:      []rules.Fix{{Product: "any", Snippet: "Send 1000 to 1003, 1007 to 1014, or 3000 to 4999."}},
	ClientSees: "nothing by itself",
	If:         rules.If(rules.CloseOdd),
	Check: func(p *rules.Pass) {
		badClose(p, func(_ reassembly.Side, c *analyzer.Close) string {
			unassigned := c.Code >= 1016 && c.Code <= 2999 // the registry may grow
			if c.BodyLen < 2 || unassigned || frame.CloseCode(c.Code).Sendable() {
				return ""
			}
			return fmt.Sprintf("has the code %d, which must not be sent", c.Code)
		})
	},
})

var closeReasonNotUTF8 = frameRule(rules.Rule{
	ID: "close-reason-not-utf8", Title: "Close reason is not UTF-8",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The reason in a Close frame is not valid UTF-8.",
		Why:    "The receiver may fail the connection with 1007; the reason is lost.",
		Change: "Send the reason as UTF-8, and cut it to 123 octets between letters.",
	},
	Actor: rules.Any, Level: rules.Must, Severity: noteOnly, Reference: "RFC 6455 s5.5.1, s8.1",
	Fixes:      []rules.Fix{{Product: "any", Snippet: "Send the reason as UTF-8, at most 123 octets."}},
	ClientSees: "nothing by itself",
	If:         rules.If(rules.CloseOdd),
	Check: func(p *rules.Pass) {
		badClose(p, func(_ reassembly.Side, c *analyzer.Close) string {
			if utf8.Valid(c.Reason) {
				return ""
			}
			return "has a reason that is not UTF-8"
		})
	},
})

var dataAfterClose = frameRule(rules.Rule{
	ID: "data-after-close", Title: "Data frame after own Close",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "A side sends a data frame after its own Close frame.",
		Why:    "The receiver ignores it: data that is sent so is lost.",
		Change: "Send nothing after the Close frame; finish sending first.",
	},
	Actor: rules.Any, Level: rules.MustNot, Severity: noteOnly, Reference: "RFC 6455 s5.5.1",
	Fixes:      []rules.Fix{{Product: "any", Snippet: "Drain the send queue before the Close frame is written."}},
	ClientSees: "nothing by itself",
	If:         rules.If(rules.DataAfterClose),
	Check:      checkDataAfterClose,
})

func checkDataAfterClose(p *rules.Pass) {
	var closed [2]bool
	for _, e := range p.Upgraded.Events {
		switch {
		case e.Kind != analyzer.EventFrame:
		case e.Opcode == frame.Close:
			closed[e.From] = true
		case closed[e.From] && !e.Opcode.Control():
			p.Report(rules.Finding{
				Actor: actorOf(e.From), Message: fmt.Sprintf("the %s sent a %s frame after its Close frame", e.From, e.Opcode),
				Evidence: []rules.Evidence{p.Packet(e.From, "WebSocket frame", e.Ref)},
			})
			return
		}
	}
}

var closedWithoutCloseFrame = rules.Rule{
	ID: "closed-without-close-frame", Family: rules.PostUpgrade, Title: "Connection dropped without a Close frame",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "FIN or RST ends the upgraded connection, and neither side sent a Close frame.",
		Why:    "A process ended, a hop cut an idle connection, or a tab was closed: both ends report 1006. How long nothing was said before tells which: limits of hops are round numbers like 60 seconds.",
		Change: "Send Close before TCP ends; if a hop cut the connection, raise its idle limit or send Pings.",
	},
	Actor: rules.Any, Level: rules.Observation, Severity: rules.Severity{Established: rules.Info, Failed: rules.Error},
	Cause: rules.IsSymptom, Reference: "RFC 6455 s7.1.5, s7.1.1",
	Needs: analyzer.ResponseHead | analyzer.Frames | analyzer.TCPClose, When: rules.OnSession,
	Fixes: []rules.Fix{
		{Product: "any", Snippet: "Send a Close frame before TCP is closed."},
		{Product: "nginx", Snippet: "proxy_read_timeout 1h;"},
	},
	ClientSees: "close 1006",
	If:         rules.If(rules.TornDown).And(rules.NoClose),
	Check:      checkNoCloseFrame,
}

func checkNoCloseFrame(p *rules.Pass) {
	s, end := p.Upgraded, firstTeardown(p.Upgraded)
	closing := s.Closes[reassembly.Client] != nil || s.Closes[reassembly.Server] != nil
	garbage := s.NotFrames[reassembly.Client] != nil || s.NotFrames[reassembly.Server] != nil
	unused := s.Frames[reassembly.Client]+s.Frames[reassembly.Server] == 0 // those endings have rows of their own
	if end == nil || closing || garbage || unused || !framed(p) {
		return
	}
	idle := afterWords(time.Duration(end.Ref.Time-lastFrame(s)), "the last frame")
	p.Report(rules.Finding{
		Actor: actorOf(end.From), Evidence: []rules.Evidence{p.Packet(end.From, teardownName(p, end), end.Ref)},
		Message: fmt.Sprintf("%s of the %s without a Close frame, %s", teardownName(p, end), end.From, idle),
	})
}

// lastFrame is the time of the last frame that is known.
func lastFrame(s *analyzer.Session) int64 {
	var last int64
	for _, e := range s.Events {
		if e.Kind == analyzer.EventFrame {
			last = max(last, e.Ref.Time)
		}
	}
	return last
}
