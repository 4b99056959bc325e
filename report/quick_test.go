package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/rules"
)

// headOf makes a head of field lines.
func headOf(start [3]string, lines string) *analyzer.Message {
	var fields []string
	for l := range strings.SplitSeq(lines, "\n") {
		name, value, _ := strings.Cut(l, ":")
		fields = append(fields, name, strings.TrimLeft(value, " "))
	}
	return message(start, fields...)
}

// FuzzBuilder: what a builder remembers of the records before changes nothing of a
// record, whatever is secret in it.
func FuzzBuilder(f *testing.F) {
	lines := "Host: example.test\nUser-Agent: secretly/1.0 abcdefgh\nAccept: */*\nX-Trace: s3cr3tvalue in a line that recurs\nDNT: 1"
	f.Add("/ws?a=1", lines, "Server: nginx", "refused", "send another Origin")
	f.Add("/ws?token=s3cr3tvalue", lines, "Server: nginx\nX: s3cr3tvalue", `said "s3cr3tva…`, "send s3cr3tvalue again")
	f.Add("/ws", lines+"\nCookie: sid=s3cr3tvalue; theme=dark", "Set-Cookie: a=nginx", "dark s3cr3tv", `set "s3cr3tvalue" \x73ecret`)
	f.Add("/ws", "User-Agent: abcdefgh\nAuthorization: Basic dXNlcjpzM2NyM3R2YWx1ZQ==\nCookie: a=User-Agent", "Location: /?x=s3cr3t%76alue", "\xff", "proxy_set_header &quot;s3cr3tvalue&quot;")
	f.Fuzz(func(t *testing.T, target, request, response, said, fix string) {
		var b Builder
		env := Env{OneCapture: true, Redactor: NewRedactor(false)}
		var kinds Kinds
		var kept Encoded
		made := func() (*analyzer.Handshake, *rules.Verdict) {
			h, v := attempt("192.0.2.1:4000", "[2001:db8::1]:80"), verdict()
			h.Request = headOf([3]string{"GET", target, "HTTP/1.1"}, request)
			h.Response = headOf([3]string{"", "", "HTTP/1.1"}, response)
			h.Interim = []*analyzer.Message{headOf([3]string{"", "", "HTTP/1.1"}, request)}
			h.Body.Data = []byte(said)
			v.Findings[0].Message, v.Findings[0].Fix = said, fix
			v.Inconclusive[0].Because = fix
			return h, v
		}
		for i := range 4 {
			h, v := made()
			want := Build(h, v, env).AppendJSON(nil)
			h, v = made()
			b.Encode(&kept, h, v, env)
			octets, manner := kinds.Keep(nil, &kept, i)
			got := Kept{Octets: octets, Manner: manner, Kinds: &kinds}
			if got := string(got.AppendJSON(nil)); got != string(want) {
				t.Fatalf("record %d\n got %s\nwant %s", i, got, want)
			}
			if (manner&NotUTF8 != 0) != strings.Contains(string(want), `{"base64":"`) {
				t.Fatalf("manner %d: %s", manner, want)
			}
		}
	})
}

// TestLinesAreKnown: a line is known from the third time on, one with a credential
// or with something to be escaped never.
func TestLinesAreKnown(t *testing.T) {
	m := headOf([3]string{"GET", "/", "HTTP/1.1"}, "Accept: */*\nCookie: a=b\nX: \"\nAccept: */"+strings.Repeat("*", longestLine)+"\nLoc: a%41\n: x")
	var x lineTable
	for i := range 4 {
		for k := range m.NumFields() {
			f := m.Field(k)
			if l := x.of(m, &f); (l != nil) != (k == 0 && i > 0) {
				t.Errorf("round %d, line %d: %v", i, k, l)
			}
		}
	}
}

