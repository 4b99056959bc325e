package accuracy

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
)

// statusFault is a healthy request that some party refuses.
func statusFault(rule string, w Wish, reply func(r rng, s *Scene) Head, same ...string) Fault {
	return Fault{Rule: rule, Same: same, Wish: w, Do: func(r rng, s *Scene) { s.final(reply(r, s)) }}
}

// says is the same reply every time.
func says(h Head) func(rng, *Scene) Head { return func(rng, *Scene) Head { return h } }

var quiet = Wish{NoCredentials: true, NoOrigin: true, Agent: "library", NoProtocols: true, Offer: "-", Plain: true}

// prompt leaves out what delays the request: who answers at once matters.
func prompt(w Wish) Wish { w.NoDamage = true; return w }

// html is a reply with the page that servers make of a status.
func html(status string) Head {
	return answer(status, "<html><head><title>"+status+"</title></head><body>"+status+"</body></html>", "Content-Type", "text/html", "Date", "{date}")
}

// anyAgent leaves the user agent open.
func anyAgent(w Wish) Wish { w.Agent = ""; return w }

func statusFaults() []Fault {
	return slices.Concat(bareStatusFaults(), forwardingFaults(), credentialFaults(), originFaults(), offerFaults())
}

// bareStatusFaults are statuses that say what is wrong by themselves.
func bareStatusFaults() []Fault {
	return []Fault{
		statusFault("response-400-unexplained", quiet, says(html("400 Bad Request"))),
		statusFault("http-wrong-path", quiet, func(r rng, s *Scene) Head {
			s.Request.Start = "GET /socket HTTP/1.1"
			return html(pick(r, "404 Not Found", "410 Gone"))
		}),
		statusFault("http-ws-library-missing", quiet, func(_ rng, s *Scene) Head {
			s.Request.Start = "GET /ws HTTP/1.1"
			return answer("404 Not Found", `{"detail":"Not Found"}`, "server", "uvicorn", "content-type", "application/json", "date", "{date}")
		}),
		statusFault("http-redirect-canonical", quiet, func(_ rng, s *Scene) Head {
			return answer("301 Moved Permanently", "", "Location", "https://"+s.host()+s.Path)
		}),
		statusFault("auth-redirect-login", quiet, func(r rng, s *Scene) Head {
			return answer(pick(r, "302 Found", "303 See Other", "307 Temporary Redirect"), "", "Location", pick(r, "https://sso.example.test/login?next=/chat", "/login", "https://login.microsoftonline.com/x/oauth2/authorize?client_id=1"))
		}),
		statusFault("response-200-instead-of-101", quiet, func(r rng, _ *Scene) Head {
			return answer("200 OK", "<!doctype html><html><body><div id=root></div></body></html>", "Content-Type", "text/html")
		}),
		statusFault("response-2xx-other", quiet, says(answer("202 Accepted", "queued", "Content-Type", "text/plain"))),
		statusFault("response-405", quiet, says(answer("405 Method Not Allowed", "", "Allow", "POST"))),
		statusFault("response-421", quiet, says(html("421 Misdirected Request"))),
		statusFault("response-408", quiet, says(html("408 Request Timeout"))),
		statusFault("http-rate-limited", quiet, says(answer("429 Too Many Requests", "slow down", "Retry-After", "5"))),
		statusFault("response-500", quiet, says(html("500 Internal Server Error"))),
		statusFault("response-501", quiet, says(html("501 Not Implemented")), "http-hijack-unsupported"),
		statusFault("response-502", quiet, says(html("502 Bad Gateway"))),
		statusFault("response-503", quiet, says(html("503 Service Unavailable"))),
		statusFault("response-504", quiet, says(html("504 Gateway Time-out"))),
		statusFault("response-505", quiet, says(html("505 HTTP Version Not Supported"))),
		statusFault("http-hijack-unsupported", quiet, says(answer("500 Internal Server Error", "Internal Server Error\n", "Content-Type", "text/plain; charset=utf-8", "Sec-Websocket-Version", "13", "X-Content-Type-Options", "nosniff"))),
		statusFault("proxy-cloudflare-52x", quiet, func(r rng, _ *Scene) Head {
			return answer(pick(r, "521 Origin Down", "522 Connection Timed Out", "524 A Timeout Occurred"), "error", "Server", "cloudflare", "CF-RAY", "8f00aa11bb22cc33-AMS")
		}),
		statusFault("response-5xx-vendor", quiet, says(html("527 Railgun Error"))),
	}
}

