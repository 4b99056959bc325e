package catalogue

import (
	"slices"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/rules"
)

var subprotocolUnregistered = rules.Rule{
	ID: "subprotocol-unregistered", Family: rules.Hygiene, Title: "Subprotocol not in the IANA registry",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The server selected a subprotocol whose name is not among those of the IANA registry that handshark knows.",
		Why:    "Nothing fails: registering is optional, and many widely used names are not registered. Two applications may use the same name for different things.",
		Change: "Nothing has to be changed. The rule runs only when it is asked for: --only subprotocol-unregistered.",
	},
	Actor: rules.Server, Level: rules.Observation, Optional: true,
	Severity:  rules.Severity{Established: rules.Info, Failed: rules.Info},
	Reference: "RFC 6455 s1.9, s11.5; RFC 7936",
	Needs:     analyzer.ResponseHead, When: rules.On101,
	Fixes:      []rules.Fix{{Product: "any", Snippet: "nothing to mend; register the name if it is to be used by others"}},
	ClientSees: "Nothing.",
	Check:      checkSubprotocolRegistered,
}

func checkSubprotocolRegistered(p *rules.Pass) {
	i := p.Line(p.Response, "Sec-WebSocket-Protocol")
	if i < 0 {
		return
	}
	if name := p.Response.Value(i); name != "" && !slices.Contains(registeredSubprotocols[:], name) {
		p.Found("subprotocol "+rules.Quote(name)+" is not registered", p.Field(p.Response, i))
	}
}

// registeredSubprotocols lists the names of the WebSocket Subprotocol Name Registry as far as
// they are known here. Read only.
var registeredSubprotocols = [...]string{
	"MBWS.huawei.com", "MBLWS.huawei.com", "soap", "wamp", "v10.stomp", "v11.stomp", "v12.stomp", "ocpp1.2", "ocpp1.5",
	"ocpp1.6", "ocpp2.0", "ocpp2.0.1", "ocpp2.1", "rfb", "sip", "notificationchannel-netapi-rest.openmobilealliance.org", "wpcp",
	"amqp", "mqtt", "jsflow", "rwpcp", "xmpp", "ship", "mielecloudconnect", "v10.pcp.sap.com", "msrp", "v1.saltyrtc.org",
	"TLCP-2.0.0.lightstreamer.com", "TLCP-2.1.0.lightstreamer.com", "TLCP-2.2.0.lightstreamer.com", "bfcp", "sldp.softvelum.com",
	"opcua+uacp", "opcua+uajson", "v1.swindon-lattice+json", "v1.usp", "mles-websocket", "coap", "sqlnet.oracle.com",
	"oneM2M.R2.0.json", "oneM2M.R2.0.xml", "oneM2M.R2.0.cbor", "transit", "2016.serverpush.dash.mpeg.org", "2018.mmt.mpeg.org",
	"clue", "webrtc.softvelum.com", "cobra.v2.json", "drp", "hub.bsc.bacnet.org", "dc.bsc.bacnet.org", "jmap", "t140", "done",
	"collection-update", "text.ircv3.net", "binary.ircv3.net",
}
