package rules

import "fmt"

// statusRoute lists what a status can be due to, in the order in which to test.
type statusRoute struct {
	from, to int
	causes   []string
}

func (s statusRoute) words() string {
	if s.from == s.to {
		return fmt.Sprint(s.from)
	}
	return fmt.Sprintf("%d to %d", s.from, s.to)
}

// statusCauses gives the candidates of a status; nil for 0.
func statusCauses(status int) []string {
	for _, s := range statusRoutes {
		if s.from <= status && status <= s.to {
			return s.causes
		}
	}
	if status == 0 {
		return nil
	}
	return []string{fmt.Sprintf("response-%d", status)}
}

// statusRoutes is ordered: the first line that covers a status counts.
var statusRoutes = [...]statusRoute{
	{101, 101, []string{
		"response-missing-upgrade-tokens", "response-upgrade-*", "response-connection-*", "response-accept-*",
		"response-status-*", "response-101-*", "response-subprotocol-*", "subprotocol-*", "response-extension*",
		"pmd-response-*", "frame-*", "post-*", "early-close-protocol-error",
	}},
	{200, 299, []string{
		"proxy-101-rewritten", "proxy-stripped-upgrade", "proxy-waf-blocked", "proxy-cached-response",
		"response-200-instead-of-101", "response-2xx-other", "response-status-line-malformed",
	}},
	{300, 399, []string{"auth-redirect-login", "http-redirect-canonical", "response-redirect"}},
	{400, 400, []string{
		"version-engineio-mismatch", "proxy-sticky-missing-socketio", "http-sent-to-tls-port", "tls-client-cert-required",
		"http-request-head-too-large", "proxy-stripped-upgrade", "request-*", "header-*", "h2-*", "proxy-h2-upstream", "pmd-offer-*",
		"subprotocol-required-missing", "extension-offer-rejected", "http-wrong-path", "origin-host-not-allowed",
		"proxy-protocol-header-unexpected", "response-400-unexplained",
	}},
	{401, 401, []string{
		"auth-token-expired", "auth-missing-credentials", "auth-cookie-missing", "auth-rejected-credentials",
		"auth-bearer-*", "auth-basic-*", "auth-jwt-*", "auth-authorization-malformed", "response-401",
	}},
	{403, 403, []string{
		"proxy-upgrade-disabled-envoy", "proxy-edge-bot-challenge", "proxy-waf-blocked", "proxy-apigw-connect-rejected",
		"origin-*", "auth-csrf-rejected", "auth-token-expired", "auth-forbidden", "response-403",
	}},
	{404, 404, []string{
		"origin-hidden-as-404", "proxy-sticky-missing-signalr", "http-ws-library-missing", "http-path-prefix-rewritten",
		"proxy-stripped-upgrade", "proxy-upgrade-mangled", "request-missing-upgrade-tokens", "request-method-not-get",
		"http-wrong-path",
	}},
	{405, 405, []string{"request-method-not-get", "http-h2-extended-connect", "request-missing-upgrade-tokens", "response-405"}},
	{407, 407, []string{"proxy-forward-auth-407"}},
	{408, 408, []string{"request-head-incomplete", "response-408"}},
	{413, 414, []string{"http-request-head-too-large"}},
	{431, 431, []string{"http-request-head-too-large"}},
	{426, 426, []string{
		"proxy-http10-upstream", "proxy-stripped-upgrade", "request-missing-upgrade-tokens", "request-version-*",
		"version-rejected-by-server", "http-h2-extended-connect", "response-426",
	}},
	{429, 429, []string{"http-rate-limited"}},
	{464, 464, []string{"proxy-lb-protocol-464"}},
	{500, 501, []string{
		"http-hijack-unsupported", "extension-offer-rejected", "proxy-h2-upstream", "http-h2-extended-connect", "response-500", "response-501",
	}},
	{502, 502, []string{"proxy-101-rewritten", "proxy-h2-upstream", "response-502"}},
	{503, 503, []string{"proxy-edge-bot-challenge", "proxy-101-rewritten", "response-503"}},
	{504, 504, []string{"proxy-101-rewritten", "response-504"}},
	{505, 505, []string{"proxy-http10-upstream", "request-http-version-*", "response-505"}},
	{520, 530, []string{"proxy-cloudflare-52x", "response-5xx-vendor"}},
}
