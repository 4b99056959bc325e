// Package accuracy measures how often the root cause is right. It makes
// handshakes at random: healthy ones in every legal variation, and the same with
// exactly one fault put in and a server or client that reacts to it as known
// ones do. The text cases of internal/textcase carry them to packets.
//
// It serves a test and a command; nothing that ships uses it.
package accuracy

import (
	"crypto/sha1" //nolint:gosec // RFC 6455 section 4.2.2 asks for SHA-1
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
)

// Scene is one handshake as it will be played, in the order of its fields. A
// fault changes it in place.
type Scene struct {
	Open    string   // options of an "open" statement; "-" = the scene opens its connections itself
	Lead    []string // statements before the request: earlier exchanges, a tunnel
	Request Head
	Early   []string // statements between the request and the answer: interim responses, silence
	Answer  Head     // empty Start: there is none
	Tail    []string // statements after the answer: frames, the end
	Port    int      // server port; 0 = 80

	Key       string
	Protocols []string // offered
	Agent     string   // kind of client: browser, library, ...
	Host      string   // without port
	Path      string   // of the target, query included
}

// Head is a message head with its body.
type Head struct {
	Start  string
	Fields []Field
	Body   string
	Damage []string // statements before it: split, dup, swap
	Prefix string   // octets before the start line
	Raw    string   // octets instead of all the above but Damage
	Glue   []string // statements that share its last segment
}

// Field is a field line as written.
type Field struct {
	Name, Value string
	Sep         string // between them; empty = ": "
}

// text renders the scene as statements of a text case.
func (s *Scene) text() string {
	var b strings.Builder
	if s.Open != "-" {
		open := s.Open
		if s.Port != 0 && s.Port != 80 && !strings.Contains(open, "server=") {
			open += fmt.Sprintf(" server=:%d", s.Port)
		}
		fmt.Fprintf(&b, "open %s\n", strings.TrimSpace(open))
	}
	lines(&b, s.Lead)
	s.Request.write(&b, ">")
	lines(&b, s.Early)
	s.Answer.write(&b, "<")
	lines(&b, s.Tail)
	return b.String()
}

func lines(b *strings.Builder, list []string) {
	for _, l := range list {
		b.WriteString(l + "\n")
	}
}

func (h *Head) write(b *strings.Builder, side string) {
	if h.Start == "" && h.Raw == "" {
		return
	}
	lines(b, h.Damage)
	if h.Prefix != "" && h.Raw == "" {
		h.Raw = h.Prefix + h.octets()
	}
	if h.Raw != "" {
		fmt.Fprintf(b, "%s| %s\n", side, escape(h.Raw))
	} else {
		fmt.Fprintf(b, "%s%s %s\n", side, side, escape(h.Start))
		for _, f := range h.Fields {
			fmt.Fprintf(b, "%s%s %s\n", side, side, escape(f.line()))
		}
		if h.Body != "" {
			fmt.Fprintf(b, "%sbody %s\n", side, escape(h.Body))
		}
	}
	for _, g := range h.Glue {
		b.WriteString(side + "+" + g + "\n")
	}
	b.WriteByte('\n')
}

// octets is the head as it goes over the wire, for faults that change it below
// the level of fields.
func (h *Head) octets() string {
	var b strings.Builder
	b.WriteString(h.Start + "\r\n")
	for _, f := range h.Fields {
		b.WriteString(f.line() + "\r\n")
	}
	b.WriteString("\r\n" + h.Body)
	return b.String()
}

func (f Field) line() string {
	sep := f.Sep
	if sep == "" {
		sep = ": "
	}
	return f.Name + sep + f.Value
}

// escape makes text safe for a line of a text case.
func escape(s string) string {
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case c == '\\':
			b.WriteString(`\\`)
		case c == ' ' && (i == 0 || i == len(s)-1):
			b.WriteString(`\s`)
		case c < ' ' || c >= 0x7f:
			fmt.Fprintf(&b, `\x%02x`, c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// at gives the index of the first field of that name, -1 if there is none.
func (h *Head) at(name string) int {
	return slices.IndexFunc(h.Fields, func(f Field) bool { return strings.EqualFold(f.Name, name) })
}

// drop removes all fields of those names.
func (h *Head) drop(names ...string) {
	h.Fields = slices.DeleteFunc(h.Fields, func(f Field) bool {
		return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(f.Name, n) })
	})
}

// set replaces all fields of that name by one line per value, in the place of
// the first, else at the end.
func (h *Head) set(name string, values ...string) {
	i := h.at(name)
	if i >= 0 {
		name = h.Fields[i].Name
	}
	h.drop(name)
	if i < 0 || i > len(h.Fields) {
		i = len(h.Fields)
	}
	for k, v := range values {
		h.Fields = slices.Insert(h.Fields, i+k, Field{Name: name, Value: v})
	}
}

// value is the value of the first field of that name, blanks around it removed.
func (h *Head) value(name string) string {
	if i := h.at(name); i >= 0 {
		return strings.Trim(h.Fields[i].Value, " \t")
	}
	return ""
}

func (h *Head) has(name string) bool { return h.at(name) >= 0 }

// acceptOf is the Sec-WebSocket-Accept of a key.
func acceptOf(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) //nolint:gosec // see import
	return base64.StdEncoding.EncodeToString(sum[:])
}
