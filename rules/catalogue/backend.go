package catalogue

import "github.com/handshark/handshark/rules"

// backendRules lists the rules of family Backend.
var backendRules = []*rules.Rule{}
