package analyzer

import "github.com/handshark/handshark/capture"

// Stats counts what went by without becoming a handshake.
type Stats struct {
	Conversations uint64
	// ByCapture counts them by the capture of their first packet.
	ByCapture map[uint32]uint64
	HTTP      uint64 // conversations in which HTTP was read
	Shed      uint64 // conversations decided before their time to stay within Options.MaxHeld
	// NotJudged counts conversations about which nothing can be said, by reason.
	NotJudged [notJudgedReasons]NotJudged
}

// opened counts conversations of one capture that are not in Stats yet.
type opened struct {
	capture uint32
	n       uint64
}

// enter moves them to the Stats.
func (o *opened) enter(s *Stats) {
	if o.n == 0 {
		return
	}
	if s.ByCapture == nil {
		s.ByCapture = make(map[uint32]uint64)
	}
	s.Conversations += o.n
	s.ByCapture[o.capture] += o.n
	o.n = 0
}

// Unjudged is a reason why nothing can be said of a conversation.
type Unjudged uint8

// Reasons.
const (
	TLSOpaque    Unjudged = iota // TLS without keys
	OneDirection                 // only one side's packets were captured
	HTTP2Unread                  // HTTP/2 that could not be read to its end
	HeadTooLarge                 // a request head so large that its fields were not read
	HeadCut                      // a request head that shows no mark as far as it was captured
	NoSYNYet                     // a SYN without any answer before the capture ended
	TLSLocked                    // TLS whose secrets are known, and do not help
	notJudgedReasons
)

// String gives the reason in words.
func (u Unjudged) String() string { return unjudgedNames[u] }

var unjudgedNames = [...]string{
	TLSOpaque:    "TLS without keys",
	OneDirection: "only one direction captured",
	HTTP2Unread:  "HTTP/2 that could not be read to its end",
	HeadTooLarge: "request head larger than 64 KiB",
	HeadCut:      "request head not captured to its end",
	NoSYNYet:     "SYN not answered before the capture ended",
	TLSLocked:    "TLS that its keys do not open",
}

// NotJudged counts the conversations of one reason.
type NotJudged struct {
	Conversations uint64
	Servers       []Server // the first ones seen, at most 10
}

// Server is a server as it was addressed.
type Server struct {
	Endpoint capture.Endpoint
	Name     string // SNI; may be empty
}

func (s *Stats) unjudged(why Unjudged, at capture.Endpoint, name string) {
	n := &s.NotJudged[why]
	n.Conversations++
	srv := Server{at, name}
	for _, have := range n.Servers {
		if have == srv {
			return
		}
	}
	if len(n.Servers) < 10 {
		n.Servers = append(n.Servers, srv)
	}
}
