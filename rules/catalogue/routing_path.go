package catalogue

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/rules"
)

var httpWrongPath = rules.Rule{
	ID: "http-wrong-path", Family: rules.Routing, Title: "No WebSocket route at this path (404)",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The server answers 404 or 410; the npm package ws answers 400 with nothing but \"Bad Request\" when its path option does not match.",
		Why:    "No WebSocket handler is registered for the path of the request: a missing prefix or suffix, a doubled slash, an escaped question mark, or a typing error.",
		Change: "Compare the path with the route of the server, prefixes that a proxy adds or removes included.",
		Before: "GET /caht HTTP/1.1", After: "GET /chat HTTP/1.1",
	},
	Actor: rules.Server, Level: rules.Observation,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsSymptom, Sufficient: true,
	Reference: "RFC 6455 s4.2.2 step 4 (/resource name/); RFC 9110 s15.5.5",
	Needs:     analyzer.ResponseHead, When: rules.OnFinal,
	Suppresses: []string{"response-400-unexplained"}, // the bare 400 of ws is explained by it
	Fixes: []rules.Fix{
		{Product: "any", Snippet: "client: the path under which the server registers its WebSocket handler\nproxy: look for a prefix that it adds or cuts off (nginx: a path after proxy_pass replaces the prefix)"},
		{Product: "Phoenix", Snippet: "new Socket('/socket')   # asks for /socket/websocket"},
		{Product: "ws (npm)", Snippet: "new WebSocketServer({ server, path: '/ws' })   // compares the exact pathname"},
		{Product: "Caddy", Snippet: "/ws alone is that path, /ws* also what is below it; handle_path cuts off what it matches, handle does not"},
		{Product: "Tomcat", Snippet: "the path begins with that of the application: wss://HOST/APP/chat for @ServerEndpoint(\"/chat\") in APP.war, wss://HOST/chat in ROOT.war"},
		{Product: "FastAPI", Snippet: "@app.websocket('/ws')   # under the same prefix as the proxy"},
	},
	ClientSees: "Unexpected response code: 404",
	If:         rules.If(rules.Status400, rules.Status404, rules.StatusClientError),
	Check:      checkWrongPath,
}

func checkWrongPath(p *rules.Pass) {
	s := p.Status()
	bare := s == 400 && bareRefusal(p) && !offersVite(p)
	if s != 404 && s != 410 && !bare || isConnect(p) {
		return
	}
	var f rules.Finding
	if bare {
		f.Proof = rules.Practice
	}
	if p.Request == nil {
		p.Later(f, tellWrongPath, p.StartSpot(p.Response))
		return
	}
	p.Later(f, tellWrongPath, p.StartSpot(p.Response), p.StartSpot(p.Request))
}

// bareRefusal reports whether npm ws refused a request without fault and without a
// reason: its shouldHandle said no, which compares the path if nobody replaced it.
func bareRefusal(p *rules.Pass) bool {
	return p.Answerer.Product == "ws (npm)" && p.BodyIs("Bad Request") && p.Request != nil &&
		p.Request.Complete && proxyCleanRequest(p)
}

// offersVite reports whether a page of Vite's development server asks for its own
// socket. Vite has a shouldHandle that checks Host and a token, not the path.
func offersVite(p *rules.Pass) bool { return offered(p, "vite-hmr") }

func tellWrongPath(p *rules.Pass) (string, []rules.Evidence) {
	evidence := []rules.Evidence{p.StartLine(p.Response)}
	if p.Request != nil {
		evidence = append(evidence, p.StartLine(p.Request))
	}
	return routingAsked(p) + " got " + statusText(p) + ": no WebSocket route there" + pathHint(p), evidence
}

// beginsFold reports whether b begins with lower, whatever the case of its letters.
func beginsFold(b []byte, lower string) bool {
	return len(b) >= len(lower) && bytes.EqualFold(b[:len(lower)], []byte(lower))
}

