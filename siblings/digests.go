package siblings

import (
	"hash/maphash"
	"math/bits"
	"strings"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/rules"
)

// Digests makes attempts comparable within one run; attempts of different
// Digests have nothing to do with one another until one adopts them. It is used by one goroutine at a time.
//
// It grows with the addresses of IPv6 that occur, and with the sets of rules and the
// manners of asking, of which a capture has few.
type Digests struct {
	seed    maphash.Seed
	key     [2]uint64             // from seed
	addrs   numbers[capture.Addr] // see addr
	manners numbers[manner]
	fired   numbers[rules.RuleSet]
	recent  recent
	values  [][]byte // reused
}

// NewDigests starts a run.
func NewDigests() *Digests { return seeded(maphash.MakeSeed()) }

func seeded(seed maphash.Seed) *Digests {
	d := &Digests{seed: seed, key: [2]uint64{maphash.String(seed, "0"), maphash.String(seed, "1")}}
	d.addrs.hash = func(a capture.Addr) uint64 { return d.fold(a.Hi, a.Lo) }
	d.manners.hash = func(m manner) uint64 { return d.fold(d.fold(m.host, m.version), d.fold(m.tokens, m.through^m.next)) }
	d.fired.hash = func(s rules.RuleSet) uint64 { return maphash.Comparable(seed, s) }
	return d
}

// fold gives a digest of two numbers.
func (d *Digests) fold(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a^d.key[0], b^d.key[1])
	return hi ^ lo
}

// Fresh gives Digests that remember nothing and can Adopt attempts of d.
func (d *Digests) Fresh() *Digests { return seeded(d.seed) }

// Adopt makes a, which from made, an attempt of d. d and from must come from one
// another by Fresh, or both from a third.
func (d *Digests) Adopt(a *Attempt, from *Digests) {
	a.client, a.server = d.addr(from.address(a.client)), d.addr(from.address(a.server))
	a.manner = d.manners.of(from.manners.list[a.manner])
	a.fired = d.fired.of(from.fired.list[a.fired])
}

// Keep forgets what attempts other than these have brought. Theirs are numbered
// anew.
func (d *Digests) Keep(all Attempts) {
	from := *d
	*d = *d.Fresh()
	for i := range all.Len() {
		d.Adopt(all.At(i), &from)
	}
}

// noText is the digest of no text at all.
const noText = 0x9e3779b97f4a7c15

// digest gives a digest of a list of texts.
func (d *Digests) digest(texts ...string) uint64 {
	h := uint64(noText)
	for _, s := range texts {
		h = d.mix(h, s)
	}
	return h
}

// mix gives the digest of the texts that h is the digest of, and s.
func (d *Digests) mix(h uint64, s string) uint64 { return d.fold(h, maphash.String(d.seed, s)) }

// mixAll adds the values of a field.
func (d *Digests) mixAll(h uint64, r *analyzer.Message, name string) uint64 {
	d.values = r.AppendOctets(d.values[:0], name)
	for _, v := range d.values {
		h = d.fold(h, maphash.Bytes(d.seed, v))
	}
	return h
}

// Attempt extracts what is to be remembered of a judged handshake. cause is the
// index of its root cause in the catalogue, or -1; by is who asked, nil where that is
// not known.
func (d *Digests) Attempt(h *analyzer.Handshake, fired *rules.RuleSet, cause int, by *rules.Asker) Attempt {
	a := Attempt{
		client: d.addr(h.Conn.Client.Addr), clientPort: h.Conn.Client.Port,
		server: d.addr(h.Conn.Server.Addr), serverPort: h.Conn.Server.Port,
		Start: h.Start, Asked: h.Start, End: h.Ending.Time, Outcome: h.Outcome, Meant: h.WebSocket,
		Cause: int16(cause), fired: d.fired.of(*fired), ended: h.EndedBy == analyzer.ByServer,
	}
	if h.Response != nil {
		a.Status, a.End = int16(h.Response.Status), h.Response.Last.Time
	}
	if h.Request != nil && d.usual(&a, h, by) {
		return a
	}
	var m manner
	if h.Request != nil {
		d.request(&a, &m, h)
	} else if h.Lookup != nil {
		a.Lookup, m.host = true, d.digest(h.Lookup.Name)
	} else if h.TLS != nil && h.TLS.ClientHello.ServerName != "" {
		m.host = d.digest(strings.ToLower(h.TLS.ClientHello.ServerName))
	}
	a.manner = d.manners.of(m)
	return a
}

func (d *Digests) request(a *Attempt, m *manner, h *analyzer.Handshake) {
	r := h.Request
	hostField, text := r.Get("Host"), r.Text(r.Target)
	target := field.ParseTarget(text)
	host := hostOf(hostField, &target)
	a.Asked = r.First.Time
	m.host, a.path, a.target = d.digest(host), d.digest(target.Path), d.digest(host, target.Path)
	m.version = d.mixAll(noText, r, "Sec-WebSocket-Version")
	m.tokens = d.mixAll(d.mixAll(noText, r, "Connection"), r, "Upgrade")
	a.secrets = d.secrets(r, target.Query)
	m.http2 = h.HTTP2 != nil
	if key := r.Get("Sec-WebSocket-Key"); key != "" {
		a.key, a.hasKey = d.digest(key), true
	}
	if h.HTTP2 == nil && r.Text(r.Method) == "CONNECT" {
		a.connect, a.target = true, d.digest(strings.ToLower(text))
		m.host = a.target
	} else if h.Tunnel != nil {
		t := h.Tunnel.Request
		m.through = d.digest(strings.ToLower(t.Text(t.Target)))
	}
	if h.Response != nil && h.Outcome == analyzer.Redirected {
		location := field.ParseTarget(h.Response.Get("Location"))
		m.next = d.digest(hostOf(hostField, &location), location.Path)
	}
}

// secrets gives a digest of whatever may carry a credential.
func (d *Digests) secrets(r *analyzer.Message, query string) uint64 {
	h := d.digest(query)
	for _, name := range [...]string{"Authorization", "Proxy-Authorization", "Cookie", "X-Api-Key", "Sec-WebSocket-Protocol"} {
		h = d.mixAll(h, r, name)
	}
	return h
}

// hostOf gives the host name that a target or reference names; host is the Host
// field that holds for a target without one.
func hostOf(host string, t *field.Target) string {
	if t.Authority != "" {
		host = t.Authority
	}
	return strings.ToLower(field.HostName(host))
}
