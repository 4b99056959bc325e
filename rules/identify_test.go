package rules

import (
	"testing"
)

// TestIdentify has heads as the products send them; those without a note were
// recorded from the product.
func TestIdentify(t *testing.T) {
	for _, tt := range []struct {
		name, response, want string
		hop                  bool
	}{
		{"ws: key", "HTTP/1.1 400 Bad Request\nConnection: close\nContent-Type: text/html\nContent-Length: 43\n\nMissing or invalid Sec-WebSocket-Key header", "ws (npm)", false},
		{"ws: path", "HTTP/1.1 400 Bad Request\nConnection: close\nContent-Type: text/html\nContent-Length: 11\n\nBad Request", "ws (npm)", false},
		{"ws: own HTTP server", "HTTP/1.1 426 Upgrade Required\nContent-Length: 16\nContent-Type: text/plain\nDate: Sun, 22 Nov 2026 18:46:04 GMT\nConnection: keep-alive\nKeep-Alive: timeout=5\n\nUpgrade Required", "ws (npm)", false},
		{"ws behind nginx", "HTTP/1.1 426 Upgrade Required\nServer: nginx/1.22.1\nDate: Sun, 22 Nov 2026 18:41:39 GMT\nContent-Type: text/plain\nContent-Length: 16\nConnection: keep-alive\n\nUpgrade Required", "ws (npm) via nginx/1.22.1", false},
		{"application socket, not ws", "HTTP/1.1 403 Forbidden\nContent-Type: application/json\nContent-Length: 2\nConnection: close\n\n{}", "", false},
		{"node, bytes that are no HTTP", "HTTP/1.1 400 Bad Request\nConnection: close\n\n", "Node.js or Bun", false},
		{"node", "HTTP/1.1 200 OK\nContent-Type: text/html\nDate: Sun, 22 Nov 2026 18:45:41 GMT\nConnection: keep-alive\nKeep-Alive: timeout=5\nContent-Length: 2\n\nok", "Node.js", false},
		{"gorilla", "HTTP/1.1 400 Bad Request\nContent-Type: text/plain; charset=utf-8\nSec-Websocket-Version: 13\nX-Content-Type-Options: nosniff\nDate: Sun, 22 Nov 2026 18:41:46 GMT\nContent-Length: 12\nConnection: close\n\nBad Request\n", "gorilla/websocket", false},
		{"gorilla: origin", "HTTP/1.1 403 Forbidden\nContent-Type: text/plain; charset=utf-8\nSec-Websocket-Version: 13\nX-Content-Type-Options: nosniff\nDate: Sun, 22 Nov 2026 18:45:53 GMT\nContent-Length: 10\n\nForbidden\n", "gorilla/websocket", false},
		{"gorilla: no hijacker", "HTTP/1.1 500 Internal Server Error\nContent-Type: text/plain; charset=utf-8\nSec-Websocket-Version: 13\nX-Content-Type-Options: nosniff\nDate: Sun, 22 Nov 2026 18:46:10 GMT\nContent-Length: 22\n\nInternal Server Error\n", "gorilla/websocket", false},
		{"gorilla behind haproxy", "HTTP/1.1 400 Bad Request\ncontent-type: text/plain; charset=utf-8\nsec-websocket-version: 13\nx-content-type-options: nosniff\ndate: Sun, 22 Nov 2026 18:50:42 GMT\ncontent-length: 12\n\nBad Request\n", "gorilla/websocket", false},
		{"gorilla behind nginx", "HTTP/1.1 403 Forbidden\nServer: nginx/1.22.1\nDate: Sun, 22 Nov 2026 18:41:47 GMT\nContent-Type: text/plain; charset=utf-8\nContent-Length: 10\nConnection: keep-alive\nSec-Websocket-Version: 13\nX-Content-Type-Options: nosniff\n\nForbidden\n", "gorilla/websocket via nginx/1.22.1", false},
		{"coder", "HTTP/1.1 426 Upgrade Required\nContent-Type: text/plain; charset=utf-8\nUpgrade: websocket\nX-Content-Type-Options: nosniff\nDate: Sun, 22 Nov 2026 18:41:43 GMT\nContent-Length: 81\nConnection: close\n\nWebSocket protocol violation: Connection header \"close\" does not contain Upgrade\n", "coder/websocket", false},
		{"coder: version", "HTTP/1.1 400 Bad Request\nContent-Type: text/plain; charset=utf-8\nSec-Websocket-Version: 13\nX-Content-Type-Options: nosniff\nContent-Length: 68\n\nunsupported WebSocket protocol version (only 13 is supported): \"14\"\n", "coder/websocket", false},
		{"coder: origin", "HTTP/1.1 403 Forbidden\nContent-Type: text/plain; charset=utf-8\nX-Content-Type-Options: nosniff\nContent-Length: 79\n\nrequest Origin \"shop.example.test\" is not authorized for Host \"127.0.0.1:9001\"\n", "coder/websocket", false},
		{"coder: no hijacker", "HTTP/1.1 501 Not Implemented\nContent-Type: text/plain; charset=utf-8\nX-Content-Type-Options: nosniff\nDate: Sun, 22 Nov 2026 18:46:11 GMT\nContent-Length: 16\n\nNot Implemented\n", "coder/websocket", false},
		{"coder: 101", "HTTP/1.1 101 Switching Protocols\nConnection: Upgrade\nSec-Websocket-Accept: Ri3fsLVGVyauXXgWiPdNixlatPw=\nUpgrade: websocket\nDate: Sun, 22 Nov 2026 18:41:21 GMT", "coder/websocket", false},
		{"a 101 without a name", "HTTP/1.1 101 Switching Protocols\nUpgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Accept: qrhSvDoUmx7XPJHAUVkPfcpXSos=", "", false},
		{"nginx relays a 101", "HTTP/1.1 101 Switching Protocols\nServer: nginx/1.22.1\nConnection: upgrade\nUpgrade: websocket\nSec-WebSocket-Accept: Ua7anEZSAnp6q12UsOoFlApAPbo=", "nginx/1.22.1", false},
		{"python: 101", "HTTP/1.1 101 Switching Protocols\nUpgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Accept: DzQ9uH25BMtLs2fGth0Yd4sRDps=\nServer: Python/3.11 websockets/10.4", "websockets (Python)/10.4", false},
		{"python: 426", "HTTP/1.1 426 Upgrade Required\nUpgrade: websocket\nServer: Python/3.11 websockets/10.4\nContent-Length: 72\nContent-Type: text/plain\nConnection: close\n\nFailed to open a WebSocket connection: invalid Connection header: close.", "websockets (Python)/10.4", false},
		{"go: not found", "HTTP/1.1 404 Not Found\nContent-Type: text/plain; charset=utf-8\nX-Content-Type-Options: nosniff\nContent-Length: 19\n\n404 page not found\n", "Go net/http", false},
		{"go: TLS port", "HTTP/1.0 400 Bad Request\n\nClient sent an HTTP request to an HTTPS server.\n", "Go net/http", false},
		{"haproxy: 503", "HTTP/1.1 503 Service Unavailable\ncontent-length: 107\ncache-control: no-cache\ncontent-type: text/html\n\n<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n</body></html>\n", "HAProxy", true},
		{"haproxy: 400", "HTTP/1.1 400 Bad request\nContent-length: 90\nCache-Control: no-cache\nConnection: close\nContent-Type: text/html\n\n<html><body><h1>400 Bad request</h1>\nYour browser sent an invalid request.\n</body></html>\n", "HAProxy", true},
		{"nginx: 502", "HTTP/1.1 502 Bad Gateway\nServer: nginx/1.22.1\nContent-Type: text/html\nContent-Length: 40\nConnection: keep-alive\n\n<hr><center>nginx/1.22.1</center>.......", "nginx/1.22.1", true},
		{"nginx: file", "HTTP/1.1 200 OK\nServer: nginx/1.22.1\nContent-Type: text/html\nContent-Length: 4\nETag: \"6b033772-34\"\n\n<p>.", "nginx/1.22.1", false},
		{"ws behind caddy", "HTTP/1.1 426 Upgrade Required\nContent-Length: 16\nContent-Type: text/plain\nDate: Sun, 29 Nov 2026 15:41:14 GMT\nServer: Caddy\n\nUpgrade Required", "ws (npm) via Caddy", false},
		{"python behind caddy", "HTTP/1.1 426 Upgrade Required\nContent-Length: 63\nContent-Type: text/plain\nDate: Sun, 29 Nov 2026 15:41:18 GMT\nServer: Caddy\nServer: Python/3.11 websockets/10.4\n\nFailed to open a WebSocket connection: empty Connection header.", "websockets (Python)/10.4 via Caddy", false},
		{"caddy behind caddy", "HTTP/1.1 401 Unauthorized\nContent-Length: 11\nServer: Caddy\nServer: Caddy\n\nwho are you", "Caddy", false},
		{"caddy: 502", "HTTP/1.1 502 Bad Gateway\nServer: Caddy\nDate: Sun, 29 Nov 2026 15:41:05 GMT\nContent-Length: 0\n", "Caddy", true},
		{"caddy relays a 502", "HTTP/1.1 502 Bad Gateway\nContent-Length: 3\nDate: Sun, 29 Nov 2026 15:41:05 GMT\nServer: Caddy\n\nno\n", "Caddy", false},
		{"caddy: no site", "HTTP/1.1 200 OK\nServer: Caddy\nDate: Sun, 29 Nov 2026 15:41:08 GMT\nContent-Length: 0\n", "Caddy", false},
		{"two names, no hop", "HTTP/1.1 403 Forbidden\nServer: Cowboy\nServer: Caddy\nContent-Length: 0\n", "Cowboy", false},
		{"tomcat: 101", "HTTP/1.1 101 \nUpgrade: websocket\nConnection: upgrade\nSec-WebSocket-Accept: C/0nmHhBztSRGR1CwL6Tf4ZjwpY=\nDate: Sun, 29 Nov 2026 15:43:32 GMT", "Tomcat", false},
		{"tomcat: version", "HTTP/1.1 426 \nSec-WebSocket-Version: 13\nContent-Length: 0\nDate: Sun, 29 Nov 2026 15:43:39 GMT", "Tomcat", false},
		{"tomcat: page", "HTTP/1.1 404 \nContent-Type: text/html;charset=utf-8\nContent-Length: 53\n\n<h3>Apache Tomcat/10.1.60 (Debian)</h3></body></html>", "Tomcat", false},
		{"jetty", "HTTP/1.1 101 Switching Protocols\nDate: Sun, 29 Nov 2026 15:42:34 GMT\nConnection: Upgrade\nServer: Jetty(9.4.57.v20241219)\nUpgrade: WebSocket", "Jetty", false},
		{"tinyproxy", "HTTP/1.1 403 Access violation\nServer: tinyproxy/1.11.1\nContent-Type: text/html\nConnection: close", "tinyproxy/1.11.1", true},

		// from descriptions of these products
		{"engine.io", "HTTP/1.1 400 Bad Request\nContent-Type: application/json\nContent-Length: 34\n\n{\"code\":0,\"message\":\"Transport unknown\"}", "Engine.IO", false},
		{"tornado", "HTTP/1.1 400 Bad Request\nServer: TornadoServer/6.4\nContent-Length: 34\n\nCan \"Upgrade\" only to \"WebSocket\".", "Tornado/6.4", false},
		{"tornado's words without its name", "HTTP/1.1 400 Bad Request\nContent-Length: 34\n\nCan \"Upgrade\" only to \"WebSocket\".", "Tornado or Spring", false},
		{"426 of the family", "HTTP/1.1 426 Upgrade Required\nSec-WebSocket-Version: 7, 8, 13\nContent-Length: 0", "Tornado or Spring", false},
		{"aiohttp", "HTTP/1.1 400 Bad Request\nServer: Python/3.11 aiohttp/3.9.1\nContent-Length: 5\n\nhello", "aiohttp/3.9.1", false},
		{"uvicorn", "HTTP/1.1 403 Forbidden\nserver: uvicorn\nContent-Length: 0", "uvicorn", false},
		{"daphne", "HTTP/1.1 403 Forbidden\nServer: daphne\nContent-Length: 13\n\nAccess denied", "Daphne", false},
		{"cowboy", "HTTP/1.1 403 Forbidden\nserver: Cowboy\ncontent-length: 0", "Cowboy", false},
		{"websockify", "HTTP/1.1 400 x\nContent-Length: 49\n\nClient must support 'binary' or 'base64' protocol", "websockify", false},
		{"beast", "HTTP/1.1 400 Bad Request\nContent-Length: 51\n\nThe WebSocket handshake Connection field is missing", "Boost.Beast", false},
		{"beast: key", "HTTP/1.1 400 Bad Request\nContent-Length: 58\nServer: Boost.Beast/300 websocket-server-sync\n\nThe WebSocket handshake Sec-WebSocket-Key field is missing", "Boost.Beast/300", false},
		{"beast: 101", "HTTP/1.1 101 Switching Protocols\nUpgrade: websocket\nConnection: upgrade\nSec-WebSocket-Accept: qrhSvDoUmx7XPJHAUVkPfcpXSos=\nServer: Boost.Beast/300 websocket-server-sync", "Boost.Beast/300", false},
		{"websocket-driver", "HTTP/1.1 400 Bad Request\nContent-Type: text/plain\nContent-Length: 32\n\nUnsupported WebSocket version: 8", "websocket-driver (npm)", false},
		{"node, a head that is too large", "HTTP/1.1 431 Request Header Fields Too Large\nConnection: close\n\n", "Node.js or Bun", false},
		{"cowboy does not say its name with 431", "HTTP/1.1 431 Request Header Fields Too Large\nconnection: close\ncontent-length: 0\n\n", "", false},
		{"ejabberd", "HTTP/1.1 200 OK\nContent-Length: 96\nAccess-Control-Allow-Headers: Content-Type\nAccess-Control-Allow-Origin: *\nContent-Type: text/xml; charset=utf-8\n\n<html xmlns='http://www.w3.org/1999/xhtml'><head><title>ejabberd ejabberd_http_ws</title></head>", "ejabberd", false},
		{"kubernetes", "HTTP/1.1 400 Bad Request\nContent-Length: 56\n\n{\"kind\":\"Status\",\"message\":\"Upgrade request required\"}..", "Kubernetes", false},
		{"envoy's own", "HTTP/1.1 403 Forbidden\nserver: envoy\ncontent-length: 0", "Envoy", true},
		{"through envoy", "HTTP/1.1 403 Forbidden\nserver: istio-envoy\nx-envoy-upstream-service-time: 3\ncontent-length: 0", "Envoy", false},
		{"http.sys", "HTTP/1.1 400 Bad Request\nServer: Microsoft-HTTPAPI/2.0\nContent-Length: 0", "http.sys/2.0", false},
		{"alb", "HTTP/1.1 464 x\nServer: awselb/2.0\nContent-Length: 0", "AWS ALB/2.0", true},
		{"api gateway", "HTTP/1.1 403 Forbidden\nx-amzn-ErrorType: ForbiddenException\nx-amz-apigw-id: abc=\nContent-Length: 0", "AWS API Gateway", true},
		{"api gateway without its id", "HTTP/1.1 403 Forbidden\nx-amzn-RequestId: 1\nx-amzn-ErrorType: ForbiddenException\nContent-Length: 23\n\n{\"message\":\"Forbidden\"}", "AWS API Gateway", true},
		{"api gateway: nothing but the id of the request", "HTTP/1.1 403 Forbidden\nx-amzn-RequestId: 1\nContent-Length: 23\n\n{\"message\":\"Forbidden\"}", "AWS API Gateway", true},
		{"through api gateway", "HTTP/1.1 403 Forbidden\nx-amzn-RequestId: 1\nx-amz-apigw-id: abc=\nX-Amzn-Trace-Id: Root=1-2-3\nContent-Length: 15\n\n{\"error\":\"no\"}", "AWS API Gateway", false},
		{"lambda says the same", "HTTP/1.1 403 Forbidden\nx-amzn-RequestId: 1\nX-Amzn-Trace-Id: Root=1-2-3\nContent-Length: 23\n\n{\"message\":\"Forbidden\"}", "", false},
		{"anybody says the same", "HTTP/1.1 403 Forbidden\nContent-Length: 23\n\n{\"message\":\"Forbidden\"}", "", false},
		{"another service of AWS", "HTTP/1.1 403 Forbidden\nx-amzn-RequestId: 1\nx-amzn-ErrorType: ForbiddenException\nContent-Length: 37\n\n{\"message\":\"Forbidden\",\"traceId\":\"1\"}", "", false},
		{"cloudflare: origin down", "HTTP/1.1 521 x\nServer: cloudflare\nCF-RAY: 1-FRA\nContent-Length: 0", "Cloudflare", true},
		{"through cloudflare", "HTTP/1.1 404 Not Found\nServer: cloudflare\nCF-RAY: 1-FRA\nContent-Length: 0", "Cloudflare", false},
		{"gorilla through cloudflare", "HTTP/1.1 400 Bad Request\nServer: cloudflare\nSec-Websocket-Version: 13\nX-Content-Type-Options: nosniff\nContent-Length: 12\n\nBad Request\n", "gorilla/websocket via cloudflare", false},
		{"cloudfront", "HTTP/1.1 502 Bad Gateway\nX-Cache: Error from cloudfront\nContent-Length: 0", "CloudFront", true},
		{"varnish cache", "HTTP/1.1 200 OK\nX-Varnish: 32770 3\nAge: 7\nContent-Length: 0", "Varnish", false},
		{"empty reason", "HTTP/1.1 101 \nUpgrade: websocket\nConnection: Upgrade", "Tomcat, wsproto or amphp", false},
		{"autobahn", "HTTP/1.1 101 Switching Protocols\nServer: AutobahnPython/22.7.1\nUpgrade: WebSocket\nConnection: Upgrade", "Autobahn/22.7.1", false},
		{"autobahn refuses", "HTTP/1.1 400 WebSocket connection denied: origin 'null' not allowed\n", "Autobahn", false},
		{"websocket-node", "HTTP/1.1 403 Forbidden\nConnection: close\nX-WebSocket-Reject-Reason: no", "WebSocket-Node (npm)", false},
		{"action cable needs its path", "HTTP/1.1 404 Not Found\nContent-Length: 14\n\nPage not found", "", false},
	} {
		h := exchange(t, goodRequest, tt.response)
		got := Identify(h)
		if got.String() != tt.want || got.Hop != tt.hop {
			t.Errorf("%s: got %q hop %v, want %q hop %v", tt.name, got, got.Hop, tt.want, tt.hop)
		}
	}
}

