package catalogue

import (
	"fmt"
	"time"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/reassembly"
	"github.com/handshark/handshark/rules"
)

var postEOFAfter101 = rules.Rule{
	ID: "post-eof-after-101", Family: rules.PostUpgrade, Title: "101, then the server ends the connection without a word",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "Within a second of the 101, or within five if the client did not send anything either, the server sends FIN or RST; it has sent neither a frame nor a Close frame.",
		Why:    "The handler of the server returned or failed, or a hop that cannot relay the upgraded connection cut it. After whole seconds of silence it may be an idle timeout that is set too low.",
		Change: "Keep the handler running until the connection is closed, and look into the server's log at that time.",
	},
	Actor: rules.Server, Level: rules.Diagnosis, Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause: rules.IsSymptom, Sufficient: true, Reference: "RFC 6455 s7.1.5, s7.4.1",
	Needs: analyzer.ResponseHead | analyzer.Frames | analyzer.TCPClose, When: rules.OnSession,
	Suppresses: []string{"closed-without-close-frame"},
	Fixes: []rules.Fix{
		{Product: "server", Snippet: "Do not return from the handler while the connection is in use (aiohttp and Starlette close it then), and look for an exception in the server's log: many end the connection after one."},
		{Product: "HAProxy", Snippet: "timeout tunnel 1h   # termination state cD or sD in the log: it ran out"},
		{Product: "nginx", Snippet: "proxy_read_timeout 3600s;   # error.log: upstream timed out while proxying upgraded connection\nelse look into the log of the server behind it: its handler returned or failed"},
		{Product: "proxy", Snippet: "Exclude the WebSocket path from modules that inspect or buffer responses."},
	},
	ClientSees: "close 1006; `unexpected EOF`",
	If:         rules.If(rules.TornDown).And(rules.ServerSilent),
	Check:      checkEOFAfter101,
}

func checkEOFAfter101(p *rules.Pass) {
	s := p.Upgraded
	end := firstTeardown(s)
	if end == nil || end.From != reassembly.Server || s.After[reassembly.Server] > 0 || s.Closes[reassembly.Client] != nil {
		return
	}
	after, silent := p.After101(end.Ref), ""
	if after >= time.Second {
		if p.Outcome != analyzer.ClosedEarly || s.After[reassembly.Client] > 0 {
			return
		}
		if l := nearLimit(after); l != 0 {
			silent = fmt.Sprintf("; nothing was sent meanwhile, as with an idle timeout of %v", l)
		}
	}
	what := teardownName(p, end)
	p.Found(fmt.Sprintf("the server sent %s %s, without a frame%s", what, afterWords(after, "its "+opening(p)), silent),
		p.Packet(reassembly.Server, what, end.Ref), p.StartLine(p.Response))
}

// firstTeardown gives the first FIN or RST of a session; nil if there is none.
func firstTeardown(s *analyzer.Session) *analyzer.Event {
	for i := range s.Events {
		if k := s.Events[i].Kind; k == analyzer.EventFIN || k == analyzer.EventRST {
			return &s.Events[i]
		}
	}
	return nil
}

// teardownName names what ended a session: in HTTP/2 that of its stream comes first.
func teardownName(p *rules.Pass, e *analyzer.Event) string {
	s := p.HTTP2
	switch {
	case s != nil && s.Reset != nil && s.Reset.Ref == e.Ref:
		return "RST_STREAM"
	case s != nil && s.Ended[e.From] == e.Ref:
		return "END_STREAM"
	case e.Kind == analyzer.EventRST:
		return "RST"
	}
	return "FIN"
}

