package rules

import (
	"slices"
	"strings"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/field"
)

// Row says what may be blamed for an ending: one row of the table of causes.
type Row struct {
	Name   string  // the ending, in words
	Ends   []Match // the row is for any of these
	Stages []Stage // best first
}

// Stage is a family that may be blamed, or some rules of it.
type Stage struct {
	Family Family
	// Rules bounds the stage to these rules, ids or prefixes that end in '*';
	// empty = all of the family.
	Rules []string
	// Except leaves rules out, written like Rules.
	Except []string
	// Unlisted asks further that the version that the request names is not among
	// those that the response lists.
	Unlisted bool
	Note     string // the bound in words; empty if there is none
}

// rules that say that the upgrade fields were taken out on the way, or that the
// hop never meant to relay them.
var stripping = []string{
	"proxy-stripped-upgrade", "proxy-upgrade-mangled", "proxy-middlebox-stripped-upgrade",
	"proxy-http10-upstream", "proxy-cdn-strips-handshake", "proxy-forward-no-tunnel",
}

func of(families ...Family) []Stage {
	all := make([]Stage, len(families))
	for i, f := range families {
		all[i] = Stage{Family: f}
	}
	return all
}

func some(f Family, note string, ids ...string) Stage {
	return Stage{Family: f, Rules: ids, Note: note}
}

// Table gives the table of causes: for each ending what may be blamed. The
// first row that matches an ending counts. Beside the families of its row an
// ending may be blamed on any rule whose own Endings name it, and on any
// symptom.
func Table() []Row { return slices.Clone(table[:]) }

// Stages that several rows share, or that need words.
var (
	early = Stage{
		Family: Syntax, Except: []string{"client-data-before-101"},
		Note: "not early data: that is answered by a close",
	}
	stripped = some(Proxy, "if the upgrade fields were taken out", stripping...)
	// Many servers take HTTP/1.0, and fail for reasons of their own.
	taken = some(Proxy, "if the upgrade fields were taken out", "proxy-stripped-upgrade", "proxy-upgrade-mangled")
	// A server that routes by method and path takes a request that does not ask for
	// the upgrade for an ordinary one, and knows no such page; one that does not look
	// fails while it upgrades.
	unasked = some(Headers, "if the request does not ask for the upgrade",
		"request-upgrade-missing", "request-upgrade-not-websocket", "request-connection-missing",
		"request-connection-no-upgrade", "request-missing-upgrade-tokens")
	// Servers that route by method and path first know no route for another method,
	// and Cowboy demands the upgrade of whatever is not a GET.
	method = some(Protocol, "the method", "request-method-not-get", "request-method-case")
	// Some clients do not hang up: they wait for another answer until the server does.
	unusable = some(Response, "if the client has to refuse the 101 and never used it",
		"response-missing-upgrade-tokens", "response-upgrade-missing", "response-upgrade-mismatch", "response-connection-missing",
		"response-connection-no-upgrade", "response-accept-missing", "response-accept-mismatch")
	// What a server computes its 101 from: those that take it for granted fail.
	unread = some(Headers, "if what the 101 is made from is missing", "request-key-missing", "request-host-missing")
)

