package catalogue

import "github.com/handshark/handshark/rules"

// headersRules lists the rules of family Headers.
var headersRules = []*rules.Rule{}