// pathHint says what is odd about the path.
func pathHint(p *rules.Pass) string {
	if p.Request == nil {
		return ""
	}
	path := p.Target().Path
	lower := strings.ToLower(path)
	segments := strings.Split(strings.Trim(lower, "/"), "/")
	switch {
	case p.Response.Has(rejectReason): // an application decided, which may know the path
		return "; " + refusalWords(p)
	case strings.HasSuffix(lower, "/websocket") && p.BodyIs("404 Error: Page not found"):
		return "; SockJS says so of another prefix, and if its WebSocket transport is off (websocket: false)"
	case p.Answerer.Product == "nginx" && p.Answerer.Hop:
		return "; the page is nginx's own: it has no location with proxy_pass for this path, or proxy_intercept_errors hides the answer of its server"
	case p.BodyHas("response 404 (backend NotFound)"):
		return "; the load balancer of Google Cloud says so where its URL map has no backend for host and path"
	case strings.Contains(path, "//"):
		return "; the path has a doubled slash"
	case strings.Contains(lower, "%3f"):
		return "; the path has an escaped question mark (%3F)"
	case len(segments) > 1 && segments[0] == segments[1]:
		return "; the path begins with a doubled prefix"
	case wantsSuffix(lower) && maybePhoenix(p.Answerer.Product):
		return "; Phoenix and SockJS expect /websocket at the end"
	case !strings.Contains(lower, "/socket.io/") && strings.Contains(p.Target().Query, "EIO="):
		return "; Socket.IO expects /socket.io/ in the path"
	}
	return ""
}

// wantsSuffix reports whether a path is one that Phoenix and SockJS extend.
func wantsSuffix(path string) bool {
	return strings.HasSuffix(path, "/socket") || strings.HasSuffix(path, "/live") || strings.HasSuffix(path, "/sockjs")
}

// maybePhoenix reports whether Phoenix or a SockJS server may have answered.
func maybePhoenix(product string) bool {
	switch product {
	case "", "Cowboy", "Node.js", "Tomcat", "Jetty", "nginx", "HAProxy", "Cloudflare", "Envoy":
		return true
	}
	return false
}

var httpWSLibraryMissing = rules.Rule{
	ID: "http-ws-library-missing", Family: rules.Routing, Title: "Python ASGI server has no WebSocket implementation installed",
	Doc: rules.Doc{
		Seen:   "A correct upgrade request is answered 404, 400 or 405 by uvicorn, or by gunicorn with its synchronous workers.",
		Why:    "uvicorn without a WebSocket library treats the upgrade as an ordinary GET; gunicorn's default workers cannot upgrade at all. A wrong path looks the same from outside.",
		Change: "Install a WebSocket library next to uvicorn, or run gunicorn with ASGI workers.",
	},
	Actor: rules.Server, Level: rules.Diagnosis,
	Severity: rules.Severity{Failed: rules.Error},
	Cause:    rules.IsCause, Sufficient: true,
	Endings:   rules.Status(400, 404, 405),
	Reference: "practice of uvicorn and gunicorn",
	Needs:     analyzer.RequestHead | analyzer.ResponseHead, When: rules.OnFinal,
	Suppresses: []string{"http-wrong-path", "response-400-unexplained", "response-405"},
	Fixes: []rules.Fix{
		{Product: "uvicorn", Snippet: "pip install 'uvicorn[standard]'   # or: pip install websockets"},
		{Product: "gunicorn", Snippet: "gunicorn -k uvicorn.workers.UvicornWorker app:app"},
		{Product: "Django", Snippet: "serve with daphne or uvicorn, not with WSGI"},
	},
	ClientSees: "Unexpected response code: 404; server log: No supported WebSocket library detected",
	If:         rules.If(rules.Status400, rules.Status404, rules.Status405),
	Check:      checkWSLibraryMissing,
}

func checkWSLibraryMissing(p *rules.Pass) {
	s := p.Status()
	if s != 400 && s != 404 && s != 405 {
		return
	}
	server := p.Octets(p.Response, "Server")
	stated := p.BodyHas("Unsupported upgrade request")
	asgi := beginsFold(server, "uvicorn") || beginsFold(server, "gunicorn")
	if !asgi && !stated || !proxyCleanRequest(p) {
		return
	}
	f := rules.Finding{
		Message:  fmt.Sprintf("%s answered %d to a correct upgrade: it seems to run without a WebSocket implementation", rules.Quote(p.Response.Get("Server")), s),
		Evidence: append([]rules.Evidence{p.StartLine(p.Response)}, p.Fields(p.Response, "Server")...),
	}
	if stated {
		f.Proof = rules.Stated
		f.Message = fmt.Sprintf("the server answered %d %s: it runs without a WebSocket implementation", s, rules.Quote("Unsupported upgrade request"))
		f.Evidence = append(f.Evidence, p.BodyEvidence("Unsupported upgrade request"))
	}
	p.Report(f)
}
