package field

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestElements(t *testing.T) {
	tests := []struct {
		values []string
		want   string // text@line:start-end of each, then the number of empty ones
		empty  int
	}{
		{[]string{"keep-alive, Upgrade"}, "keep-alive@0:0-10 Upgrade@0:12-19", 0},
		{[]string{"keep-alive", "\tUpgrade "}, "keep-alive@0:0-10 Upgrade@1:1-8", 0},
		{[]string{",Upgrade,, "}, "Upgrade@0:1-8", 3},
		{[]string{`a;b="x,\",y" , c`}, `a;b="x,\",y"@0:0-12 c@0:15-16`, 0},
		{[]string{`a="x, b`, "c"}, `a="x, b@0:0-7 c@1:0-1`, 0},
		{[]string{"", " "}, "", 2},
		{nil, "", 0},
	}
	for _, tt := range tests {
		l := ParseList(tt.values...)
		var got []string
		for _, e := range l.Elements {
			got = append(got, fmt.Sprintf("%s@%d:%d-%d", e.Text, e.Line, e.Start, e.End))
		}
		if strings.Join(got, " ") != tt.want || l.Empty != tt.empty {
			t.Errorf("%q: got %q, %d empty; want %q, %d", tt.values, got, l.Empty, tt.want, tt.empty)
		}
	}
	if !HasToken([]string{"x", "keep-alive ,UPGRADE"}, "upgrade") || HasToken([]string{"upgrades", `"upgrade"`}, "upgrade") {
		t.Error("HasToken")
	}
}

// kinds lists faults as kind@line:start-end.
func kinds(faults []Fault) string {
	var out []string
	for _, f := range faults {
		out = append(out, fmt.Sprintf("%d@%d:%d-%d", f.Kind, f.Line, f.Start, f.End))
	}
	return strings.Join(out, " ")
}

func TestParseExtensions(t *testing.T) {
	tests := []struct{ value, want, faults string }{
		{"permessage-deflate; client_max_window_bits", "permessage-deflate{client_max_window_bits}", ""},
		{`permessage-deflate;server_max_window_bits="1\0", x-y ; a = b`, "permessage-deflate{server_max_window_bits=10q} x-y{a=b}", ""},
		{"a;;b", "a{b}", "2@0:2-2"},
		{"a;", "a{}", "2@0:2-2"},
		{"a b", "a b{}", "3@0:0-3"},
		{"a;b=", "a{b=}", "5@0:4-4"},
		{"a;b=c d", "a{b=c d}", "4@0:4-7"},
		{`a;b="c d"`, "a{b=c dq}", "4@0:2-9"},
		{`a;b="c`, "a{b=cq}", "6@0:4-6"},
		{`a;b="c"d;e`, "a{b=cq e}", "7@0:7-8"},
		{"a;=1", "a{=1}", "3@0:2-2"},
		{"", "", "1@0:0-0"},
	}
	for _, tt := range tests {
		exts, faults := ParseExtensions(tt.value)
		var got []string
		for _, e := range exts {
			var params []string
			for _, p := range e.Params {
				s := p.Name
				if p.HasValue {
					s += "=" + p.Value
				}
				if p.Quoted {
					s += "q"
				}
				params = append(params, s)
			}
			got = append(got, e.Name+"{"+strings.Join(params, " ")+"}")
		}
		if g := strings.Join(got, " "); g != tt.want || kinds(faults) != tt.faults {
			t.Errorf("%q: got %s, %s; want %s, %s", tt.value, g, kinds(faults), tt.want, tt.faults)
		}
	}
}

func TestNumbers(t *testing.T) {
	for s, want := range map[string]string{
		"13": "13 0", "0": "0 0", "255": "255 0", "256": "0 1", "99999999999999999999999": "0 1",
		"+13": "0 2", "013": "0 2", "13.0": "0 2", "0x0d": "0 2", "": "0 2", " 13": "0 2", "13, 8": "0 2",
	} {
		n, form := Version(s)
		if got := fmt.Sprint(n, form); got != want {
			t.Errorf("%q: got %s; want %s", s, got, want)
		}
	}
	if n, ok := Decimal("18446744073709551616"); !ok || n != math.MaxUint64 {
		t.Errorf("too large: %d %v", n, ok)
	}
}

