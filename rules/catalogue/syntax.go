package catalogue

import "github.com/handshark/handshark/rules"

// syntaxRules lists the rules of family Syntax.
var syntaxRules = []*rules.Rule{}
