package textcase

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // RFC 6455 section 4.2.2 asks for SHA-1
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// The base handshake: complete, legal, without any finding. {newkey} and
// {accept} are filled in when a message is played.
const (
	baseRequest = "GET /chat HTTP/1.1\n" +
		"Host: ws.example.test\n" +
		"Upgrade: websocket\n" +
		"Connection: Upgrade\n" +
		"Sec-WebSocket-Key: {newkey}\n" +
		"Sec-WebSocket-Version: 13"
	baseResponse = "HTTP/1.1 101 Switching Protocols\n" +
		"Upgrade: websocket\n" +
		"Connection: Upgrade\n" +
		"Sec-WebSocket-Accept: {accept}"

	baseKey    = "aGFuZHNoYXJrLW5vbmNlIQ==" // "handshark-nonce!"
	acceptGUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
)

// writeMode says how the octets of a write come about.
type writeMode uint8

const (
	overlay writeMode = iota // head lines put over the base handshake
	exact                    // head lines as given, CRLF implied
	raw                      // octets as given
)

// write is data that one side hands to TCP at once.
type write struct {
	line     int
	from     side
	mode     writeMode
	request  bool     // begins a request (a head, or HTTP/2 HEADERS)
	lines    []string // of the head; empty = the base message unchanged
	hasBody  bool
	bodyText []byte
	tail     []piece // octets behind head and body
}

// piece is octets that are part of a write.
type piece struct {
	octets []byte
	head   *h2Head // what they are made of, if they depend on the connection; nil = octets
}

// behind gives the octets behind head and body, and where the last header block of HTTP/2
// in them ends.
func (w *write) behind(c *conn) (b []byte, heads int) {
	for _, p := range w.tail {
		b = append(b, p.octets...)
		if p.head != nil {
			b = append(b, p.head.octets(c, w.from)...)
			heads = len(b)
		}
	}
	return b, heads
}

func (w *write) play(t *timeline) error {
	c, err := t.sender(w.from)
	if err != nil {
		return err
	}
	if w.request {
		t.request(c)
	}
	head, err := w.head(t, c)
	if err != nil {
		return err
	}
	tail, heads := w.behind(c)
	data := append(append(append([]byte{}, head...), w.bodyText...), tail...)
	if len(data) == 0 {
		return errors.New("nothing to send")
	}
	if w.from == client {
		c.noteRequest(w, data)
	}
	headLen := len(head)
	if w.mode == raw {
		headLen = bytes.Index(data, []byte("\r\n\r\n")) + 4
		if headLen < 4 {
			headLen = 0
		}
		headLen = max(headLen, heads)
	}
	return t.send(c, w.from, data, headLen)
}

// head gives the octets of the head, empty line included.
func (w *write) head(t *timeline, c *conn) ([]byte, error) {
	var lines []string
	switch w.mode {
	case raw:
		return nil, nil
	case exact:
		lines = w.lines
	case overlay:
		var err error
		if lines, err = w.overlaid(c); err != nil {
			return nil, err
		}
	}
	text, err := t.fill(c, strings.Join(lines, "\r\n"))
	return []byte(text + "\r\n\r\n"), err
}

// group is one given field with the lines that continue it.
type group struct {
	name   string // lower case; empty for lines that are no fields
	remove bool
	lines  []string
}

var fieldName = regexp.MustCompile("^(!?)([!#$%&'*+.^_`|~0-9A-Za-z-]*[A-Za-z][!#$%&'*+.^_`|~0-9A-Za-z-]*)(?:[ \\t]*:|$)")

// nameOf gives the lower-case field name of a head line, with "!" in front of
// it where the line removes the field; empty if the line is no field.
func nameOf(line string) string {
	m := fieldName.FindStringSubmatch(line)
	if m == nil || (m[1] == "") == (len(m[0]) == len(line) && !strings.HasSuffix(m[0], ":")) {
		return ""
	}
	return m[1] + strings.ToLower(m[2])
}

// overlaid puts the given lines over the base message.
func (w *write) overlaid(c *conn) ([]string, error) {
	base := strings.Split(baseRequest, "\n")
	if w.from == server {
		base = strings.Split(baseResponse, "\n")
	}
	given := w.lines
	if len(given) > 0 && nameOf(given[0]) == "" {
		if !looksLikeStart(w.from, given[0]) {
			return nil, fmt.Errorf("first line %.40q is neither a field nor a start line; begin with the start line, or use >>, << or >|, <|", given[0])
		}
		base[0], given = given[0], given[1:]
	}
	status := statusOf(base[0])
	if w.from == server && !keepsBase.MatchString(base[0]) {
		base = base[:1]
	}
	groups := grouped(given)
	lines, err := merge(base, groups)
	if err != nil {
		return nil, err
	}
	if w.needsLength(c, status) && !has(groups, "content-length") && !has(groups, "transfer-encoding") {
		lines = append(lines, "Content-Length: "+strconv.Itoa(len(w.bodyText)))
	}
	return lines, nil
}

// looksLikeStart keeps a misspelt field from silently becoming a start line.
func looksLikeStart(from side, line string) bool {
	upper := strings.ToUpper(line)
	if from == server {
		return strings.HasPrefix(upper, "HTTP")
	}
	return strings.Contains(upper, "HTTP") || strings.Contains(line, " /")
}

