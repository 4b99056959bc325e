package report

import (
	"strings"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/rules"
)

// fixPicker chooses among the fixes of a rule.
type fixPicker struct {
	answered string // product that answered
	hop      string // intermediary that shows; worked out when it is needed
	agent    string // program that made the request; the same
	h        *analyzer.Handshake
}

// fix gives the fix for the software at fault, as far as it is known, and whom
// it is for; "" = anybody. Where no fix is for what is there, an example.
func (p *fixPicker) fix(r *rules.Rule, actor rules.Actor) (snippet, product string) {
	if len(r.Fixes) == 0 {
		return "", ""
	}
	if f := &r.Fixes[0]; len(r.Fixes) == 1 && isParty(f.Product) {
		return f.Snippet, f.Product // whoever is at fault
	}
	best, rank := 0, 0
	party, fault := p.party(actor)
	for i := range r.Fixes {
		if n := p.rank(&r.Fixes[i], party, fault); n > rank {
			best, rank = i, n
		}
	}
	f := r.Fixes[best]
	switch {
	case f.Product == "any", f.Product == "either":
		return f.Snippet, ""
	case rank == 0 && !isParty(f.Product):
		return exampleOf(f), ""
	}
	return f.Snippet, f.Product
}

// isParty reports whether a fix is for whoever has that part, not for a product.
func isParty(product string) bool {
	return product == "client" || product == "server" || product == "proxy"
}

const exampleMark = "for instance "

// IsExample reports whether a fix is for a product that is not known to be there.
func IsExample(fix string) bool { return strings.HasPrefix(fix, exampleMark) }

// FixIn gives the fix of a rule that blames an intermediary for the one that answered
// as a record names it, and its product; an example if it has none for that.
func FixIn(r *rules.Rule, answeredBy string) (fix, product string) {
	hop := answeredBy
	if _, via, ok := strings.Cut(answeredBy, " via "); ok {
		hop = via
	}
	return (&fixPicker{answered: answeredBy, hop: hop}).fix(r, rules.Intermediary)
}

// exampleOf is a fix for a product that is not known to be there: it shows what has
// to be set, and says that it does so for one of several.
func exampleOf(f rules.Fix) string {
	return exampleMark + f.Product + ":\n  " + strings.ReplaceAll(f.Snippet, "\n", "\n  ")
}

// party names the party at fault, and the software at fault as far as it is known.
func (p *fixPicker) party(actor rules.Actor) (party, fault string) {
	switch actor {
	case rules.Client:
		return actorName(actor), p.client()
	case rules.Intermediary:
		if p.hop == "" && p.h != nil {
			p.hop = hopOf(p.h, p.answered)
		}
		return "proxy", p.hop
	case rules.Any, rules.Server, rules.Network, rules.Capture:
	}
	return actorName(actor), p.answered
}

// client names the program that made the request; its User-Agent if it is not known.
func (p *fixPicker) client() string {
	if p.agent == "" && p.h != nil && p.h.Request != nil {
		p.agent = clientOf(p.h.Request)
	}
	return p.agent
}

func clientOf(m *analyzer.Message) string {
	var room [24]string
	names := room[:0]
	for i := range m.NumFields() {
		names = append(names, m.Name(i))
	}
	agent, _ := fieldValue(m, "User-Agent")
	if name := rules.UserAgent(names, agent); name != "" {
		return name
	}
	return agent
}

// rank says how well a fix suits: the named software of the party at fault, its
// language, the party, anybody, the software that answered. What is to be done in the
// client suits the program that asked, and nobody else.
func (p *fixPicker) rank(f *rules.Fix, party, fault string) int {
	answered := p.answered
	if f.Client {
		fault, answered = p.client(), ""
	}
	switch {
	case sameProduct(f.Product, fault):
		return 6
	case sameProduct(f.Product, platform(fault)):
		return 5
	case f.Product == party:
		return 4
	case f.Product == "any", f.Product == "either":
		return 3
	case sameProduct(f.Product, answered):
		return 2
	}
	return 0
}

// platform names what a library is made for, empty if that is not known.
func platform(named string) string {
	switch firstWord(named) {
	case "gorilla", "coder", "x":
		return "Go"
	case "ws", "WebSocket-Node", "Engine.IO":
		return "Node.js"
	case "Chrome", "Firefox", "Safari":
		return "browser"
	}
	return ""
}

// sameProduct reports whether one of the names in product, like "nginx" or
// "Traefik/Envoy", leads the name that the software gave itself.
func sameProduct(product, named string) bool {
	named = firstWord(named)
	if named == "" {
		return false
	}
	for name := range strings.SplitSeq(product, "/") {
		if strings.EqualFold(firstWord(name), named) {
			return true
		}
	}
	return strings.EqualFold(product, named)
}

func firstWord(s string) string {
	s = strings.TrimSpace(s)
	if i := strings.IndexAny(s, " /(>"); i > 0 {
		return s[:i]
	}
	return s
}
