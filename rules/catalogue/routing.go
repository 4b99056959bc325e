package catalogue

import "github.com/handshark/handshark/rules"

// routingRules lists the rules of family Routing.
var routingRules = []*rules.Rule{
	&httpPathPrefixRewritten,
	&httpRedirectCanonical,
	&httpWrongPath,
	&httpWSLibraryMissing,
	&response200InsteadOf101,
	&response2xxOther,
	&response405,
	&response405MissingAllow,
	&response421,
	&responseRedirect,
	&responseRedirectMissingLocation,
}
