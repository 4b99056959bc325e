package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// ErrorText is something that clients print when a handshake failed, and where
// to look.
type ErrorText struct {
	// Text is what stands in the client's message, letter case and quotes aside.
	// {status} stands for a status code.
	Text    string
	Clients string   // who prints it
	Means   string   // what the words tell; one sentence
	Causes  []string // rules to look at, in this order: ids, or prefixes that end in '*'
	Status  int      // status whose candidates follow; 0 = the one in the text, if there is one
}

// ErrorRoute is what is known of a client's message.
type ErrorRoute struct {
	Entry  ErrorText
	Status int     // status code in the message; 0 = none
	Rules  []*Rule // candidates in the order in which to test them
}

// RouteError finds what a client's message can mean. all is the catalogue; ids
// that are not in it are left out. What programs put before the message and
// quotes of any form do not matter. ok is false for a message that is not known.
func RouteError(message string, all []*Rule) (route ErrorRoute, ok bool) {
	said := plainWords(message)
	best := -1
	for i := range errorTexts {
		status, found := matchText(plainWords(errorTexts[i].Text), said)
		if !found || best >= 0 && len(errorTexts[i].Text) <= len(errorTexts[best].Text) {
			continue
		}
		best, route.Status = i, status
	}
	if best < 0 {
		return ErrorRoute{}, false
	}
	route.Entry = errorTexts[best]
	route.Rules = expand(route.Entry.Causes, all)
	status := cmp.Or(route.Entry.Status, route.Status)
	for _, r := range expand(statusCauses(status), all) {
		if !slices.Contains(route.Rules, r) {
			route.Rules = append(route.Rules, r)
		}
	}
	return route, true
}

// plainWords makes messages comparable: lower case, one blank between words,
// quotes and the punctuation of escapes gone.
func plainWords(s string) string {
	s = strings.ToLower(s)
	s = strings.NewReplacer(`\"`, "", "'", "", `"`, "", "`", "", "’", "", "‘", "", "“", "", "”", "", "{status}", "{s}").Replace(s)
	return strings.Join(strings.Fields(s), " ")
}

// matchText looks for a known text, and for the status in its place.
func matchText(known, said string) (status int, ok bool) {
	before, after, has := strings.Cut(known, "{s}")
	if !has {
		return 0, strings.Contains(said, known)
	}
	for rest := said; ; {
		i := strings.Index(rest, before)
		if i < 0 {
			return 0, false
		}
		rest = rest[i+len(before):]
		if n := leadingStatus(rest); n > 0 && strings.HasPrefix(rest[3:], after) {
			return n, true
		}
	}
}

// leadingStatus reads three digits that are a status code and no longer number.
func leadingStatus(s string) int {
	if len(s) < 3 || len(s) > 3 && s[3] >= '0' && s[3] <= '9' {
		return 0
	}
	n, err := strconv.Atoi(s[:3])
	if err != nil || n < 100 || n > 599 {
		return 0
	}
	return n
}

// expand gives the rules of ids and prefixes, those of a prefix in catalogue order. A
// prefix leaves out what never comes with a status.
func expand(list []string, all []*Rule) []*Rule {
	var found []*Rule
	for _, id := range list {
		for _, r := range all {
			named := r.ID == id || r.When != OnNoStatus && covers([]string{id}, r.ID)
			if r.Cause != NotCause && named && !slices.Contains(found, r) {
				found = append(found, r)
			}
		}
	}
	return found
}

// NearErrors gives the known texts that share most words with a message, best
// first, at most three; none if no word is shared.
func NearErrors(message string) []string {
	said := strings.Fields(plainWords(message))
	type scored struct {
		text  string
		score float64
	}
	var list []scored
	for i := range errorTexts {
		words := strings.Fields(plainWords(errorTexts[i].Text))
		common := 0
		for _, w := range words {
			if len(w) > 3 && slices.Contains(said, w) {
				common++
			}
		}
		if common > 0 {
			list = append(list, scored{errorTexts[i].Text, float64(common) / float64(len(words))})
		}
	}
	slices.SortStableFunc(list, func(a, b scored) int { return cmp.Compare(b.score, a.score) })
	var near []string
	for _, x := range list[:min(len(list), 3)] {
		near = append(near, x.text)
	}
	return near
}

// causesShown bounds the candidates that ExplainError prints.
const causesShown = 30

// ExplainError renders a route as plain text of 80 columns.
func ExplainError(route ErrorRoute) string {
	var x explainer
	x.line(strings.ReplaceAll(route.Entry.Text, "{status}", strconv.Itoa(route.Status)))
	x.line("")
	x.entry("Printed by", route.Entry.Clients)
	x.entry("Means", route.Entry.Means)
	x.line("")
	x.line("Look for, in this order")
	width := 0
	for _, r := range route.Rules[:min(len(route.Rules), causesShown)] {
		width = max(width, len(r.ID))
	}
	for _, r := range route.Rules[:min(len(route.Rules), causesShown)] {
		x.line("  " + r.ID + strings.Repeat(" ", width-len(r.ID)+2) + cutWords(r.Title, textWidth-width-4))
	}
	if n := len(route.Rules) - causesShown; n > 0 {
		x.line(fmt.Sprintf("  and %d more: the words alone say little", n))
	}
	x.line("")
	x.line("handshark explain RULE tells more; handshark analyze tells which one it was.")
	return x.String()
}

// cutWords cuts text to a width, between words.
func cutWords(text string, width int) string {
	lines := wrap(text, max(8, width-1))
	if len(lines) == 1 {
		return text
	}
	return lines[0] + "…"
}

// ErrorPage renders all known texts as a Markdown page. all is the catalogue.
func ErrorPage(all []*Rule) string {
	var x pageWriter
	x.f("%s\n\n# What clients print\n\n%s\n\n| text | printed by | means | look for |\n|---|---|---|---|\n", Generated, errorIntro)
	for i := range errorTexts {
		e := &errorTexts[i]
		x.f("| %s | %s | %s | %s |\n", code(e.Text), mdCell(e.Clients), mdCell(e.Means), ruleLinks(errorCauses(e), all))
	}
	x.f("\n## By status\n\n| status | look for |\n|---|---|\n")
	for _, s := range statusRoutes {
		x.f("| %s | %s |\n", s.words(), ruleLinks(s.causes, all))
	}
	return x.String()
}

const errorIntro = "Search this page for the words of your client, or ask `handshark explain --error \"…\"`. Letter case and\n" +
	"quotes do not matter; `{status}` is a status code, whose candidates are listed below."

func errorCauses(e *ErrorText) []string {
	if e.Status == 0 {
		return e.Causes
	}
	return slices.Concat(e.Causes, statusCauses(e.Status))
}

func code(s string) string { return "`" + strings.ReplaceAll(mdCellBare(s), "`", "'") + "`" }

func mdCellBare(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

func ruleLinks(list []string, all []*Rule) string {
	found := expand(list, all)
	links := make([]string, len(found))
	for i, r := range found {
		links[i] = "[" + r.ID + "](rules/" + r.ID + ".md)"
	}
	if len(links) == 0 {
		return "the status"
	}
	return strings.Join(links, ", ")
}
