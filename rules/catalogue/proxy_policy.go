package catalogue

import (
	"fmt"
	"strings"
	"time"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/rules"
)

// proxyHides lists refusals that are not the application's when an intermediary
// made them.
var proxyHides = []string{
	"auth-forbidden", "auth-missing-credentials", "auth-rejected-credentials", "origin-rejected", "response-403",
}

var proxyUpgradeDisabledEnvoy = rules.Rule{
	ID: "proxy-upgrade-disabled-envoy", Family: rules.Proxy, Title: "Envoy/Istio refuses the upgrade type (403, empty body)",
	Doc: rules.Doc{
		Seen:   "Envoy itself answers the upgrade with 403, an empty body and no upstream time, within milliseconds.",
		Why:    "Envoy refuses every Upgrade token that its HTTP connection manager or the route does not list.",
		Change: "List websocket among the upgrade types of the listener or of the route.",
		Before: "upgrade_configs: []", After: "upgrade_configs:\n- upgrade_type: websocket",
	},
	Actor: rules.Intermediary, Level: rules.Diagnosis,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Endings:   rules.Status(403),
	Reference: "RFC 9110 s7.8",
	Needs:     analyzer.RequestHead | analyzer.ResponseHead, When: rules.OnFinal,
	Suppresses: proxyHides,
	Fixes: []rules.Fix{
		{Product: "Envoy", Snippet: "http_connection_manager:\n  upgrade_configs:\n  - upgrade_type: websocket"},
		{Product: "Contour", Snippet: "enableWebsockets: true   # on the route"},
	},
	ClientSees: "Unexpected server response: 403; Envoy log: upgrade_failed",
	If:         rules.If(rules.Status403),
	Check:      checkEnvoyUpgradeDisabled,
}

// envoyLimit is how soon Envoy answers what it does not hand on.
const envoyLimit = 100 * time.Millisecond

func checkEnvoyUpgradeDisabled(p *rules.Pass) {
	d, ok := p.ResponseTime()
	empty := p.Have&analyzer.ResponseBody != 0 && p.Body.Length == 0
	if p.Status() != 403 || p.Answerer.Product != "Envoy" || !p.Answerer.Hop || !empty || !p.Request.Has("Upgrade") || !ok || d > envoyLimit {
		return
	}
	p.Report(rules.Finding{
		Message: fmt.Sprintf("Envoy refused Upgrade: %s itself, with an empty 403 after %v",
			rules.Quote(p.Request.Get("Upgrade")), roundTime(d)),
		Evidence: append([]rules.Evidence{p.StartLine(p.Response)}, p.Fields(p.Response, "Server")...),
		Proof:    rules.Practice,
	})
}

var proxyEdgeBotChallenge = rules.Rule{
	ID: "proxy-edge-bot-challenge", Family: rules.Proxy, Title: "CDN bot/challenge page answers the upgrade",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "A CDN or bot filter answers the upgrade with 403 or 503 and marks of a challenge: cf-mitigated, a challenge page, DataDome or Imperva fields, an Akamai reference number.",
		Why:    "The edge takes the client for a bot. A WebSocket client cannot solve a challenge page.",
		Change: "Exempt the WebSocket path from the bot rules, or make the client send the clearance cookie with the same User-Agent.",
	},
	Actor: rules.Intermediary, Level: rules.Diagnosis,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Endings:   rules.Status(403, 429, 503),
	Reference: "practice of the CDNs named",
	Needs:     analyzer.ResponseHead, When: rules.OnFinal,
	Suppresses: append([]string{"response-503"}, proxyHides...),
	Fixes: []rules.Fix{
		{Product: "Cloudflare", Snippet: "WAF custom rule: skip bot and managed rules for the path of the WebSocket"},
		{Product: "any", Snippet: "client: send the clearance cookie and the User-Agent that obtained it"},
	},
	ClientSees: "Unexpected server response: 403; browsers show close 1006 only",
	If:         rules.If(rules.Status403, rules.Status503, rules.StatusClientError),
	Check:      checkEdgeBotChallenge,
}

// challengeTexts are words of challenge and block pages. Read only.
var challengeTexts = [...]string{
	"/cdn-cgi/challenge-platform/", "cf-chl-", "<title>Just a moment...", "Attention Required! | Cloudflare",
	"Incapsula incident ID", "captcha-delivery.com", "Reference&#32;&#35;", "errors.edgesuite.net",
}

func checkEdgeBotChallenge(p *rules.Pass) {
	if s := p.Status(); s != 403 && s != 503 && s != 429 {
		return
	}
	m := p.Response
	status := fmt.Sprintf("%d ", m.Status)
	switch {
	case m.Get("cf-mitigated") == "challenge":
		p.Report(rules.Finding{
			Message:  status + "with cf-mitigated: challenge: Cloudflare asks the client to prove that it is no bot",
			Evidence: append(p.Fields(m, "cf-mitigated"), p.StartLine(m)), Proof: rules.Stated,
		})
		return
	case m.Has("x-datadome") && p.BodyHas("captcha"):
		p.Report(rules.Finding{
			Message:  status + "with x-datadome: DataDome took the client for a bot",
			Evidence: append(p.Fields(m, "x-datadome"), p.StartLine(m)), Proof: rules.Stated,
		})
		return
	}
	checkChallengePage(p, status)
}

