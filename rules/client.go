package rules

import (
	"strings"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/analyzer/http1"
	"github.com/handshark/handshark/reassembly"
)

// ClientView is what a client says of a failed handshake, in the words of that
// client: what its user will have seen and may search for. "…" in the text
// stands for what differs from run to run.
type ClientView struct {
	Client  string // "gorilla/websocket", "ws", "websockets", "coder/websocket", "Chrome", "Firefox"
	Version string // that was observed; empty = not known
	Text    string
}

// client is a client whose words are known. Its views are functions of the
// facts alone; each stops at the first check that fails, as the client does, and
// gives "" where the client has nothing to object to or its words are not known.
type client struct {
	name, version string
	connect       func(*encounter) string // TCP and TLS
	answer        func(*encounter) string // silence, ends before a status, what is not HTTP
	status        func(*encounter) string // a final status other than 101
	switched      func(*encounter) string // the fields of a 101
	session       func(*encounter) string // what followed it
	accepted      func(*encounter) string // the fields of a 200 in HTTP/2; nil = it opens no WebSocket there
}

// clients are in the order of AppendClientViews.
var clients = [...]client{
	{"gorilla/websocket", "1.5.3", goConnect, goAnswer, gorillaStatus, gorillaSwitched, gorillaSession, nil},
	{"ws", "8.18.3", nodeConnect, nodeAnswer, nodeStatus, nodeSwitched, nodeSession, nil},
	{"websockets", "10.4", pythonConnect, pythonAnswer, pythonStatus, pythonSwitched, pythonSession, nil},
	{"coder/websocket", "1.8.15", coderConnect, coderAnswer, coderStatus, coderSwitched, coderSession, nil},
	{"Chrome", "156", chromeConnect, chromeAnswer, chromeStatus, chromeSwitched, chromeSession, chromeAgreed},
	{"Firefox", "153", firefoxConnect, firefoxAnswer, firefoxStatus, firefoxSwitched, firefoxSession, firefoxAgreed},
}

// AppendClientViews appends what clients would say had they made this request and met
// this answer and this end. Clients that would not have failed, or whose words
// are not known, are left out. There is nothing of handshakes that did not fail, an
// objection of the client being a failure. The texts quote what the peers sent and may
// hold secrets.
func AppendClientViews(views []ClientView, h *analyzer.Handshake) []ClientView {
	if !h.Outcome.Failed() && h.Objection == nil {
		return views
	}
	e := newEncounter(h)
	for i := range clients {
		if text := e.view(&clients[i]); text != "" {
			views = append(views, ClientView{clients[i].name, clients[i].version, clip(text, viewLimit)})
		}
	}
	return views
}

// viewLimit bounds ClientView.Text, in octets: clients quote what they cannot read.
const viewLimit = 1024

// encounter is a handshake as its client meets it.
type encounter struct {
	h    *analyzer.Handshake
	m    *analyzer.Message // final response; nil: none
	lost bool              // there was one, and it did not arrive
	key  string
	cut  cut // how the connection ended, as far as the client saw it
}

// cut is how the client saw its connection end.
type cut uint8

const (
	notCut    cut = iota
	cutClosed     // the server closed it
	cutReset      // the server reset it
)

func newEncounter(h *analyzer.Handshake) *encounter {
	e := &encounter{h: h, m: h.Response}
	if h.Outcome == analyzer.NoResponse && h.Upgraded != nil {
		e.m, e.lost = nil, true
	}
	if e.cut = e.cutOff(); h.HTTP2 != nil {
		e.cut = e.cutOffInside()
	}
	if h.Request != nil {
		e.key = h.Request.Get("Sec-WebSocket-Key")
	}
	return e
}

// cutOff tells how the client saw its connection end.
func (e *encounter) cutOff() cut {
	server := &e.h.Conn.Halves[reassembly.Server]
	switch {
	case e.ended(server.RST):
		return cutReset
	case e.ended(server.FIN):
		return cutClosed
	}
	return notCut
}

// cutOffInside tells how the client saw its stream of HTTP/2 end.
func (e *encounter) cutOffInside() cut {
	s := e.h.HTTP2
	client, server := s.Ended[reassembly.Client], s.Ended[reassembly.Server]
	switch {
	case s.Reset != nil && s.Reset.From == reassembly.Server:
		return cutReset
	case server.Known() && !(client.Known() && client.Time < server.Time):
		return cutClosed
	case s.Reset != nil, server.Known():
		return notCut
	}
	return e.cutOff()
}

func (e *encounter) from() string { return e.h.Conn.Client.String() }
func (e *encounter) to() string   { return e.h.Conn.Server.String() }

