package catalogue

import (
	"strings"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/rules"
)

var requestSecHeaderTypo = rules.Rule{
	ID: "request-sec-header-typo", Family: rules.Headers, Title: "Misspelt handshake field",
	Doc: rules.Doc{
		Seen:   "A required field is missing, and a field with nearly its name is there.",
		Why:    "Servers ignore names that they do not know and refuse for the missing one.",
		Change: "Correct the name of the field that the finding shows; letter case does not matter, hyphens do.",
		Before: "Sec-Web-Socket-Key: aGFuZHNoYXJrLW5vbmNlIQ==", After: "Sec-WebSocket-Key: aGFuZHNoYXJrLW5vbmNlIQ==",
	},
	Actor: rules.Client, Level: rules.Observation, Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause: rules.IsCause, Reference: "RFC 6455 s4.1 (items 5 to 9); RFC 9110 s5.1",
	Needs: analyzer.RequestHead, When: rules.OnRequest,
	Suppresses: []string{"request-key-missing", "request-upgrade-missing", "request-version-missing"},
	Fixes:      requestFixes,
	ClientSees: "`Unexpected response code: 400`",
	If:         rules.If(rules.KeyOdd, rules.VersionOdd, rules.UpgradeOdd, rules.ConnectionOdd),
	Check:      checkTypo,
}

// requiredNames are the fields that a handshake needs and whose names are long
// enough to tell a slip from another field.
var requiredNames = [...]string{"Sec-WebSocket-Key", secVersion, "Upgrade", "Connection"}

func checkTypo(p *rules.Pass) {
	if p.Dialect != analyzer.RFC6455 {
		return
	}
	for _, want := range requiredNames {
		if p.Request.Has(want) {
			continue
		}
		for i := range p.Request.NumFields() {
			if name := p.Request.Name(i); misspelt(name, want) {
				p.Report(rules.Finding{
					Message: "field " + rules.Quote(name) + "; " + want + " is missing", Proof: rules.Mandated,
					Evidence: []rules.Evidence{p.Field(p.Request, i)},
				})
			}
		}
	}
}

// misspelt reports whether name is want with one or two slips of the pen, or
// with underscores for hyphens.
func misspelt(name, want string) bool {
	name, want = strings.ToLower(name), strings.ToLower(want)
	const slips = 2
	if name == want+"1" || name == want+"2" { // the keys of Hixie-76
		return false
	}
	if strings.ReplaceAll(name, "_", "-") == want {
		return true
	}
	d := len(name) - len(want)
	return d <= slips && d >= -slips && slipsBetween(name, want) <= slips
}

// slipsBetween is the Damerau-Levenshtein distance of two short names: letters
// added, dropped, changed, or swapped with their neighbour.
func slipsBetween(a, b string) int {
	const most = 32
	if len(a) >= most || len(b) >= most {
		return most
	}
	var rows [most][most]int
	for i := range len(a) + 1 {
		rows[i][0] = i
	}
	for j := range len(b) + 1 {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
