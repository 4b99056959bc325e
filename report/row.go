package report

import (
	"net"
	"strconv"
	"strings"
	"time"
)

// rowKind sorts handshakes by what a reader has to do about them.
type rowKind uint8

const (
	rowFailed rowKind = iota
	rowIncomplete
	rowSuperseded
	rowEstablished
	rowUnknown // may or may not have been WebSocket
)

// row is one handshake in the overview; its texts are sanitised.
type row struct {
	kind         rowKind
	number       int
	id           string
	time         time.Time
	client       string // address and port
	server       string
	target       string
	outcome      string // with the status, if there is one
	cause        string // rule, or noCause
	supersededBy string
	lack         lack // of an incomplete one
}

// noCause stands where there is no cause.
const noCause = "–"

func rowOf(h *Handshake) row {
	r := row{
		kind: kindOf(h), id: h.ID, time: h.Time.UTC(), client: Sanitize(h.Client), server: Sanitize(h.Server),
		target: Sanitize(targetOf(h)), outcome: Sanitize(outcomeOf(h)), cause: Sanitize(causeOf(h)),
	}
	if h.SupersededBy != nil {
		r.supersededBy = *h.SupersededBy
	}
	if r.kind == rowIncomplete {
		r.lack = lackOf(h)
	}
	return r
}

func kindOf(h *Handshake) rowKind {
	switch {
	case h.WebSocket == "unknown":
		return rowUnknown
	case h.SupersededBy != nil:
		return rowSuperseded
	case h.Outcome == "established":
		return rowEstablished
	case h.Outcome == "incomplete":
		return rowIncomplete
	}
	return rowFailed
}

// targetOf gives path and query of the URL, which is all that a brief record
// has, or the host where there is no path.
func targetOf(h *Handshake) string {
	_, rest, _ := strings.Cut(string(h.URL), "://")
	if i := strings.IndexAny(rest, "/?"); i >= 0 {
		return rest[i:]
	}
	if h.TLS != nil && h.TLS.SNI != "" {
		return string(h.TLS.SNI)
	}
	if rest != h.Server && rest != "" {
		return rest
	}
	return noCause
}

func outcomeOf(h *Handshake) string {
	switch {
	case h.Outcome == "closed-early" && h.Session != nil && h.Session.Close != nil:
		return h.Outcome + " " + strconv.Itoa(h.Session.Close.Code)
	case h.Outcome == "established" || h.Response == nil || h.Response.Status == 0:
		return h.Outcome
	case h.Outcome == "rejected" || h.Outcome == "redirected":
		return h.Outcome + " " + strconv.Itoa(h.Response.Status)
	}
	return h.Outcome
}

func causeOf(h *Handshake) string {
	if h.RootCause != nil {
		return h.RootCause.Rule
	}
	if h.Outcome == "incomplete" {
		return whyIncomplete(h)
	}
	return noCause
}

// whyIncomplete names the rule that says what the capture lacks.
func whyIncomplete(h *Handshake) string {
	for i := range h.Findings {
		if SaysWhatIsMissing(h.Findings[i].Rule) {
			return h.Findings[i].Rule
		}
	}
	return noCause
}

// address gives an endpoint without its port.
func address(endpoint string) string {
	if host, _, err := net.SplitHostPort(endpoint); err == nil {
		return host
	}
	return endpoint
}

// dateLine names the day or days of the rows, which are in order of time.
func dateLine(rows []row) string {
	first, last := rows[0].time, rows[len(rows)-1].time
	line := first.Format(time.DateOnly)
	if !sameDay(first, last) {
		line += " to " + last.Format(time.DateOnly)
	}
	return line + ", times in UTC"
}

func sameDay(a, b time.Time) bool { return a.YearDay() == b.YearDay() && a.Year() == b.Year() }

// pathOnly is a target without its query, which often differs with every
// handshake.
func pathOnly(target string) string {
	path, _, _ := strings.Cut(target, "?")
	return path
}
