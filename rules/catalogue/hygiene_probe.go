package catalogue

import (
	"strings"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/rules"
)

var proxyHealthCheckNoise = rules.Rule{
	ID: "proxy-health-check-noise", Family: rules.Hygiene, Title: "Probe traffic that looks like failed handshakes",
	Doc: rules.Doc{
		Seen:   "The User-Agent is that of a load balancer's or an orchestrator's health check, and the request has no Sec-WebSocket-Key.",
		Why:    "Probes are no clients. Their refusals fill the log and mean nothing, unless the probe takes the server out because of them.",
		Change: "Let the probe ask for a plain HTTP path, or count 426 as healthy.",
	},
	Actor: rules.Any, Level: rules.Diagnosis,
	Severity:  rules.Severity{Established: rules.Info, Failed: rules.Info},
	Reference: "practice of load balancers and orchestrators",
	Needs:     analyzer.RequestHead, When: rules.OnRequest,
	Suppresses: []string{"response-400-unexplained", "response-426", "tcp-accept-then-close", "tls-handshake-aborted-silently"},
	Fixes: []rules.Fix{
		{Product: "websockets (Python)", Snippet: "def health(connection, request):\n    if request.path == '/healthz':\n        return connection.respond(200, 'ok\\n')\nserve(handler, process_request=health)"},
		{Product: "any", Snippet: "probe a plain HTTP path and accept 200 and 426"},
	},
	ClientSees: "server log: connection closed while reading HTTP request line; invalid Connection header: close",
	If:         rules.If(rules.KeyOdd),
	Check:      checkHealthCheckNoise,
}

// probes begin the User-Agent of health checks, lower case. Read only.
var probes = [...]string{
	"elb-healthchecker/", "kube-probe/", "googlehc/", "consul health check", "haproxy", "amazon-route53-health-check",
	"azure traffic manager", "prometheus-blackbox-exporter", "blackbox exporter/", "uptimerobot", "pingdom",
}

func checkHealthCheckNoise(p *rules.Pass) {
	m := p.Request
	agent := strings.ToLower(m.Get("User-Agent"))
	if m.Has("Sec-WebSocket-Key") {
		return
	}
	for _, probe := range probes {
		if strings.HasPrefix(agent, probe) || strings.Contains(agent, " "+probe) {
			p.Report(rules.Finding{
				Message: "this is a health check, by its User-Agent " + rules.Quote(m.Get("User-Agent")),
				Actor:   rules.Intermediary, Evidence: p.Fields(m, "User-Agent"),
			})
			return
		}
	}
}
