package catalogue

import (
	"fmt"
	"strings"
	"time"

	"github.com/handshark/handshark/rules"
)

// backendRules lists the rules of family Backend.
var backendRules = []*rules.Rule{
	&httpHijackUnsupported,
	&httpRateLimited,
	&proxyCloudflare52x,
	&response4xxOther,
	&response500,
	&response501,
	&response502,
	&response503,
	&response504,
	&response505,
	&response5xxVendor,
}

// reportStatus reports a symptom: what was asked for, what came back, and a
// remark. tell is made by statusTeller.
func reportStatus(p *rules.Pass, tell rules.Teller) {
	var f rules.Finding
	if p.Answerer.Hop {
		f.Actor = rules.Intermediary
	}
	p.Later(f, tell, p.StartSpot(p.Response))
}

// statusTeller tells of a status, with a remark.
func statusTeller(remark func(p *rules.Pass) string) rules.Teller {
	return func(p *rules.Pass) (string, []rules.Evidence) {
		return routingAsked(p) + " got " + statusText(p) + remark(p), []rules.Evidence{p.StartLine(p.Response)}
	}
}

// roundLimits are usual settings of timeouts.
var roundLimits = [...]time.Duration{
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
	60 * time.Second, 100 * time.Second, 120 * time.Second,
}

// nearLimit gives the usual timeout that a wait comes near to; 0 if none.
func nearLimit(d time.Duration) time.Duration {
	for _, l := range roundLimits {
		if d >= l-l/50 && d <= l+l/20 {
			return l
		}
	}
	return 0
}

// gatewayDelay says what the time that a gateway took tells of its upstream.
func gatewayDelay(p *rules.Pass, quick string) string {
	d, ok := p.ResponseTime()
	if !ok {
		return ""
	}
	switch l := nearLimit(d); {
	case l != 0:
		return fmt.Sprintf(" after %v, which looks like a timeout of %v", roundTime(d), l)
	case d < 2*time.Second:
		return fmt.Sprintf(" after %v: %s", roundTime(d), quick)
	}
	return fmt.Sprintf(" after %v", roundTime(d))
}

// retryAfter quotes Retry-After, which says that the refusal is deliberate.
func retryAfter(p *rules.Pass) string {
	if v := p.Response.Get("Retry-After"); v != "" {
		return ", Retry-After " + rules.Quote(strings.TrimSpace(v))
	}
	return ""
}
