package accuracy

import (
	"fmt"
	"strings"
)

// lead puts earlier exchanges before the handshake: ordinary requests on the
// same connection, a tunnel, attempts that the client got over, interim answers.
func (s *Scene) lead(r rng, w Wish) {
	if r.chance(12) {
		s.Lead = append(s.Lead, s.ordinary(r)...)
	}
	if r.chance(8) {
		s.Early = append(s.Early, pick(r, "<< HTTP/1.1 103 Early Hints\n<< Link: </style.css>; rel=preload\n", "<< HTTP/1.1 102 Processing\n"))
	}
	switch r.IntN(12) {
	case 0:
		s.Lead = append(s.Lead, s.tunnel()...)
	case 1:
		if w.NoProxy {
			break
		}
		s.Lead = append(s.Lead, fmt.Sprintf(`>| PROXY TCP4 203.0.113.9 192.0.2.9 40000 %d\r\n`, s.Port), "")
	case 2, 3, 4:
		if !w.NoRetry {
			s.Lead = append(s.Lead, s.retried(r)...)
		}
	}
	if len(s.Lead) == 0 && !w.NoRetry && s.Open == "" && r.chance(4) {
		s.raced()
	}
	if len(s.Lead) == 0 && !w.Plain && r.chance(5) {
		s.Request.Prefix = "\r\n"
	}
}

// raced is an IPv6 SYN that was lost, and IPv4 a quarter of a second later.
func (s *Scene) raced() {
	port := fmt.Sprintf(" server=:%d", s.Port)
	s.Open, s.Lead = "-", []string{"open name=six ip6 unanswered=0" + port, "wait 250ms", "open name=four" + port}
}

func (s *Scene) host() string { return s.Request.value("Host") }

func (s *Scene) ordinary(r rng) []string {
	get := []string{">> GET /index.html HTTP/1.1", ">> Host: " + s.host(), ">> User-Agent: x", ""}
	return append(get, pick(r,
		[]string{"<< HTTP/1.1 200 OK", "<< Content-Length: 5", "<body hello", ""},
		[]string{"<< HTTP/1.1 304 Not Modified", ""},
		[]string{"<< HTTP/1.1 200 OK", "<< Transfer-Encoding: chunked", `<body 5\r\nhello\r\n0\r\n\r\n`, ""})...)
}

func (s *Scene) tunnel() []string {
	target := s.Host + fmt.Sprintf(":%d", s.Port)
	s.Port = 3128
	return []string{
		">> CONNECT " + target + " HTTP/1.1", ">> Host: " + target, "",
		"<< HTTP/1.1 200 Connection established", "",
	}
}

// retried is an attempt that failed, after which the handshake follows.
func (s *Scene) retried(r rng) []string {
	first := s.Request
	first.Fields = append([]Field(nil), s.Request.Fields...)
	first.set("Sec-WebSocket-Key", r.key())
	var answer []string
	switch r.IntN(3) {
	case 0:
		first.set("Sec-WebSocket-Version", "25")
		answer = []string{
			"<< HTTP/1.1 426 Upgrade Required", "<< Upgrade: websocket", "<< Connection: Upgrade",
			"<< Sec-WebSocket-Version: 13", "<< Content-Length: 0", "",
		}
	case 1:
		first.drop("Authorization")
		s.Request.set("Authorization", "Basic dXNlcjpwYXNz")
		answer = []string{
			"<< HTTP/1.1 401 Unauthorized", `<< WWW-Authenticate: Basic realm="x"`, "<< Content-Length: 0", "",
		}
	case 2:
		first.Start = strings.Replace(first.Start, s.Path, "/old", 1)
		answer = []string{
			"<< HTTP/1.1 302 Found", "<< Location: " + s.Path, "<< Content-Length: 0", "",
		}
	}
	var b strings.Builder
	first.write(&b, ">")
	return append([]string{strings.TrimSuffix(b.String(), "\n")}, answer...)
}
