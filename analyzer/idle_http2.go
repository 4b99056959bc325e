package analyzer

import (
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/reassembly"
)

// IdleHTTP2 is a connection in HTTP/2 that carried no request, to a server that does not
// offer WebSocket there (RFC 8441 section 3): what a proxy is left with that opened it for
// one.
type IdleHTTP2 struct {
	Server   capture.Endpoint
	Stream   int64       // of the connection, see reassembly.Conversation
	Settings capture.Ref // packet of the server's SETTINGS
	start    int64       // capture time of its first packet
	used     bool        // it carried a request after all, or may have; or the offer came
	open     *conn       // nil once it is over
}

// useless reports whether a connection carried nothing, as far as the capture shows all that
// its client said.
func (c *IdleHTTP2) useless() bool {
	if c.used || c.open == nil {
		return !c.used
	}
	client := &c.open.c.Halves[reassembly.Client]
	return !c.open.missed(reassembly.Client) && client.Acked <= client.Bytes // else octets wait for what comes before them
}

// Bounds of the connections that are remembered: clients, and connections of one.
const (
	idleClients = 256
	idleKept    = 8
)

// idleHTTP2 remembers them by client; the oldest clients go first.
type idleHTTP2 struct {
	byClient map[capture.Addr][]*IdleHTTP2
	order    []capture.Addr
}

func (l *idleHTTP2) add(client capture.Addr, c *IdleHTTP2) {
	if l.byClient == nil {
		l.byClient = make(map[capture.Addr][]*IdleHTTP2)
	}
	list := l.byClient[client]
	if len(list) == 0 {
		l.order = append(l.order, client)
	}
	if len(list) >= idleKept {
		list = append(list[:0:0], list[1:]...)
	}
	l.byClient[client] = append(list, c)
	if len(l.order) > idleClients {
		delete(l.byClient, l.order[0])
		l.order = l.order[1:]
	}
}

// of gives the connection that the server of a refused attempt had opened while it had the
// request; nil = none, or others beside it: another server was asked, or one was of use.
func (l *idleHTTP2) of(h *Handshake) (found *IdleHTTP2) {
	if h.Request == nil || h.Response == nil || h.Accepted() {
		return nil
	}
	for _, c := range l.byClient[h.Conn.Server.Addr] {
		meanwhile := c.start >= h.Request.First.Time && c.Settings.Time <= h.Response.First.Time
		switch {
		case !meanwhile || c.Server == h.Conn.Server:
		case !c.useless() || found != nil && found.Server != c.Server:
			return nil
		default:
			found = c
		}
	}
	return found
}

// offers takes what the server says of extended CONNECT in its first SETTINGS, and later.
func (m *multiplex) offers(ref capture.Ref) {
	for _, s := range m.enabled {
		if s.Value == 1 {
			m.uses()
			return
		}
	}
	if m.idle == nil && m.asked == 0 {
		m.idle = &IdleHTTP2{Server: m.x.c.Server, Stream: m.x.c.Stream, Settings: ref, start: m.x.c.First.Time, open: m.x}
		m.x.a.idle.add(m.x.c.Client.Addr, m.idle)
	}
}

// unused notes what is known of a connection that is over.
func (m *multiplex) unused() {
	if m.idle != nil {
		m.idle.used = !m.idle.useless()
		m.idle.open = nil
	}
}

// uses notes that the connection is of use.
func (m *multiplex) uses() {
	if m.idle != nil {
		m.idle.used = true
	}
}
