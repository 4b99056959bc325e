package rules

import (
	"bytes"
	"encoding/binary"
	"strings"

	"github.com/handshark/handshark/analyzer"
)

// Identify tells who sent the final response or the 101, by its fingerprint:
// field spelling and order, tell-tale fields, exact bodies. The first line of
// the table that fits counts. A response that a hop only handed on names its
// maker as the product and the hop as Via.
func Identify(h *analyzer.Handshake) Answerer {
	if h.Response == nil || h.Response.Status == 0 {
		return Answerer{}
	}
	t := newTell(h)
	var a Answerer
	for i := range prints {
		if f := &prints[i]; f.byServer && (t.lower == "" || t.lower[0] != f.token[0]) {
			continue
		}
		if prints[i].match(&t) {
			a = prints[i].answerer(&t)
			break
		}
	}
	if via := t.relay(); !a.Hop && !t.self(a.Product) {
		a.Via = via
	}
	return a
}

// fingerprint is a product and how it is known.
type fingerprint struct {
	product string
	hop     bool // the response is the intermediary's own
	match   func(*tell) bool
	// token is the word before the version in the Server field, lower case; empty =
	// the version is not announced.
	token string
	// byServer is set where the token in the Server field is all that counts.
	byServer bool
}

func (f *fingerprint) answerer(t *tell) Answerer {
	a := Answerer{Product: f.product, Hop: f.hop}
	if f.token != "" {
		a.Version = versionAfter(t.server, f.token)
	}
	return a
}

// tell is what a response shows of its maker: what appendTell gives, and nothing
// else.
type tell struct {
	m      *analyzer.Message
	status int
	body   []byte
	text   string // body as a string
	server string // Server field as written; that of the maker where a hop put its own before it
	front  string // Server field of the hop that comes first
	lower  string // the same in lower case
	cable  bool   // a 404 for a path that ends in /cable
	denied bool   // see deniedInLine
	barred bool   // see barredInLine
}

// tellField is a field whose value tells of the maker of a response.
type tellField uint8

// Fields that tell.
const (
	tellServer tellField = iota
	tellContentType
	tellConnection
	tellVersion
	tellOptions
	tellCacheControl
	tellKeepAlive
	tellXCache
)

var tellFields = [...]string{
	tellServer: "Server", tellContentType: "Content-Type", tellConnection: "Connection",
	tellVersion: "Sec-WebSocket-Version", tellOptions: "X-Content-Type-Options",
	tellCacheControl: "Cache-Control", tellKeepAlive: "Keep-Alive", tellXCache: "X-Cache",
}

func (t *tell) get(f tellField) string { return t.m.Get(tellFields[f]) }

// tells reports whether the value of a field tells of the maker.
func tells(name []byte) bool {
	f, ok := fieldOf(name)
	return ok && toldBy>>f&1 != 0
}

// appendTell appends all that an answerer is known by: status, names of fields,
// values of some, body, and what the path ends in. Responses of which it is the
// same have the same answerer.
func appendTell(to []byte, h *analyzer.Handshake) []byte {
	m := h.Response
	to = binary.BigEndian.AppendUint64(to, tellHead(h))
	for i := range m.NumFields() {
		name := m.NameOctets(i)
		to = appendCounted(to, name)
		if tells(name) {
			to = appendCounted(to, m.ValueOctets(i))
		}
	}
	return append(append(to, 0xFF, 0xFF), h.Body.Data...) // no name is that long
}

// tellHead is what a tell begins with: status and flags, and the sizes of the rest,
// by which most that differ do.
func tellHead(h *analyzer.Handshake) uint64 {
	m := h.Response
	head := uint64(uint16(m.Status))<<48 | uint64(uint16(m.NumFields()))<<16 | uint64(uint16(len(h.Body.Data)))
	if m.Reason.Len() == 0 {
		head |= 1 << 32
	}
	if deniedInLine(m) {
		head |= 4 << 32
	}
	if barredInLine(m) {
		head |= 8 << 32
	}
	if m.Status == 404 && asksCable(h) { // the only status with which it counts
		head |= 2 << 32
	}
	return head
}