var (
	keepsBase  = regexp.MustCompile(`^\S+[ \t]+101`)
	statusLine = regexp.MustCompile(`^HTTP/\d\.\d (\d{3})(?: |$)`)
)

// statusOf gives the status code of a well-formed status line, else 0.
func statusOf(line string) int {
	m := statusLine.FindStringSubmatch(line)
	if m == nil {
		return 0
	}
	n, _ := strconv.Atoi(m[1])
	return n
}

// needsLength reports whether a message without Content-Length would be read
// as another message than the one that is meant (RFC 9112 section 6.3).
func (w *write) needsLength(c *conn, status int) bool {
	if w.from == client {
		return len(w.bodyText) > 0
	}
	tunnel := c.method == "CONNECT" && status/100 == 2
	return status >= 200 && status != 204 && status != 304 && !tunnel
}

func grouped(lines []string) []group {
	var out []group
	for _, l := range lines {
		name := nameOf(l)
		if name == "" && len(out) > 0 {
			g := &out[len(out)-1]
			g.lines = append(g.lines, l)
			continue
		}
		bare, remove := strings.CutPrefix(name, "!")
		out = append(out, group{name: bare, remove: remove, lines: []string{l}})
	}
	return out
}

func has(groups []group, name string) bool {
	for _, g := range groups {
		if g.name == name {
			return true
		}
	}
	return false
}

// merge replaces the base lines that are given in place and appends the rest.
func merge(base []string, groups []group) ([]string, error) {
	out := base[:1:1]
	used := map[string]bool{"": false}
	for _, l := range base[1:] {
		name := nameOf(l)
		if !has(groups, name) {
			out = append(out, l)
			continue
		}
		used[name] = true
		out = appendNamed(out, groups, name)
	}
	for _, g := range groups {
		switch {
		case g.remove && (len(g.lines) > 1 || countNamed(groups, g.name) > 1):
			return nil, fmt.Errorf("!%s together with other lines of that name", g.name)
		case g.remove && !used[g.name] && g.name != "content-length":
			return nil, fmt.Errorf("!%s removes nothing: the base message has no such field here (leave the line out)", g.name)
		case !g.remove && !used[g.name]:
			out = append(out, g.lines...)
		}
	}
	return out, nil
}

func countNamed(groups []group, name string) int {
	n := 0
	for _, g := range groups {
		if g.name == name {
			n++
		}
	}
	return n
}

func appendNamed(out []string, groups []group, name string) []string {
	for _, g := range groups {
		if g.name == name && !g.remove {
			out = append(out, g.lines...)
		}
	}
	return out
}

// acceptOf is the Sec-WebSocket-Accept of a key (RFC 6455 section 4.2.2).
func acceptOf(key string) string {
	sum := sha1.Sum([]byte(key + acceptGUID)) //nolint:gosec // see import
	return base64.StdEncoding.EncodeToString(sum[:])
}

var placeholder = regexp.MustCompile(`\{(newkey|key|accept|date)(?: ([a-z0-9+.-]+))?\}`)

// fill resolves {key}, {accept}, {key NAME}, {accept NAME}, {date},
// {date +DURATION} and, of the base request, {newkey}.
func (t *timeline) fill(c *conn, text string) (string, error) {
	var failed error
	text = placeholder.ReplaceAllStringFunc(text, func(s string) string {
		m := placeholder.FindStringSubmatch(s)
		switch m[1] {
		case "newkey":
			return t.newKey()
		case "date":
			date, err := t.date(m[2])
			failed = errors.Join(failed, err)
			return date
		}
		of := c
		if m[2] != "" {
			of = t.conns[m[2]]
		}
		if of == nil {
			failed = fmt.Errorf("%s: no connection of that name", s)
			return ""
		}
		return of.keyOrAccept(m[1])
	})
	return text, failed
}

// date gives the capture time as an HTTP-date (RFC 9110 section 5.6.7), moved by
// an offset like -90s.
func (t *timeline) date(offset string) (string, error) {
	var d time.Duration
	if offset != "" {
		var err error
		if d, err = time.ParseDuration(offset); err != nil {
			return "", fmt.Errorf("{date %s}; want an offset like -90s or +1h", offset)
		}
	}
	return time.Unix(0, t.now).Add(d).UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT"), nil
}

// newKey gives the first request of a scenario the base key, so that the known
// answers hold for it, and every later one a key of its own: equal keys on two
// connections mean something.
func (t *timeline) newKey() string {
	t.keys++
	if t.keys == 1 {
		return baseKey
	}
	return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "handshark-%03d%03d", t.number%1000, t.keys%1000))
}

func (c *conn) keyOrAccept(what string) string {
	key := c.key
	if key == "" {
		key = baseKey
	}
	if what == "accept" {
		return acceptOf(key)
	}
	return key
}

var (
	keyLine    = regexp.MustCompile(`(?im)^sec-websocket-key[ \t]*:[ \t]*(.*?)[ \t]*\r?$`)
	methodLine = regexp.MustCompile(`^(?:\r\n)*([A-Za-z]+) `)
)

// noteRequest remembers what later messages of the connection depend on.
func (c *conn) noteRequest(w *write, data []byte) {
	if w.request {
		c.key = ""
	}
	if m := keyLine.FindSubmatch(data); m != nil {
		c.key = string(m[1])
	}
	if m := methodLine.FindSubmatch(data); m != nil {
		c.method = string(m[1])
	}
}
