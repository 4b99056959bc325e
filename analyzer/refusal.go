package analyzer

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/handshark/handshark/analyzer/frame"
	"github.com/handshark/handshark/reassembly"
)

// Refusal is what a server says in one of its first messages, in the words of a
// well-known subprotocol: it let the client in with 101 and refuses it all the same.
type Refusal struct {
	Protocol string // "Socket.IO", "STOMP", ...
	What     string // the message in the words of the protocol, "ERROR frame"
	Part     string // the channel or namespace that it is about; empty: the connection
	GoesOn   bool   // the client may have another part of the connection to go on with
	Reason   string // as the server gives it; may be empty, may hold anything
	Frame    *Frame // of the server; what is told of is whole in it, or ends in it
}

// Refusal gives the first message of the server that refuses the client. Of compressed
// ones those are read that [Session.Messages] has.
func (h *Handshake) Refusal() (Refusal, bool) {
	if h.Upgraded == nil || h.Response == nil || h.Upgraded.usual {
		return Refusal{}, false
	}
	list := h.Upgraded.Messages(reassembly.Server)
	for i := range list {
		f := &list[i]
		if f.RSV1 || f.Opcode == frame.Text && !f.FIN || !f.Complete || len(f.Payload) == 0 {
			continue
		}
		r := h.refusalIn(f)
		if r.Protocol == "" && f.Opcode != frame.Text {
			r = h.refusedMQTT(list[:i+1])
		}
		if r.Protocol != "" {
			r.Frame = f
			return r, true
		}
	}
	return Refusal{}, false
}

// MayRefuse reports whether a message of a server, which is not empty, may be one that
// [Handshake.Refusal] tells of, or holds the words of a development server that does not
// know the host.
func MayRefuse(message []byte) bool {
	const host = "Invalid Host/Origin header"
	return opensRefusal(message) ||
		len(message) >= len(host) && bytes.IndexByte(message, host[0]) >= 0 && bytes.Contains(message, []byte(host))
}

// opensRefusal reports whether refusalIn or refusedMQTT may find something in a message.
func opensRefusal(message []byte) bool {
	switch message[0] {
	case '{':
		return refusesJSON(message)
	case '4':
		return len(message) > 1 && message[1] == '4'
	case '[':
		return bytes.Contains(message, []byte(`"phx_reply"`))
	case 'E':
		return bytes.HasPrefix(message, []byte("ERROR"))
	case 'a':
		return bytes.HasPrefix(message, []byte(`a["ERROR`))
	}
	const connack = 0x20
	return message[0] == connack
}

// refusesJSON looks for the words of refusedJSON, for what they have in common first.
func refusesJSON(message []byte) bool {
	return bytes.Contains(message, []byte(`connect`)) &&
		(bytes.Contains(message, []byte(`"connection_error"`)) || bytes.Contains(message, []byte(`"disconnect"`)))
}

// refusalIn reads one message; without a Protocol it is no refusal.
func (h *Handshake) refusalIn(f *Frame) Refusal {
	b := f.Payload
	switch b[0] {
	case '{':
		return h.refusedJSON(f)
	case '4':
		return h.refusedSocketIO(f)
	case '[':
		return refusedPhoenix(b)
	case 'E', 'a':
		return h.refusedSTOMP(f)
	}
	return Refusal{}
}

// speaks reports whether a subprotocol was agreed on whose name has a word, or a
// message of the client begins with one of the openings: user content may look like a
// message of any protocol.
func (h *Handshake) speaks(word string, openings ...string) bool {
	if strings.Contains(strings.ToLower(h.Response.Get("Sec-WebSocket-Protocol")), word) {
		return true
	}
	list := h.Upgraded.Messages(reassembly.Client)
	for i := range list {
		for _, opening := range openings {
			if !list[i].RSV1 && bytes.HasPrefix(list[i].Payload, []byte(opening)) {
				return true
			}
		}
	}
	return false
}

// refusedJSON reads the messages of Action Cable and of GraphQL over WebSocket. Action
// Cable always says whether to come again.
func (h *Handshake) refusedJSON(f *Frame) Refusal {
	b := f.Payload
	if !refusesJSON(b) {
		return Refusal{}
	}
	var m struct {
		Type, Reason string
		Reconnect    *bool
		Payload      json.RawMessage
	}
	if json.Unmarshal(b, &m) != nil {
		return Refusal{}
	}
	switch {
	case h.letIn(f, "{", `"welcome"`, `"connection_ack"`):
	case m.Type == "connection_error" && h.speaks("graphql", `{"type":"connection_init"`):
		return Refusal{Protocol: "GraphQL", What: "connection_error", Reason: messageOf(m.Payload)}
	case m.Type == "disconnect" && (m.Reason == "unauthorized" || m.Reason == "invalid_request") && (m.Reconnect != nil || h.speaks("actioncable")):
		return Refusal{Protocol: "Action Cable", What: "disconnect", Reason: m.Reason}
	}
	return Refusal{}
}

