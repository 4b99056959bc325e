package catalogue

import "github.com/handshark/handshark/rules"

// hygieneRules lists the rules of family Hygiene.
var hygieneRules = []*rules.Rule{
	&h2Connect2xxContentLength,
	&h2KeyOrAcceptPresent,
	&authCredentialsOverPlaintext,
	&authTokenInQuery,
	&authTokenInSubprotocol,
	&cookieMalformed,
	&cookieMultipleLines,
	&crossOriginAcceptedWithCredentials,
	&proxyHealthCheckNoise,
	&requestAcceptPresent,
	&requestExtensionUnregistered,
	&requestProxyAuthorizationAtOrigin,
	&requestProxyConnectionHeader,
	&responseBodyIncomplete,
	&responseExtensionsMultipleLines,
	&responseInterimBeforeFinal,
	&responseKeyEchoed,
	&responseSetCookieOn101,
	&responseVersionOn101,
	&subprotocolUnregistered,
}
