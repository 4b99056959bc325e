package accuracy

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strings"
)

// Wish narrows what a healthy scene may contain, so that a fault put into it is
// the only one. The zero value allows everything.
type Wish struct {
	NoMarkers     bool // no field of an intermediary
	NoCredentials bool // no cookie, no Authorization
	NoOrigin      bool
	Origin        bool     // an Origin equal to the server's
	NoLead        bool     // no earlier exchange, no tunnel, no retried attempt
	NoRetry       bool     // no attempt that a later one gets over
	NoDamage      bool     // segments in order and once
	NoProxy       bool     // no PROXY header, no absolute target: a refusal might be of them
	Plain         bool     // none of the odd but legal spellings
	Protocols     []string // offered exactly; nil = any
	NoProtocols   bool
	Offer         string // Sec-WebSocket-Extensions of the request; "-" = none
	Agent         string // kind of client
	Ethernet      bool   // no link type of its own
}

// rng is the source of everything random.
type rng struct{ *rand.Rand }

func newRNG(seed uint64) rng { return rng{rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15))} } //nolint:gosec // repeatable on purpose

func (r rng) chance(percent int) bool { return r.IntN(100) < percent }

func pick[T any](r rng, list ...T) T { return list[r.IntN(len(list))] }

// healthy makes a handshake that has nothing wrong with it.
func healthy(r rng, w Wish) *Scene {
	s := &Scene{Key: r.key(), Port: pick(r, 80, 80, 80, 8080, 9000)}
	s.Host = pick(r, "ws.example.test", "chat.example.test", "API.Example.test", "192.0.2.77", "xn--bcher-kva.example.test")
	s.Path = pick(r, "/", "/chat", "/ws", "/api/v1/stream?lang=en&x=%20y", "/hub;v=2", "/a//b/", "/cable", "/graphql?v=1")
	s.Agent = w.Agent
	if s.Agent == "" {
		s.Agent = pick(r, "browser", "browser", "library", "library", "curl")
	}
	s.open(r)
	s.request(r, w)
	s.answer(r, w)
	s.session(r)
	if !w.NoLead {
		s.lead(r, w)
	}
	if !w.NoDamage {
		s.Request.Damage = damage(r, 35)
		s.Answer.Damage = damage(r, 35)
	}
	return s
}

func (r rng) key() string {
	var k [16]byte
	for i := range k {
		k[i] = byte(r.Uint32())
	}
	return base64.StdEncoding.EncodeToString(k[:])
}

func (s *Scene) open(r rng) {
	if r.chance(15) {
		s.Open += " ip6"
		if r.chance(50) {
			s.Host = "[2001:db8::" + fmt.Sprintf("%x", 1+r.IntN(0xfff)) + "]"
		}
	}
	if r.chance(10) {
		s.Open += fmt.Sprintf(" mss=%d", pick(r, 536, 1220, 1380, 9000))
	}
}

// authority is the Host of the scene.
func (s *Scene) authority(r rng, w Wish) string {
	if s.Port == 80 && (w.NoProxy || r.chance(90)) {
		return s.Host
	}
	return fmt.Sprintf("%s:%d", s.Host, s.Port)
}

// damage makes a write arrive in pieces, twice or turned around.
func damage(r rng, percent int) (list []string) {
	if !r.chance(percent) {
		return nil
	}
	if r.chance(70) {
		list = append(list, fmt.Sprintf("split %d", 1+r.IntN(120)))
	}
	switch r.IntN(4) {
	case 0:
		list = append(list, "swap")
	case 1:
		list = append(list, fmt.Sprintf("dup %d", 1+r.IntN(2)))
	}
	return list
}

// spell changes the letter case of a field name.
func (r rng) spell(name string) string {
	switch r.IntN(10) {
	case 0, 1:
		return strings.ToLower(name)
	case 2:
		return strings.ToUpper(name)
	case 3:
		b := []byte(strings.ToLower(name))
		for i := range b {
			if r.chance(50) {
				b[i] = []byte(strings.ToUpper(name))[i]
			}
		}
		return string(b)
	}
	return name
}

// dress varies case, blanks and order of fields, all without meaning.
func (r rng) dress(h *Head, w Wish) {
	if w.Plain {
		return
	}
	lower := r.chance(20)
	for i := range h.Fields {
		f := &h.Fields[i]
		switch {
		case lower:
			f.Name = strings.ToLower(f.Name)
		case r.chance(20):
			f.Name = r.spell(f.Name)
		}
		f.Sep = pick(r, ": ", ": ", ": ", ": ", ":", ":  ", ":\t")
		if r.chance(10) {
			f.Value += pick(r, " ", "\t", " \t ")
		}
	}
	if r.chance(60) {
		r.shuffle(h.Fields)
	}
}

// shuffle changes the order of fields of different names.
func (r rng) shuffle(list []Field) {
	for range 2 * len(list) {
		i, j := r.IntN(len(list)), r.IntN(len(list))
		if canSwap(list, min(i, j), max(i, j)) {
			list[i], list[j] = list[j], list[i]
		}
	}
}

// canSwap keeps lines of one name in their order.
func canSwap(list []Field, i, j int) bool {
	for k := i; k <= j; k++ {
		for _, end := range []int{i, j} {
			if k != end && strings.EqualFold(list[k].Name, list[end].Name) {
				return false
			}
		}
	}
	return i != j
}
