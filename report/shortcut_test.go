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

// TestPlainPairsHoldNoMore: of pairs that are plain the other ways to find a credential find
// nothing that is not a value.
func TestPlainPairsHoldNoMore(t *testing.T) {
	plain := 0
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOf(rapid.SampledFrom([]string{"sid", "token", "=", "; ", ";", "eyJhbGciOiJub25lIn0", "a.b-c_d", " ", "x=1", `"`, "+", ",", ":", "auth=" + strings.Repeat("aB1", 15)})).Draw(t, "parts")
		s := strings.Join(parts, "")
		if !plainPairs(s) {
			return
		}
		plain++
		values := map[span]bool{}
		cookieSecrets(s, func(at span) { values[at] = true })
		note := func(at span) {
			if !values[at] {
				t.Fatalf("%q: %v is none of %v", s, at, values)
			}
		}
		scanParameters(s, note)
		scanColons(s, note)
		scanUserinfo(s, note)
	})
	if plain < 5 {
		t.Errorf("%d texts: that shows nothing", plain)
	}
	for s, want := range map[string]bool{"sid=abc; theme=dark": true, "a=b;c=d": false, "a=b=c": false, "a; b=c": false, `a="b"`: false} {
		if got := plainPairs(s); got != want {
			t.Errorf("%q: %t", s, got)
		}
	}
}

// TestKnownWords: a message that came before is looked through like one that did not.
func TestKnownWords(t *testing.T) {
	known := 0
	env := Env{OneCapture: true, Redactor: NewRedactor(false)}
	rapid.Check(t, func(t *rapid.T) {
		const alphabet = "s3cr3t-v4lue.0123456789abcdef"
		piece := rapid.SampledFrom([]string{alphabet, alphabet[:7], alphabet[:8], alphabet[5:20], alphabet[21:], alphabet[22:], "theme", "eyJhbGciOiJub25lIn0xyz", "other words"}).Draw(t, "piece")
		words := rapid.SampledFrom([]string{"%", `the cookie "%" is odd`, `"%…" was cut`, `cookie sid: "%"`, `a\u0020% b`}).Draw(t, "words")
		secrets := rapid.SliceOfN(rapid.SampledFrom([]string{alphabet, "theme", "abcd", "x" + alphabet + "y", "wor", "none of it"}), 4, 6).Draw(t, "secrets")
		words = strings.ReplaceAll(words, "%", piece)
		var b Builder
		for i, secret := range secrets {
			h, v := attempt("192.0.2.1:4000", "[2001:db8::1]:80"), verdict()
			h.Request = message([3]string{"GET", "/ws", "HTTP/1.1"}, "Host", "example.test", "Cookie", "sid="+secret)
			v.Findings[0].Message = words
			want := string(Build(h, v, env).AppendJSON(nil))
			got := b.Build(h, v, env)
			if got := string(got.AppendJSON(nil)); got != want {
				t.Fatalf("record %d\n got %s\nwant %s", i, got, want)
			}
			known += len(b.redaction.words)
		}
	})
	if known < 10 {
		t.Errorf("%d messages were known: that shows nothing", known)
	}
}
