package accuracy

import (
	"strings"
)

var plainWish = Wish{NoLead: true, NoDamage: true}

// requestFault is a fault of the request that servers refuse at a check.
func requestFault(rule, check string, change func(r rng, s *Scene), same ...string) Fault {
	return Fault{Rule: rule, Same: same, Wish: Wish{NoCredentials: true, Origin: true}, Do: func(r rng, s *Scene) {
		change(r, s)
		s.refused(r, check)
	}}
}

// headFault is a fault in the grammar of the request head.
func headFault(rule string, change func(r rng, s *Scene), same ...string) Fault {
	return Fault{Rule: rule, Same: same, Wish: Wish{NoCredentials: true, Origin: true, Plain: true}, Do: func(r rng, s *Scene) {
		change(r, s)
		if r.chance(25) {
			s.dropped(r)
			return
		}
		s.refused(r, checkSyntax)
	}}
}

func set(name string, values ...string) func(rng, *Scene) {
	return func(_ rng, s *Scene) { s.Request.set(name, values...) }
}

func setOne(name string, values ...string) func(rng, *Scene) {
	return func(r rng, s *Scene) { s.Request.set(name, pick(r, values...)) }
}

func drop(names ...string) func(rng, *Scene) {
	return func(_ rng, s *Scene) { s.Request.drop(names...) }
}

func start(replace func(s *Scene) string) func(rng, *Scene) {
	return func(_ rng, s *Scene) { s.Request.Start = replace(s) }
}

