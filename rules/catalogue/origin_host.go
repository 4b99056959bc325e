package catalogue

import (
	"bytes"
	"slices"
	"strings"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/rules"
)

var originHostNotAllowed = rules.Rule{
	ID: originHostID, Family: rules.Origin, Title: "Host check (guard against DNS rebinding) refuses the name",
	Doc: rules.Doc{
		Seen:   "A 400 or 403 whose body says that the host is not allowed, or a 101 followed by a message `Invalid Host/Origin header`.",
		Why:    "Development servers and some frameworks answer only to names that they were told of, so that a foreign name that resolves to them is of no use. Home Assistant also refuses requests with X-Forwarded-For of a proxy that it does not trust.",
		Change: "Add the name that clients use to the allowed hosts, or the proxy's address to the trusted proxies.",
	},
	Actor: rules.Server, Level: rules.Diagnosis,
	Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Endings:   slices.Concat(rules.Status(400, 403), rules.Ends(analyzer.EndingClose, analyzer.EndingDropped, analyzer.EndingClientLeft)),
	Reference: "vendor practice",
	Needs:     analyzer.RequestHead | analyzer.ResponseHead, When: rules.On101 | rules.OnFinal,
	Suppresses: []string{"auth-forbidden", "origin-rejected", "response-400-unexplained", "response-403"},
	Fixes: []rules.Fix{
		{Product: "webpack-dev-server", Snippet: "devServer: { allowedHosts: ['dev.example.com'] }"},
		{Product: "Vite", Snippet: viteHosts},
		{Product: "Django", Snippet: "ALLOWED_HOSTS = [\"dev.example.com\"]"},
		{Product: "Home Assistant", Snippet: "http:\n  use_x_forwarded_for: true\n  trusted_proxies: [10.0.0.0/24]"},
	},
	ClientSees: "`[WDS] Disconnected! Invalid Host/Origin header`; Chrome `Unexpected response code: 400` or 403",
	If:         rules.If(rules.Status400, rules.Status403, rules.FrameRefuses),
	Check:      checkHostNotAllowed,
}

const viteHosts = "server: { allowedHosts: ['dev.example.com'], hmr: { protocol: 'wss', clientPort: 443 } }"

func checkHostNotAllowed(p *rules.Pass) {
	status := p.Status()
	if status != statusSwitchingProtocols && status != statusBadRequest && status != statusForbidden {
		return
	}
	e, inFrame := hostRefusedInFrame(p)
	if status == statusSwitchingProtocols && !inFrame {
		return
	}
	host := p.FieldOrAbsent(p.Request, "Host")
	if status == statusSwitchingProtocols {
		p.Report(rules.Finding{
			Message:  "the first message after " + opener(p) + " is \"Invalid Host/Origin header\": the server does not know Host " + rules.Quote(p.Request.Get("Host")) + orOrigin(p),
			Evidence: append(append([]rules.Evidence{host}, p.Fields(p.Request, "Origin")...), e), Proof: rules.Stated,
		})
		return
	}
	reportRefusedHost(p, host)
}

// orOrigin names an Origin that the words of a refusal may mean as well.
func orOrigin(p *rules.Pass) string {
	if !foreignOrigin(p) {
		return ""
	}
	return " or Origin " + rules.Quote(p.Request.Get("Origin"))
}

// reportRefusedHost reports by what a refusal shows that it is about the host.
func reportRefusedHost(p *rules.Pass, host rules.Evidence) {
	name := rules.Quote(p.Request.Get("Host"))
	switch {
	case originHostRefused(p):
		p.Report(rules.Finding{
			Message:  "the body says that Host " + name + " is not allowed",
			Evidence: []rules.Evidence{host, p.StartLine(p.Response), p.BodyEvidence(p.BodyText())}, Proof: rules.Stated,
		})
	case p.Status() == statusBadRequest && bareRefusal(p) && offersVite(p) && publicName(p.Host()):
		p.Report(rules.Finding{
			Message:  "Vite answers a bare 400 to its own page where it does not allow Host " + name + ", or where the page's token is an old one",
			Evidence: []rules.Evidence{host, p.StartLine(p.Response)}, Proof: rules.Heuristic, Fix: viteHosts,
		})
	case untrustedProxy(p):
		p.Report(rules.Finding{
			Message:  "Home Assistant answers 400 to X-Forwarded-For from a proxy that it does not trust",
			Actor:    rules.Server,
			Evidence: append(p.Fields(p.Request, "X-Forwarded-For"), p.StartLine(p.Response)), Proof: rules.Heuristic,
		})
	}
}

// originHostRefused reports whether the body names the check of the host. Words about
// the origin, which point to all rules of this family, are no such thing.
func originHostRefused(p *rules.Pass) bool {
	return slices.ContainsFunc(p.Hints(), func(h rules.Hint) bool {
		return slices.Contains(h.PointsTo, originHostID)
	})
}

const originHostID = "origin-host-not-allowed"

// hostRefusedInFrame finds the message by which webpack-dev-server says that it
// does not know the host.
func hostRefusedInFrame(p *rules.Pass) (rules.Evidence, bool) {
	const server = 1
	if p.Upgraded == nil {
		return rules.Evidence{}, false
	}
	list := p.Upgraded.Messages(server)
	for i := range list {
		f := &list[i]
		if bytes.Contains(f.Payload, []byte(`Invalid Host/Origin header`)) {
			return p.Frame(server, f), true
		}
	}
	return rules.Evidence{}, false
}

// untrustedProxy knows the 400 of Home Assistant to a forwarded request.
func untrustedProxy(p *rules.Pass) bool {
	return p.Status() == statusBadRequest && p.Request.Has("X-Forwarded-For") &&
		p.Target().Path == "/api/websocket" && p.BodyIs("400: Bad Request")
}

// publicName reports whether a host is named as it is on the public network: a
// name with a dot that is none of the usual ones inside.
func publicName(h field.Host) bool {
	return h.Fault == field.HostValid && !h.IsIP() && strings.Contains(h.Name, ".") && !insideName(h)
}

// insideSuffixes end names that only a local network knows.
var insideSuffixes = [...]string{".local", ".internal", ".svc", ".lan", ".docker", ".localhost", ".intranet", ".consul"}

// insideName reports whether a host is a name of a container, service or
// upstream block.
func insideName(h field.Host) bool {
	name := strings.ToLower(h.Name)
	if h.IsIP() || name == "" || name == "localhost" {
		return false
	}
	return !strings.Contains(name, ".") ||
		slices.ContainsFunc(insideSuffixes[:], func(s string) bool { return strings.HasSuffix(name, s) })
}
