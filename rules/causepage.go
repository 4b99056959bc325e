package rules

import "strings"

// CausePage renders the root-cause procedure with its tables as a Markdown page.
func CausePage() string {
	var x pageWriter
	x.f("%s\n\n%s\n", Generated, strings.TrimSpace(causeIntro))
	x.f("\n## What may be blamed for which ending\n\nBest first; the first row that fits counts.\n\n| ending | may be blamed |\n|---|---|\n")
	for _, row := range table {
		x.f("| %s | %s |\n", row.Name, stageWords(row.Stages))
	}
	x.f("\n%s\n", strings.TrimSpace(causeOutsiders))
	x.f("\n## Precedence\n\n| rank | family | |\n|---|---|---|\n")
	for f := Meta; f <= Hygiene; f++ {
		x.f("| %d | %s | %s |\n", f, f, familyWords[f])
	}
	x.f("\n%s\n", strings.TrimSpace(causeOrder))
	x.f("\n| stack | checks in this order |\n|---|---|\n")
	for _, o := range append(serverOrders[:len(serverOrders):len(serverOrders)], chromiumOrder, firefoxOrder) {
		x.f("| %s | `%s` |\n", o.product, strings.Join(o.rules, "`, `"))
	}
	x.confidence()
	return x.String()
}

func stageWords(stages []Stage) string {
	all := make([]string, len(stages))
	for i, s := range stages {
		all[i] = s.Family.String()
		if s.Note != "" {
			all[i] += " (" + s.Note + ")"
		}
	}
	return strings.Join(all, ", ")
}

func (x *pageWriter) confidence() {
	x.f("\n## Confidence\n\n| what is known of the cause | base |\n|---|---|\n")
	for _, p := range [...]struct {
		words string
		base  float64
	}{
		{"the party that ended the attempt says so: alert, version list, body text, close reason", confidenceStated},
		{"proved: both legs captured, or recomputed and followed by the client leaving", confidenceProved},
		{"breach whose refusal the specification demands, no other candidate", confidenceMandated},
		{"the same with other candidates", confidenceContested},
		{"SHOULD level, a breach that got 500, or known practice of this client or server", confidencePractice},
		{"markers, timing", confidenceHeuristic},
		{"nothing but how it ended", confidenceStatus},
	} {
		x.f("| %s | %.2f |\n", p.words, p.base)
	}
	x.f("\nLess %.2f if bytes are missing in the message, %.2f if only one direction was captured, %.2f if the capture starts mid-stream, "+
		"%.2f if another attempt with the same fault was accepted. At most %.2f if a segment of that side was sent again with other octets. More by %.2f (at most %.2f) if a later attempt without the fault, otherwise equal, was accepted.\n",
		lessGap, lessOneWay, lessMidStream, lessCounterExample, mostDisputed, moreDifferential, mostDifferential)
	x.f("\nFrom 0.90 a cause is called certain, from 0.75 high, from 0.50 medium, from %.2f low. Below that it is undetermined and the candidates are listed. "+
		"A rejected candidate within %.2f of the cause is named as the runner-up.\n", UndeterminedBelow, RunnerUpWithin)
}

const causeIntro = `
# From findings to one root cause

A failed handshake usually shows several faults. The root cause is the earliest finding that

1. could have been seen by the party that ended the attempt,
2. happened before it ended,
3. is compatible with how it ended,
4. is not merely a consequence of another finding.

Only among the findings that remain does precedence by stage apply. An established handshake has no root cause, only notes.

A server that answers or hangs up has seen the request, not its own response. A client that leaves after a 101 objects to what the server did: a fault of its own that the server tolerated cannot make it leave. After a Close frame the frames of the other side count.
`

const causeOutsiders = `
Beside these an ending may be blamed on any rule whose own condition names it (a 403 of a firewall, a 404 that hides an origin check), on any rule that the body of the refusal points to, and on any rule that only restates the ending. Findings that are not compatible are kept as incidental.
`

const causeOrder = `
A finding that another one explains away is a consequence. A rule that only restates the ending loses to every specific one. Among what remains the lowest rank wins; auth, origin and routing have no universal order, so among them the row of the ending decides. Inside a stage: faults that are enough by themselves, then proof, then the order in which the stack is known to check, then the place in the stream.
`
