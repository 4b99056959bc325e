package report

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestPieceLikeALaterText: a piece that is the same text as one behind it is not made what
// that is before that was looked at.
func TestPieceLikeALaterText(t *testing.T) {
	const text = "/?token=s3cr3tvalue99"
	h := request(text)
	h.Session = &Session{Close: &Close{Reason: text}}
	h.Findings = []Finding{{Evidence: []Evidence{{Value: text}}}}
	shown(h)
	for _, got := range []Text{h.Session.Close.Reason, h.Request.Target, h.Findings[0].Evidence[0].Value} {
		if want := Text("/?token=‹redacted, 13 bytes, #1›"); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// TestHasRun compares with a look at each octet.
func TestHasRun(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOfN(rapid.SampledFrom([]rune("aaaaaaaab=.+~- :\xff")), 0, 60, -1).Draw(t, "text")
		least := rapid.IntRange(1, 20).Draw(t, "least")
		run, want := 0, false
		for i := range len(s) {
			if run++; !isTokenOctet(s[i]) {
				run = 0
			}
			want = want || run >= least
		}
		if got := hasRun(s, least); got != want {
			t.Fatalf("%q, %d octets: got %t", s, least, got)
		}
	})
}

// TestScanLooksWhereSomethingIs: what a text cannot hold by its looks is not looked for, and
// nothing else is left out.
func TestScanLooksWhereSomethingIs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOf(rapid.SampledFrom([]string{"token", "Cookie", ": ", ":", "a=b", " ", "://", "u", "@", "/", "Authorization", "\t", "Basic x", `"`, "\n"})).Draw(t, "parts")
		s := strings.Join(parts, "")
		var got, want []span
		scan(s, looksOf(s), func(at span) { got = append(got, at) })
		note := func(at span) { want = append(want, at) }
		scanParameters(s, note)
		scanColons(s, note)
		scanUserinfo(s, note)
		if len(got) != len(want) {
			t.Fatalf("%q: got %v, want %v", s, got, want)
		}
		for i := range got {
			if got[i] != want[i] {
				t.Fatalf("%q: got %v, want %v", s, got, want)
			}
		}
	})
}