// forwardingFaults are refusals of requests in an old dialect, and those of proxies.
func forwardingFaults() []Fault {
	return []Fault{
		{Rule: "response-1xx-to-http10", Wish: quiet, Do: func(r rng, s *Scene) {
			s.Request.Start = "GET " + s.Path + " HTTP/1.0"
			s.Request.drop("User-Agent")
			s.left(r)
		}},
		{Rule: "origin-port-scheme-mismatch", Wish: quiet, Do: func(_ rng, s *Scene) {
			s.Request.set("Host", "app.example.test")
			s.Request.set("Origin", "https://app.example.test:443")
			s.final(answer("403 Forbidden", "", "Connection", "close"))
		}},
		{Rule: "proxy-forward-no-tunnel", Wish: plainWish, Do: func(_ rng, s *Scene) {
			s.Port = 3128
			s.Request.set("Host", "ws.example.test")
			s.Request.Start = "GET http://ws.example.test" + s.Path + " HTTP/1.1"
			s.Request.set("Proxy-Connection", "keep-alive")
			s.final(answer("403 Forbidden", "", "Via", "1.1 squid"))
		}},
		{Rule: "legacy-hixie75-request", Wish: plainWish, Do: func(r rng, s *Scene) {
			s.hixie()
			s.final(answer("400 Bad Request", "", "Connection", "close"))
		}},
		{Rule: "legacy-hixie76-request", Wish: plainWish, Do: func(r rng, s *Scene) {
			s.hixie()
			s.Request.set("Sec-WebSocket-Key1", "4 @1  46546xW%0l 1 5")
			s.Request.set("Sec-WebSocket-Key2", "12998 5 Y3 1  .P00")
			s.Request.Glue = []string{"x 5e6e3a64735b3455"}
			s.final(answer("400 Bad Request", "", "Connection", "close"))
		}},
		statusFault("proxy-edge-bot-challenge", quiet, says(answer("403 Forbidden", "<!DOCTYPE html><title>Just a moment...</title>", "Server", "cloudflare", "cf-mitigated", "challenge", "CF-RAY", "8f00aa11bb22cc33-AMS", "Content-Type", "text/html; charset=UTF-8"))),
		statusFault("proxy-waf-blocked", quiet, says(answer("403 Forbidden", "<html><head><title>Request Rejected</title></head><body>The requested URL was rejected. Please consult with your administrator.<br><br>Your support ID is: 7654321</body></html>", "Content-Type", "text/html"))),
		statusFault("proxy-upgrade-disabled-envoy", prompt(quiet), says(answer("403 Forbidden", "", "server", "envoy", "date", "{date}"))),
		statusFault("proxy-lb-protocol-464", quiet, says(answer("464 ", "", "Server", "awselb/2.0"))),
		statusFault("proxy-forward-auth-407", quiet, says(answer("407 Proxy Authentication Required", "", "Proxy-Authenticate", `Basic realm="px"`))),
		statusFault("proxy-cached-response", quiet, says(answer("200 OK", "<html>cached</html>", "Age", "120", "X-Cache", "HIT", "Content-Type", "text/html"))),
	}
}

