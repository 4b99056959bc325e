// Package siblings compares handshakes of one run with one another: attempts
// that the client got over, attempts that never showed what they were for but
// go to a server that carries WebSocket, the legs of one attempt on both sides
// of a proxy, and accepted attempts that speak for or against a cause.
//
// It works on a compact [Attempt] for each handshake, so that a hundred
// thousand of them fit into memory when their records are long written away.
package siblings

import (
	"hash/maphash"
	"strings"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/rules"
)

// Attempt is what has to be remembered of a handshake to compare it.
type Attempt struct {
	Client  capture.Endpoint
	Server  capture.Endpoint
	Start   int64 // nanoseconds
	Asked   int64 // time of the request head; Start without one
	End     int64 // time of the terminating event, or of the response
	Outcome analyzer.Outcome
	Meant   analyzer.Certainty
	Status  int16
	HasKey  bool
	Connect bool // a CONNECT
	Lookup  bool // a name that did not resolve

	Target  uint64 // digest of host and path
	Path    uint64 // digest of the path
	Next    uint64 // redirects: digest of host and path of the Location
	Through uint64 // digest of the CONNECT target of the tunnel it runs in; 0 = none
	Key     uint64 // digest of Sec-WebSocket-Key; valid only if HasKey
	Secrets uint64 // digest of everything that may be a credential
	Version uint64 // digest of Sec-WebSocket-Version
	Tokens  uint64 // digest of the values of Connection and Upgrade as spelled
	Host    uint64 // digest of the host asked for: Host field, CONNECT target or SNI; 0 = none

	Cause int16  // index of the cause in the catalogue; -1 = none or undetermined
	Fired uint32 // number of the set of rules that fired; see Digests.Fired
}

// Digests makes attempts comparable within one run; digests of different
// Digests have nothing to do with one another.
type Digests struct {
	seed maphash.Seed
	sets []rules.RuleSet
	of   map[rules.RuleSet]uint32
}

// NewDigests starts a run.
func NewDigests() *Digests {
	return &Digests{seed: maphash.MakeSeed(), of: make(map[rules.RuleSet]uint32)}
}

// Fired gives the rules that fired in an attempt.
func (d *Digests) Fired(a *Attempt) *rules.RuleSet { return &d.sets[a.Fired] }

// number gives the number of a set of rules: few differ in a capture.
func (d *Digests) number(s rules.RuleSet) uint32 {
	n, ok := d.of[s]
	if !ok {
		n = uint32(len(d.sets))
		d.sets = append(d.sets, s)
		d.of[s] = n
	}
	return n
}

// Keep forgets the sets of rules that fired in attempts other than these, which are
// numbered anew.
func (d *Digests) Keep(all Attempts) {
	old := d.sets
	d.sets = nil
	clear(d.of)
	for i := range all.Len() {
		a := all.At(i)
		a.Fired = d.number(old[a.Fired])
	}
}

func (d *Digests) digest(parts ...string) uint64 {
	var h maphash.Hash
	h.SetSeed(d.seed)
	for _, p := range parts {
		_, _ = h.WriteString(p)
		_ = h.WriteByte(0)
	}
	return h.Sum64()
}

// Attempt extracts what is to be remembered of a judged handshake. cause is the
// index of its root cause in the catalogue, or -1.
func (d *Digests) Attempt(h *analyzer.Handshake, fired rules.RuleSet, cause int) Attempt {
	a := Attempt{
		Client: h.Conn.Client, Server: h.Conn.Server, Start: h.Start, Asked: h.Start,
		End: h.Ending.Time, Outcome: h.Outcome, Meant: h.WebSocket,
		Cause: int16(cause), Fired: d.number(fired),
	}
	if h.Response != nil {
		a.Status, a.End = int16(h.Response.Status), h.Response.Last.Time
		a.Next = d.location(h)
	}
	if h.Request != nil {
		d.request(&a, h)
	} else if h.Lookup != nil {
		a.Lookup, a.Host = true, d.digest(h.Lookup.Name)
	} else if h.TLS != nil && h.TLS.ClientHello.ServerName != "" {
		a.Host = d.digest(strings.ToLower(h.TLS.ClientHello.ServerName))
	}
	return a
}

func (d *Digests) request(a *Attempt, h *analyzer.Handshake) {
	r := h.Request
	target := r.Text(r.Target)
	host, path := where(r.Get("Host"), target)
	a.Asked = r.First.Time
	a.Host, a.Path, a.Target = d.digest(host), d.digest(path), d.digest(host, path)
	a.Version = d.digest(r.Values("Sec-WebSocket-Version")...)
	a.Tokens = d.digest(append(r.Values("Connection"), r.Values("Upgrade")...)...)
	a.Secrets = d.digest(secrets(r, target)...)
	if key := r.Get("Sec-WebSocket-Key"); key != "" {
		a.Key, a.HasKey = d.digest(key), true
	}
	if r.Text(r.Method) == "CONNECT" {
		a.Connect, a.Host, a.Target = true, d.digest(strings.ToLower(target)), d.digest(strings.ToLower(target))
	} else if h.Tunnel != nil {
		t := h.Tunnel.Request
		a.Through = d.digest(strings.ToLower(t.Text(t.Target)))
	}
}

// secrets lists whatever may carry a credential.
func secrets(r *analyzer.Message, target string) []string {
	list := []string{field.ParseTarget(target).Query}
	for _, name := range [...]string{"Authorization", "Proxy-Authorization", "Cookie", "X-Api-Key", "Sec-WebSocket-Protocol"} {
		list = append(list, r.Values(name)...)
	}
	return list
}

func (d *Digests) location(h *analyzer.Handshake) uint64 {
	if h.Outcome != analyzer.Redirected || h.Request == nil {
		return 0
	}
	host, path := where(h.Request.Get("Host"), h.Response.Get("Location"))
	return d.digest(host, path)
}

// where gives the host name and path that a target or reference names; host is
// the Host field that holds for a target without one.
func where(host, target string) (name, path string) {
	t := field.ParseTarget(target)
	if t.Authority != "" {
		host = t.Authority
	}
	return strings.ToLower(field.ParseHost(host).Name), t.Path
}
