package siblings

import (
	"sort"

	"github.com/handshark/handshark/analyzer"
)

// legsSeen bounds the attempts with the same key that are looked at before and
// behind one. A key that more attempts have is a constant of the client.
const legsSeen = 64

// sameKey gives the attempts near i, in time, that have its key.
func (r *relater) sameKey(i int, a *Attempt) []int {
	if !a.HasKey {
		return nil
	}
	list := r.byKey[a.Key]
	at := len(list) - len(after(list, i))
	return list[max(0, at-legsSeen):min(len(list), at+legsSeen)]
}

// legs joins the connections of one attempt on both sides of a proxy: equal
// keys, or a connection that the answering proxy could not open while it had
// the request.
func (r *relater) legs(i int) {
	a, upstream := r.all.At(i), None
	for _, j := range r.sameKey(i, a) {
		b := r.all.At(j)
		if j == i || !near(a.Start, b.Start, legWindow) || !isLeg(a, b) {
			continue
		}
		out := r.at(i)
		out.Legs = append(out.Legs, j)
		if b.Client.Addr == a.Server.Addr && b.Asked >= a.Asked && out.Upstream == None {
			out.Upstream, upstream = j, j
			out.Rewritten = a.Path != b.Path && b.Status != 101
			out.Spoiled = a.Outcome.Failed() && b.Status == 101 && (a.Status != 101 || b.Outcome != analyzer.ClosedEarly)
			back := r.at(j)
			back.Behind, back.Rewritten, back.Spoiled = true, out.Rewritten, out.Spoiled
		}
	}
	if upstream == None && a.Meant == analyzer.Yes && (a.Status == 502 || a.Status == 503 || a.Status == 504) {
		r.dialledFor(i, a)
	}
}

// isLeg reports whether two connections may lie on both sides of a proxy. One
// client that asks the same server again, with the same key, is none.
func isLeg(a, b *Attempt) bool {
	return b.Server != a.Server || b.Client.Addr != a.Client.Addr
}

// dialledFor looks for the connection that the proxy failed to open while it
// had the request; more than one server is no proof.
func (r *relater) dialledFor(i int, a *Attempt) {
	found := None
	list := r.dialled[a.Server.Addr]
	from := sort.Search(len(list), func(k int) bool { return r.all.At(list[k]).Start >= a.Asked-disorder })
	for _, j := range list[from:min(len(list), from+siblingsSeen)] {
		b := r.all.At(j)
		if b.Start > a.End+disorder {
			break
		}
		if j == i || b.Server == a.Server {
			continue
		}
		if found != None && r.all.At(found).Server != b.Server {
			return
		}
		found = j
	}
	if found != None {
		out, back := r.at(i), r.at(found)
		out.Upstream = found
		out.Legs = append(out.Legs, found)
		if len(back.Legs) < legsSeen {
			back.Legs = append(back.Legs, i)
		}
	}
}

func near(a, b, window int64) bool { return a-b <= window && b-a <= window }
