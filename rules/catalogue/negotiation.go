package catalogue

import "github.com/handshark/handshark/rules"

// negotiationRules lists the rules of family Negotiation.
var negotiationRules = []*rules.Rule{}
