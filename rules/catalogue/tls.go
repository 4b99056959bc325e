package catalogue

import "github.com/handshark/handshark/rules"

// tlsRules lists the rules of family TLS.
var tlsRules = []*rules.Rule{}