func TestCheckKey(t *testing.T) {
	for s, want := range map[string]Key{
		"aGFuZHNoYXJrLW5vbmNlIQ==":   {KeyValid, 16},
		"":                           {KeyEmpty, 0},
		"aGFuZHNoYXJrLW5vbmNlIR==":   {KeyNonCanonical, 16},
		"aGFuZHNoYXJrLW5vbmNlIQ":     {KeyBadPadding, 16},
		"aGFuZHNoYXJrLW5vbmNlI===":   {KeyBadPadding, 15},
		"-GFuZHNoYXJrLW5vbmNlIQ==":   {KeyURLAlphabet, 16},
		"aGFu\nZHNoYXJrLW5vbmNlIQ==": {KeyBadAlphabet, 0},
		"aGFu=HNoYXJrLW5vbmNlIQ==":   {KeyBadAlphabet, 0},
		"aGFuZA==":                   {KeyWrongSize, 4},
	} {
		if got := CheckKey(s); got != want {
			t.Errorf("%q: got %v; want %v", s, got, want)
		}
	}
}

func TestAccept(t *testing.T) {
	const key = "aGFuZHNoYXJrLW5vbmNlIQ=="
	if got := Accept("dGhlIHNhbXBsZSBub25jZQ=="); got != sampleAccept {
		t.Errorf("sample of RFC 6455: %s", got)
	}
	if got := Accept(key); got != "dw4dLLrGesZlGNtwt61cFvT17Ik=" {
		t.Errorf("got %s", got)
	}
	want := []string{
		"CGRj9hot521e7RZUoKZCuD+WD00=", "wLGx1Zc0stbUAD5xbzcUIIwb6PA=",
		"NzcwZTFkMmNiYWM2N2FjNjY1MThkYjcwYjdhZDVjMTZmNGY1ZWM4OQ==", "770e1d2cbac67ac66518db70b7ad5c16f4f5ec89",
		"pFLdBoudsfm/6gBytl0MLZaHx3s=", "hpabDAFfxRTJP/twunXAkYyNk/U=", "zFNI6EKlH7pYE74LQYNK1FRuCAs=",
		"lSUdyvB58Q2R8W4i+ewxMiuunX4=", sampleAccept, "s7q64LK9nuZMtVPGeIJEpgOB+MQ=",
	}
	var got []string
	for _, v := range AcceptVariants(key) {
		got = append(got, v.Value)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	odd := AcceptVariants("aGFuZHNoYXJrLW5vbmNlIR==")
	if last := odd[len(odd)-1].Value; last != "dw4dLLrGesZlGNtwt61cFvT17Ik=" {
		t.Errorf("encoded again: %s", last)
	}
}

func TestParseHost(t *testing.T) {
	for s, want := range map[string]string{
		"example.test":       "example.test||0|0",
		"example.test:8080":  "example.test|8080|8080|0",
		"[2001:db8::1]:8080": "[2001:db8::1]|8080|8080|0",
		"[2001:db8::1]":      "[2001:db8::1]||0|0",
		"[v1.a:b]":           "[v1.a:b]||0|0",
		"192.0.2.1":          "192.0.2.1||0|0",
		"":                   fmt.Sprintf("||0|%d", HostEmpty),
		"http://a":           fmt.Sprintf("http|//a|0|%d", HostScheme),
		"u@a":                fmt.Sprintf("u@a||0|%d", HostUserinfo),
		"a,b":                fmt.Sprintf("a,b||0|%d", HostList),
		"a/b":                fmt.Sprintf("a/b||0|%d", HostPath),
		"a b":                fmt.Sprintf("a b||0|%d", HostOctet),
		"a%4":                fmt.Sprintf("a%%4||0|%d", HostOctet),
		"[::1":               fmt.Sprintf("[::1||0|%d", HostBrackets),
		"[example]":          fmt.Sprintf("[example]||0|%d", HostBrackets),
		"[fe80::1%25eth0]":   fmt.Sprintf("[fe80::1%%25eth0]||0|%d", HostBrackets),
		"::1":                fmt.Sprintf("::1||0|%d", HostBareIPv6),
		"a:":                 fmt.Sprintf("a||0|%d", HostEmptyPort),
		"a:0":                fmt.Sprintf("a|0|0|%d", HostBadPort),
		"a:65536":            fmt.Sprintf("a|65536|0|%d", HostBadPort),
		"a:80:80":            fmt.Sprintf("a:80:80||0|%d", HostBadPort),
		":80":                fmt.Sprintf("|80|80|%d", HostNoName),
	} {
		h := ParseHost(s)
		if got := fmt.Sprintf("%s|%s|%d|%d", h.Name, h.Port, h.PortNumber, h.Fault); got != want {
			t.Errorf("%q: got %s; want %s", s, got, want)
		}
	}
	h := ParseHost("[::1]:80")
	if !h.IsIP() || h.Addr.String() != "::1" {
		t.Errorf("address %v", h.Addr)
	}
}

func TestParseOrigin(t *testing.T) {
	for s, want := range map[string]OriginFault{
		"https://example.test": OriginValid, "http://a:8080": OriginValid, "null": OriginValid, "chrome-extension://abc": OriginValid,
		"": OriginEmpty, "example.test": OriginNoScheme, "https://a/": OriginPath, "https://a?x": OriginPath,
		"https://u@a": OriginUserinfo, "https://": OriginHost, "https://a:": OriginPort, "https://A": OriginCase, "://a": OriginNoScheme,
		"file://": OriginHost,
	} {
		if got := ParseOrigin(s); got.Fault != want {
			t.Errorf("%q: got %d; want %d", s, got.Fault, want)
		}
	}
	list := ParseOrigins("https://a  null")
	if len(list) != 2 || !list[1].Null || list[0].PortNumber() != 443 {
		t.Errorf("list %+v", list)
	}
	if e := ParseOrigins(" "); len(e) != 1 || e[0].Fault != OriginEmpty {
		t.Errorf("empty %+v", e)
	}
}

func TestParseTarget(t *testing.T) {
	tests := []struct {
		in   string
		want Target
	}{
		{"/chat?a=1#f", Target{Form: OriginForm, Path: "/chat", Query: "a=1", HasQuery: true, QueryAt: 6, Fragment: "f", HasFragment: true}},
		{"WS://h:80/c?", Target{Form: AbsoluteForm, Scheme: "WS", Authority: "h:80", Path: "/c", HasQuery: true, QueryAt: 12}},
		{"http://h", Target{Form: AbsoluteForm, Scheme: "http", Authority: "h"}},
		{"h:443", Target{Form: AuthorityForm, Authority: "h:443"}},
		{"*", Target{Form: AsteriskForm}},
		{"chat", Target{Form: OtherForm, Path: "chat"}},
		{"/r?u=http://x/", Target{Form: OriginForm, Path: "/r", Query: "u=http://x/", HasQuery: true, QueryAt: 3}},
		{"", Target{Form: OtherForm}},
	}
	for _, tt := range tests {
		if d := cmp.Diff(tt.want, ParseTarget(tt.in)); d != "" {
			t.Errorf("%q: %s", tt.in, d)
		}
	}
	want := []Pair{
		{Name: "a b", Value: "c%", RawName: "a+b", RawValue: "%63%", HasValue: true, End: 8, ValueAt: 4},
		{Name: "x", RawName: "x", Start: 10, End: 11, ValueAt: 11},
	}
	if d := cmp.Diff(want, QueryPairs("a+b=%63%&&x")); d != "" {
		t.Error(d)
	}
}

func TestParseCookies(t *testing.T) {
	for value, want := range map[string]string{
		"a=1; b=2": "a=1 b=2 | ", "": " | 1@0:0-0", "a=1;b=2": "a=1 b=2 | 10@0:3-4", "a=1;": "a=1 | 10@0:3-4 1@0:4-4",
		"a": "a= | 8@0:0-1", "=1": "=1 | 9@0:0-0", "a=b c": "a=b c | 10@0:3-4", `a="x"`: `a="x" | `, "a=1, b=2": "a=1, b=2 | 10@0:3-4",
		"a b=1": "a b=1 | 3@0:0-3", "a=1;  b=2": "a=1 b=2 | 10@0:3-4",
	} {
		cookies, faults := ParseCookies(value)
		var got []string
		for _, c := range cookies {
			got = append(got, c.Name+"="+value[c.ValueStart:c.ValueEnd])
		}
		// Faults of separator and octet differ in kind; both are shown as 10 or 11.
		g := strings.Join(got, " ") + " | " + strings.ReplaceAll(kinds(faults), "11@", "10@")
		if g != want {
			t.Errorf("%q: got %s; want %s", value, g, want)
		}
	}
	c, ok := ParseSetCookie("sid = abc; Secure; path=/ws; SAMESITE=Lax; HttpOnly")
	if want := (SetCookie{Name: "sid", Path: "/ws", SameSite: "Lax", Secure: true, HTTPOnly: true, ValueStart: 6, ValueEnd: 9}); !ok || c != want {
		t.Errorf("got %+v %v", c, ok)
	}
}

func TestParseChallenges(t *testing.T) {
	tests := []struct{ value, want, faults string }{
		{`Basic realm="a, b", charset="UTF-8", Bearer error="invalid_token" , error_description=x`, `Basic[realm=a, b charset=UTF-8] Bearer[error=invalid_token error_description=x]`, ""},
		{"Digest a=b, realm = x", "Digest[a=b realm=x]", ""},
		{"Negotiate, NTLM", "Negotiate[] NTLM[]", ""},
		{"Negotiate YWJj==", "Negotiate[68:YWJj==]", ""},
		{"Bearer", "Bearer[]", ""},
		{"Basic realm = x", "Basic[realm=x]", ""},
		{`realm="x"`, "", "3@0:0-9"},
		{`Basic realm="x`, "Basic[realm=x]", "6@0:12-14"},
		{"", "", "1@0:0-0"},
	}
	for _, tt := range tests {
		list, faults := ParseChallenges(tt.value)
		var got []string
		for _, c := range list {
			var in []string
			if c.Token68 != "" {
				in = append(in, "68:"+c.Token68)
			}
			for _, p := range c.Params {
				in = append(in, p.Name+"="+p.Value)
			}
			got = append(got, c.Scheme+"["+strings.Join(in, " ")+"]")
		}
		if g := strings.Join(got, " "); g != tt.want || kinds(faults) != tt.faults {
			t.Errorf("%q: got %s, %q; want %s, %q", tt.value, g, kinds(faults), tt.want, tt.faults)
		}
	}
}

func TestDates(t *testing.T) {
	want := time.Date(1994, 11, 6, 8, 49, 37, 0, time.UTC)
	for _, s := range []string{"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"} {
		if got, ok := Date(s); !ok || !got.Equal(want) {
			t.Errorf("%q: %v %v", s, got, ok)
		}
		if d, ok := RetryAfter(s, want.Add(-time.Minute)); !ok || d != time.Minute {
			t.Errorf("%q: delay %v %v", s, d, ok)
		}
	}
	for s, want := range map[string]time.Duration{"0": 0, "120": 2 * time.Minute, "99999999999999999999": maxDelay * time.Second} {
		if d, ok := RetryAfter(s, time.Time{}); !ok || d != want {
			t.Errorf("%q: %v %v", s, d, ok)
		}
	}
	for _, s := range []string{"", "-1", "1.5", "soon", "Sun, 06 Nov 1994 08:49:37 CET"} {
		if d, ok := RetryAfter(s, time.Time{}); ok {
			t.Errorf("%q: %v", s, d)
		}
	}
}

func TestJWT(t *testing.T) {
	const head = "eyJhbGciOiJIUzI1NiIsImtpZCI6ImsxIn0" // {"alg":"HS256","kid":"k1"}
	const claims = "eyJpc3MiOiJpIiwiYXVkIjpbImEiLCJiIl0sImV4cCI6MTcwMDAwMDAwMC41LCJzdWIiOiJzZWNyZXQifQ"
	got, ok := JWT(head + "." + claims + ".c2ln")
	want := Token{Alg: "HS256", KeyID: "k1", Issuer: "i", Audience: []string{"a", "b"}, Expires: NumericDate{true, true, 1700000000}}
	if d := cmp.Diff(want, got); !ok || d != "" {
		t.Error(ok, d)
	}
	for s, want := range map[string]JWTFault{
		head + "." + claims:                     JWTParts,
		head + "." + claims + ".c2ln=":          JWTBase64,
		"eyJ9.e30.x":                            JWTHeader,
		head + ".W10.c2ln":                      JWTPayload,
		head + ".eyJleHAiOiIxIn0.":              JWTDateType, // {"exp":"1"}
		head + ".eyJleHAiOm51bGx9.":             JWTDateType, // {"exp":null}
		head + "....":                           JWTEncrypted,
		"eyJ" + strings.Repeat("x", maxJWT):     JWTTooLong,
		head + ".bnVsbA.":                       JWTPayload,
		head + ".eyJleHAiOjFlMzA4LCJuYmYiOjB9.": JWTValid,
	} {
		if got, ok := JWT(s); !ok || got.Fault != want {
			t.Errorf("%.60q: got %d %v; want %d", s, got.Fault, ok, want)
		}
	}
	if _, ok := JWT("opaque"); ok {
		t.Error("an opaque token passes for a JWT")
	}
}

func FuzzFields(f *testing.F) {
	for _, s := range []string{`a; b="c,\"d", e`, "[::1]:80", "https://a/ null", "/a?b=%zz&c", "a=1; b", `Basic realm="x"`, "eyJhbGciOiJIUzI1NiJ9.e30.x", "Sun, 06 Nov 1994 08:49:37 GMT"} {
		f.Add(s, "x")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		values := []string{a, b}
		for _, e := range Elements(values...) {
			if values[e.Line][e.Start:e.End] != e.Text {
				t.Errorf("element %+v", e)
			}
		}
		_, exts := ParseExtensions(values...)
		_, challenges := ParseChallenges(values...)
		cookies, cookieFaults := ParseCookies(a)
		for _, f := range append(append(exts, challenges...), cookieFaults...) {
			_ = values[f.Line][f.Start:f.End]
		}
		for _, c := range cookies {
			_ = a[c.ValueStart:c.ValueEnd] + a[c.Start:c.End]
		}
		for _, p := range QueryPairs(a) {
			if a[p.ValueAt:p.ValueAt+len(p.RawValue)] != p.RawValue {
				t.Errorf("pair %+v", p)
			}
		}
		if c, ok := ParseSetCookie(a); ok {
			_ = a[c.ValueStart:c.ValueEnd]
		}
		ParseOrigins(a)
		ParseTarget(a)
		CheckKey(a)
		AcceptVariants(a)
		JWT(a)
		RetryAfter(a, time.Time{})
		_, _ = Version(a)
	})
}

func TestHostName(t *testing.T) {
	for _, s := range []string{
		"", ":", ":80", "a", "a:", "a:80", "a:b:80", "[::1]", "[::1]:80", "[::1]80:", "::1", "a]:80", "]:80", "[a:b", "u@h:1", "h/p:1",
	} {
		if got, want := HostName(s), ParseHost(s).Name; got != want {
			t.Errorf("%q: got %q, want %q", s, got, want)
		}
	}
}
