// Package rules judges handshakes: it runs rules over the facts of a handshake
// and finds the one root cause of a failure.
//
// A [Rule] is a value with a Check function. The rules themselves live in
// package catalogue and import only this package and the analyzer; they read no
// clock, no file and no network. A rule declares the evidence it needs and is
// inconclusive where the capture lacks it. A rule looks like this:
//
//	var requestUpgradeMissing = &rules.Rule{
//		ID: "request-upgrade-missing", Family: rules.Headers, Title: "Upgrade missing",
//		Actor: rules.Client, Level: rules.Must, Cause: rules.IsCause, Sufficient: true,
//		Severity:  rules.Severity{Established: rules.Error, Failed: rules.Error},
//		Reference: "RFC 6455 s4.1", When: rules.OnRequest, Needs: analyzer.RequestHead,
//		Doc:       rules.Doc{Seen: "…", Why: "…", Change: "…"},
//		If:    rules.If(rules.UpgradeOdd),
//		Check: func(p *rules.Pass) {
//			if p.SecWebSocket() && !p.Request.Has("Upgrade") {
//				p.Found("Upgrade is absent; a server takes this for an ordinary GET", p.Head(p.Request, "Upgrade"))
//			}
//		},
//	}
//
// Rule.If says what a handshake has to show for Check to be worth running: the
// engine looks for [Mark]s once and skips most rules. A rule without it is right,
// too, but costs time for every handshake.
//
// A finding that turns up in many handshakes is better reported by [Pass.Later],
// which works out its words only where somebody reads them.
//
// Whether that finding is the cause of a failure is not the rule's business: the
// [Engine] decides it from how the attempt ended (see docs/root-cause.md). A rule
// helps by Finding.Proof where it knows more than its level says, by
// Rule.Endings where its own condition names the ending, and by evidence that
// lies with the party at fault: who could see a fault is read from the side of
// its evidence.
package rules