var table = [...]Row{
	{"no SYN+ACK, no connection", Ends(analyzer.EndingNoTCP), of(Transport)},
	{"TLS alert or silent end of TLS", Ends(analyzer.EndingTLS), of(TLS, Protocol)},
	{
		"RST, FIN or silence before a status", Ends(analyzer.EndingNoStatus),
		of(Syntax, Protocol, Headers, Proxy, Transport),
	},
	{"the answer is not HTTP", Ends(analyzer.EndingNotHTTP), of(TLS, Protocol)},
	{"status 400", Status(400), slices.Concat([]Stage{early}, of(Protocol, Proxy, Version, Headers, Negotiation))},
	{"status 401", Status(401), of(Auth)},
	{"status 403", Status(403), of(Origin, Auth)},
	{"status 407", Status(407), of(Proxy)},
	{"status 405", Status(405), []Stage{
		stripped, some(Protocol, "the method", "request-method-*", "http-h2-extended-connect"), unasked, {Family: Routing},
	}},
	{"status 404, 410 or 421", Status(404, 410, 421), []Stage{stripped, method, unasked, {Family: Routing}}},
	{"status 3xx", StatusRange(300, 399), []Stage{
		stripped, {Family: Routing}, some(Auth, "to a login page", "auth-redirect-login", "auth-cookie-missing"),
	}},
	{"status 408", Status(408), []Stage{some(Syntax, "head incomplete", "request-head-*"), {Family: Transport}}},
	{"status 413, 414 or 431", Status(413, 414, 431), []Stage{
		some(Headers, "size", "http-request-head-too-large"),
	}},
	{"status 417", Status(417), []Stage{some(Syntax, "Expect", "request-expect-*")}},
	{"status 426", Status(426), []Stage{
		{Family: Version, Unlisted: true, Note: "if the version asked for is not among those listed"},
		{Family: Proxy}, method, {Family: Headers},
	}},
	{"status 429 or 503", Status(429, 503), of(Backend)},
	{"status 500", Status(500), []Stage{
		taken, some(Version, "if there is none", "request-version-missing"), unread, unasked,
		{Family: Backend}, {Family: Negotiation, Note: "what the client offered"},
	}},
	{"status 501 or 505", Status(501, 505), of(Protocol, Backend)},
	{"status 502, 504 or 52x", slices.Concat(Status(502, 504), StatusRange(520, 530)), of(Backend)},
	{"status 2xx", StatusRange(200, 299), []Stage{
		{Family: Proxy},
		some(Protocol, "HTTP version", "request-http-version-*", "request-method-*"),
		some(Headers, "Upgrade and Connection", "request-upgrade-*", "request-connection-*", "request-missing-upgrade-tokens"),
		{Family: Routing},
	}},
	{"another status", Ends(analyzer.EndingStatus), of(Proxy, Protocol, Routing, Backend)},
	{"101, then the client leaves", Ends(analyzer.EndingClientLeft), slices.Concat(
		[]Stage{some(Syntax, "what clients cannot read in the 101", "header-name-invalid", "header-control-octet", "header-space-before-colon")},
		of(Response, Negotiation, PostUpgrade),
	)},
	{"Close 1002, 1003 or 1007", CloseCodes(1002, 1003, 1007), of(PostUpgrade, Negotiation)},
	{"Close 1008 or 44xx", slices.Concat(CloseCodes(1008), closeRange(4400, 4499)), of(Auth, Origin)},
	{"Close 1010", CloseCodes(1010), of(Negotiation)},
	{"Close 1011 to 1014", closeRange(1011, 1014), of(Backend)},
	{"another Close", Ends(analyzer.EndingClose), of(PostUpgrade, Negotiation, Auth, Origin, Backend)},
	{
		"101, then the server side ends without a Close frame", Ends(analyzer.EndingDropped),
		slices.Concat([]Stage{unusable}, of(PostUpgrade, Negotiation, Proxy, Backend, Transport)),
	},
}

func closeRange(from, to int) []Match { return []Match{{analyzer.EndingClose, from, to}} }

// rowOf gives the row of an ending and its index; nil if it has none.
func rowOf(e analyzer.Ending) (row *Row, index int) {
	for i := range table {
		for _, m := range table[i].Ends {
			if m.Matches(e) {
				return &table[i], i
			}
		}
	}
	return nil, -1
}

// places remembers where the rules have their place in the rows of the table: 0 is
// not known yet, else 2 more than the place. The two are for versions that the
// response lists and for others, see Stage.Unlisted.
type places [len(table)][2][RuleSetSize]int8

// place gives the position of the stage of the row that admits the rule of a
// finding, -1 if none does.
func (t *trial) place(f *Finding) int {
	if t.row == nil {
		return -1
	}
	known := &t.run.places[t.rowIndex]
	for unlisted := range known {
		if known[unlisted][f.index] == 0 {
			known[unlisted][f.index] = int8(t.row.place(f.Rule, unlisted == 1) + 2)
		}
	}
	at := known[0][f.index]
	if at != known[1][f.index] && versionUnlisted(t.h) {
		at = known[1][f.index]
	}
	return int(at) - 2
}

func (row *Row) place(r *Rule, unlisted bool) int {
	for i := range row.Stages {
		if row.Stages[i].admits(r, unlisted) {
			return i
		}
	}
	return -1
}

func (s *Stage) admits(r *Rule, unlisted bool) bool {
	if s.Family != r.Family || s.Unlisted && !unlisted {
		return false
	}
	return (len(s.Rules) == 0 || covers(s.Rules, r.ID)) && !covers(s.Except, r.ID)
}

// covers reports whether id is in a list of ids and prefixes that end in '*'.
func covers(list []string, id string) bool { return coveredAt(list, id) >= 0 }

func coveredAt(list []string, id string) int {
	return slices.IndexFunc(list, func(to string) bool {
		prefix, open := strings.CutSuffix(to, "*")
		return id == to || open && strings.HasPrefix(id, prefix)
	})
}

// names reports whether the rule's own condition names the ending.
func (r *Rule) names(e analyzer.Ending) bool {
	return slices.ContainsFunc(r.Endings, func(m Match) bool { return m.Matches(e) })
}

// versionUnlisted reports whether a refusal leaves the version that was asked
// for out of its list. A refusal without a list does not tell: it counts.
func versionUnlisted(h *analyzer.Handshake) bool {
	if h.Request == nil || h.Response == nil {
		return false
	}
	listed := field.Elements(h.Response.Values("Sec-WebSocket-Version")...)
	// Several lines are one list, which no version of the response equals.
	asked := strings.Join(h.Request.Values("Sec-WebSocket-Version"), ", ")
	return !slices.ContainsFunc(listed, func(e field.Element) bool { return e.Text == asked })
}
