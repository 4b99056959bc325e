package catalogue

import (
	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/rules"
)

// blamesOther reports whether the answer names a check that has nothing to do
// with rule id: the server let that pass.
func blamesOther(p *rules.Pass, id string) bool {
	const answer = analyzer.ResponseHead | analyzer.ResponseBody
	if p.Lost&answer != 0 { // it may name one of the other faults that are there
		return !restClean(p)
	}
	return len(p.Hints()) > 0 && !p.Points(id)
}

// restClean reports whether host, key and version of a request are in order.
func restClean(p *rules.Pass) bool {
	m := p.Request
	return m.Has("Host") && m.Get("Sec-WebSocket-Version") == "13" && field.CheckKey(m.Get("Sec-WebSocket-Key")).Form == field.KeyValid
}

// proxyRules lists the rules of family Proxy.
var proxyRules = []*rules.Rule{
	&proxyH2Upstream,
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
