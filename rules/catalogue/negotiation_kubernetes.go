package catalogue

import (
	"fmt"
	"slices"
	"strings"

	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/rules"
)

// kubernetesTunnel is the name that kubectl port-forward offers; it is no token,
// and the API server takes it.
const kubernetesTunnel = "SPDY/3.1+portforward.k8s.io"

var subprotocolK8sChannel = rules.Rule{
	ID: "subprotocol-k8s-channel", Family: rules.Negotiation, Title: "Kubernetes exec, attach or port-forward: channel not supported",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "A request to exec, attach or portforward of a pod offers a channel protocol of Kubernetes and is refused, mostly with a Status object in JSON that says `unable to upgrade`.",
		Why:    "Before 1.30 the API server knows no WebSocket for these calls with this channel version, or a proxy on the way does not relay it. kubectl falls back to SPDY on a new connection.",
		Change: "Upgrade the cluster, make kubectl use SPDY, or let the proxy relay upgrades on these paths.",
	},
	Actor: rules.Server, Level: rules.Diagnosis, Severity: rules.Severity{Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Endings: rules.Status(403, 404, 405, 502),
	Reference: "KEP-4006; RFC 6455 s1.9",
	Needs:     bothHeads, When: rules.OnFinal,
	Suppresses: []string{
		"auth-forbidden", "http-wrong-path", "proxy-stripped-upgrade", "response-400-unexplained", "response-403",
		"response-405", "response-500", "response-502",
	},
	Fixes: []rules.Fix{
		{Product: "kubectl", Snippet: "KUBECTL_REMOTE_COMMAND_WEBSOCKETS=false kubectl exec ...  # or a cluster of 1.30 and later"},
		{Product: "proxy", Snippet: "relay upgrades with a long idle timeout on /api/v1/namespaces/*/pods/*/exec"},
		{Product: "Kubernetes", Snippet: "offer v5.channel.k8s.io or v4.channel.k8s.io"},
	},
	ClientSees: "kubectl `error: unable to upgrade connection`; Python `WebSocketBadStatusException: Handshake status 400`",
	If:         rules.If(rules.SubprotocolOffered),
	Check:      checkK8sChannel,
}

func checkK8sChannel(p *rules.Pass) {
	if !podStreamPath(p.Target().Path) || !slices.ContainsFunc(offers(p), channelName) || !channelRefused(p) {
		return
	}
	f := rules.Finding{
		Message:  fmt.Sprintf("the answer to a pod's stream with %s is %d", showNames(offers(p)), p.Status()),
		Evidence: append([]rules.Evidence{p.StartLine(p.Response), p.StartLine(p.Request)}, p.Fields(p.Request, subprotocolField)...),
	}
	if unableToUpgrade(p) {
		f.Proof = rules.Stated
		f.Evidence = append(f.Evidence, p.BodyEvidence(p.BodyText()))
	}
	p.Report(f)
}

func channelName(e field.Element) bool {
	return strings.HasSuffix(e.Text, "channel.k8s.io") || e.Text == kubernetesTunnel
}

// podStreamPath reports whether path is /api/v1/namespaces/N/pods/P/ and one of
// exec, attach and portforward, whatever stands before it.
func podStreamPath(path string) bool {
	at := strings.Index(path, "/api/v1/namespaces/")
	if at < 0 {
		return false
	}
	s := strings.Split(path[at:], "/")
	return len(s) == 8 && s[5] == "pods" && slices.Contains([]string{"exec", "attach", "portforward"}, s[7])
}

// channelRefused reports whether a refusal may be for the channel. A 403 that
// does not speak of the upgrade is one of access rights.
func channelRefused(p *rules.Pass) bool {
	switch {
	case p.BodyHas("Upgrade request required"):
		return false // what the server saw lacked the upgrade fields: a hop took them out
	case unableToUpgrade(p):
		return true
	}
	switch p.Status() {
	case statusBadRequest, statusNotFound, statusMethodNotAllowed,
		statusInternalServerError, statusBadGateway:
		return true
	}
	return false
}

func unableToUpgrade(p *rules.Pass) bool {
	return p.BodyHas("unable to upgrade")
}