// ended reports whether a mark of the server came before the client went: a FIN
// that answers its own tells the client nothing.
func (e *encounter) ended(m reassembly.Mark) bool {
	c := &e.h.Conn.Halves[reassembly.Client]
	for _, own := range [...]reassembly.Mark{c.FIN, c.RST} {
		if own.Seen && own.Ref.Time < m.Ref.Time {
			return false
		}
	}
	return m.Seen
}

func (e *encounter) view(c *client) string {
	switch {
	case e.h.Outcome == analyzer.ConnectFailed || e.h.Outcome == analyzer.TLSFailed:
		return c.connect(e)
	case e.h.HTTP2 != nil:
		return e.inHTTP2(c)
	case e.h.Request == nil, e.m == nil && len(e.h.Interim) > 0, e.m == nil && inTunnel2(e.h):
		return "" // some take an interim response for the answer, others wait
	case e.m == nil || e.m.Status == 0 || !e.m.Complete:
		return c.answer(e)
	case e.m.Status != 101:
		return c.status(e)
	}
	if text := c.switched(e); text != "" {
		return text
	}
	return c.session(e)
}

// inHTTP2 is what is said of a stream in HTTP/2. Of one that ended before there was an
// answer the words are not known.
func (e *encounter) inHTTP2(c *client) string {
	switch {
	case malformed2(e.m), c.accepted == nil || e.m == nil || !e.m.Complete || !strings.HasPrefix(string(e.m.Raw), "HTTP/2"):
		return ""
	case e.m.Status != 200 || !e.h.Accepted():
		return c.status(e)
	}
	if text := c.accepted(e); text != "" {
		return text
	}
	return c.session(e)
}

// malformed2 reports whether a head of HTTP/2 is malformed: browsers reset the stream then,
// and look no further.
func malformed2(m *analyzer.Message) bool {
	return m != nil && m.Packed && len(ConnectionFields(m))+len(UpperCaseFields(m)) > 0
}

// inTunnel2 reports whether an attempt runs in a tunnel of HTTP/2, of whose end TCP knows
// nothing.
func inTunnel2(h *analyzer.Handshake) bool {
	return h.Tunnel != nil && h.Tunnel.Request != nil && h.Tunnel.Request.Packed
}

// silent reports whether the server never said a word and left the connection open.
func (e *encounter) silent() bool { return e.first() == "" && e.cut == notCut }

// first is what the server said first, if it was not HTTP or not whole.
func (e *encounter) first() string {
	switch {
	case e.lost:
		return ""
	case e.m != nil:
		return string(e.m.Raw)
	}
	return string(e.h.Prefix[reassembly.Server].Data)
}

// firstLine is the first line of it, without its line end.
func (e *encounter) firstLine() string {
	line, _, _ := strings.Cut(e.first(), "\n")
	return strings.TrimSuffix(line, "\r")
}

// torn reports whether the server ended the connection before its head was whole.
func (e *encounter) torn() bool {
	return e.m != nil && e.m.Status != 0 && !e.m.Complete && e.cut != notCut || e.m == nil && e.first() == "" && e.cut != notCut
}

// brokenField is the first field line of the answer without a colon.
func (e *encounter) brokenField() (line string, ok bool) {
	for _, d := range e.m.Deviations {
		if d.Kind == http1.NoColon {
			return strings.TrimRight(e.m.Text(d.Span), "\r\n"), true
		}
	}
	return "", false
}

// value is the value of a response field, blanks around it removed, its lines
// joined as most libraries join them.
func (e *encounter) value(name string) string {
	return strings.Join(e.m.Values(name), ", ")
}

func (e *encounter) accepted() bool { return e.m.Get("Sec-WebSocket-Accept") == field.Accept(e.key) }

// hasToken reports whether a list field of the response has the token.
func (e *encounter) hasToken(name, token string) bool {
	return field.HasToken(e.m.Values(name), token)
}

// offered gives the subprotocols that the client offered.
func (e *encounter) offered() []string {
	return texts(field.Elements(e.h.Request.Values("Sec-WebSocket-Protocol")...))
}

func (e *encounter) offersExtensions() bool { return e.h.Request.Has("Sec-WebSocket-Extensions") }

func texts(list []field.Element) []string {
	all := make([]string, len(list))
	for i := range list {
		all[i] = list[i].Text
	}
	return all
}

// location is the URL of the request with that scheme, or its secure one over TLS.
func (e *encounter) location(scheme string) string {
	if e.h.TLS != nil && e.h.TLS.ClientHello.Seen {
		scheme += "s"
	}
	if e.h.Request == nil {
		return scheme + "://" + e.to() + "/"
	}
	target := e.h.Request.Text(e.h.Request.Target)
	if !strings.HasPrefix(target, "/") {
		return target
	}
	return scheme + "://" + e.h.Request.Get("Host") + target
}
