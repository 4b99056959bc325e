package catalogue

import "github.com/handshark/handshark/rules"

// timingRules lists the rules of family Timing.
var timingRules = []*rules.Rule{
	&idleTimeoutAfterUpgrade,
	&handshakeSlow,
}
