package rules

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/handshark/handshark/analyzer"
)

func explained() (*Rule, []*Rule) {
	r := fake("request-upgrade-missing", Headers, func(r *Rule) {
		r.Title = "Upgrade missing"
		r.Doc = Doc{
			Seen:   "A request that carries Sec-WebSocket-Key or another field of the handshake has no Upgrade field line at all.",
			Why:    "A server sees an ordinary GET.",
			Change: "Send it.",
			Before: "> !Upgrade",
			After:  "> Upgrade: websocket",
		}
		r.Needs = analyzer.RequestHead
		r.Fixes = []Fix{{Product: "nginx", Snippet: "proxy_set_header Upgrade $http_upgrade;\nproxy_http_version 1.1;"}}
		r.ClientSees = "`Unexpected response code: 400`"
		r.Reference = "RFC 6455 s4.1"
	})
	parent := fake("proxy-stripped-upgrade", Proxy, func(p *Rule) { p.Suppresses = []string{r.ID} })
	return r, []*Rule{parent, r}
}

func TestExplain(t *testing.T) {
	r, all := explained()
	want := `request-upgrade-missing
Upgrade missing

Family      headers: required request fields
Severity    error if the handshake failed, warning if it was established
Blames      client
Level       MUST
Root cause  yes
Reference   RFC 6455 s4.1

What is seen
  A request that carries Sec-WebSocket-Key or another field of the handshake has
  no Upgrade field line at all.

Why it fails
  A server sees an ordinary GET.

What to change
  Send it.

Before
    > !Upgrade

After
    > Upgrade: websocket

How to mend it
  nginx:
      proxy_set_header Upgrade $http_upgrade;
      proxy_http_version 1.1;

What clients print
  ` + "`Unexpected response code: 400`" + `

Evidence needed
  request head

Explained away by
  proxy-stripped-upgrade
`
	got := Explain(r, all)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	for line := range strings.Lines(got) {
		if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > 80 {
			t.Errorf("%d columns: %q", n, line)
		}
	}
}

func TestPage(t *testing.T) {
	r, all := explained()
	page := Page(r, all)
	for _, want := range []string{
		Generated, "# request-upgrade-missing", "[headers](README.md#headers)", "```\n> !Upgrade\n```",
		"[proxy-stripped-upgrade](proxy-stripped-upgrade.md)", "nginx:",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("page lacks %q:\n%s", want, page)
		}
	}
	if strings.HasSuffix(page, "\n\n") || !strings.HasSuffix(page, "\n") {
		t.Error("page does not end in one line end")
	}
}

func TestIndex(t *testing.T) {
	_, all := explained()
	index := Index(all)
	for _, want := range []string{"## proxy", "## headers", "| [request-upgrade-missing](request-upgrade-missing.md) | Upgrade missing | error | warning | yes |"} {
		if !strings.Contains(index, want) {
			t.Errorf("index lacks %q:\n%s", want, index)
		}
	}
	if strings.Contains(index, "## meta") {
		t.Error("index shows a family without rules")
	}
}

func TestCausePage(t *testing.T) {
	page := CausePage()
	for _, want := range []string{"| status 401 | auth |", "| status 403 | origin, auth |", "gorilla/websocket", "0.95", "runner-up"} {
		if !strings.Contains(page, want) {
			t.Errorf("page lacks %q", want)
		}
	}
}

func TestMarkdownIsEscaped(t *testing.T) {
	if got, want := mdText("a <b> * `c < d` _"), "a \\<b\\> \\* `c < d` \\_"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
