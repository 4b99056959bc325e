package catalogue

import (
	"slices"
	"strconv"
	"strings"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/reassembly"
	"github.com/handshark/handshark/rules"
)

// connectSetting is the setting by which a server offers extended CONNECT (RFC 8441
// section 3), as Wireshark calls it.
const connectSetting = "SETTINGS_ENABLE_CONNECT_PROTOCOL"

// h2Refusals are the endings that a request which is wrong in HTTP/2 leads to: none of
// them is about who asks, or how often.
var h2Refusals = slices.Concat(
	rules.Ends(analyzer.EndingNoStatus), rules.StatusRange(200, 299), rules.Status(400, 404, 405, 411, 421, 422, 426),
	rules.StatusRange(500, 502), rules.Status(504, 505),
)

// h2Left are the endings of a session that could not be.
var h2Left = rules.Ends(analyzer.EndingClientLeft, analyzer.EndingDropped)

// h2Any mends what a client or a gateway does wrong in HTTP/2.
func h2Any(snippet string) []rules.Fix { return []rules.Fix{{Product: "any", Snippet: snippet}} }

// Ways to keep WebSocket out of HTTP/2, for gateways that cannot carry it.
var (
	h2FixNginx   = rules.Fix{Product: "nginx", Snippet: "it has no WebSocket in HTTP/2: let the client open it over HTTP/1.1 (ALPN http/1.1), or leave http2 off in this server block"}
	h2FixHAProxy = rules.Fix{Product: "HAProxy", Snippet: "server s1 10.0.0.4:8443 ssl alpn h2,http/1.1 ws h1   # 2.5 or later: WebSocket to the server over HTTP/1.1"}
	h2FixCaddy   = rules.Fix{Product: "Caddy", Snippet: "reverse_proxy https://app { transport http { versions 1.1 } }"}
	h2FixTraefik = rules.Fix{Product: "Traefik", Snippet: "a service of its own for the WebSocket path with url http://app:8080, not h2c://, or a serversTransport with disableHTTP2: true"}
	h2FixIstio   = rules.Fix{Product: "Istio", Snippet: "DestinationRule: trafficPolicy.connectionPool.http.h2UpgradePolicy: DO_NOT_UPGRADE"}
	h2FixEnvoy   = rules.Fix{Product: "Envoy", Snippet: "http2_protocol_options: { allow_connect: true } and upgrade_configs with websocket on every hop, or HTTP/1.1 to the cluster"}
)

var h2GatewayFixes = []rules.Fix{h2FixHAProxy, h2FixCaddy, h2FixTraefik, h2FixIstio, h2FixEnvoy}

// h2Connect reports whether the request is a CONNECT.
func h2Connect(p *rules.Pass) bool {
	m := p.Request
	return string(m.Raw[m.Method.Start:m.Method.End]) == "CONNECT"
}

// h2Extended reports whether the request is an extended CONNECT, whatever for.
func h2Extended(p *rules.Pass) bool { return h2Connect(p) && p.Request.Has(":protocol") }

// h2Asker is who wrote a request: a gateway that left its mark on it, or the client.
func h2Asker(p *rules.Pass) rules.Actor {
	if p.Marked() {
		return rules.Intermediary
	}
	return rules.Client
}

// h2Offered gives the setting by which the server offered extended CONNECT; before asks
// that the client had it when it asked, judged by what it had acknowledged.
func h2Offered(p *rules.Pass, before bool) *analyzer.ConnectSetting {
	for i := range p.HTTP2.Enabled {
		if s := &p.HTTP2.Enabled[i]; s.Value == 1 && (!before || !p.Request.HasAck || s.End <= p.Request.Acked) {
			return s
		}
	}
	return nil
}

// h2Withdrawn gives the offer of the server, and by what it took it back; nil = there is none,
// or it did not.
func h2Withdrawn(p *rules.Pass) (offer, back *analyzer.ConnectSetting) {
	offer = h2Offered(p, false)
	for i := range p.HTTP2.Enabled {
		if s := &p.HTTP2.Enabled[i]; offer != nil && s.Value == 0 && s.End > offer.End {
			return offer, s
		}
	}
	return offer, nil
}

// h2SettingEvidence is the evidence of a value of the setting.
func h2SettingEvidence(s *analyzer.ConnectSetting) rules.Evidence {
	return rules.Evidence{
		Side: reassembly.Server, Refs: []capture.Ref{s.Ref}, Offset: s.End, Field: connectSetting, Value: strconv.FormatUint(uint64(s.Value), 10),
	}
}

// h2Settings is the evidence of the first SETTINGS of the server, which lack something.
func h2Settings(p *rules.Pass) rules.Evidence {
	e := p.Packet(reassembly.Server, connectSetting, p.HTTP2.Settings)
	e.Absent = true
	return e
}

// h2Correct reports whether an extended CONNECT is as RFC 8441 wants it.
func h2Correct(p *rules.Pass) bool {
	return h2Extended(p) && p.Request.Get(":protocol") == "websocket" && len(p.HTTP2.Pseudo) == 0 && asks13(p.Request) &&
		!p.HTTP2.Ends[reassembly.Client] && len(rules.ConnectionFields(p.Request)) == 0 && len(rules.UpperCaseFields(p.Request)) == 0 &&
		otherHost(p.Request) < 0 && len(p.RequestBody.Data) == 0 && !p.Request.Has("Content-Length") && h2WellFormed(p.Request)
}

// h2WellFormed reports whether path and fields of a request hold only what they may (RFC 9113
// section 8.2.1).
func h2WellFormed(m *analyzer.Message) bool {
	path := m.Text(m.Target)
	if !strings.HasPrefix(path, "/") || strings.ContainsFunc(path, func(c rune) bool { return c <= ' ' || c == 0x7F }) {
		return false
	}
	for i := range m.NumFields() {
		name, value := strings.TrimPrefix(m.Name(i), ":"), m.Text(m.Field(i).Value)
		if !field.IsToken(name) || strings.ContainsAny(value, "\x00\r\n") || strings.TrimSpace(value) != value {
			return false
		}
	}
	return true
}

// h2Valid reports whether the answer to a correct request is one that every client takes.
func h2Valid(p *rules.Pass) bool {
	return h2Correct(p) && p.Status() == 200 && !p.HTTP2.Ends[reassembly.Server] && !p.Response.Has("Content-Length") &&
		len(rules.ConnectionFields(p.Response)) == 0 && len(rules.UpperCaseFields(p.Response)) == 0
}

// fieldLines is the evidence of field lines, and their names quoted, at most eight.
func fieldLines(p *rules.Pass, m *analyzer.Message, lines []int) (names string, all []rules.Evidence) {
	const most = 8
	var quoted []string
	for _, i := range lines[:min(len(lines), most)] {
		all = append(all, p.Field(m, i))
		if q := rules.Quote(m.Name(i)); !slices.Contains(quoted, q) {
			quoted = append(quoted, q)
		}
	}
	return strings.Join(quoted, ", "), all
}

// opening is the status that opened the WebSocket: 101, or in HTTP/2 mostly 200.
func opening(p *rules.Pass) string {
	if p.HTTP2 == nil || p.Response == nil {
		return "101"
	}
	return strconv.Itoa(p.Response.Status)
}

// opener names the answer that opened the WebSocket.
func opener(p *rules.Pass) string {
	if p.HTTP2 == nil {
		return "the 101"
	}
	return "the " + opening(p)
}
