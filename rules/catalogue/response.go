package catalogue

import "github.com/handshark/handshark/rules"

// responseRules lists the rules of family Response.
var responseRules = []*rules.Rule{}
