package accuracy

import (
	"fmt"
	"strings"
)

// answerFault is a fault of the 101 that clients do not accept.
func answerFault(rule string, w Wish, change func(r rng, s *Scene), same ...string) Fault {
	return Fault{Rule: rule, Same: same, Wish: w, Do: func(r rng, s *Scene) {
		change(r, s)
		s.left(r)
	}}
}

func setAnswer(name string, values ...string) func(rng, *Scene) {
	return func(_ rng, s *Scene) { s.Answer.set(name, values...) }
}

func setAnswerOne(name string, values ...string) func(rng, *Scene) {
	return func(r rng, s *Scene) { s.Answer.set(name, pick(r, values...)) }
}

func dropAnswer(names ...string) func(rng, *Scene) {
	return func(_ rng, s *Scene) { s.Answer.drop(names...) }
}

func answerStart(line string) func(rng, *Scene) {
	return func(_ rng, s *Scene) { s.Answer.Start = line }
}

func answerFaults() []Fault {
	var any Wish
	return []Fault{
		answerFault("response-accept-missing", any, dropAnswer("Sec-WebSocket-Accept")),
		answerFault("response-accept-mismatch", any, func(r rng, s *Scene) {
			s.Answer.set("Sec-WebSocket-Accept", pick(r, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", acceptOf("x"), strings.ToLower(acceptOf(s.Key))))
		}),
		answerFault("response-accept-duplicate", any, func(_ rng, s *Scene) { s.Answer.set("Sec-WebSocket-Accept", acceptOf(s.Key), acceptOf(s.Key)) }),
		answerFault("response-upgrade-missing", any, dropAnswer("Upgrade")),
		answerFault("response-upgrade-mismatch", any, setAnswerOne("Upgrade", "websockets", "ws", "web-socket"), "response-101-unsolicited"),
		answerFault("response-upgrade-list", any, setAnswer("Upgrade", "websocket, foo"), "response-101-unsolicited"),
		answerFault("response-upgrade-duplicate", any, setAnswer("Upgrade", "websocket", "websocket")),
		answerFault("response-connection-missing", any, dropAnswer("Connection")),
		answerFault("response-connection-no-upgrade", any, setAnswerOne("Connection", "keep-alive", "websocket")),
		answerFault("response-missing-upgrade-tokens", any, dropAnswer("Upgrade", "Connection")),
		answerFault("response-101-http10", any, answerStart("HTTP/1.0 101 Switching Protocols")),
		answerFault("response-status-line-malformed", any, answerStart("HTTP/1.1 101Switching Protocols")),
		answerFault("response-status-line-odd", any, func(r rng, s *Scene) {
			s.Answer.Start = "HTTP/1.1 101 "
			s.Answer.Raw = s.Answer.octetsAt("Thu, 01 Jan 2026 00:00:00 GMT")
		}),
		answerFault("response-101-transfer-encoding", any, setAnswer("Transfer-Encoding", "chunked")),
		answerFault("response-101-content-length", any, setAnswerOne("Content-Length", "0", "12")),
		answerFault("response-101-with-body-framing", any, func(_ rng, s *Scene) {
			s.Answer.set("Transfer-Encoding", "chunked")
			s.Answer.set("Connection", "Upgrade, close")
		}),
		answerFault("response-101-unsolicited", Wish{}, func(_ rng, s *Scene) { s.Answer.set("Upgrade", "h2c") }, "response-upgrade-mismatch"),
		answerFault("legacy-response-to-rfc6455-request", any, func(_ rng, s *Scene) {
			s.Answer.drop("Sec-WebSocket-Accept")
			s.Answer.set("Sec-WebSocket-Location", "ws://"+s.host()+s.Path)
			s.Answer.set("Sec-WebSocket-Origin", "http://"+s.host())
		}),
		answerFault("response-subprotocol-without-offer", Wish{NoProtocols: true}, setAnswer("Sec-WebSocket-Protocol", "chat")),
		answerFault("response-subprotocol-unoffered", Wish{Protocols: []string{"chat.v2", "chat.v1"}}, setAnswer("Sec-WebSocket-Protocol", "chat.v3")),
		answerFault("response-subprotocol-case", Wish{Protocols: []string{"MQTT"}}, setAnswer("Sec-WebSocket-Protocol", "mqtt")),
		answerFault("response-subprotocol-empty", Wish{Protocols: []string{"chat"}}, setAnswer("Sec-WebSocket-Protocol", "")),
		answerFault("response-subprotocol-multiple", Wish{Protocols: []string{"chat.v2", "chat.v1"}}, func(r rng, s *Scene) {
			if r.chance(50) {
				s.Answer.set("Sec-WebSocket-Protocol", "chat.v2", "chat.v1")
				return
			}
			s.Answer.set("Sec-WebSocket-Protocol", "chat.v2, chat.v1")
		}),
		answerFault("response-subprotocol-invalid-token", Wish{Protocols: []string{"chat"}}, setAnswer("Sec-WebSocket-Protocol", `"chat"`)),
		answerFault("subprotocol-not-selected", Wish{Protocols: []string{"chat.v2", "chat.v1"}, Agent: "browser", NoCredentials: true}, dropAnswer("Sec-WebSocket-Protocol")),
		answerFault("subprotocol-graphql-mismatch", Wish{Protocols: []string{"graphql-transport-ws"}}, setAnswer("Sec-WebSocket-Protocol", "graphql-ws")),
		answerFault("auth-token-subprotocol-not-echoed", Wish{Protocols: []string{"bearer", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.AAAA"}, Agent: "browser"}, dropAnswer("Sec-WebSocket-Protocol")),
		answerFault("header-name-invalid", any, func(r rng, s *Scene) {
			s.Answer.Fields = append(s.Answer.Fields, Field{Name: pick(r, "X Note", "X(Note)"), Value: "a"})
		}),
		answerFault("client-rejected-valid-101", Wish{NoProtocols: true, Offer: "-", Plain: true}, func(rng, *Scene) {}),
	}
}

// octetsAt is octets with the date filled in.
func (h *Head) octetsAt(date string) string {
	return strings.ReplaceAll(h.octets(), "{date}", date)
}

func deflateFaults() []Fault {
	plain, with := "permessage-deflate", func(p string) string { return "permessage-deflate; " + p }
	f := func(rule, offer string, answers ...string) Fault {
		return answerFault(rule, Wish{Offer: offer}, setAnswerOne("Sec-WebSocket-Extensions", answers...))
	}
	return []Fault{
		f("response-extension-unoffered", "-", plain, "x-foo"),
		f("response-extension-duplicate", plain, "permessage-deflate, permessage-deflate"),
		f("response-extension-rsv-conflict", "permessage-deflate, x-webkit-deflate-frame", "permessage-deflate, x-webkit-deflate-frame"),
		f("response-extensions-empty", plain, "", ","),
		f("response-extensions-malformed", plain, with("server_max_window_bits="), with("=3"), "permessage-deflate;;"),
		f("extension-deflate-param-invalid", plain, with("client_max_window_bits; foo=1")),
		f("pmd-response-client-bits-invalid", with("client_max_window_bits"), with("client_max_window_bits=7"), with("client_max_window_bits=16"), with("client_max_window_bits=010")),
		f("pmd-response-client-bits-no-value", with("client_max_window_bits"), with("client_max_window_bits")),
		f("pmd-response-client-bits-unoffered", plain, with("client_max_window_bits=12")),
		f("pmd-response-duplicate-param", plain, with("server_no_context_takeover; server_no_context_takeover")),
		f("pmd-response-server-bits-invalid", plain, with("server_max_window_bits"), with("server_max_window_bits=16"), with("server_max_window_bits=08")),
		f("pmd-response-server-bits-missing", with("server_max_window_bits=10"), plain),
		f("pmd-response-server-bits-too-large", with("server_max_window_bits=10"), with("server_max_window_bits=12")),
		f("pmd-response-server-takeover-missing", with("server_no_context_takeover"), plain),
		f("pmd-response-takeover-has-value", plain, with("client_no_context_takeover=1"), with("server_no_context_takeover=true")),
		f("pmd-response-unknown-param", plain, with("foo"), with("level=9")),
	}
}

// frameFault is octets after the 101 that the other side fails with a code.
func frameFault(rule, from string, code int, octets ...string) Fault {
	other := map[string]string{"client": "server", "server": "client"}[from]
	return Fault{Rule: rule, Wish: Wish{Offer: "-"}, Do: func(r rng, s *Scene) {
		s.Answer.Glue, s.Tail = nil, nil
		mark := map[string]string{"client": ">", "server": "<"}[from]
		for _, o := range strings.Split(pick(r, octets...), "|") {
			s.Tail = append(s.Tail, mark+"x "+o)
		}
		s.objects(r, other, code)
	}}
}

func frameFaults() []Fault {
	return []Fault{
		frameFault("frame-client-unmasked", "client", 1002, "8105 48656c6c6f", "8203 010203"),
		frameFault("frame-server-masked", "server", 1002, "8185 37fa213d 7f9f4d5158"),
		frameFault("frame-control-fragmented", "server", 1002, "0900", "0a0161"),
		frameFault("frame-control-too-long", "server", 1002, "897e0080"+strings.Repeat("61", 128)),
		frameFault("frame-interleaved-data", "server", 1002, "0101 61 8101 62"),
		frameFault("frame-length-msb", "server", 1002, "827f8000000000000001"),
		frameFault("frame-length-not-minimal", "server", 1002, "827e0005 0102030405"),
		frameFault("frame-reserved-opcode", "server", 1002, "8300", "8b00"),
		frameFault("frame-rsv-without-extension", "server", 1002, "c105 48656c6c6f", "a10548656c6c6f"),
		frameFault("frame-text-invalid-utf8", "server", 1007, "8102 c328"),
		frameFault("frame-unexpected-continuation", "server", 1002, "8001 61"),
		{Rule: "frame-rsv1-misplaced", Wish: Wish{Offer: "permessage-deflate"}, Do: func(r rng, s *Scene) {
			s.Answer.set("Sec-WebSocket-Extensions", "permessage-deflate")
			s.Answer.Glue, s.Tail = nil, []string{"<x c900"}
			s.objects(r, "client", 1002)
		}},
		{Rule: "post-101-not-frames", Do: func(r rng, s *Scene) {
			s.Answer.Glue, s.Tail = nil, []string{pick(r, `<| <html><body>moved</body></html>`, `<| {"error":"nope"}`), pick(r, "rst client", "close server")}
		}},
		{Rule: "post-second-http-response", Do: func(r rng, s *Scene) {
			s.Answer.Glue, s.Tail = nil, []string{`<| HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n`, pick(r, "rst client", "close server")}
		}},
		{Rule: "post-eof-after-101", Do: func(r rng, s *Scene) {
			s.Answer.Glue, s.Tail = nil, []string{pick(r, "wait 2ms", "wait 30ms"), pick(r, "close server", "rst server")}
		}},
		{Rule: "post-close-policy", Wish: Wish{NoCredentials: true, Origin: true}, Do: func(r rng, s *Scene) {
			s.Answer.Glue = nil
			s.Tail = []string{fmt.Sprintf(`<frame close %d "go away"`, pick(r, 1008, 3000, 4001, 4401)), "close server"}
		}},
		{Rule: "post-close-other", Do: func(r rng, s *Scene) {
			s.Answer.Glue = nil
			s.Tail = []string{fmt.Sprintf(`<frame close %d`, pick(r, 1011, 1013, 4999)), "close server"}
		}},
		{Rule: "early-close-protocol-error", Do: func(r rng, s *Scene) {
			s.Answer.Glue = nil
			s.Tail = []string{fmt.Sprintf(`<frame close %d`, pick(r, 1002, 1003)), "close server"}
		}},
	}
}