var postSecondHTTPResponse = rules.Rule{
	ID: "post-second-http-response", Family: rules.PostUpgrade, Title: "A second HTTP response in the upgraded stream",
	Doc: rules.Doc{
		Seen:   "After the 101 the server writes another HTTP response where frames are expected.",
		Why:    "Two handlers answer the same upgrade: one switches protocols, the other one refuses or switches again. The client reads the text as a broken frame.",
		Change: "Let one handler decide by path, and keep other listeners from answering upgrades that are not theirs.",
		Before: "HTTP/1.1 101 Switching Protocols\n...\n\nHTTP/1.1 400 Bad Request",
	},
	Actor: rules.Server, Level: rules.Diagnosis, Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 6455 s5.2",
	Needs: analyzer.ResponseHead, When: rules.OnSession,
	Suppresses: []string{
		"early-close-protocol-error", "frame-control-fragmented", "frame-control-too-long", "frame-reserved-opcode",
		"frame-rsv-without-extension", "post-101-not-frames",
	},
	Fixes: []rules.Fix{
		{Product: "ws (npm)", Snippet: `const a = new WebSocketServer({ noServer: true });   // one per path
server.on('upgrade', (req, socket, head) => {   // the only listener
  if (req.url.startsWith('/a'))
    a.handleUpgrade(req, socket, head, ws => a.emit('connection', ws, req));
  else
    socket.destroy();
});`},
		{Product: "Socket.IO beside ws", Snippet: "new Server(http, { destroyUpgrade: false })"},
	},
	ClientSees: "Chrome `Invalid frame header`; Node.js log `server.handleUpgrade() was called more than once with the same socket`",
	If:         rules.If(rules.NotFrames),
	Check:      checkSecondResponse,
}

func checkSecondResponse(p *rules.Pass) {
	x := secondResponse(p)
	if x == nil {
		return
	}
	p.Report(rules.Finding{
		Message: "after its 101 the server wrote " + rules.Quote(lineOf(x.Data)) + "; frames are expected", Proof: rules.Mandated,
		Evidence: []rules.Evidence{octets(p, reassembly.Server, "octets after the 101", x)},
	})
}

var post101NotFrames = rules.Rule{
	ID: "post-101-not-frames", Family: rules.PostUpgrade, Title: "Octets after the 101 head are not WebSocket frames",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "What the server writes after its 101 cannot be a frame: text, an HTML page, a chunk size.",
		Why:    "The application or a hop wrote a response body behind the 101. The client reads it as a broken frame and closes.",
		Change: "Take chunking, compression and error pages off the upgraded route, and let nothing but the WebSocket library write to the connection.",
	},
	Actor: rules.Server, Level: rules.Must, Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 6455 s4.2.2, s5.2, s6.2",
	Needs: analyzer.ResponseHead, When: rules.OnSession,
	Suppresses: []string{
		"early-close-protocol-error", "frame-control-fragmented", "frame-control-too-long", "frame-length-msb", "frame-reserved-opcode",
		"frame-rsv-without-extension", "frame-server-masked", "frame-unexpected-continuation",
	},
	Fixes: []rules.Fix{
		{Product: "server", Snippet: "Turn chunking, compression and error pages off on the upgraded route."},
	},
	ClientSees: "Chrome `Invalid frame header`",
	If:         rules.If(rules.NotFrames),
	Check:      checkNotFrames,
}

func checkNotFrames(p *rules.Pass) {
	x := notFrames(p, reassembly.Server)
	if x == nil || secondResponse(p) != nil || !framed(p) {
		return
	}
	if start := &p.Upgraded.Start; p.Upgraded.Frames[reassembly.Server] == 0 && len(start.Data) > 0 {
		x = start // all of it, however it was cut into packets
	}
	p.Found("the server wrote "+rules.Quote(string(x.Data[:min(len(x.Data), 24)]))+" after its "+opening(p)+"; that is no frame",
		octets(p, reassembly.Server, "octets after "+opener(p), x))
}

var serverDataWith101 = rules.Rule{
	ID: "server-data-with-101", Family: rules.PostUpgrade, Title: "Frames in the same segment as the 101 head",
	Doc: rules.Doc{
		Seen:   "Octets follow the 101 head in the same packet.",
		Why:    "That is legal and common. A naive client throws them away and then waits for a first message that has come already.",
		Change: "Hand what follows the head to the reader of frames; nothing is wrong on the server.",
	},
	Actor: rules.Server, Level: rules.May, Severity: rules.Severity{Established: rules.Info, Failed: rules.Info},
	Reference: "RFC 6455 s4.2.2, s5.5.2",
	Needs:     analyzer.ResponseHead, When: rules.OnSession,
	Fixes:      []rules.Fix{{Product: "client", Snippet: "Pass the octets after the 101 head to the reader of frames."}},
	ClientSees: "nothing by itself, or a wait for the first message",
	If:         rules.If(rules.Glued),
	Check:      checkGlued,
}

func checkGlued(p *rules.Pass) {
	if start := &p.Upgraded.Start; p.Upgraded.Glued && len(start.Data) > 0 {
		p.Found("octets follow the 101 head in the same packet", octets(p, reassembly.Server, "octets after the 101", start))
	}
}
