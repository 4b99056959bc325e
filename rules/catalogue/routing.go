package catalogue

import "github.com/handshark/handshark/rules"

// routingRules lists the rules of family Routing.
var routingRules = []*rules.Rule{}
