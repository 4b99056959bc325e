package capture

import "strconv"

// encap is one kind of encapsulation that a path remembers.
type encap uint8

const (
	encapNone encap = iota
	encapVLAN
	encapMPLS
	encapPPPoE
	encap4in4
	encap6in4
	encap4in6
	encap6in6
	encapGRE
	encapERSPAN
	encapVXLAN
	encapGeneve
	encapGTP
	encapEtherIP
	encapNSH
	encapPBB
)

func (e encap) String() string {
	names := [...]string{
		"", "vlan", "mpls", "pppoe", "4in4", "6in4", "4in6", "6in6", "gre",
		"erspan", "vxlan", "geneve", "gtp", "etherip", "nsh", "pbb",
	}
	return names[e]
}

// numbered reports whether the number belongs to the path. MPLS labels, GRE
// keys and GTP tunnel ids differ between the two directions of one connection
// and would tear it apart.
func (e encap) numbered() bool {
	switch e {
	case encapVLAN, encapPPPoE, encapERSPAN, encapVXLAN, encapGeneve, encapPBB:
		return true
	}
	return false
}

// maxPaths bounds the paths that a Decoder remembers; otherPath stands for all
// further ones.
const (
	maxPaths  = 1 << 16
	otherPath = PathID(maxPaths)
)

type hop struct {
	parent PathID
	id     uint32
	kind   encap
}

func (h hop) String() string {
	if !h.kind.numbered() {
		return h.kind.String()
	}
	return h.kind.String() + " " + strconv.FormatUint(uint64(h.id), 10)
}

// pathTable interns paths as a tree: a path is its last hop and its parent.
type pathTable struct {
	ids    map[hop]PathID
	hops   []hop // by PathID; the first stands for no encapsulation
	recent [64]struct {
		hop hop
		id  PathID
	}
}

func newPathTable() pathTable {
	return pathTable{ids: make(map[hop]PathID), hops: make([]hop, 1)}
}

// push gives the path that continues parent by one hop.
func (t *pathTable) push(parent PathID, kind encap, id uint32) PathID {
	if !kind.numbered() {
		id = 0
	}
	h := hop{parent: parent, kind: kind, id: id}
	slot := &t.recent[(uint32(parent)*31+id*7+uint32(kind))%uint32(len(t.recent))]
	if slot.hop != h {
		slot.hop, slot.id = h, t.intern(h)
	}
	return slot.id
}

func (t *pathTable) intern(h hop) PathID {
	if id, ok := t.ids[h]; ok {
		return id
	}
	if h.parent == otherPath || len(t.hops) >= maxPaths {
		return otherPath
	}
	id := PathID(len(t.hops))
	t.hops = append(t.hops, h)
	t.ids[h] = id
	return id
}

// Paths are the encapsulation paths that a [Decoder] knew at one moment. They never
// change, whatever the Decoder goes on to do on another goroutine.
type Paths struct{ hops []hop }

// Path lists the encapsulations of a path, outermost first; nil for none.
func (p Paths) Path(id PathID) []string {
	if id == otherPath {
		return []string{"other"}
	}
	var out []string
	for ; id != 0 && int(id) < len(p.hops); id = p.hops[id].parent {
		out = append(out, p.hops[id].String())
	}
	for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
		out[i], out[j] = out[j], out[i]
	}
	return out
}
