package catalogue

import (
	"fmt"
	"strings"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/http2"
	"github.com/handshark/handshark/reassembly"
	"github.com/handshark/handshark/rules"
)

const protocolError = http2.ProtocolError

var h2ExtendedConnectWithoutSetting = rules.Rule{
	ID: "h2-extended-connect-without-setting", Family: rules.Protocol, Title: "Extended CONNECT before the server enabled it",
	Over: rules.HTTP2,
	Doc: rules.Doc{
		Seen:   "An extended CONNECT was sent, and the client had received no SETTINGS with SETTINGS_ENABLE_CONNECT_PROTOCOL = 1 by then: the server never sends it, or the client did not wait for it.",
		Why:    "Without the setting the server does not know :protocol: it resets the stream, answers 400 or 501, or closes the connection.",
		Change: "Open the WebSocket over HTTP/1.1 where the server does not offer it, wait for the server's SETTINGS, or let the server offer extended CONNECT.",
	},
	Actor: rules.Client, Level: rules.MustNot,
	Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true, Endings: h2Refusals,
	Reference: "RFC 8441 s3",
	Needs:     analyzer.RequestHead, When: rules.OnRequest,
	Suppresses: []string{"h2-stream-reset", "h2-goaway", "response-400-unexplained", "response-405", "response-501", "http-wrong-path"},
	Fixes:      append(h2Any("client: HTTP/1.1 for WebSocket unless SETTINGS_ENABLE_CONNECT_PROTOCOL = 1 has come\nserver: offer it, if it knows RFC 8441"), append([]rules.Fix{h2FixNginx}, h2GatewayFixes...)...),
	ClientSees: "browsers wait for the setting; of a gateway they see `Unexpected response code: 502`",
	Check:      checkWithoutSetting,
}

func checkWithoutSetting(p *rules.Pass) {
	begun := p.Conn.SYNACK.Seen // else other SETTINGS may have come before
	if !begun || !h2Extended(p) || !p.HTTP2.Settings.Known() || h2Offered(p, true) != nil || h2Unheard(p) {
		return
	}
	f := rules.Finding{Actor: h2Asker(p), Evidence: []rules.Evidence{h2Settings(p), p.StartLine(p.Request)}}
	f.Message = "the client sent an extended CONNECT, and the server's SETTINGS do not have " + connectSetting
	if late := h2Offered(p, false); late != nil {
		f.Message = "the client sent an extended CONNECT before it had received the server's SETTINGS with " + connectSetting
		f.Evidence[0] = h2SettingEvidence(late)
	} else if n := len(p.HTTP2.Enabled); n > 0 {
		f.Message = fmt.Sprintf("the client sent an extended CONNECT, and the server had said %s = %d", connectSetting, p.HTTP2.Enabled[n-1].Value)
		f.Evidence[0] = h2SettingEvidence(&p.HTTP2.Enabled[n-1])
	}
	p.Report(f)
}

// h2Unheard reports whether the server may have said more until it answered than was read.
// A head or an RST_STREAM is read only if all before it was, whatever the client has
// acknowledged behind it.
func h2Unheard(p *rules.Pass) bool {
	reset := p.HTTP2.Reset
	heard := p.Response != nil || reset != nil && reset.From == reassembly.Server
	return p.HTTP2.Lost[reassembly.Server] || !heard && p.Missed(reassembly.Server)
}

var h2SettingInvalidValue = rules.Rule{
	ID: "h2-setting-invalid-value", Family: rules.Protocol, Title: "SETTINGS_ENABLE_CONNECT_PROTOCOL not 0 or 1",
	Over: rules.HTTP2,
	Doc: rules.Doc{
		Seen:   "The server's SETTINGS have SETTINGS_ENABLE_CONNECT_PROTOCOL with a value above 1.",
		Why:    "Clients treat the value as a connection error of type PROTOCOL_ERROR.",
		Change: "Send the setting with value 1, or leave it out.",
	},
	Actor: rules.Server, Level: rules.Must,
	Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true, Endings: append(h2Left, rules.Ends(analyzer.EndingNoStatus)...),
	Reference: "RFC 8441 s3",
	Needs:     analyzer.RequestHead, When: rules.OnRequest,
	Suppresses: []string{"h2-extended-connect-without-setting", "client-gave-up"},
	Fixes:      []rules.Fix{{Product: "server", Snippet: "SETTINGS_ENABLE_CONNECT_PROTOCOL = 1"}},
	ClientSees: "net::ERR_HTTP2_PROTOCOL_ERROR",
	Check: func(p *rules.Pass) {
		for i := range p.HTTP2.Enabled {
			if s := &p.HTTP2.Enabled[i]; s.Value > 1 {
				p.Found(fmt.Sprintf("%s is %d; it is 0 or 1", connectSetting, s.Value), h2SettingEvidence(s))
				return
			}
		}
	},
}

