package rules

import (
	"bytes"
	"time"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/reassembly"
)

// BodyText is the body of the final response as far as it is kept (at most
// analyzer.BodyLimit octets, transfer coding removed, content coding not).
func (p *Pass) BodyText() string { return string(p.Body.Data) }

// BodyHas reports whether the kept part of the response body contains s. It
// does not allocate.
func (p *Pass) BodyHas(s string) bool { return has(p.Body.Data, s) }

// has does not allocate for the lengths of texts that rules look for.
func has(b []byte, s string) bool {
	if len(b) < len(s) {
		return false
	}
	var room [64]byte
	return bytes.Contains(b, append(room[:0], s...))
}

// BodyHasFold is BodyHas without regard to the case of ASCII letters; lower
// must be lower case.
func (p *Pass) BodyHasFold(lower string) bool {
	if p.first(knowLowerBody) {
		p.lowered = p.lowered[:0]
		for _, c := range p.Body.Data {
			p.lowered = append(p.lowered, lowerASCII(c))
		}
	}
	return has(p.lowered, lower)
}

// BodyIs reports whether s is the whole response body, line end at its end
// aside. It needs ResponseBody.
func (p *Pass) BodyIs(s string) bool {
	return p.Body.Complete && string(bytes.TrimRight(p.Body.Data, "\r\n")) == s
}

// Challenges gives the well-formed challenges in WWW-Authenticate of the final
// response (RFC 9110 section 11.6.1). They are not to be changed.
func (p *Pass) Challenges() []field.Challenge {
	if !p.answered.there(fieldChallenge) {
		return nil
	}
	parse := func() []field.Challenge {
		all, _ := field.ParseChallenges(p.Response.Values("WWW-Authenticate")...)
		return all
	}
	if v := p.answered.only(fieldChallenge); v != nil {
		return p.run.challenged.of(v, parse)
	}
	return parse()
}

// Hints gives what the response body says of the check that failed.
func (p *Pass) Hints() []Hint { return p.run.hintsOf() }

// Points reports whether the response body names the rule id as its reason.
func (p *Pass) Points(id string) bool { return points(p.Hints(), id) }

// Leave is how the client ended a connection that the server had upgraded.
type Leave struct {
	Ref   capture.Ref   // packet of the RST or FIN
	Reset bool          // RST, else FIN
	After time.Duration // since the last octet of the 101 head; not negative
}

// ClientLeftAfter101 tells whether the client tore the connection down after a
// 101 without having sent a frame: what a client does that objects to the
// response. It needs Frames and TCPClose.
func (p *Pass) ClientLeftAfter101() (Leave, bool) {
	if p.Upgraded == nil || p.Upgraded.Frames[reassembly.Client] > 0 {
		return Leave{}, false
	}
	for _, e := range p.Upgraded.Events {
		switch {
		case e.Kind != analyzer.EventFIN && e.Kind != analyzer.EventRST:
		case e.From == reassembly.Client:
			return Leave{e.Ref, e.Kind == analyzer.EventRST, p.After101(e.Ref)}, !p.Unanswered(e.Ref.Time)
		default: // the server went first
			return Leave{}, false
		}
	}
	return Leave{}, false
}

// Unanswered reports whether the client did something before the answer came, so
// that it cannot be what the client says to it; at is a capture time.
func (p *Pass) Unanswered(at int64) bool {
	return p.Response == nil || at+disorder < p.Response.First.Time
}

// After101 is the time from the last octet of the response head to a packet,
// not negative.
func (p *Pass) After101(r capture.Ref) time.Duration {
	return max(0, time.Duration(r.Time-p.Response.Last.Time))
}

// ConnectTime is the time from the client's first SYN to the SYN-ACK; ok only
// if both were seen.
func (p *Pass) ConnectTime() (d time.Duration, ok bool) {
	syn, ack := &p.Conn.SYN, &p.Conn.SYNACK
	return time.Duration(ack.Ref.Time - syn.Ref.Time), syn.Seen && ack.Seen
}

// ResponseTime is the time from the last octet of the request head to the first
// octet of the final response; ok only if there are both.
func (p *Pass) ResponseTime() (d time.Duration, ok bool) {
	if p.Request == nil || p.Response == nil {
		return 0, false
	}
	return time.Duration(p.Response.First.Time - p.Request.Last.Time), true
}

// Waited is the time from the last octet of the request head to the end of the
// attempt, or to the end of watching where it did not end.
func (p *Pass) Waited() time.Duration {
	if p.Request == nil {
		return 0
	}
	until := p.Until
	if p.Ending.Time != 0 {
		until = p.Ending.Time
	}
	return max(0, time.Duration(until-p.Request.Last.Time))
}

// clockSkew is how far packet time may be from the server's clock before the
// server's is believed.
const clockSkew = 5 * time.Second

// Now is the time of the request, UTC: packet time, corrected by the Date field
// of the response if the two differ by more than five seconds. Expiry of tokens
// and certificates is judged by it.
func (p *Pass) Now() time.Time {
	at := time.Unix(0, p.Start).UTC()
	if p.Request != nil {
		at = time.Unix(0, p.Request.First.Time).UTC()
	}
	if date, ok := p.Date(); ok {
		if d := date.Sub(at); d > clockSkew || d < -clockSkew {
			return date
		}
	}
	return at
}

// Date is the Date field of the response (RFC 9110 section 6.6.1).
func (p *Pass) Date() (date time.Time, ok bool) {
	if p.first(knowDate) {
		p.seen.date, p.seen.dated = p.readDate()
	}
	return p.seen.date, p.seen.dated
}

func (p *Pass) readDate() (time.Time, bool) {
	if p.Response == nil || !p.Response.Has("Date") {
		return time.Time{}, false
	}
	value := p.Response.Get("Date")
	for _, layout := range dateLayouts {
		if t, err := time.Parse(layout, value); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// dateLayouts are the three forms of an HTTP-date (RFC 9110 section 5.6.7).
var dateLayouts = [...]string{"Mon, 02 Jan 2006 15:04:05 GMT", "Monday, 02-Jan-06 15:04:05 GMT", time.ANSIC}
