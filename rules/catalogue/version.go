package catalogue

import "github.com/handshark/handshark/rules"

// versionRules lists the rules of family Version.
var versionRules = []*rules.Rule{}