var h2SettingWithdrawn = rules.Rule{
	ID: "h2-setting-withdrawn", Family: rules.Protocol, Title: "SETTINGS_ENABLE_CONNECT_PROTOCOL set back to 0",
	Over: rules.HTTP2,
	Doc: rules.Doc{
		Seen:   "The server sends SETTINGS_ENABLE_CONNECT_PROTOCOL = 0 after it had sent 1 on the same connection.",
		Why:    "What was offered must not be taken back: the client may have asked already.",
		Change: "Never lower the setting on a connection that is open; send GOAWAY instead.",
	},
	Actor: rules.Server, Level: rules.MustNot,
	Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause:    rules.IsCause, Endings: h2Refusals,
	Reference: "RFC 8441 s3",
	Needs:     analyzer.RequestHead, When: rules.OnRequest,
	Suppresses: []string{"h2-stream-reset", "h2-goaway"},
	Fixes:      []rules.Fix{{Product: "server", Snippet: "GOAWAY and a new connection, not the setting back to 0"}},
	ClientSees: "nothing by itself, or a stream error",
	Check: func(p *rules.Pass) {
		if offer, back := h2Withdrawn(p); back != nil {
			p.Found("the server had offered extended CONNECT and took it back", h2SettingEvidence(offer), h2SettingEvidence(back))
		}
	},
}

var h2StreamReset = rules.Rule{
	ID: "h2-stream-reset", Family: rules.Transport, Title: "Server reset the handshake stream",
	Over: rules.HTTP2,
	Doc: rules.Doc{
		Seen:   "RST_STREAM of the server comes on the stream of the request before a final status.",
		Why:    "The code says what it objects to: PROTOCOL_ERROR is a request that it takes for malformed or does not know, REFUSED_STREAM one that it did not look at, HTTP_1_1_REQUIRED one that it wants over HTTP/1.1, INTERNAL_ERROR and CANCEL a failure behind it.",
		Change: "Look at the code and at the server's log; where it does not know RFC 8441, open the WebSocket over HTTP/1.1.",
	},
	Actor: rules.Server, Level: rules.Observation,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsSymptom, Sufficient: true,
	Reference: "RFC 8441 s5; RFC 9113 s5.4.2, s6.4, s7",
	Needs:     analyzer.RequestHead, When: rules.OnNoStatus,
	Fixes: []rules.Fix{
		{Product: "any", Snippet: "PROTOCOL_ERROR or HTTP_1_1_REQUIRED: WebSocket over HTTP/1.1\nREFUSED_STREAM: ask again, on a new connection\nINTERNAL_ERROR, CANCEL: the server's log"},
		{Product: "Jetty", Snippet: "HTTP2ServerConnectionFactory.setConnectProtocolEnabled(false)"},
		h2FixEnvoy, h2FixNginx,
	},
	ClientSees: "net::ERR_HTTP2_PROTOCOL_ERROR, close code 1006",
	Check: func(p *rules.Pass) {
		if r := p.HTTP2.Reset; r != nil && r.From == reassembly.Server && p.Response == nil {
			p.Report(rules.Finding{
				Actor:    h2Answerer(p),
				Message:  "the server reset the stream with " + r.Code.String() + resetMeans(r.Code) + ", before any status",
				Evidence: []rules.Evidence{h2ResetEvidence(p), p.StartLine(p.Request)},
				Fix:      resetFix(r.Code),
			})
		}
	},
}

