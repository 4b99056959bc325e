package catalogue

import "github.com/handshark/handshark/rules"

// metaRules lists the rules of family Meta.
var metaRules = []*rules.Rule{
	&captureIncomplete,
	&metaCaptureEndsEarly,
	&metaCaptureGap,
	&metaCaptureStartsMidStream,
	&metaOneDirectionOnly,
	&metaTLSOpaque,
}
