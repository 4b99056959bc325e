package siblings

import (
	"bytes"
	"hash/maphash"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/rules"
)

// askedKept is how many askers are remembered: as many as an engine does.
const askedKept = 8

// asked is what requests of one asker have in common.
type asked struct {
	by     *rules.Asker
	manner uint32
	host   uint64 // digest
}

// recent remembers what came last.
type recent struct {
	asked [askedKept]asked
	next  int // the one to be given up next
	path  []byte
	sum   uint64 // of path
}

// usual takes a request that asks for a path on the host it names and has nothing
// odd about it, of an asker that is known: it is what request makes of it, for less.
// It reports whether the request is one of those.
func (d *Digests) usual(a *Attempt, h *analyzer.Handshake, by *rules.Asker) bool {
	r := h.Request
	target := r.Raw[r.Target.Start:r.Target.End]
	// What deviates may be folded; the rest is for handshakes that are not alone.
	if by == nil || len(target) == 0 || target[0] != '/' || len(r.Deviations) > 0 || h.Tunnel != nil ||
		h.Outcome == analyzer.Redirected || string(r.Raw[r.Method.Start:r.Method.End]) == "CONNECT" {
		return false
	}
	k := d.askedBy(by, h)
	if i := bytes.IndexByte(target, '#'); i >= 0 {
		target = target[:i]
	}
	path, query := target, []byte(nil)
	if i := bytes.IndexByte(target, '?'); i >= 0 {
		path, query = target[:i], target[i+1:]
	}
	sum := d.pathSum(path)
	a.Asked, a.manner = r.First.Time, k.manner
	a.path, a.target = d.fold(noText, sum), d.fold(k.host, sum)
	a.secrets = d.fold(noText, maphash.Bytes(d.seed, query))
	for _, i := range by.Secrets {
		a.secrets = d.fold(a.secrets, maphash.Bytes(d.seed, r.ValueOctets(i)))
	}
	if by.Key >= 0 {
		if v := r.ValueOctets(by.Key); len(v) > 0 {
			a.key, a.hasKey = d.fold(noText, maphash.Bytes(d.seed, v)), true
		}
	}
	return true
}

// askedBy gives what the requests of an asker have in common; h has one of them.
func (d *Digests) askedBy(by *rules.Asker, h *analyzer.Handshake) *asked {
	for i := range d.recent.asked {
		if k := &d.recent.asked[i]; k.by == by {
			return k
		}
	}
	var a Attempt
	var m manner
	d.request(&a, &m, h)
	k := &d.recent.asked[d.recent.next]
	d.recent.next = (d.recent.next + 1) % askedKept
	*k = asked{by: by, manner: d.manners.of(m), host: m.host}
	return k
}

// pathSum gives the hash of a path; that of the last one is remembered.
func (d *Digests) pathSum(path []byte) uint64 {
	x := &d.recent
	if !bytes.Equal(path, x.path) || x.path == nil {
		x.path, x.sum = append(x.path[:0], path...), maphash.Bytes(d.seed, path)
	}
	return x.sum
}
