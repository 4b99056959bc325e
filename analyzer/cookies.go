package analyzer

import (
	"strings"

	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/capture"
)

// Bounds of the cookies that are remembered: clients and hosts, and cookies of one.
const (
	jarsKept    = 1 << 13
	cookiesKept = 32
)

// SetCookie is a cookie that a response earlier in the capture set (RFC 6265
// section 4.1). Its value is not kept.
type SetCookie struct {
	field.SetCookie
	Ref    capture.Ref // packet of the end of the response head
	Stream int64       // conversation that carried the response
}

// jar is a client and the host that it asked.
type jar struct {
	client capture.Addr
	host   string // lower case, without port
}

// cookies remembers which cookies a host set for a client; the oldest jars go first.
type cookies struct {
	jars  map[jar][]SetCookie
	order []jar
}

// note takes the cookies of a response.
func (c *cookies) note(client capture.Addr, stream int64, req, resp *Message) {
	if req == nil || !resp.Has("Set-Cookie") {
		return
	}
	if c.jars == nil {
		c.jars = make(map[jar][]SetCookie)
	}
	k := jar{client, hostName(req)}
	if len(k.host) > cookieText {
		return
	}
	k.host = strings.Clone(k.host)
	for _, v := range resp.Values("Set-Cookie") {
		if set, ok := field.ParseSetCookie(v); ok && spare(&set) {
			c.keep(k, SetCookie{SetCookie: set, Ref: resp.Last, Stream: stream})
		}
	}
}

// cookieText bounds the octets of a host, and of all that is kept of one cookie.
const cookieText = 512

// spare lets a cookie hold no more of the response than it says, and reports
// whether that is little enough to be kept.
func spare(s *field.SetCookie) bool {
	n := 0
	for _, text := range [...]*string{&s.Name, &s.Domain, &s.Path, &s.SameSite, &s.MaxAge, &s.Expires} {
		n += len(*text)
		*text = strings.Clone(*text)
	}
	return n <= cookieText
}

func (c *cookies) keep(k jar, s SetCookie) {
	list := c.jars[k]
	if len(list) == 0 {
		c.order = append(c.order, k)
	}
	for i := range list {
		if list[i].Name == s.Name {
			list[i] = s
			return
		}
	}
	if len(list) < cookiesKept {
		c.jars[k] = append(list, s)
	}
	if len(c.order) > jarsKept {
		delete(c.jars, c.order[0])
		c.order = c.order[1:]
	}
}

// of gives the cookies that the host of a request set for its client before.
func (c *cookies) of(client capture.Addr, req *Message) []SetCookie {
	if req == nil || c.jars == nil {
		return nil
	}
	return append([]SetCookie(nil), c.jars[jar{client, hostName(req)}]...)
}

func hostName(req *Message) string {
	h := field.ParseHost(req.Get("Host"))
	return strings.ToLower(h.Name)
}