// messageOf gives the text of an error as JSON: a string, or the member message of an
// object; else the JSON itself.
func messageOf(b []byte) string {
	var text string
	if json.Unmarshal(b, &text) == nil {
		return text
	}
	var m struct{ Message, Reason string }
	if json.Unmarshal(b, &m) == nil && m.Message+m.Reason != "" {
		return m.Message + m.Reason
	}
	return string(b)
}

// refusedSocketIO reads the CONNECT_ERROR of Socket.IO, which versions 1 and 2 call
// ERROR: Engine.IO message 4, packet 4, a namespace if it is not the main one, and an
// object or a text that says why.
func (h *Handshake) refusedSocketIO(f *Frame) Refusal {
	b := f.Payload
	rest, ok := bytes.CutPrefix(b, []byte("44"))
	if !ok || h.Request == nil || !engineIO(h.Request.Text(h.Request.Target)) {
		return Refusal{}
	}
	r := Refusal{Protocol: "Socket.IO", What: "connect error"}
	if len(rest) > 0 && rest[0] == '/' {
		var name []byte
		name, rest, _ = bytes.Cut(rest, []byte(","))
		r.Part = string(name)
	}
	if len(rest) == 0 || rest[0] != '{' && rest[0] != '"' || !json.Valid(rest) {
		return Refusal{}
	}
	r.Reason = messageOf(rest)
	if r.Part == "" && h.letIn(f, "40") {
		r.Part = "/" // others are open
	}
	r.GoesOn = r.Part != "" && h.connectedSocketIO()
	return r
}

// engineIO reports whether the query of a target names a version of Engine.IO.
func engineIO(target string) bool {
	_, query, _ := strings.Cut(target, "?")
	for _, parameter := range strings.Split(query, "&") {
		if version, ok := strings.CutPrefix(parameter, "EIO="); ok && len(version) == 1 && version >= "1" && version <= "9" {
			return true
		}
	}
	return false
}

// connectedSocketIO reports whether a Socket.IO server let the client into a
// namespace, or may have.
func (h *Handshake) connectedSocketIO() bool {
	s := h.Upgraded
	list := s.Messages(reassembly.Server)
	if s.Frames[reassembly.Server] > len(list) {
		return true
	}
	return slices.ContainsFunc(list, func(f Frame) bool { return f.RSV1 || bytes.HasPrefix(f.Payload, []byte("40")) })
}

// refusedPhoenix reads the reply of a Phoenix channel that refuses a client which
// joins: an array of join reference, reference, topic, event and payload.
func refusedPhoenix(b []byte) Refusal {
	if !bytes.Contains(b, []byte(`"phx_reply"`)) {
		return Refusal{}
	}
	var m []json.RawMessage
	if json.Unmarshal(b, &m) != nil || len(m) != 5 || string(m[3]) != `"phx_reply"` || !bytes.Equal(m[0], m[1]) || string(m[0]) == "null" {
		return Refusal{}
	}
	var reply struct {
		Status   string
		Response json.RawMessage
	}
	if json.Unmarshal(m[4], &reply) != nil || reply.Status != "error" {
		return Refusal{}
	}
	return Refusal{Protocol: "Phoenix", What: "error reply to a join", Part: messageOf(m[2]), GoesOn: true, Reason: messageOf(reply.Response)}
}

// refusedSTOMP reads an ERROR frame of STOMP in the place of CONNECTED, bare or in a
// message of SockJS.
func (h *Handshake) refusedSTOMP(f *Frame) Refusal {
	head, line, ok := stompError(f.Payload)
	switch {
	case !ok, h.letIn(f, "CONNECTED"), h.letIn(f, `a["CONNECTED`):
		return Refusal{}
	case !h.speaks("stomp", "CONNECT", "STOMP", `["CONNECT`, `["STOMP`):
		return Refusal{}
	}
	return Refusal{Protocol: "STOMP", What: "ERROR frame", Reason: stompMessage(head, line)}
}