// credentialFaults are refusals for what shows who asks.
func credentialFaults() []Fault {
	return []Fault{
		statusFault("auth-missing-credentials", quiet, says(answer("401 Unauthorized", "", "WWW-Authenticate", `Bearer realm="api"`))),
		{Rule: "auth-rejected-credentials", Wish: quiet, Do: func(_ rng, s *Scene) {
			s.Request.set("Authorization", "Basic dXNlcjpwYXNz")
			s.final(answer("401 Unauthorized", "", "WWW-Authenticate", `Basic realm="x"`))
		}},
		{Rule: "auth-bearer-challenge-error", Wish: quiet, Do: func(_ rng, s *Scene) {
			s.Request.set("Authorization", "Bearer 4f1d8c7e2b9a4c0d")
			s.final(answer("401 Unauthorized", "", "WWW-Authenticate", `Bearer realm="api", error="invalid_token"`))
		}},
		{Rule: "auth-basic-malformed", Wish: quiet, Do: func(r rng, s *Scene) {
			s.Request.set("Authorization", pick(r, "Basic not_base64!", "Basic bm9jb2xvbg=="))
			s.final(answer("401 Unauthorized", "", "WWW-Authenticate", `Basic realm="x"`))
		}},
		{Rule: "auth-bearer-malformed", Wish: quiet, Do: func(_ rng, s *Scene) {
			s.Request.set("Authorization", "Bearer Bearer abc")
			s.final(answer("401 Unauthorized", "", "WWW-Authenticate", `Bearer realm="x"`))
		}},
		{Rule: "auth-authorization-malformed", Wish: quiet, Do: func(_ rng, s *Scene) {
			s.Request.set("Authorization", "4f1d8c7e2b9a4c0d")
			s.final(answer("401 Unauthorized", "", "WWW-Authenticate", `Bearer realm="x"`))
		}},
		jwtFault("auth-token-expired", `{"sub":"a","exp":1735689600}`),
		jwtFault("auth-jwt-not-yet-valid", `{"sub":"a","nbf":1893456000}`),
		{Rule: "auth-jwt-malformed", Wish: quiet, Do: func(_ rng, s *Scene) {
			s.Request.set("Authorization", "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0")
			s.final(answer("401 Unauthorized", "", "WWW-Authenticate", `Bearer realm="x"`))
		}},
		statusFault("auth-csrf-rejected", anyAgent(quiet), says(answer("403 Forbidden", "XSRF cookie does not match POST argument", "Content-Type", "text/plain"))),
		{Rule: "auth-forbidden", Wish: quiet, Do: func(_ rng, s *Scene) {
			s.Request.set("Origin", "http://"+strings.ToLower(s.host()))
			s.final(answer("403 Forbidden", "Access denied", "Server", "daphne"))
		}},
	}
}

// originFaults are refusals for where the page or the host is.
func originFaults() []Fault {
	return []Fault{
		originFault("origin-rejected", "https://other.example.test"),
		originFault("origin-opaque", "null", "file://"),
		originFault("request-origin-malformed", "https://a.example.test/", "a.example.test", "https://a.example.test/page"),
		{Rule: "origin-missing-required", Wish: quiet, Do: func(_ rng, s *Scene) {
			s.Request.set("User-Agent", "Go-http-client/1.1")
			s.final(answer("403 Forbidden", "Forbidden\n", "Content-Type", "text/plain; charset=utf-8", "Sec-Websocket-Version", "13"))
		}},
		{Rule: "origin-host-not-allowed", Wish: quiet, Do: func(r rng, s *Scene) {
			s.final(answer(pick(r, "403 Forbidden", "400 Bad Request"), "Invalid Host header", "Content-Type", "text/plain"))
		}},
		{Rule: "origin-hidden-as-404", Wish: quiet, Do: func(_ rng, s *Scene) {
			s.Request.Start = "GET /cable HTTP/1.1"
			s.Request.set("Origin", "https://www.example.test")
			s.final(answer("404 Not Found", "Page not found", "Content-Type", "text/plain"))
		}},
		{Rule: "origin-host-rewritten", Wish: quiet, Do: func(_ rng, s *Scene) {
			s.Request.set("Host", "backend:8080")
			s.Request.set("Origin", "https://app.example.test")
			s.Request.set("X-Forwarded-Host", "app.example.test")
			s.final(answer("403 Forbidden", "", "Connection", "close"))
		}},
	}
}

