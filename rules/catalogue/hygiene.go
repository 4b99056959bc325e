package catalogue

import "github.com/handshark/handshark/rules"

// hygieneRules lists the rules of family Hygiene.
var hygieneRules = []*rules.Rule{
	&proxyHealthCheckNoise,
}
