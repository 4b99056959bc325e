package catalogue

import (
	"fmt"
	"time"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/rules"
)

var pingUnanswered = rules.Rule{
	ID: "ping-unanswered", Family: rules.PostUpgrade, Title: "Ping without Pong",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "One side sends a Ping, and for ten seconds no Pong with the same payload, nor one to a later Ping, comes back. Neither side closes meanwhile.",
		Why:    "A peer has to answer a Ping as soon as it can. One that does not has a read loop that is blocked or was never started; the other side will take the connection for dead.",
		Change: "Keep reading while the application works: in most libraries Pongs are sent by the read loop.",
	},
	Actor: rules.Any, Level: rules.Must,
	Severity:  rules.Severity{Established: rules.Info, Failed: rules.Warning},
	Reference: "RFC 6455 s5.5.2, s5.5.3",
	Needs:     analyzer.Frames | analyzer.BothSides, When: rules.OnSession,
	Fixes: []rules.Fix{
		{Product: "gorilla/websocket", Snippet: "go func() { for { if _, _, err := conn.NextReader(); err != nil { conn.Close(); return } } }()"},
		{Product: "coder/websocket", Snippet: "ctx = conn.CloseRead(ctx)  // when the application only writes"},
		{Product: "any", Snippet: "answer each Ping with a Pong of the same payload; do not block the read loop"},
	},
	ClientSees: "Nothing by itself; later a closed connection, code 1006 or 1011.",
	If:         rules.If(rules.PingOpen),
	Check:      checkPingUnanswered,
}

func checkPingUnanswered(p *rules.Pass) {
	s := p.Upgraded
	if s.Ping == nil || s.Closes[0] != nil || s.Closes[1] != nil {
		return
	}
	waited := p.Until - s.Ping.Ref.Time
	if s.Watched == analyzer.WatchBytes || endedWithin(s, s.Ping.Ref.Time+analyzer.PongTime) || waited < analyzer.PongTime {
		return
	}
	actor := rules.Client
	if s.PingFrom.Other() == 1 {
		actor = rules.Server
	}
	p.Report(rules.Finding{
		Actor:    actor,
		Message:  fmt.Sprintf("the Ping of the %v got no Pong within %v", s.PingFrom, time.Duration(analyzer.PongTime)),
		Evidence: []rules.Evidence{p.Frame(s.PingFrom, s.Ping)},
	})
}

// endedWithin reports whether a side ended its stream before a time.
func endedWithin(s *analyzer.Session, limit int64) bool {
	for i := range s.Events {
		if k := s.Events[i].Kind; (k == analyzer.EventFIN || k == analyzer.EventRST) && s.Events[i].Ref.Time < limit {
			return true
		}
	}
	return false
}
