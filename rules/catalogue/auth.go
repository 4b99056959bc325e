package catalogue

import "github.com/handshark/handshark/rules"

// authRules lists the rules of family Auth.
var authRules = []*rules.Rule{}
