package catalogue

import "github.com/handshark/handshark/rules"

// transportRules lists the rules of family Transport.
var transportRules = []*rules.Rule{}
