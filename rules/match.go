package rules

import "github.com/handshark/handshark/analyzer"

// Status gives the endings of those statuses, for Rule.Endings.
func Status(codes ...int) []Match { return matches(analyzer.EndingStatus, codes) }

// StatusRange gives the ending of the statuses from from to to, both included.
func StatusRange(from, to int) []Match {
	return []Match{{Kind: analyzer.EndingStatus, From: from, To: to}}
}

// CloseCodes gives the endings of those Close codes, for Rule.Endings.
func CloseCodes(codes ...int) []Match { return matches(analyzer.EndingClose, codes) }

// Ends gives the endings of those kinds, whatever the status or code.
func Ends(kinds ...analyzer.EndingKind) []Match {
	all := make([]Match, len(kinds))
	for i, k := range kinds {
		all[i] = Match{Kind: k}
	}
	return all
}

func matches(kind analyzer.EndingKind, codes []int) []Match {
	all := make([]Match, len(codes))
	for i, c := range codes {
		all[i] = Match{kind, c, c}
	}
	return all
}

// Matches reports whether e is the ending that m names.
func (m Match) Matches(e analyzer.Ending) bool {
	if m.Kind != e.Kind {
		return false
	}
	if m.From == 0 && m.To == 0 {
		return true
	}
	n := e.Status
	if e.Kind == analyzer.EndingClose {
		n = int(e.Code)
	}
	return m.From <= n && n <= m.To
}
