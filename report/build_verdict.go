package report

import (
	"slices"
	"strings"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/rules"
)

func (b *Builder) addVerdict(rec *Handshake, h *analyzer.Handshake, v *rules.Verdict) {
	pick := &fixPicker{h: h, answered: v.AnsweredBy}
	rec.RootCause = b.rootCauseOf(v, pick)
	b.findings = slices.Grow(b.findings[:0], len(v.Findings)+1) // never nil
	for i := range v.Findings {
		b.findings = append(b.findings, b.findingOf(&v.Findings[i], pick))
	}
	rec.Findings = b.findings[:len(b.findings):len(b.findings)]
	rec.Inconclusive = make([]Inconclusive, 0, len(v.Inconclusive))
	for _, i := range v.Inconclusive {
		rec.Inconclusive = append(rec.Inconclusive, Inconclusive{Rule: i.Rule.ID, Because: i.Because})
	}
	rec.ClientViews = b.clientViews(h, v)
}

// clientViews gives what clients print; of a failure only.
func (b *Builder) clientViews(h *analyzer.Handshake, v *rules.Verdict) []ClientView {
	if v.Cause == nil {
		return []ClientView{}
	}
	b.views = rules.AppendClientViews(b.views[:0], h)
	b.clients = slices.Grow(b.clients[:0], len(b.views)+1) // never nil
	for _, c := range b.views {
		b.clients = append(b.clients, ClientView{Client: c.Client, Version: c.Version, Text: Text(c.Text)})
	}
	return b.clients[:len(b.clients):len(b.clients)]
}

func userAgent(h *analyzer.Handshake) string {
	if h.Request == nil {
		return ""
	}
	agent, _ := fieldValue(h.Request, "User-Agent")
	return agent
}

// Undetermined is the rule of a root cause that could not be told.
const Undetermined = "undetermined"

func (b *Builder) rootCauseOf(v *rules.Verdict, pick *fixPicker) *RootCause {
	c := v.Cause
	if c == nil {
		return nil
	}
	rec := &b.cause
	*rec = RootCause{
		Rule: Undetermined, Actor: actorName(c.Actor), Confidence: c.Confidence,
		Label: ConfidenceLabel(c.Confidence), Summary: Text(c.Summary),
		Candidates: make([]Candidate, 0, len(c.Candidates)),
	}
	for _, k := range c.Candidates {
		rec.Candidates = append(rec.Candidates, candidateOf(k))
	}
	if c.RunnerUp != nil {
		k := candidateOf(*c.RunnerUp)
		rec.RunnerUp = &k
	}
	if c.Rule != nil {
		rec.Rule = c.Rule.ID
		rec.Fix, rec.FixFor = pick.fix(c.Rule, c.Actor)
		if own := primaryFix(v); own != "" {
			rec.Fix, rec.FixFor = own, ""
		}
	}
	return rec
}

func candidateOf(c rules.Candidate) Candidate {
	return Candidate{Rule: c.Rule.ID, Confidence: c.Confidence}
}

// primaryFix is the fix that the primary finding brought itself.
func primaryFix(v *rules.Verdict) string {
	for i := range v.Findings {
		if v.Findings[i].Role == rules.Primary {
			return v.Findings[i].Fix
		}
	}
	return ""
}

// ConfidenceLabel names a confidence as the root-cause procedure does.
func ConfidenceLabel(c float64) string {
	switch {
	case c >= 0.90:
		return "certain"
	case c >= 0.75:
		return "high"
	case c >= 0.50:
		return "medium"
	}
	return "low"
}

func (b *Builder) findingOf(f *rules.Finding, pick *fixPicker) Finding {
	rec := Finding{
		Rule: f.Rule.ID, Role: roleName(f.Role), Severity: gradeName(f.Grade), Actor: actorName(f.Actor),
		Message:   Text(f.Message),
		Reference: f.Rule.Reference,
	}
	rec.Fix, rec.FixFor = fixOf(f, pick)
	from := len(b.evidence)
	b.evidence = slices.Grow(b.evidence, len(f.Evidence)+1)
	for i := range f.Evidence {
		e := &f.Evidence[i]
		b.evidence = append(b.evidence, Evidence{
			Side: e.Side.String(), At: b.atOf(e.Refs), Offset: e.Offset, Length: e.Length,
			Field: Text(e.Field), Value: Text(e.Value), Absent: e.Absent,
		})
	}
	rec.Evidence = b.evidence[from:len(b.evidence):len(b.evidence)]
	return rec
}

func actorName(a rules.Actor) string {
	switch a {
	case rules.Client:
		return "client"
	case rules.Server:
		return "server"
	case rules.Intermediary:
		return "intermediary"
	case rules.Network:
		return "network"
	case rules.Capture:
		return "capture"
	}
	return "unknown"
}

func roleName(r rules.Role) string {
	switch r {
	case rules.Primary:
		return "primary"
	case rules.Contributing:
		return "contributing"
	case rules.Consequence:
		return "consequence"
	case rules.Incidental:
		return "incidental"
	}
	return "note"
}

func gradeName(g rules.Grade) string {
	switch g {
	case rules.Error:
		return "error"
	case rules.Warning:
		return "warning"
	}
	return "info"
}

// fixPicker chooses among the fixes of a rule.
type fixPicker struct {
	answered string // product that answered
	hop      string // intermediary that shows; worked out when it is needed
	agent    string // User-Agent of the client; the same
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
	for i, f := range r.Fixes {
		if n := p.rank(f.Product, party, fault); n > rank {
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
		if p.agent == "" && p.h != nil {
			p.agent = userAgent(p.h)
		}
		return actorName(actor), p.agent
	case rules.Intermediary:
		if p.hop == "" && p.h != nil {
			p.hop = hopOf(p.h, p.answered)
		}
		return "proxy", p.hop
	case rules.Any, rules.Server, rules.Network, rules.Capture:
	}
	return actorName(actor), p.answered
}

// rank says how well a fix for product suits: the named software of the party
// at fault, its language, the party, anybody, the software that answered.
func (p *fixPicker) rank(product, party, fault string) int {
	switch {
	case sameProduct(product, fault):
		return 6
	case sameProduct(product, platform(fault)):
		return 5
	case product == party:
		return 4
	case product == "any", product == "either":
		return 3
	case sameProduct(product, p.answered):
		return 2
	}
	return 0
}

// platform names what a library is made for, empty if that is not known.
func platform(named string) string {
	switch firstWord(named) {
	case "gorilla", "coder":
		return "Go"
	case "ws", "Engine.IO":
		return "Node.js"
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
