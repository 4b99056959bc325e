package diagnosis

import (
	"bytes"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/rules"
)

// paths remembers the numbers of the last URLs by what they are made of: the host
// that an asker names, and the path.
type paths struct {
	list [16]knownPath
	next int // the one to be given up next
}

type knownPath struct {
	by     *rules.Asker
	secure bool
	path   []byte
	url    uint32 // number
}

// pathLimit bounds the paths that are remembered, in octets.
const pathLimit = 256

// pathOf gives the path of a request, without its query, if nothing else makes its
// URL but the host that it names and whether there was TLS.
func pathOf(h *analyzer.Handshake, by *rules.Asker) (path []byte, usual bool) {
	if by == nil || by.Host < 0 || h.Request == nil || h.Lookup != nil {
		return nil, false
	}
	r := h.Request
	path = r.Raw[r.Target.Start:r.Target.End]
	if len(path) == 0 || path[0] != '/' || len(r.ValueOctets(by.Host)) == 0 {
		return nil, false
	}
	if i := bytes.IndexByte(path, '?'); i >= 0 {
		path = path[:i]
	}
	return path, len(path) <= pathLimit
}

func (x *paths) find(by *rules.Asker, path []byte, secure bool) (url uint32, ok bool) {
	for i := range x.list {
		if k := &x.list[i]; k.by == by && k.secure == secure && bytes.Equal(k.path, path) {
			return k.url, true
		}
	}
	return 0, false
}

func (x *paths) enter(by *rules.Asker, path []byte, secure bool, url uint32) {
	k := &x.list[x.next]
	x.next = (x.next + 1) % len(x.list)
	*k = knownPath{by: by, secure: secure, path: append(k.path[:0], path...), url: url}
}