func requestFaults() []Fault {
	return []Fault{
		requestFault("request-upgrade-missing", checkUpgrade, drop("Upgrade")),
		requestFault("request-upgrade-not-websocket", checkUpgrade, setOne("Upgrade", "websockets", "web-socket", "h2c", "ws")),
		requestFault("request-upgrade-versioned", checkUpgrade, setOne("Upgrade", "websocket/13", "websocket/13.0")),
		requestFault("request-connection-missing", checkConnection, drop("Connection")),
		requestFault("request-connection-no-upgrade", checkConnection, setOne("Connection", "keep-alive", "Websocket", "Up-grade")),
		requestFault("request-missing-upgrade-tokens", checkUpgrade, func(r rng, s *Scene) {
			s.Request.drop("Upgrade", "Connection", "User-Agent")
			s.Request.set("User-Agent", pick(r, "python-requests/2.31", "Go-http-client/1.1", "curl/8.5.0"))
		}),
		requestFault("request-key-missing", checkKey, drop("Sec-WebSocket-Key")),
		requestFault("request-key-invalid-base64", checkKey, setOne("Sec-WebSocket-Key", "aGFuZHNoYXJrLW5vbmNlIQ", "aGFuZHNo!XJrLW5vbmNlIQ==", "not base64 at all")),
		requestFault("request-key-wrong-length", checkKey, setOne("Sec-WebSocket-Key", "c2hvcnQ=", "aGFuZHNoYXJrLW5vbmNlIWFiY2Q=", "MTIzNDU2Nzg5MA==")),
		requestFault("request-key-duplicate", checkKey, func(r rng, s *Scene) { s.Request.set("Sec-WebSocket-Key", s.Key, r.key()) }),
		requestFault("request-sec-header-typo", checkKey, func(r rng, s *Scene) {
			i := s.Request.at("Sec-WebSocket-Key")
			s.Request.Fields[i].Name = pick(r, "Sec-Web-Socket-Key", "Sec-Websocket_Key", "SecWebSocket-Key")
		}),
		requestFault("request-version-missing", checkVersion, drop("Sec-WebSocket-Version")),
		requestFault("request-version-malformed", checkVersion, setOne("Sec-WebSocket-Version", "+13", "013", "13.0", "v13", "0x0d")),
		requestFault("request-version-list", checkVersion, setOne("Sec-WebSocket-Version", "13, 8", "8, 13", "13,8,7")),
		requestFault("request-version-draft", checkVersion, setOne("Sec-WebSocket-Version", "8", "7", "6")),
		requestFault("request-version-reserved", checkVersion, setOne("Sec-WebSocket-Version", "9", "10", "12")),
		requestFault("request-version-unsupported", checkVersion, setOne("Sec-WebSocket-Version", "25", "14", "99")),
		requestFault("request-version-out-of-range", checkVersion, setOne("Sec-WebSocket-Version", "299", "256", "1000")),
		requestFault("request-version-duplicate", checkVersion, set("Sec-WebSocket-Version", "13", "13")),
		requestFault("request-method-not-get", checkMethod, start(func(s *Scene) string { return "POST " + s.Path + " HTTP/1.1" })),
		requestFault("request-host-missing", checkHost, drop("Host")),
		requestFault("request-host-duplicate", checkHost, func(_ rng, s *Scene) { s.Request.set("Host", s.host(), "other.example.test") }),
		requestFault("request-host-invalid", checkHost, func(r rng, s *Scene) {
			s.Request.set("Host", pick(r, "ws://"+s.host(), "user@"+s.host(), s.host()+"/chat", "a b.example.test"))
		}),
		requestFault("request-origin-duplicate", checkOrigin, func(_ rng, s *Scene) {
			s.Request.set("Origin", s.Request.value("Origin"), "http://other.example.test")
		}, "origin-rejected"),
		requestFault("request-subprotocol-empty", checkProtocol, setOne("Sec-WebSocket-Protocol", "", ",", " , ")),
		requestFault("request-subprotocol-duplicate", checkProtocol, setOne("Sec-WebSocket-Protocol", "chat, chat", "v1, v2, v1")),
		requestFault("request-subprotocol-invalid-token", checkProtocol, setOne("Sec-WebSocket-Protocol", "chat room", "chat/1", "a@b")),
		requestFault("subprotocol-malformed", checkProtocol, setOne("Sec-WebSocket-Protocol", "a b, chat, chat")),
		requestFault("request-extensions-malformed", checkExtension, setOne("Sec-WebSocket-Extensions", "permessage-deflate; =10", "permessage-deflate; a=", `permessage-deflate; a="b`)),
		requestFault("extension-quoted-value-not-token", checkExtension, set("Sec-WebSocket-Extensions", `permessage-deflate; x="a b"`)),
		requestFault("pmd-offer-client-bits-invalid", checkExtension, setOne("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits=16", "permessage-deflate; client_max_window_bits=08", "permessage-deflate; client_max_window_bits=7")),
		requestFault("pmd-offer-server-bits-invalid", checkExtension, setOne("Sec-WebSocket-Extensions", "permessage-deflate; server_max_window_bits=08", "permessage-deflate; server_max_window_bits", "permessage-deflate; server_max_window_bits=99")),
		requestFault("pmd-offer-duplicate-param", checkExtension, set("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits; client_max_window_bits=10")),
		requestFault("pmd-offer-takeover-has-value", checkExtension, setOne("Sec-WebSocket-Extensions", "permessage-deflate; server_no_context_takeover=true", "permessage-deflate; client_no_context_takeover=1")),
		requestFault("pmd-offer-unknown-param", checkExtension, setOne("Sec-WebSocket-Extensions", "permessage-deflate; s2c_max_window_bits=10", "permessage-deflate; level=9")),
	}
}

