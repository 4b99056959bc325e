package catalogue

import "github.com/handshark/handshark/rules"

// postUpgradeRules lists the rules of family PostUpgrade.
var postUpgradeRules = []*rules.Rule{}