// offerFaults are refusals for what the request offers, or lost on its way.
func offerFaults() []Fault {
	return []Fault{
		{Rule: "version-engineio-mismatch", Wish: quiet, Do: func(_ rng, s *Scene) {
			s.Request.Start = "GET /socket.io/?EIO=3&transport=websocket HTTP/1.1"
			s.final(answer("400 Bad Request", `{"code":5,"message":"Unsupported protocol version"}`, "Content-Type", "application/json"))
		}},
		{Rule: "proxy-sticky-missing-socketio", Wish: quiet, Do: func(_ rng, s *Scene) {
			s.Request.Start = "GET /socket.io/?EIO=4&transport=websocket&sid=abcdefghijklmnopAAAB HTTP/1.1"
			s.final(answer("400 Bad Request", `{"code":1,"message":"Session ID unknown"}`, "Content-Type", "application/json"))
		}},
		statusFault("version-rejected-by-server", quiet, says(answer("426 Upgrade Required", "", "Upgrade", "websocket", "Connection", "Upgrade", "Sec-WebSocket-Version", "8, 7"))),
		statusFault("response-426", quiet, says(answer("426 Upgrade Required", "", "Upgrade", "h2c", "Connection", "Upgrade"))),
		{Rule: "extension-offer-rejected", Wish: Wish{NoCredentials: true, NoOrigin: true, NoProtocols: true, Offer: "permessage-deflate; server_max_window_bits=15"}, Do: func(_ rng, s *Scene) {
			s.final(answer("400 Bad Request", `unsupported permessage-deflate parameter: "server_max_window_bits=15"`+"\n", "Content-Type", "text/plain; charset=utf-8", "X-Content-Type-Options", "nosniff"))
		}},
		{Rule: "subprotocol-required-missing", Wish: quiet, Do: func(_ rng, s *Scene) {
			s.Request.Start = "GET /ocpp/CP1 HTTP/1.1"
			s.final(answer("400 Bad Request", "", "Connection", "close"))
		}},
		{Rule: "subprotocol-k8s-channel", Wish: Wish{NoCredentials: true, NoOrigin: true, Protocols: []string{"v5.channel.k8s.io"}, Offer: "-", Plain: true, Agent: "library"}, Do: func(_ rng, s *Scene) {
			s.Request.Start = "GET /api/v1/namespaces/d/pods/p/exec?command=sh HTTP/1.1"
			s.final(answer("400 Bad Request", `{"kind":"Status","apiVersion":"v1","status":"Failure","message":"unable to upgrade: unable to negotiate protocol: client supports [v5.channel.k8s.io], server accepts [v4.channel.k8s.io]","reason":"BadRequest","code":400}`, "Content-Type", "application/json"))
		}},
		{Rule: "proxy-stripped-upgrade", Wish: quiet, Do: func(r rng, s *Scene) {
			s.Request.drop("Upgrade")
			s.Request.set("Connection", "close")
			s.Request.set("X-Forwarded-For", "203.0.113.9")
			s.refused(r, checkUpgrade)
		}},
		{Rule: "proxy-http10-upstream", Wish: quiet, Do: func(r rng, s *Scene) {
			s.Request.Start = "GET " + s.Path + " HTTP/1.0"
			s.Request.set("Connection", "close")
			s.Request.set("X-Real-IP", "203.0.113.9")
			s.refused(r, checkConnection)
		}},
		{Rule: "proxy-upgrade-mangled", Wish: quiet, Do: func(r rng, s *Scene) {
			s.Request.set("Connection", "close")
			s.Request.set("X-Forwarded-Proto", "https")
			s.refused(r, checkConnection)
		}, Same: []string{"proxy-stripped-upgrade"}},
	}
}

// hixie takes away what RFC 6455 brought.
func (s *Scene) hixie() {
	s.Request.drop("Sec-WebSocket-Key", "Sec-WebSocket-Version", "Sec-WebSocket-Extensions", "Sec-WebSocket-Protocol")
	s.Request.set("Upgrade", "WebSocket")
	s.Request.set("Origin", "http://"+s.host())
}

// originFault is an origin that the server refuses. A malformed one counts as
// found where the refusal is named and the spelling is its consequence.
func originFault(rule string, origins ...string) Fault {
	return Fault{Rule: rule, Same: []string{"origin-rejected"}, Wish: quiet, Do: func(r rng, s *Scene) {
		s.Request.set("Origin", pick(r, origins...))
		s.refused(r, checkOrigin)
	}}
}

func jwtFault(rule, claims string) Fault {
	return Fault{Rule: rule, Wish: quiet, Do: func(_ rng, s *Scene) {
		e := base64.RawURLEncoding
		s.Request.set("Authorization", fmt.Sprintf("Bearer %s.%s.%s", e.EncodeToString([]byte(`{"alg":"HS256"}`)), e.EncodeToString([]byte(claims)), "c2lnbmF0dXJl"))
		s.final(answer("401 Unauthorized", "", "WWW-Authenticate", `Bearer realm="x"`))
	}}
}