// h2ResetEvidence is the evidence of the server's RST_STREAM.
func h2ResetEvidence(p *rules.Pass) rules.Evidence {
	e, _ := p.Teardown(reassembly.Server)
	return e
}

// resetFix says what to do about a code; empty: what the rule says.
func resetFix(c http2.ErrorCode) string {
	switch c {
	case http2.HTTP11Required:
		return "open the WebSocket over HTTP/1.1 (ALPN http/1.1 alone), or let the server accept extended CONNECT here"
	case http2.RefusedStream:
		return "ask again, on a new connection; if it happens again, look how many streams the server allows at once (SETTINGS_MAX_CONCURRENT_STREAMS)"
	case http2.EnhanceYourCalm:
		return "open fewer streams at a time, and wait before the next try"
	case http2.InternalError, http2.Cancel, http2.ConnectError:
		return "look into the log of the server, or of what is behind it, at the time of the RST_STREAM"
	}
	return ""
}

// resetMeans says what a code means, in the form of a parenthesis.
func resetMeans(c http2.ErrorCode) string {
	switch c {
	case http2.ProtocolError:
		return " (malformed, or not known to it)"
	case http2.RefusedStream:
		return " (not looked at: it may be asked again)"
	case http2.HTTP11Required:
		return " (wanted over HTTP/1.1)"
	case http2.EnhanceYourCalm:
		return " (too many requests)"
	case http2.InternalError, http2.Cancel, http2.ConnectError:
		return " (something failed behind it)"
	}
	return ""
}

var h2GoAway = rules.Rule{
	ID: "h2-goaway", Family: rules.Transport, Title: "Connection shut down during the handshake",
	Over: rules.HTTP2,
	Doc: rules.Doc{
		Seen:   "GOAWAY of the server comes before a final status, with a last stream below that of the request, or with an error code.",
		Why:    "NO_ERROR is a restart or the end of an idle connection: the request was not looked at and may be sent again. An error code says that the server objects to something on this connection; its debug data may say to what.",
		Change: "Open the WebSocket on a new connection; if it happens again, read the code and the debug data.",
	},
	Actor: rules.Server, Level: rules.Observation,
	Severity:  rules.Severity{Failed: rules.Error},
	Cause:     rules.IsSymptom,
	Reference: "RFC 9113 s6.8",
	Needs:     analyzer.RequestHead, When: rules.OnNoStatus,
	Suppresses: []string{"tcp-closed-before-response", "tcp-reset-before-response"},
	Fixes:      []rules.Fix{{Product: "any", Snippet: "ask again on a new connection; with an error code: read the debug data of the GOAWAY and the server's log"}},
	ClientSees: "close code 1006; net::ERR_HTTP2_SERVER_REFUSED_STREAM",
	Check: func(p *rules.Pass) {
		g := p.HTTP2.GoAway
		if g == nil || p.Response != nil || p.HTTP2.Stream <= g.Last && g.Code == http2.NoError {
			return
		}
		e := p.Packet(reassembly.Server, "GOAWAY", g.Ref)
		e.Value = g.Code.String()
		text := fmt.Sprintf("the server said GOAWAY with %s, last stream %d, while stream %d waited for its answer", g.Code, g.Last, p.HTTP2.Stream)
		if debug := tellable(g.Debug); debug != "" {
			text += "; its debug data: " + rules.Quote(debug)
		}
		p.Report(rules.Finding{Actor: h2Answerer(p), Message: text, Evidence: []rules.Evidence{e, p.StartLine(p.Request)}})
	},
}

// tellable gives the part of a text for debugging that comes before anything which may be a
// credential.
func tellable(debug string) string {
	b := []byte(debug)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c | 0x20 // octet by octet: places stay what they are
		}
	}
	lower := string(b)
	for _, word := range [...]string{"authorization", "cookie", "bearer", "basic ", "token", "password", "secret"} {
		if i := strings.Index(lower, word); i >= 0 {
			lower = lower[:i]
		}
	}
	return strings.TrimRight(debug[:len(lower)], " \t/?&")
}
