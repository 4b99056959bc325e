package catalogue

import "github.com/handshark/handshark/rules"

// protocolRules lists the rules of family Protocol.
var protocolRules = []*rules.Rule{}
