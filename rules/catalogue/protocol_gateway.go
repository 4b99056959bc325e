package catalogue

import (
	"bytes"
	"encoding/binary"
)

// gateway is a protocol in which a web server hands requests to an application.
type gateway struct{ name, directive string }

var (
	fastCGI = gateway{"FastCGI", "fastcgi_pass"}
	uwsgi   = gateway{"the uwsgi protocol", "uwsgi_pass"}
	scgi    = gateway{"SCGI", "scgi_pass"}
)

// gatewayOf tells the gateway protocol that octets begin; the name is empty if it is none.
func gatewayOf(data []byte) gateway {
	switch {
	case bytes.HasPrefix(data, []byte("\x01\x01\x00\x01\x00\x08\x00")): // version 1, begin request 1, 8 octets
		return fastCGI
	case beginsUwsgi(data):
		return uwsgi
	case beginsSCGI(data):
		return scgi
	}
	return gateway{}
}

// beginsUwsgi reports whether data is a packet of CGI variables: modifier 0, size,
// modifier 0, then the length of the first name and the name.
func beginsUwsgi(data []byte) bool {
	const head, name = 4, 6
	if len(data) < name || data[0] != 0 || data[3] != 0 {
		return false
	}
	size, n := int(binary.LittleEndian.Uint16(data[1:])), int(binary.LittleEndian.Uint16(data[head:]))
	return n > 0 && n < size && name+n <= len(data) && isVariable(data[name:name+n])
}

// beginsSCGI reports whether data is a netstring that begins with CONTENT_LENGTH, as the
// specification has it.
func beginsSCGI(data []byte) bool {
	size, rest, ok := bytes.Cut(data, []byte{':'})
	return ok && len(size) > 0 && len(bytes.Trim(size, "0123456789")) == 0 && bytes.HasPrefix(rest, []byte("CONTENT_LENGTH\x00"))
}

// isVariable reports whether b is the name of a CGI variable.
func isVariable(b []byte) bool {
	for _, c := range b {
		if c != '_' && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return len(b) > 0
}
