package accuracy

import "strings"

// answer makes the 101 of a server that takes the request.
func (s *Scene) answer(r rng, w Wish) {
	s.Answer.Start = "HTTP/1.1 101 " + pick(r, "Switching Protocols", "Switching Protocols", "Web Socket Protocol Handshake", "OK", "Sw\xc3\xadtch")
	if w.Plain {
		s.Answer.Start = "HTTP/1.1 101 Switching Protocols"
	}
	add := func(name, value string) { s.Answer.Fields = append(s.Answer.Fields, Field{Name: name, Value: value}) }
	if w.Plain {
		add("Upgrade", "websocket")
		add("Connection", "Upgrade")
	} else {
		add("Upgrade", pick(r, "websocket", "WebSocket", "Websocket"))
		switch r.IntN(5) {
		case 0:
			add("Connection", "keep-alive, upgrade")
		case 1:
			add("Connection", "Keep-Alive")
			add("Connection", "Upgrade")
		default:
			add("Connection", pick(r, "Upgrade", "upgrade"))
		}
	}
	add("Sec-WebSocket-Accept", acceptOf(s.Key))
	if len(s.Protocols) > 0 {
		add("Sec-WebSocket-Protocol", pick(r, s.Protocols...))
	}
	s.accepted(r, add)
	s.answerExtras(r, w, add)
	r.dress(&s.Answer, w)
}

// accepted answers the offer of extensions, or leaves it.
func (s *Scene) accepted(r rng, add func(name, value string)) {
	offer := s.Request.value("Sec-WebSocket-Extensions")
	if !strings.Contains(offer, "permessage-deflate") || r.chance(25) {
		return
	}
	answer := "permessage-deflate"
	switch {
	case strings.Contains(offer, `="10"`):
		answer += pick(r, "; server_max_window_bits=10", `; server_max_window_bits="10"`, "; server_max_window_bits=9")
	case strings.Contains(offer, "server_max_window_bits=12"):
		answer += pick(r, "", "; server_max_window_bits=11")
	case strings.Contains(offer, "server_no_context_takeover"):
		answer += "; server_no_context_takeover" + pick(r, "", "; client_no_context_takeover")
	case strings.Contains(offer, "client_max_window_bits=12"):
		answer += pick(r, "; client_max_window_bits=12", "; client_max_window_bits=10", "")
	case strings.Contains(offer, "client_max_window_bits"):
		answer += pick(r, "", "; client_max_window_bits=15", "; client_max_window_bits=11")
	default:
		answer += pick(r, "", "; server_max_window_bits=12", "; server_no_context_takeover; client_no_context_takeover")
	}
	add("Sec-WebSocket-Extensions", answer)
}

func (s *Scene) answerExtras(r rng, w Wish, add func(name, value string)) {
	if r.chance(40) {
		add("Date", "{date}")
	}
	if r.chance(40) {
		add("Server", pick(r, "nginx/1.22.1", "Python/3.11 websockets/10.4", "Jetty(11.0.20)", "Kestrel", "Cowboy", "envoy", "TornadoServer/6.4"))
	}
	for range r.IntN(3) {
		switch r.IntN(5) {
		case 0:
			add("Set-Cookie", "lang=en; Path=/")
		case 1:
			add("Strict-Transport-Security", "max-age=31536000")
		case 2:
			add("X-Request-Id", "7b0f1c")
		case 3:
			add("Access-Control-Allow-Origin", "*")
		case 4:
			add("Vary", "Origin")
		}
	}
	s.Answer.once("Strict-Transport-Security", "X-Request-Id", "Access-Control-Allow-Origin", "Vary")
	if !w.NoMarkers && r.chance(10) {
		add("Via", "1.1 edge.example.test")
	}
}

// deflated reports whether compression was agreed.
func (s *Scene) deflated() bool { return s.Answer.has("Sec-WebSocket-Extensions") }

// session makes what follows a 101: frames, perhaps an orderly close.
func (s *Scene) session(r rng) {
	text := `frame text "hello"`
	if s.deflated() && r.chance(60) {
		text = "frame opcode=1 f248cdc9c90700 rsv1"
	}
	if r.chance(30) {
		s.Answer.Glue = append(s.Answer.Glue, pick(r, `frame text "welcome"`, `frame ping "x"`))
	}
	if len(s.Answer.Glue) > 0 && strings.Contains(s.Answer.Glue[0], "ping") {
		s.Tail = append(s.Tail, `>frame pong "x"`)
	}
	switch r.IntN(5) {
	case 0:
		s.Tail = append(s.Tail, ">frame ping", "<frame pong", ">"+text)
	case 1:
		s.Tail = append(s.Tail, "wait 300ms", ">"+text, "<"+text)
	case 2:
		s.Tail = append(s.Tail, "<"+text, ">"+text)
	case 3:
		s.Tail = append(s.Tail, `>frame text "hel" nofin`, ">frame ping", `>frame cont "lo"`, "<frame pong", "<"+text)
	default:
		s.Tail = append(s.Tail, ">"+text)
	}
	switch r.IntN(4) {
	case 0:
		s.Tail = append(s.Tail, `>frame close 1000 "bye"`, "<frame close 1000", "close server")
	case 1:
		s.Tail = append(s.Tail, "<frame close 1001", ">frame close 1001", "close server")
	}
}
