package accuracy

import "fmt"

// Checks that servers make of a request, in the words of refusals.
const (
	checkUpgrade    = "upgrade"
	checkConnection = "connection"
	checkVersion    = "version"
	checkKey        = "key"
	checkMethod     = "method"
	checkHost       = "host"
	checkSyntax     = "syntax"
	checkOrigin     = "origin"
	checkProtocol   = "protocol"
	checkExtension  = "extension"
)

// refused makes the answer of some server that refuses the request at that
// check, in words of its own or in none.
func (s *Scene) refused(r rng, check string) {
	answers := append([]func(string) (Head, bool){nginx, bare, node}, pick(r, gorilla, ws, aiohttp, tornado))
	if pre(check) {
		answers = answers[:3] // refused before any WebSocket library saw it
	} else {
		answers = append(answers, gorilla, ws, aiohttp)
	}
	for {
		h, ok := pick(r, answers...)(check)
		if ok {
			s.final(h)
			return
		}
	}
}

// pre reports whether the HTTP server makes the check, not the library on top.
func pre(check string) bool { return check == checkHost || check == checkSyntax }

// final puts a final answer in the place of the 101.
func (s *Scene) final(h Head) {
	if h.Body != "" && !h.has("Content-Length") && !h.has("Transfer-Encoding") {
		h.Fields = append(h.Fields, Field{Name: "Content-Length", Value: fmt.Sprint(len(unescaped(h.Body)))})
	}
	h.Damage = nil
	s.Answer, s.Tail = h, []string{"close server"}
}

func unescaped(s string) string { return s }

func answer(status, body string, fields ...string) Head {
	h := Head{Start: "HTTP/1.1 " + status, Body: body}
	for i := 0; i+1 < len(fields); i += 2 {
		h.Fields = append(h.Fields, Field{Name: fields[i], Value: fields[i+1]})
	}
	if body == "" {
		h.Fields = append(h.Fields, Field{Name: "Content-Length", Value: "0"})
	}
	return h
}

// nginx refuses what its parser refuses; on everything else it has no opinion,
// but the application behind it may answer 400 with its own page.
func nginx(check string) (Head, bool) {
	if !pre(check) {
		return Head{}, false
	}
	return answer("400 Bad Request", "<html>\r\n<head><title>400 Bad Request</title></head>\r\n<body>\r\n<center><h1>400 Bad Request</h1></center>\r\n<hr><center>nginx/1.22.1</center>\r\n</body>\r\n</html>\r\n",
		"Server", "nginx/1.22.1", "Date", "{date}", "Content-Type", "text/html", "Connection", "close"), true
}

// bare is a server that only says the status.
func bare(check string) (Head, bool) {
	switch check {
	case checkMethod:
		return answer("405 Method Not Allowed", "", "Allow", "GET", "Connection", "close"), true
	case checkOrigin:
		return answer("403 Forbidden", "", "Connection", "close"), true
	case checkVersion:
		return answer("426 Upgrade Required", "", "Upgrade", "websocket", "Connection", "Upgrade", "Sec-WebSocket-Version", "13"), true
	}
	return answer("400 Bad Request", "", "Connection", "close"), true
}

// node is Node's HTTP server under no library.
func node(check string) (Head, bool) {
	if check != checkSyntax {
		return Head{}, false
	}
	return Head{Start: "HTTP/1.1 400 Bad Request", Fields: []Field{{Name: "Connection", Value: "close"}}}, true
}

// gorilla is gorilla/websocket over net/http.
func gorilla(check string) (Head, bool) {
	status := "400 Bad Request"
	switch check {
	case checkMethod:
		status = "405 Method Not Allowed"
	case checkOrigin:
		status = "403 Forbidden"
	case checkProtocol, checkExtension:
		return Head{}, false
	}
	return answer(status, status[4:]+"\n", "Content-Type", "text/plain; charset=utf-8",
		"Sec-Websocket-Version", "13", "X-Content-Type-Options", "nosniff", "Date", "{date}"), true
}

// ws is npm's ws.
func ws(check string) (Head, bool) {
	texts := map[string]string{
		checkUpgrade: "Invalid Upgrade header", checkKey: "Missing or invalid Sec-WebSocket-Key header",
		checkVersion:  "Missing or invalid Sec-WebSocket-Version header",
		checkProtocol: "Invalid Sec-WebSocket-Protocol header", checkMethod: "Invalid HTTP method",
		checkExtension: "Invalid or unacceptable Sec-WebSocket-Extensions header",
	}
	text, ok := texts[check]
	status := "400 Bad Request"
	if check == checkMethod {
		status = "405 Method Not Allowed"
	}
	h := answer(status, text, "Connection", "close", "Content-Type", "text/html", "Content-Length", fmt.Sprint(len(text)))
	if check == checkVersion {
		h.Fields = append(h.Fields, Field{Name: "Sec-WebSocket-Version", Value: "13, 8"})
	}
	return h, ok
}

func aiohttp(check string) (Head, bool) {
	texts := map[string]string{
		checkUpgrade:    "No WebSocket UPGRADE hdr: None\n Can \"Upgrade\" only to \"WebSocket\".",
		checkConnection: "No CONNECTION upgrade hdr: None", checkVersion: "Unsupported version: None",
		checkKey: "Handshake error: None",
	}
	text, ok := texts[check]
	return answer("400 Bad Request", text, "Content-Type", "text/plain; charset=utf-8", "Date", "{date}", "Server", "Python/3.11 aiohttp/3.8.4"), ok
}

func tornado(check string) (Head, bool) {
	texts := map[string]string{
		checkUpgrade: `Can "Upgrade" only to "WebSocket".`, checkConnection: `"Connection" must be "Upgrade".`,
	}
	text, ok := texts[check]
	if check == checkOrigin {
		return answer("403 Forbidden", "Cross origin websockets not allowed", "Server", "TornadoServer/6.2", "Content-Type", "text/html; charset=UTF-8", "Date", "{date}"), true
	}
	return answer("400 Bad Request", text, "Server", "TornadoServer/6.2", "Content-Type", "text/html; charset=UTF-8", "Date", "{date}"), ok
}

// dropped ends the connection in the place of an answer, as servers do whose
// parser fails.
func (s *Scene) dropped(r rng) {
	s.Answer = Head{}
	s.Tail = []string{pick(r, "close server", "rst server")}
}

// left makes the client leave after the 101 that it does not accept.
func (s *Scene) left(r rng) {
	s.Answer.Glue = nil
	s.Tail = []string{pick(r, "wait 1ms", "wait 3ms", "wait 20ms"), pick(r, "close client", "rst client")}
}

// objects makes the client close with a code after what the server sent, and the
// other way round.
func (s *Scene) objects(r rng, by string, code int) {
	mark, end := ">", "client"
	if by == "server" {
		mark, end = "<", "server"
	}
	s.Tail = append(s.Tail, fmt.Sprintf("%sframe close %d", mark, code), "close "+end)
}
