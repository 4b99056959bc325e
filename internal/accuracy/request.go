package accuracy

import (
	"fmt"
	"strings"
)

// Clients by what they send beside the required fields.
const (
	chrome  = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
	firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0"
	safari  = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15"
)

// request makes the request head.
func (s *Scene) request(r rng, w Wish) {
	authority := s.authority(r, w)
	s.Request.Start = "GET " + s.Path + " HTTP/1.1"
	if !w.Plain && r.chance(5) {
		s.Request.Start = "GET " + s.Path + " HTTP/1.2"
	} else if !w.Plain && !w.NoProxy && r.chance(8) {
		s.Request.Start = "GET http://" + authority + s.Path + " HTTP/1.1"
	}
	add := func(name, value string) { s.Request.Fields = append(s.Request.Fields, Field{Name: name, Value: value}) }
	add("Host", authority)
	s.tokens(r, w, add)
	add("Sec-WebSocket-Key", s.Key)
	add("Sec-WebSocket-Version", "13")
	s.protocols(r, w, add)
	s.extensions(r, w, add)
	s.agent(r, w, add, authority)
	s.extras(r, w, add)
	r.dress(&s.Request, w)
}

func (s *Scene) tokens(r rng, w Wish, add func(name, value string)) {
	if w.Plain {
		add("Upgrade", "websocket")
		add("Connection", "Upgrade")
		return
	}
	add("Upgrade", pick(r, "websocket", "websocket", "WebSocket", "WEBSOCKET"))
	switch r.IntN(8) {
	case 0:
		add("Connection", "keep-alive, Upgrade")
	case 1:
		add("Connection", "keep-alive")
		add("Connection", "Upgrade")
	case 2:
		add("Connection", ",Upgrade,")
	case 3:
		add("Connection", "upgrade , keep-alive")
	case 4:
		add("Connection", "upgrade")
	default:
		add("Connection", "Upgrade")
	}
}

// protocols offers subprotocols, on one line or several.
func (s *Scene) protocols(r rng, w Wish, add func(name, value string)) {
	s.Protocols = w.Protocols
	if s.Protocols == nil && !w.NoProtocols && r.chance(40) {
		s.Protocols = pick(r, []string{"chat"}, []string{"mqtt"}, []string{"chat.v2", "chat.v1"}, []string{"v12.stomp", "v11.stomp", "v10.stomp"}, []string{"ocpp1.6"})
	}
	if len(s.Protocols) == 0 {
		return
	}
	if !w.Plain && r.chance(30) {
		for _, p := range s.Protocols {
			add("Sec-WebSocket-Protocol", p)
		}
		return
	}
	add("Sec-WebSocket-Protocol", strings.Join(s.Protocols, pick(r, ", ", ",", " , ")))
}

func (s *Scene) extensions(r rng, w Wish, add func(name, value string)) {
	offer := w.Offer
	if offer == "" && r.chance(50) {
		offer = pick(r, "permessage-deflate; client_max_window_bits", "permessage-deflate",
			"permessage-deflate; server_no_context_takeover; client_no_context_takeover",
			"permessage-deflate; client_max_window_bits, permessage-deflate",
			`permessage-deflate; server_max_window_bits="10"`, "permessage-deflate;client_max_window_bits=12",
			"permessage-deflate; server_max_window_bits=12, permessage-deflate", "x-private; a=b, permessage-deflate")
	}
	if offer != "" && offer != "-" {
		add("Sec-WebSocket-Extensions", offer)
	}
}

// agent adds what the kind of client sends of its own.
func (s *Scene) agent(r rng, w Wish, add func(name, value string), authority string) {
	switch s.Agent {
	case "browser":
		ua := pick(r, chrome, firefox, safari)
		add("User-Agent", ua)
		add("Accept-Encoding", "gzip, deflate, br")
		add("Accept-Language", pick(r, "en-US,en;q=0.9", "de", "ja,en;q=0.5"))
		add("Cache-Control", "no-cache")
		add("Pragma", "no-cache")
		if ua == firefox {
			add("Accept", "*/*")
			add("Sec-Fetch-Dest", "websocket")
			add("Sec-Fetch-Mode", "websocket")
		}
	case "library":
		if ua := pick(r, "", "Go-http-client/1.1", "Python/3.11 websockets/10.4", "okhttp/4.12.0", "Apache-HttpClient/4.5"); ua != "" {
			add("User-Agent", ua)
		}
	case "curl":
		add("User-Agent", "curl/8.5.0")
		add("Accept", "*/*")
	}
	if !w.NoOrigin && (s.Agent == "browser" || w.Origin || r.chance(15)) {
		add("Origin", origin(r, w, authority))
	}
	s.credentials(r, w, add)
}

func origin(r rng, w Wish, authority string) string {
	authority = strings.TrimSuffix(strings.ToLower(authority), ":80")
	if !w.Origin && r.chance(6) {
		return "chrome-extension://abcdefghijklmnopabcdefghijklmnop"
	}
	return "http://" + authority
}

func (s *Scene) credentials(r rng, w Wish, add func(name, value string)) {
	if w.NoCredentials {
		return
	}
	if r.chance(30) {
		add("Cookie", pick(r, "sid=31d4d96e407aad42", "a=1; b=2; theme=dark", "JSESSIONID=0123456789ABCDEF; lang=en"))
	}
	if s.Agent != "browser" && r.chance(20) {
		add("Authorization", pick(r, "Bearer 4f1d8c7e2b9a4c0d", "Basic dXNlcjpwYXNz", `Digest username="u", realm="r", nonce="n", uri="/", response="0"`))
	}
}

// extras adds fields that mean nothing to the handshake.
func (s *Scene) extras(r rng, w Wish, add func(name, value string)) {
	for range r.IntN(3) {
		switch r.IntN(8) {
		case 0:
			add("DNT", "1")
		case 1:
			add("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
		case 2:
			add("X-Client-Version", "2.14.0 (build 7)")
		case 3:
			add("X-Empty", "")
		case 4:
			add("Priority", "u=1, i")
		case 5:
			if !w.Plain {
				add("Content-Length", "0")
			}
		case 6:
			add("X-Quote", `"a, b; c"`)
		case 7:
			add("Referer", "http://www.example.test/")
		}
	}
	s.Request.once("Content-Length", "DNT", "Traceparent", "X-Client-Version", "X-Empty", "Priority", "X-Quote", "Referer")
	if !w.NoMarkers && r.chance(20) {
		add("X-Forwarded-For", fmt.Sprintf("203.0.113.%d", 1+r.IntN(250)))
		add("X-Forwarded-Proto", "http")
		if r.chance(50) {
			add("Via", "1.1 edge.example.test")
		}
	}
}

// once keeps the first line of each of those names.
func (h *Head) once(names ...string) {
	for _, n := range names {
		if i := h.at(n); i >= 0 {
			first := h.Fields[i]
			h.set(n, first.Value)
		}
	}
}
