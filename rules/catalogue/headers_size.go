package catalogue

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/http1"
	"github.com/handshark/handshark/rules"
)

var requestHeadTooLarge = rules.Rule{
	ID: "http-request-head-too-large", Family: rules.Headers, Title: "Request head or URI too large",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The answer is 413, 414, 431 or 494, a 400 that says that the header or cookie is too large, the 404 of Mojolicious to a handshake that it has not read to its end, or an empty 400 to a head above 64 KiB.",
		Why:    "Servers limit the request head: 4096 octets in Ratchet, 8190 in Apache httpd and Jetty, 8 KiB a field in nginx, 8 KiB a line in Mojolicious, 16 KiB in Node.js. Cookies and bearer tokens are what grows.",
		Change: "Shrink the largest field, for instance by scoping cookies to the application's host, or raise the limit of the server that answered.",
		Before: "Cookie: session=<9000 octets>", After: "Cookie: session=<200 octets>",
	},
	Actor: rules.Server, Level: rules.Observation, Severity: rules.Severity{Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 9110 s15.5.14, s15.5.15, s5.4; RFC 6585 s5",
	Endings: rules.Status(400, 404, 413, 414, 431, 494),
	Needs:   analyzer.ResponseHead, When: rules.OnFinal,
	Suppresses: []string{"http-wrong-path", "response-400-unexplained"},
	Fixes: []rules.Fix{
		{Product: "any", Snippet: "shrink the largest field (cookies, tokens), or raise the server's limit for the request head"},
		{Product: "nginx", Snippet: "large_client_header_buffers 4 32k;"},
		{Product: "Apache", Snippet: "LimitRequestFieldSize 32768"},
		{Product: "Node.js", Snippet: "node --max-http-header-size=32768   # Bun has the same option"},
		{Product: "Jetty", Snippet: `<Set name="requestHeaderSize">32768</Set>`},
		{Product: "Tomcat", Snippet: `maxHttpRequestHeaderSize="32768"`},
		{Product: "Mojolicious", Snippet: "MOJO_MAX_LINE_SIZE=32768   # in the environment of the server"},
		{Product: "Cowboy", Snippet: "cowboy:start_clear(Name, Transport, #{max_header_value_length => 32768, env => Env})"},
		{Product: "Kong", Snippet: "KONG_NGINX_HTTP_CLIENT_HEADER_BUFFER_SIZE=32k"},
	},
	ClientSees: "`Unexpected response code: 431`, 413 or 400; works in a private window or by address",
	If:         rules.If(rules.Status400, rules.Status404, rules.StatusClientError),
	Check:      checkHeadSize,
}

func checkHeadSize(p *rules.Pass) {
	proof := rules.Stated
	switch status := p.Status(); {
	case status == 413 && (p.Lost&analyzer.RequestHead != 0 || p.Shows(rules.RequestContent)):
		return // it speaks of the content, or may do so
	case status == 413:
		proof = rules.Practice // it speaks of the content as a rule
	case status == 414, status == 431, status == 494:
	case status == 400 && p.Points("http-request-head-too-large"):
	case status == 404 && unreadByMojo(p):
		proof = rules.Practice
	case status == 400 && unending(p):
		proof = rules.Heuristic
	default:
		return
	}
	message, evidence := fmt.Sprintf("status %d: the request head is too large for this server", p.Status()), p.StartLine(p.Response)
	all := []rules.Evidence{evidence}
	switch m := p.Request; {
	case m == nil:
	case !m.Complete: // the line in which it broke off is not among its fields, and may be the largest
		message = fmt.Sprintf("the request head is too large for this server: %d octets of it are read, and its end is not among them", len(m.Raw))
		all = append(all, p.StartLine(m))
	default:
		message = fmt.Sprintf("the request head of %d octets is too large for this server: %s", len(m.Raw), sizes(p))
		all = append(all, largestField(p)...)
	}
	p.Report(rules.Finding{Message: message, Proof: proof, Evidence: all})
}

// unending reports whether a head larger than what is read of any was refused without a
// word, as by servers that do not know 431. Those that are known take more, or say so.
func unending(p *rules.Pass) bool {
	return p.Request != nil && p.Request.Why == http1.StopLimit && p.Answerer.Product == "" && p.BodyText() == ""
}

// unreadByMojo reports whether Mojolicious did not come to the end of a head with a line
// above its limit: to a handshake that it read it answers 404 with Sec-WebSocket-Accept.
func unreadByMojo(p *rules.Pass) bool {
	const most = 8192
	if p.Answerer.Product != "Mojolicious" || p.Response.Has(secAccept) || p.Request == nil {
		return false
	}
	if m := p.Request; !m.Complete {
		return len(m.Raw) > most
	}
	return proxyCleanRequest(p) && p.Request.Field(bySize(p)[0]).Line.Len() > most
}

// bySize lists the field lines of the request, the largest first.
func bySize(p *rules.Pass) []int {
	lines := make([]int, p.Request.NumFields())
	for i := range lines {
		lines[i] = i
	}
	slices.SortStableFunc(lines, func(a, b int) int {
		return cmp.Compare(p.Request.Field(b).Line.Len(), p.Request.Field(a).Line.Len())
	})
	return lines
}

// sizes names the target and the three largest field lines with their sizes.
func sizes(p *rules.Pass) string {
	parts := []string{fmt.Sprintf("target %d octets", p.Request.Target.Len())}
	const shown = 3
	for n, i := range bySize(p) {
		if n == shown {
			break
		}
		name := rules.Quote(p.Request.Name(i))
		parts = append(parts, fmt.Sprintf("%s %d", name[1:len(name)-1], p.Request.Field(i).Line.Len()))
	}
	return strings.Join(parts, ", ")
}

// largestField is the evidence of the largest field line, without its value.
func largestField(p *rules.Pass) []rules.Evidence {
	lines := bySize(p)
	if len(lines) == 0 {
		return nil
	}
	f := p.Request.Field(lines[0])
	return []rules.Evidence{p.Span(p.Request, f.Line, p.Request.Text(f.Name), "")}
}