func TestIdentifyActionCable(t *testing.T) {
	h := exchange(t, "GET /cable?x=1 HTTP/1.1", "HTTP/1.1 404 Not Found\nContent-Length: 14\n\nPage not found")
	if got, want := Identify(h).Product, "Action Cable"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestIdentifyWithoutResponse(t *testing.T) {
	h := exchange(t, goodRequest, status("200 OK"))
	h.Response = nil
	if got := Identify(h); got != (Answerer{}) {
		t.Errorf("got %v, want nobody", got)
	}
}

func TestBodyHints(t *testing.T) {
	for body, want := range map[string]string{
		"Missing or invalid Sec-WebSocket-Key header":                                        "request-key-missing",
		"Invalid Upgrade header":                                                             "request-upgrade-missing",
		"Invalid HTTP method":                                                                "request-method-not-get",
		"Invalid or unacceptable Sec-WebSocket-Extensions header":                            "pmd-offer-bad",
		"WebSocket protocol violation: Connection header \"close\" does not contain Upgrade": "proxy-stripped-upgrade",
		"WebSocket protocol violation: handshake request must be at least HTTP/1.1":          "request-http-version-too-low",
		"unsupported WebSocket protocol version (only 13 is supported): \"14\"":              "request-version-reserved",
		"request Origin \"a\" is not authorized for Host \"b\"":                              "origin-rejected",
		"Failed to open a WebSocket connection: invalid Connection header: close.":           "request-connection-no-upgrade",
		"<center>The plain HTTP request was sent to HTTPS port</center>":                     "http-sent-to-tls-port",
		"Client sent an HTTP request to an HTTPS server.\n":                                  "http-sent-to-tls-port",
		"Request Header Or Cookie Too Large":                                                 "http-request-head-too-large",
		"Size of a request header field exceeds server limit.</p>":                           "http-request-head-too-large",
		"java.lang.IllegalArgumentException: Request header is too large":                    "http-request-head-too-large",
		"The WebSocket handshake was not HTTP/1.1":                                           "request-http-version-too-low",
		"The WebSocket handshake Host field is missing":                                      "request-host-missing",
		"Unsupported WebSocket version: undefined":                                           "request-version-missing",
		"Missing handshake request header: Sec-WebSocket-Key":                                "request-key-missing",
		"To use WebSocket connection you need a Jabber/XMPP client that supports it.":        "request-version-draft",
		"No required SSL certificate was sent":                                               "tls-client-cert-required",
		"Blocked request. This host (\"a\") is not allowed.":                                 "origin-host-not-allowed",
	} {
		if !points(BodyHints([]byte(body)), want) {
			t.Errorf("%q does not point to %s", body, want)
		}
	}
	for _, body := range []string{"", "Bad Request", "Upgrade Required", "404 page not found\n"} {
		if got := BodyHints([]byte(body)); len(got) != 0 {
			t.Errorf("%q: got %v, want nothing", body, got)
		}
	}
}

func FuzzIdentify(f *testing.F) {
	f.Add("nginx/1.22.1", []byte("<center>nginx"), 502)
	f.Add("İ/websockets/", []byte("{\"code\":"), 400)
	f.Fuzz(func(t *testing.T, server string, body []byte, code int) {
		h := exchange(t, goodRequest, status("200 OK", "Server: "+server))
		h.Response.Status, h.Body.Data = code, body
		_ = Identify(h).String()
		BodyHints(body)
	})
}