func checkChallengePage(p *rules.Pass, status string) {
	m := p.Response
	html := strings.HasPrefix(strings.ToLower(m.Get("Content-Type")), "text/html")
	for _, text := range challengeTexts {
		if html && p.BodyHas(text) {
			p.Report(rules.Finding{
				Message:  status + "with a challenge or block page of the edge: it holds " + rules.Quote(text),
				Evidence: []rules.Evidence{p.BodyEvidence(text), p.StartLine(m)}, Proof: rules.Stated,
			})
			return
		}
	}
	if m.Has("X-Iinfo") && html {
		p.Found(status+"page with X-Iinfo: Imperva answered in the server's place",
			append(p.Fields(m, "X-Iinfo"), p.StartLine(m))...)
	}
}

var proxyWAFBlocked = rules.Rule{
	ID: "proxy-waf-blocked", Family: rules.Proxy, Title: "WAF or inspection module blocks or breaks the upgrade",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The refusal is a 403 or 406 with the marks of a web application firewall: its Server field, its block page or its support id.",
		Why:    "The firewall matched the upgrade request against a rule and never handed it on.",
		Change: "Exempt the WebSocket path from the rule, or switch the body inspection off for it.",
	},
	Actor: rules.Intermediary, Level: rules.Diagnosis,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Endings:   rules.Status(403, 406),
	Reference: "practice of the products named",
	Needs:     analyzer.ResponseHead, When: rules.OnFinal,
	Suppresses: proxyHides,
	Fixes: []rules.Fix{
		{Product: "ModSecurity", Snippet: `SecRule REQUEST_HEADERS:Upgrade "@streq websocket" "id:1001,phase:1,pass,nolog,ctl:ruleEngine=Off"`},
		{Product: "Cloudflare", Snippet: "Security Events shows the rule for this Ray ID: skip it for the path of the WebSocket"},
		{Product: "AWS WAF", Snippet: "scope-down statement that leaves out the path of the WebSocket"},
		{Product: "Coraza", Snippet: "a matcher in front of the handler that lets GET with Connection: Upgrade and Sec-WebSocket-Key pass"},
	},
	ClientSees: "Unexpected response code: 403",
	If:         rules.If(rules.Status403, rules.StatusClientError),
	Check:      checkWAFBlocked,
}

// wafTexts are words of block pages, lower case. Read only.
var wafTexts = [...]struct{ text, product string }{
	{"the requested url was rejected. please consult with your administrator", "F5 BIG-IP ASM"},
	{"mod_security", "ModSecurity"}, {"modsecurity", "ModSecurity"},
	{"<h1>not acceptable!</h1>", "ModSecurity"},
	{"request blocked by the web application firewall", "a web application firewall"},
}

func checkWAFBlocked(p *rules.Pass) {
	m := p.Response
	s := p.Status()
	if s != 403 && s != 406 {
		return
	}
	for _, w := range wafTexts {
		if p.BodyHasFold(w.text) {
			p.Report(rules.Finding{
				Message:  fmt.Sprintf("%d with the block page of %s: it holds %s", s, w.product, rules.Quote(w.text)),
				Evidence: []rules.Evidence{p.BodyEvidence(w.text), p.StartLine(m)}, Proof: rules.Stated,
			})
			return
		}
	}
	if code, ok := strings.CutPrefix(p.BodyText(), "error code: 1"); ok && p.Answerer.Product == "Cloudflare" {
		code = "1" + strings.TrimSpace(code)
		p.Report(rules.Finding{
			Message:  fmt.Sprintf("%d with error code %s of Cloudflare%s", s, rules.Quote(code), edgeCode(code)),
			Evidence: []rules.Evidence{p.BodyEvidence("error code: " + code), p.StartLine(m)}, Proof: rules.Stated,
		})
		return
	}
	for _, name := range wafFields(p) {
		p.Report(rules.Finding{
			Message:  fmt.Sprintf("%d from a web application firewall, by its %s field", s, name),
			Evidence: append(p.Fields(m, name), p.StartLine(m)), Proof: rules.Practice,
		})
		return
	}
}

// edgeCode says what a code of Cloudflare's means.
func edgeCode(code string) string {
	switch code {
	case "1006", "1007", "1008":
		return ": the client's address is blocked"
	case "1009":
		return ": the client's country is blocked"
	case "1010":
		return ": the client was blocked by its signature (User-Agent)"
	case "1020":
		return ": a custom rule of its firewall blocked the request"
	}
	return ""
}

// wafFields names the response field that shows a firewall, if there is one.
func wafFields(p *rules.Pass) []string {
	server := strings.ToLower(p.Response.Get("Server"))
	switch {
	case strings.HasPrefix(server, "akamaighost"), strings.HasPrefix(server, "mod_security"):
		return []string{"Server"}
	case p.Response.Has("x-amzn-waf-action"):
		return []string{"x-amzn-waf-action"}
	}
	return nil
}
