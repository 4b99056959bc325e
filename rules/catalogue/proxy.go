package catalogue

import "github.com/handshark/handshark/rules"

// proxyRules lists the rules of family Proxy.
var proxyRules = []*rules.Rule{
	&proxy101Rewritten,
	&proxyCachedResponse,
	&proxyConnectTargetInvalid,
	&proxyEdgeBotChallenge,
	&proxyForwardAuth407,
	&proxyForwardConnectDenied,
	&proxyForwardNoTunnel,
	&proxyHTTP10Upstream,
	&proxyLBProtocol464,
	&proxyStickyMissingSocketIO,
	&proxyStrippedUpgrade,
	&proxyUpgradeDisabledEnvoy,
	&proxyUpgradeMangled,
	&proxyWAFBlocked,
	&requestConnectionNamesEndToEnd,
	&response407MissingProxyAuthenticate,
}
