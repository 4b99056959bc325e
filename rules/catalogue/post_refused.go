package catalogue

import (
	"fmt"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/reassembly"
	"github.com/handshark/handshark/rules"
)

var postRefusedByApplication = rules.Rule{
	ID: "post-refused-by-application", Family: rules.PostUpgrade, Title: "101, then the application refuses the client",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "Before it let the client in, the server refuses it in one of its first messages: a connect error of Socket.IO, disconnect with unauthorized of Action Cable, connection_error of GraphQL, ERROR of STOMP, a CONNACK of MQTT with another code than 0, an error as the reply to the join of a Phoenix channel. Where the session then ends without anything else of use, the attempt counts as failed, whatever the close code. Short messages that permessage-deflate compressed are read, too, where the 101 accepts that and nothing else. Text that only looks like such a message is not taken for one: the subprotocol, the path or the client's first message has to tell what is spoken.",
		Why:    "The WebSocket handshake is in order. The application above it checks the client afterwards, and says no in a message of its own protocol, not with a status.",
		Change: "Give the application what its reason asks for: as a rule the credentials that go into the first message of the client, not into the HTTP request. What happened is in the log of the application, not in that of the web server.",
	},
	Actor: rules.Server, Level: rules.Diagnosis, Severity: rules.Severity{Established: rules.Info, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true,
	Endings:   rules.Ends(analyzer.EndingClose, analyzer.EndingDropped, analyzer.EndingClientLeft),
	Reference: "RFC 6455 s1.9; Socket.IO protocol v5; MQTT 3.1.1 s3.2.2.3; STOMP 1.2 (ERROR)",
	Needs:     analyzer.ResponseHead | analyzer.Frames, When: rules.OnSession,
	Suppresses: []string{"closed-without-close-frame", "early-close-protocol-error", "post-close-other", "client-rejected-valid-101"},
	Fixes: []rules.Fix{
		{Product: "any", Snippet: "send the credentials where this protocol carries them: in its first message (auth, connection_init, CONNECT); the reason is in the log of the application"},
		{Product: "Socket.IO", Snippet: "client: io(url, { auth: { token } }); server: io.use((socket, next) => …) decides"},
		{Product: "Action Cable", Snippet: "identified_by and find_verified_user in ApplicationCable::Connection; allow the cookie or token there"},
		{Product: "MQTT", Snippet: "set user name and password in the MQTT options of the client; Authorization in the HTTP request is not read"},
	},
	ClientSees: "Socket.IO `connect_error`; MQTT.js `Connection refused: Not authorized`; stompjs onStompError",
	If:         rules.If(rules.FrameRefuses),
	Check:      checkRefusedByApplication,
}

func checkRefusedByApplication(p *rules.Pass) {
	if !framed(p) {
		return
	}
	r, ok := p.Refusal()
	if !ok {
		return
	}
	what := "the client"
	if r.Part != "" {
		what = rules.Quote(r.Part) + " to the client"
	}
	message := fmt.Sprintf("the server answered %s and then refused %s by %s: %s", opening(p), what, r.Protocol, r.What)
	if r.Reason != "" {
		message += ", " + rules.Quote(r.Reason)
	}
	p.Report(rules.Finding{Message: message, Proof: rules.Stated, Evidence: []rules.Evidence{p.Frame(reassembly.Server, r.Frame)}})
}
