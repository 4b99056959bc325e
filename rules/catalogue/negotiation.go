package catalogue

import "github.com/handshark/handshark/rules"

// negotiationRules lists the rules of family Negotiation.
var negotiationRules = []*rules.Rule{}

// Fields of the negotiation.
const (
	subprotocolField = "Sec-WebSocket-Protocol"
	extensionsField  = "Sec-WebSocket-Extensions"
)