func headFaults() []Fault {
	raw := func(change func(r rng, s *Scene, text string) string) func(rng, *Scene) {
		return func(r rng, s *Scene) { s.Request.Raw = change(r, s, s.Request.octets()) }
	}
	return []Fault{
		headFault("request-http-version-malformed", start(func(s *Scene) string { return "GET " + s.Path + " http/1.1" })),
		headFault("request-line-malformed", start(func(s *Scene) string { return "GET  " + s.Path + " HTTP/1.1" })),
		headFault("request-method-case", start(func(s *Scene) string { return "Get " + s.Path + " HTTP/1.1" })),
		headFault("request-target-fragment", start(func(s *Scene) string { return "GET " + s.Path + "#room HTTP/1.1" })),
		headFault("request-target-not-origin-form", start(func(*Scene) string { return "GET chat HTTP/1.1" })),
		headFault("request-target-ws-scheme", start(func(s *Scene) string { return "GET ws://" + s.host() + s.Path + " HTTP/1.1" })),
		headFault("header-bare-lf", raw(func(_ rng, _ *Scene, text string) string { return strings.ReplaceAll(text, "\r\n", "\n") })),
		headFault("header-bare-cr", raw(func(_ rng, _ *Scene, text string) string {
			return strings.Replace(text, "Sec-WebSocket-Version: 13", "X-Note: a\rb\r\nSec-WebSocket-Version: 13", 1)
		})),
		headFault("header-control-octet", func(r rng, s *Scene) {
			s.Request.Fields = append(s.Request.Fields, Field{Name: "X-Note", Value: "a" + pick(r, "\x00", "\x07", "\x1b") + "b"})
		}),
		headFault("header-leading-whitespace-line", raw(func(_ rng, _ *Scene, text string) string {
			return strings.Replace(text, "\r\n", "\r\n X-Note: a\r\n", 1)
		})),
		headFault("header-name-invalid", func(r rng, s *Scene) {
			s.Request.Fields = append(s.Request.Fields, Field{Name: pick(r, "X Note", "X(Note)", ""), Value: "a"})
		}),
		headFault("header-non-ascii", func(r rng, s *Scene) { s.Request.set("Origin", "http://b\xc3\xbccher.example.test") }),
		headFault("header-obs-fold", func(_ rng, s *Scene) {
			s.Request.Fields = append(s.Request.Fields, Field{Name: "X-Note", Value: "a\r\n b"})
		}),
		headFault("header-space-before-colon", func(r rng, s *Scene) {
			s.Request.Fields = append(s.Request.Fields, Field{Name: "X-Note", Value: "a", Sep: pick(r, " : ", "\t: ")})
		}),
		headFault("request-cl-te-conflict", func(_ rng, s *Scene) {
			s.Request.set("Content-Length", "0")
			s.Request.set("Transfer-Encoding", "chunked")
			s.Request.Body = "0\r\n\r\n"
		}, "request-malformed-head"), // such a head announces a body as well: two faults of grammar
		headFault("request-content-length-invalid", func(r rng, s *Scene) { s.Request.set("Content-Length", pick(r, "+0", "0x0", "none", "-1")) }),
		headFault("request-body-present", func(_ rng, s *Scene) { s.Request.set("Content-Length", "5"); s.Request.Body = "hello" }),
		headFault("request-malformed-head", func(_ rng, s *Scene) {
			s.Request.Fields = append(s.Request.Fields, Field{Name: "X-Note", Value: "a\r\n b"}, Field{Name: "X-Other", Value: "a", Sep: " : "})
		}),
		{Rule: "http-request-head-too-large", Wish: Wish{NoCredentials: true}, Do: func(r rng, s *Scene) {
			s.Request.set("Cookie", "blob="+strings.Repeat("abcdefgh", 2500))
			s.final(answer(pick(r, "431 Request Header Fields Too Large", "400 Bad Request", "431 Request Header Fields Too Large"),
				"<html><head><title>400 Request Header Or Cookie Too Large</title></head></html>", "Server", "nginx/1.22.1", "Connection", "close"))
		}},
		{Rule: "request-http-version-too-low", Wish: Wish{NoCredentials: true, Plain: true, NoLead: true}, Do: func(r rng, s *Scene) {
			s.Request.Start = "GET " + s.Path + " HTTP/1.0"
			s.Request.drop("User-Agent")
			s.final(answer(pick(r, "400 Bad Request", "426 Upgrade Required"), "", "Connection", "close"))
		}},
		{Rule: "request-not-http", Wish: plainWish, Do: func(r rng, s *Scene) {
			s.Request = Head{Raw: pick(r, "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", "HELLO server\r\n\r\n", "{\"op\":\"hello\"}\n")}
			s.final(answer("400 Bad Request", "", "Connection", "close"))
		}},
		{Rule: "client-data-before-101", Wish: Wish{NoLead: true, NoDamage: true, NoCredentials: true}, Do: func(r rng, s *Scene) {
			s.Request.Damage = []string{"unacked"}
			s.Request.Glue = []string{`x 818537fa213d7f9f4d5158`}
			s.dropped(r)
		}},
	}
}