// deniedInLine reports whether a head is but a status line that says what is denied.
func deniedInLine(m *analyzer.Message) bool {
	return m.Status == 400 && m.NumFields() == 0 && strings.HasPrefix(m.Text(m.Reason), "WebSocket connection denied: ")
}

// barredInLine reports whether a head is but the status line of Daphne's refusal.
func barredInLine(m *analyzer.Message) bool {
	return m.Status == 403 && m.NumFields() == 0 && m.Text(m.Reason) == "Access denied"
}

func appendCounted(to, b []byte) []byte {
	return append(append(to, byte(len(b)>>8), byte(len(b))), b...)
}

// asksCable reports whether the path asked for ends in /cable.
func asksCable(h *analyzer.Handshake) bool {
	if h.Request == nil {
		return false
	}
	path, _, _ := bytes.Cut(h.Request.Raw[h.Request.Target.Start:h.Request.Target.End], []byte{'?'})
	return bytes.HasSuffix(path, []byte("/cable"))
}

func newTell(h *analyzer.Handshake) tell {
	t := tell{
		m: h.Response, status: h.Response.Status, body: h.Body.Data, text: string(h.Body.Data), cable: h.Response.Status == 404 && asksCable(h),
	}
	t.denied, t.barred = deniedInLine(h.Response), barredInLine(h.Response)
	t.server = t.get(tellServer)
	t.front = t.server
	if all := t.m.Values(tellFields[tellServer]); len(all) > 1 && t.relay() != "" {
		t.server = all[1] // Caddy adds its name and leaves the maker's
	}
	t.lower = strings.ToLower(t.server)
	return t
}

// relays are hops that put their own Server field in place of the maker's, or before it.
var relays = [...]struct{ token, product string }{
	{"nginx", "nginx"}, {"openresty", "openresty"}, {"envoy", "Envoy"},
	{"istio-envoy", "Envoy"}, {"cloudflare", "Cloudflare"}, {"caddy", "Caddy"},
}

// relay is the first Server field if such a hop wrote it; else empty.
func (t *tell) relay() string {
	for _, r := range relays {
		if leads(strings.ToLower(t.front), r.token) {
			return t.front
		}
	}
	return ""
}

// self reports whether the hop that wrote the first Server field is the product itself.
func (t *tell) self(product string) bool {
	for _, r := range relays {
		if r.product == product && leads(strings.ToLower(t.front), r.token) {
			return true
		}
	}
	return false
}

// serverIs reports whether the Server field begins with that product, lower case.
func (t *tell) serverIs(product string) bool { return leads(t.lower, product) }

// leads reports whether a Server field in lower case begins with that product.
func leads(server, product string) bool {
	rest, ok := strings.CutPrefix(server, product)
	return ok && (rest == "" || rest[0] == '/' || rest[0] == '(' || rest[0] == ' ')
}

func (t *tell) has(name string) bool { return t.m.Has(name) }

func (t *tell) bodyHas(s string) bool { return strings.Contains(t.text, s) }

func (t *tell) bodyIs(s string) bool { return string(t.body) == s }

func (t *tell) contentType(want string) bool { return t.get(tellContentType) == want }

// order reports whether the first fields are these, spelled so.
func (t *tell) order(names ...string) bool {
	if t.m.NumFields() < len(names) {
		return false
	}
	for i, want := range names {
		if t.m.Name(i) != want {
			return false
		}
	}
	return true
}

// spelled reports whether a field is there, spelled exactly so.
func (t *tell) spelled(name string) bool {
	i := t.m.Message.First(name)
	return i >= 0 && t.m.Name(i) == name
}

// goError reports whether the response is one of Go's http.Error with that text.
func (t *tell) goError(text string) bool {
	return string(t.body) == text+"\n" && t.get(tellOptions) == "nosniff"
}

func (t *tell) status4xx() bool { return t.status >= 400 && t.status < 500 }

// versionAfter gives what follows "token/" in s, up to a blank.
func versionAfter(s, token string) string {
	at := strings.Index(strings.ToLower(s), token+"/")
	if at < 0 || len(s) != len(strings.ToLower(s)) {
		return ""
	}
	v := s[at+len(token)+1:]
	if n := strings.IndexAny(v, " \t(;,"); n >= 0 {
		v = v[:n]
	}
	return clip(v, 32)
}
