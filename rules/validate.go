package rules

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// TitleLimit bounds a rule's title, in letters.
const TitleLimit = 70

// Validate checks a catalogue: every rule complete and well-formed, ids unique,
// suppressed rules known, no rule suppressing itself by any way round. It
// returns all faults joined, nil if there are none.
func Validate(all []*Rule) error {
	var faults []error
	byID := make(map[string]*Rule, len(all))
	for _, r := range all {
		if byID[r.ID] != nil {
			faults = append(faults, fmt.Errorf("rule %s: id used twice", r.ID))
		}
		byID[r.ID] = r
	}
	if len(all) > RuleSetSize {
		faults = append(faults, fmt.Errorf("catalogue: %d rules, at most %d", len(all), RuleSetSize))
	}
	for _, r := range all {
		for _, what := range r.faults(byID) {
			faults = append(faults, fmt.Errorf("rule %s: %s", r.ID, what))
		}
	}
	for _, ring := range rings(all, byID) {
		faults = append(faults, fmt.Errorf("rule %s: suppresses itself: %s", ring[0], strings.Join(ring, " > ")))
	}
	return errors.Join(faults...)
}

func (r *Rule) faults(byID map[string]*Rule) []string {
	var all []string
	add := func(wrong bool, what string) {
		if wrong {
			all = append(all, what)
		}
	}
	add(!idForm(r.ID), "id is not kebab-case")
	add(r.Family > Hygiene, "unknown family")
	add(r.Actor > Capture, "unknown actor")
	add(r.Level == 0 || r.Level > Diagnosis, "no level")
	add(r.Reference == "", "no reference")
	add(r.Check == nil, "no check")
	add(r.When == 0, "no situation (When)")
	all = append(all, titleFaults(r.Title)...)
	all = append(all, r.Doc.faults()...)
	all = append(all, r.gradeFaults()...)
	for _, id := range r.Suppresses {
		add(byID[id] == nil, "suppresses unknown rule "+id)
	}
	add(r.Collects && len(r.Suppresses) == 0, "collects nothing: Suppresses is empty")
	for i, f := range r.Fixes {
		add(f.Product == "" || strings.TrimSpace(f.Snippet) == "", fmt.Sprintf("fix %d: no product or no snippet", i+1))
	}
	for _, m := range r.Endings {
		add(m.Kind == 0 || m.From > m.To, "ending without a kind, or with an empty range")
	}
	return all
}

// idForm reports whether id is kebab-case: words of lower-case letters and
// digits joined by single hyphens, the first beginning with a letter.
func idForm(id string) bool {
	if id == "" || len(id) > 64 || id[0] < 'a' || id[0] > 'z' {
		return false
	}
	for word := range strings.SplitSeq(id, "-") {
		if word == "" || strings.Trim(word, "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
			return false
		}
	}
	return true
}

func titleFaults(title string) []string {
	var all []string
	if title == "" {
		all = append(all, "no title")
	}
	if utf8.RuneCountInString(title) > TitleLimit {
		all = append(all, fmt.Sprintf("title longer than %d letters", TitleLimit))
	}
	if strings.HasSuffix(title, ".") || strings.ContainsAny(title, "\r\n\t") || strings.TrimSpace(title) != title {
		all = append(all, "title ends in a full stop or holds odd blanks")
	}
	return all
}

func (d Doc) faults() []string {
	var all []string
	for _, part := range [...]struct{ name, text string }{{"seen", d.Seen}, {"why", d.Why}, {"change", d.Change}} {
		if !sentences(part.text) {
			all = append(all, "doc: "+part.name+" is not a full sentence")
		}
	}
	if d.After != "" && d.Before == "" {
		all = append(all, "doc: an example after without one before")
	}
	return all
}

// sentences reports whether text ends as a sentence does.
func sentences(text string) bool {
	text = strings.TrimRight(text, "\"')`»”")
	return text != "" && strings.ContainsAny(text[len(text)-1:], ".!?")
}

// gradeFaults checks that what can be blamed for a failure is reported as one.
func (r *Rule) gradeFaults() []string {
	var all []string
	s := r.Severity
	if s.Established > Error || s.Failed > Error || r.Cause > IsSymptom {
		all = append(all, "unknown severity or kind of cause")
	}
	if s.Established == Silent && s.Failed == Silent {
		all = append(all, "never reported: both severities are silent")
	}
	if r.Cause != NotCause && s.Failed == Silent {
		all = append(all, "can be a root cause, but is silent when the handshake failed")
	}
	if r.Cause != NotCause && (r.Family == Meta || r.Family == Hygiene) {
		all = append(all, "meta and hygiene rules are never a root cause")
	}
	return all
}

// rings gives one way round for every rule from which suppression leads back to
// itself, as ids, the first repeated at the end.
func rings(all []*Rule, byID map[string]*Rule) [][]string {
	var found [][]string
	state := make(map[string]uint8, len(all)) // 1 = on the path, 2 = done
	var path []string
	var walk func(id string)
	walk = func(id string) {
		state[id] = 1
		path = append(path, id)
		for _, next := range byID[id].Suppresses {
			switch {
			case byID[next] == nil || state[next] == 2:
			case state[next] == 1:
				found = append(found, ringFrom(path, next))
			default:
				walk(next)
			}
		}
		path = path[:len(path)-1]
		state[id] = 2
	}
	for _, r := range all {
		if state[r.ID] == 0 {
			walk(r.ID)
		}
	}
	return found
}

func ringFrom(path []string, id string) []string {
	for i, at := range path {
		if at == id {
			return append(append([]string(nil), path[i:]...), id)
		}
	}
	return []string{id, id}
}
