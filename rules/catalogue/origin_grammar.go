package catalogue

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/rules"
)

var requestOriginMalformed = rules.Rule{
	ID: "request-origin-malformed", Family: rules.Origin, Title: "Origin is not scheme://host[:port] or null",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The Origin field holds something else than `null` or a scheme, a host and perhaps a port: a path, a slash at the end, user information, upper case, or no scheme.",
		Why:    "Servers compare the value with a list of origins as a whole, or parse it strictly. What is no serialized origin matches nothing and is refused, mostly with 403.",
		Change: "Send scheme://host, with the port only if it is not the default one, and nothing behind it. Do not build Origin from the URL of a page.",
		Before: "Origin: https://app.example.test/",
		After:  "Origin: https://app.example.test",
	},
	Actor: rules.Client, Level: rules.Must,
	Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause:    rules.IsCause, Endings: rules.Status(400),
	Reference: "RFC 6454 s6.2, s7.1; RFC 6455 s4.1 (item 8)",
	Needs:     analyzer.RequestHead, When: rules.OnRequest,
	Fixes:      []rules.Fix{{Product: "any", Snippet: "Origin: https://app.example.test"}},
	ClientSees: sees403,
	If:         rules.If(rules.OriginOdd),
	Check:      checkOriginMalformed,
}

func checkOriginMalformed(p *rules.Pass) {
	for _, i := range p.Request.Lookup("Origin") {
		value := p.Request.Value(i)
		if fault, ok := originFault(value); ok {
			p.Found(fmt.Sprintf("Origin is %s, which is no origin: %s", rules.Quote(value), originFaultWords[fault]), p.Field(p.Request, i))
			return
		}
	}
}

// originFault gives the first fault of an Origin value. A scheme of an
// application may go without a host.
func originFault(value string) (field.OriginFault, bool) {
	for _, o := range field.ParseOrigins(value) {
		hostless := o.Fault == field.OriginHost && o.Host.Name == "" && !webScheme(o.Scheme) && strings.HasSuffix(o.Text, "://")
		if o.Fault != field.OriginValid && !hostless {
			return o.Fault, true
		}
	}
	return field.OriginValid, false
}

var originFaultWords = [...]string{
	field.OriginEmpty: "it is empty", field.OriginNoScheme: "there is no scheme://",
	field.OriginUserinfo: "there is user information in it", field.OriginPath: "something follows the host",
	field.OriginHost: "the host is none", field.OriginPort: "the port is none",
	field.OriginCase: "scheme and host are written in lower case",
}

var requestOriginMissingBrowser = rules.Rule{
	ID: "request-origin-missing-browser", Family: rules.Origin, Title: "Browser-like request without Origin",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "User-Agent and further fields are those of a browser, and there is no Origin.",
		Why:    "Browsers always send Origin with a WebSocket request. Something on the way removed it, or a script poses as a browser; servers that check origins may refuse it.",
		Change: "Find the proxy or script that drops Origin and let it pass the field on.",
	},
	Actor: rules.Client, Level: rules.Must,
	Severity:  rules.Severity{Established: rules.Info, Failed: rules.Warning},
	Cause:     rules.NotCause,
	Reference: "RFC 6455 s4.1 (item 8), s4.2.1 (item 7)",
	Needs:     analyzer.RequestHead, When: rules.OnRequest,
	Fixes:      []rules.Fix{{Product: "any", Snippet: "do not remove Origin from upgrade requests"}},
	ClientSees: "Nothing by itself.",
	If:         rules.If(rules.OriginMissing),
	Check:      checkOriginMissingBrowser,
}

func checkOriginMissingBrowser(p *rules.Pass) {
	if p.Request.Has("Origin") || !p.SecWebSocket() || !browserAgent(p) || !browserFields(p) {
		return
	}
	p.Found("Origin is absent, though User-Agent and fields are those of a browser",
		p.Head(p.Request, "Origin"), p.FieldOrAbsent(p.Request, "User-Agent"))
}

// browserAgent reports whether User-Agent is that of a browser.
func browserAgent(p *rules.Pass) bool {
	agent := p.Octets(p.Request, "User-Agent")
	return bytes.HasPrefix(agent, []byte("Mozilla/5.0")) && (bytes.Contains(agent, []byte("Chrome/")) ||
		bytes.Contains(agent, []byte("Firefox/")) || bytes.Contains(agent, []byte("Safari/")))
}

// browserFields reports whether there are fields that browsers send and
// libraries that pose as one mostly do not.
func browserFields(p *rules.Pass) bool {
	return p.Request.Has("Sec-Fetch-Mode") || p.Request.Has("Accept-Language") || p.Request.Has("Cookie")
}

// isFirefox reports whether the client says that it is Firefox.
func isFirefox(p *rules.Pass) bool {
	return strings.Contains(p.Request.Get("User-Agent"), "Firefox/")
}