// stompError gives the header lines of an ERROR frame, and what ends a line: within
// SockJS that is an escape of JSON.
func stompError(payload []byte) (head, line string, ok bool) {
	if !opensRefusal(payload) {
		return "", "", false
	}
	text, line := string(payload), "\n"
	if inner, ok := strings.CutPrefix(text, `a["`); ok {
		text, line = inner, `\n`
	}
	text = strings.ReplaceAll(text, `\r`, "")
	text = strings.ReplaceAll(text, "\r", "")
	head, ok = strings.CutPrefix(text, "ERROR"+line)
	head, _, _ = strings.Cut(head, line+line)
	return head, line, ok
}

// stompMessage gives the header message of a frame; of several the last.
func stompMessage(head, line string) (message string) {
	for _, field := range strings.Split(head, line) {
		if value, ok := strings.CutPrefix(field, "message:"); ok {
			message = value
		}
	}
	return message
}

// letIn reports whether the server had let the client in before a frame, or may have: by
// a message that begins so and, if there are words, has one of them.
func (h *Handshake) letIn(f *Frame, opening string, words ...string) bool {
	list := h.Upgraded.Messages(reassembly.Server)
	for i := 0; i < len(list) && list[i].Offset < f.Offset; i++ {
		p := list[i].Payload
		if list[i].RSV1 {
			return true // it may have been this one
		}
		if !bytes.HasPrefix(p, []byte(opening)) {
			continue
		}
		for _, word := range words {
			if bytes.Contains(p, []byte(word)) {
				return true
			}
		}
		if len(words) == 0 {
			return true
		}
	}
	return false
}

// refusedMQTT reads a CONNACK of MQTT with a code that refuses, which may lie in
// several messages.
func (h *Handshake) refusedMQTT(list []Frame) Refusal {
	const connack, length = 0x20, 4
	if first := list[0].Payload; len(first) == 0 || first[0] != connack || !strings.HasPrefix(h.Response.Get("Sec-WebSocket-Protocol"), "mqtt") {
		return Refusal{}
	}
	var b []byte
	for i := range list {
		if f := &list[i]; !f.Opcode.Control() && !f.RSV1 {
			b = append(b, f.Payload[:min(len(f.Payload), length)]...)
		}
	}
	if len(b) < length || b[0] != connack || b[1] < 2 || b[1]&0x80 != 0 || b[3] == 0 {
		return Refusal{}
	}
	return Refusal{Protocol: "MQTT", What: "CONNACK with code " + strconv.Itoa(int(b[3])), Reason: connackWords(b[3])}
}

// connackWords names a code of CONNACK (MQTT 3.1.1 section 3.2.2.3, MQTT 5 section
// 3.2.2.2); empty for others.
func connackWords(code byte) string {
	switch code {
	case 1, 0x84:
		return "unsupported protocol version"
	case 2, 0x85:
		return "client identifier rejected"
	case 3, 0x88:
		return "server unavailable"
	case 4, 0x86:
		return "bad user name or password"
	case 5, 0x87:
		return "not authorized"
	case 0x8a:
		return "banned"
	case 0x8c:
		return "bad authentication method"
	}
	return ""
}

// decideRefused decides a session that ended after the server had refused the client
// and sent nothing of use after that; it reports whether it is one.
func (h *Handshake) decideRefused(end *Event) bool {
	side, c := h.Upgraded.firstClose()
	if c == nil && end == nil || !h.refusedForGood() {
		return false
	}
	by, e := partyOf(side), Ending{}
	switch {
	case c != nil:
		e = Ending{Kind: EndingClose, Code: c.Code, From: by, Time: c.Ref.Time}
	case end.From == reassembly.Server:
		by, e = ByServer, Ending{Kind: EndingDropped, Time: end.Ref.Time}
	default:
		by, e = ByClient, Ending{Kind: EndingClientLeft, Time: end.Ref.Time}
	}
	h.end(ClosedEarly, by, e)
	return true
}

// refusedForGood reports whether the server refused the client, left it no other part of
// the connection, and sent no further message.
func (h *Handshake) refusedForGood() bool {
	h.inflate()
	r, ok := h.Refusal()
	return ok && !r.GoesOn && !h.Upgraded.goesOnAfter(r.Frame)
}

// goodbye reports whether a message is so short that it may be a goodbye of Engine.IO.
func (f *Frame) goodbye() bool {
	const longest = 2
	return len(f.Payload) <= longest && (f.Complete || f.Length <= longest)
}

// goesOnAfter reports whether the server sent a further message after a frame, or may
// have.
func (s *Session) goesOnAfter(f *Frame) bool {
	list := s.Messages(reassembly.Server)
	if s.Frames[reassembly.Server] > len(list) {
		return true
	}
	for i := range list {
		if g := &list[i]; g.Offset > f.Offset && !g.Opcode.Control() && !g.goodbye() {
			return true
		}
	}
	return false
}