func TestShortestDecimals(t *testing.T) {
	check := func(v float64) {
		if got, want := string(appendFloat(nil, v)), strconv.FormatFloat(v, 'f', -1, 64); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	for _, v := range []float64{0, math.Copysign(0, -1), 0.001, 0.0005, 1, 1.5, 0.95, 999999999999.999, 1e12, 1e21, -0.5, 0.1 + 0.2, 5e-324} {
		check(v)
	}
	rapid.Check(t, func(t *rapid.T) {
		check(rapid.Float64().Draw(t, "any"))
		check(millis(rapid.Int64Range(0, math.MaxInt64).Draw(t, "ns")))
		check(millis(rapid.Int64Range(0, 1e10).Draw(t, "less")))
	})
}

func TestTimesOneAfterTheOther(t *testing.T) {
	var c lastSecond
	check := func(v Time) {
		if got, want := string(c.append(nil, v)), string(appendTime(nil, v)); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	check(Time{})
	check(Time{time.Date(12345, 1, 2, 3, 4, 5, 6, time.FixedZone("x", 3600))})
	check(Time{time.Date(-1, 1, 2, 3, 4, 5, 0, time.UTC)})
	rapid.Check(t, func(t *rapid.T) {
		ns := rapid.Int64().Draw(t, "ns")
		check(TimeOf(ns))
		check(TimeOf(ns + rapid.Int64Range(-2e9, 2e9).Draw(t, "later")))
		check(TimeOf(ns / 1e9 * 1e9))
	})
}

// TestQuoted compares with what is written octet by octet.
func TestQuoted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := string(rapid.SliceOf(rapid.SampledFrom([]byte("abc\"\\\n\x00\x7f\x1f ~\x80\xe2\x80\xae\xb9\xff\xc3\xa9"))).Draw(t, "text"))
		want := `"`
		for _, r := range s {
			switch {
			case r == '"' || r == '\\':
				want += `\` + string(r)
			case r == '\n':
				want += `\n`
			case r < 0x20 || r == 0x7f || steersTerminal(r):
				want += fmt.Sprintf(`\u%04x`, r)
			default:
				want += string(r)
			}
		}
		got, valid := appendQuoted(nil, s)
		if string(got) != want+`"` || valid != utf8.ValidString(s) {
			t.Fatalf("%q: got %s, %t, want %s", s, got, valid, want)
		}
	})
}

func TestOctetParts(t *testing.T) {
	for c := range 256 {
		r, b := rune(c), byte(c)
		if c >= utf8.RuneSelf {
			r = -2 // none
		}
		for part, want := range map[parts]bool{
			partOfName:    isBase64URL(b) && b != '=' || b == '.',
			endsValue:     strings.ContainsRune("&;,\"'<>#}])\r\n\t ", r),
			endsAuthority: strings.ContainsRune("/?#\"'<> \r\n", r),
			partOfToken:   isBase64URL(b) || strings.ContainsRune(".+~", r),
		} {
			if got := octetParts[b]&part != 0; got != want {
				t.Errorf("%q, part %d: %t", b, part, got)
			}
		}
	}
}

// TestGrams: a text that holds a form may hold it.
func TestGrams(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.StringN(minSought, 30, 60).Draw(t, "form")
		before, after := rapid.String().Draw(t, "before"), rapid.String().Draw(t, "after")
		f, g := newForm(value, ""), grams{}
		g.add(before + value + after)
		if !g.mayHold(&f) || !f.standsIn([]byte(before+value+after)) {
			t.Fatalf("%q in %q", value, before+value+after)
		}
		if other := before + after; f.standsIn([]byte(other)) != strings.Contains(other, value) {
			t.Fatalf("%q in %q", value, other)
		}
	})
}

func TestFewAndMany(t *testing.T) {
	var x recent[int]
	for range 2 {
		x.reset()
		for i := range 3 * fewValues {
			if _, ok := x.get(strconv.Itoa(i)); ok {
				t.Errorf("%d is there", i)
			}
			x.set(strconv.Itoa(i), i)
			for k := range i + 1 {
				if v, ok := x.get(strconv.Itoa(k)); !ok || v != k {
					t.Errorf("%d of %d: %d, %t", k, i, v, ok)
				}
			}
		}
	}
}

// TestForgedOrdinals: marks that a capture brings are numbered by what they hold.
func TestForgedOrdinals(t *testing.T) {
	mark := func(d string) string { return markStart + "1" + markMiddle + d + markEnd }
	var o Ordinals
	got := o.Text(mark("00000000000000ab") + mark("00000000000000AB") + mark("anything but hex") + mark("00000000000000ab") + mark("00000000000000AB"))
	if want := "‹redacted, 1 bytes, #1›‹redacted, 1 bytes, #2›‹redacted, 1 bytes, #3›‹redacted, 1 bytes, #1›‹redacted, 1 bytes, #2›"; got != want {
		t.Errorf("got %s", got)
	}
}

// TestHashesAreNotTrusted: what comes to the same place with the same hash is
// compared.
func TestHashesAreNotTrusted(t *testing.T) {
	var p phrases
	a, b := strings.Repeat("a", 20)+"12345678", "b"+strings.Repeat("a", 19)+"12345678"
	for range 3 {
		if got := p.of(a); got != nil && got.text != a {
			t.Errorf("got %q, want %q", got.text, a)
		}
		if got := p.of(b); got != nil && got.text != b {
			t.Errorf("got %q, want %q", got.text, b)
		}
	}
	m := headOf([3]string{"GET", "/", "HTTP/1.1"}, "Accept: */*")
	f := m.Field(0)
	for _, change := range []func(*line){func(l *line) { l.name = "Accepd" }, func(l *line) { l.value = "*/+" }} {
		var x lineTable
		x.of(m, &f)
		l := x.of(m, &f)
		change(l)
		if x.of(m, &f) == l {
			t.Errorf("%v for %s", l, m.Raw)
		}
	}
}
