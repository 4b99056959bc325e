package catalogue

import "github.com/handshark/handshark/rules"

// originRules lists the rules of family Origin.
var originRules = []*rules.Rule{}
