package report

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// shown gives h redacted, with its ordinals as a report of this one handshake
// has them.
func shown(h *Handshake, hidden ...Field) *Handshake {
	NewRedactor(false).Handshake(h, hidden...)
	var o Ordinals
	h.texts(func(t *Text, _ place) { *t = Text(o.Text(string(*t))) })
	return h
}

func request(target string, fields ...Field) *Handshake {
	return &Handshake{Request: &Request{Target: Text(target), Fields: fields}}
}

func TestFieldValues(t *testing.T) {
	jwt := "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJlLW9mLXRva2Vu"
	hex := "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
	for _, tc := range []struct{ name, value, want string }{
		{"Authorization", "Bearer abc.def", "Bearer ‹redacted, 7 bytes, #1›"},
		{"authorization", "Basic dXNlcjpwYXNz", "Basic ‹redacted, 12 bytes, #1›"},
		{"Authorization", "opaque stuff", "‹redacted, 12 bytes, #1›"},
		{"Authorization", "Bearer", "Bearer"},
		{"Proxy-Authorization", "NTLM TlRMTVNTUAAB", "NTLM ‹redacted, 12 bytes, #1›"},
		{"X-Forwarded-Authorization", "Bearer xyz", "Bearer ‹redacted, 3 bytes, #1›"},
		{"Cookie", "a=1; session=abcdef;b=1", "a=‹redacted, 1 bytes, #1›; session=‹redacted, 6 bytes, #2›;b=‹redacted, 1 bytes, #1›"},
		{"Cookie", "loose", "‹redacted, 5 bytes, #1›"},
		{"Cookie", `q="s p"`, `q=‹redacted, 5 bytes, #1›`},
		{"Set-Cookie", "id=a3fWa; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Path=/; HttpOnly", "id=‹redacted, 5 bytes, #1›; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Path=/; HttpOnly"},
		{"X-Api-Key", "k-123", "‹redacted, 5 bytes, #1›"},
		{"X-Amz-Security-Token", "zzz", "‹redacted, 3 bytes, #1›"},
		{"Cf-Access-Jwt-Assertion", jwt, fmt.Sprintf("‹redacted, %d bytes, #1›", len(jwt))},
		{"X-Whatever", "v1 " + jwt, fmt.Sprintf("v1 ‹redacted, %d bytes, #1›", len(jwt))},
		{"Sec-WebSocket-Protocol", "graphql-transport-ws, " + jwt, fmt.Sprintf("graphql-transport-ws, ‹redacted, %d bytes, #1›", len(jwt))},
		{"Sec-WebSocket-Protocol", "chat, " + hex, "chat, ‹redacted, 64 bytes, #1›"},
		{"Sec-WebSocket-Protocol", "base64url.bearer.authorization.k8s.io.dG9rZW4, v4.channel.k8s.io", "base64url.bearer.authorization.k8s.io.‹redacted, 7 bytes, #1›, v4.channel.k8s.io"},
		{"Sec-WebSocket-Protocol", "realtime, openai-insecure-api-key.sk-12", "realtime, openai-insecure-api-key.‹redacted, 5 bytes, #1›"},
		{"Sec-WebSocket-Protocol", "access_token, A1b2C3", "access_token, ‹redacted, 6 bytes, #1›"},
		{"Sec-WebSocket-Protocol", "v12.stomp, v11.stomp, graphql-transport-ws, a-rather-long-subprotocol-name.example.com", "v12.stomp, v11.stomp, graphql-transport-ws, a-rather-long-subprotocol-name.example.com"},
		{"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ=="},
		{"Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits=15", "permessage-deflate; client_max_window_bits=15"},
		{"Location", "https://u:pw@h/login?next=%2Fws%3Ftoken%3Dabc%26x%3D1&page=2", "https://‹redacted, 4 bytes, #1›@h/login?next=%2Fws%3Ftoken%3D‹redacted, 3 bytes, #2›%26x%3D1&page=2"},
		{"WWW-Authenticate", `Bearer realm="api", error="invalid_token"`, `Bearer realm="api", error="invalid_token"`},
		{"Origin", "https://app.example.com", "https://app.example.com"},
	} {
		h := shown(request("/", Field{Name: Text(tc.name), Value: Text(tc.value)}))
		if got := string(h.Request.Fields[0].Value); got != tc.want {
			t.Errorf("%s: %s\n got %s\nwant %s", tc.name, tc.value, got, tc.want)
		}
	}
}

func TestTargets(t *testing.T) {
	for _, tc := range []struct{ target, want string }{
		{"/ws?token=abc&x=1", "/ws?token=‹redacted, 3 bytes, #1›&x=1"},
		{"/ws?access_token=abc&id_token=abc&Api-Key=d", "/ws?access_token=‹redacted, 3 bytes, #1›&id_token=‹redacted, 3 bytes, #1›&Api-Key=‹redacted, 1 bytes, #2›"},
		{"/socket.io/?EIO=4&transport=websocket&sid=lv_VI97H", "/socket.io/?EIO=4&transport=websocket&sid=‹redacted, 8 bytes, #1›"},
		{"/ws?X-Amz-Signature=00ff&ticket=7&signature=a%2Bb#f", "/ws?X-Amz-Signature=‹redacted, 4 bytes, #1›&ticket=‹redacted, 1 bytes, #2›&signature=‹redacted, 5 bytes, #3›#f"},
		{"ws://user:pass@host/p", "ws://‹redacted, 9 bytes, #1›@host/p"},
		{"/chat?room=key&monkey=1&keyboard=us", "/chat?room=key&monkey=1&keyboard=us"},
		{"/ws?key=", "/ws?key="},
	} {
		if got := string(shown(request(tc.target)).Request.Target); got != tc.want {
			t.Errorf("%s\n got %s\nwant %s", tc.target, got, tc.want)
		}
	}
}

func TestSecretsAreHiddenElsewhere(t *testing.T) {
	const token = `tok"en\with/odd+bytes?&=%é`
	h := request("/ws?x="+url.QueryEscape(token), Field{"Authorization", "Bearer " + token}, Field{"Cookie", "lang=en; sid=s%3Ahunter2"})
	h.URL = Text("ws://h/ws?x=" + url.PathEscape(token))
	h.Response = &Response{
		Reason: "no " + token, BodyPrefix: Text(`{"seen":` + strconv.Quote(token) + `} &amp; s:hunter2 s:&#104;unter2`),
		Fields: []Field{{"Location", Text("/login?then=" + url.QueryEscape(url.QueryEscape(token)))}},
	}
	h.Session = &Session{Close: &Close{Reason: "who is s:hunter2"}}
	h.RootCause = &RootCause{Summary: Text("refused " + strconv.Quote(token)), Fix: "drop " + token}
	h.Findings = []Finding{{Message: Text("saw " + strconv.Quote("Bearer " + token)[:24] + `"…`), Evidence: []Evidence{
		{Field: "authorization", Value: Text("Bearer " + token[:12])}, {Field: "request line", Value: Text(token[10:])},
	}}}
	text := string(shown(h).AppendJSON(nil))
	for _, leak := range []string{token, token[:9], token[10:], "with/odd", "with%2F", "hunter2", "s%3Ahunter", "odd+bytes", "odd%2Bbytes", "unter2"} {
		if strings.Contains(text, leak) {
			t.Errorf("%q leaks in %s", leak, text)
		}
	}
	if !strings.Contains(text, "lang=") || strings.Contains(text, "lang=en") {
		t.Errorf("cookie names stay and values go: %s", text)
	}
}

// TestFullStop: a full stop of our own words is no part of the secret before it, which
// keeps its number.
func TestFullStop(t *testing.T) {
	h := Handshake{URL: "ws://a.test/?token=abcdef", ClientViews: []ClientView{{Text: "cannot connect to ws://a.test/?token=abcdef."}}}
	shown(&h)
	if got, want := string(h.ClientViews[0].Text), "cannot connect to "+string(h.URL)+"."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCutSecretsAreHidden(t *testing.T) {
	const secret = "Xq7pLm2vRt9sKd4wZn6yBc8h"
	for n := 1; n <= len(secret); n++ {
		body := strings.Repeat("-", bodyLimit-n) + secret[:n]
		h := request("/", Field{"Cookie", "sid=" + secret})
		h.Response = &Response{BodyPrefix: Text(body)}
		h.Findings = []Finding{{Message: Text(`got "` + secret[:n] + `"… and "` + secret[len(secret)-n:] + `"`)}}
		shown(h)
		if got := string(h.Response.BodyPrefix); strings.Contains(got, "-"+secret[:n]) {
			t.Errorf("%d bytes at the limit of a body leak: …%s", n, got[len(got)-20:])
		}
		if got := string(h.Findings[0].Message); n >= minPartial && (strings.Contains(got, secret[:n]) || strings.Contains(got, secret[len(secret)-n:])) {
			t.Errorf("%d bytes in a message leak: %s", n, got)
		}
	}
}

func TestClaims(t *testing.T) {
	claims := `{"sub":"alice@example.com","exp":1700000000,"iss":"https://issuer.test","tenant":{"id":["t-4711-x"]},"n":123456789}`
	jwt := "eyJhbGciOiJIUzI1NiJ9." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".c2ln"
	h := request("/ws?jwt=" + jwt)
	h.Findings = []Finding{{Message: "token of alice@example.com (tenant t-4711-x, 123456789) by https://issuer.test expired at 1700000000"}}
	got := string(shown(h).Findings[0].Message)
	want := "token of ‹redacted, 17 bytes, #2› (tenant ‹redacted, 8 bytes, #3›, ‹redacted, 9 bytes, #4›) by https://issuer.test expired at 1700000000"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestHiddenFields(t *testing.T) {
	h := &Handshake{Findings: []Finding{{Message: "proxy took dXNlcjpodW50ZXIy, that is hunter2"}}}
	shown(h, Field{"Proxy-Authorization", "Basic dXNlcjpodW50ZXIy"})
	if want := Text("proxy took ‹redacted, 16 bytes, #1›, that is ‹redacted, 7 bytes, #2›"); h.Findings[0].Message != want {
		t.Errorf("got %s, want %s", h.Findings[0].Message, want)
	}
}

func TestWordsOfTheProtocolStay(t *testing.T) {
	h := request("/", Field{"Host", "example.test:80"}, Field{"Upgrade", "websocket"}, Field{"Cookie", "a=websocket; b=example.test; c=Upgrade"})
	shown(h)
	if h.Request.Fields[0].Value != "example.test:80" || h.Request.Fields[1].Value != "websocket" {
		t.Errorf("got %q", h.Request.Fields)
	}
	if got := string(h.Request.Fields[2].Value); strings.Contains(got, "websocket") || strings.Contains(got, "example") {
		t.Errorf("a cookie value shows: %s", got)
	}
}

func TestShowSecrets(t *testing.T) {
	h := request("/?token=abc")
	NewRedactor(true).Handshake(h)
	if h.Request.Target != "/?token=abc" {
		t.Errorf("got %s", h.Request.Target)
	}
}

func TestOrdinalsFollowOutput(t *testing.T) {
	r := NewRedactor(false)
	first, second := request("/?token=one1"), request("/?token=two2")
	r.Handshake(second)
	r.Handshake(first)
	binary := request("/\xff?token=three3&key=one1")
	r.Handshake(binary)
	var o Ordinals
	var got []string
	for _, h := range []*Handshake{first, second, first, binary} {
		marks := regexp.MustCompile(`#\d+›`).FindAllString(string(plain(t, o.JSON(nil, h.AppendJSON(nil)))), -1)
		got = append(got, strings.Join(marks, " "))
	}
	if diff := cmp.Diff([]string{"#1›", "#2›", "#1›", "#3› #1›"}, got); diff != "" {
		t.Error(diff)
	}
}

// plain writes base64 texts of JSON out.
func plain(t *testing.T, b []byte) []byte {
	return regexp.MustCompile(`"base64":"[^"]*"`).ReplaceAllFunc(b, func(m []byte) []byte {
		p, err := base64.StdEncoding.DecodeString(string(m[10 : len(m)-1]))
		if err != nil {
			t.Fatal(err)
		}
		return p
	})
}

func TestForgedMarksAreHarmless(t *testing.T) {
	for _, s := range []string{markStart, markStart + "5", markStart + "5" + markMiddle, markStart + "5" + markMiddle + "3›", markStart + strings.Repeat("9", 60) + markMiddle} {
		if got := new(Ordinals).Text(s + " end"); got != s+" end" {
			t.Errorf("%q became %q", s+" end", got)
		}
	}
}

func TestNoSecretSurvives(t *testing.T) {
	spell := []func(string) string{
		func(s string) string { return s }, url.QueryEscape, url.PathEscape, strconv.Quote,
		func(s string) string {
			var b strings.Builder
			for i := range len(s) {
				fmt.Fprintf(&b, "%%%02x", s[i])
			}
			return b.String()
		},
		func(s string) string { return url.QueryEscape(url.QueryEscape(s)) },
	}
	rapid.Check(t, func(t *rapid.T) {
		secret := rapid.StringMatching(`[A-Za-z0-9+/=_.%"\\~-]{6,40}`).Draw(t, "secret")
		if commonWord(secret) {
			t.Skip()
		}
		h := request("/ws", Field{"X-Api-Key", Text(secret)})
		var places []*Text
		h.Response = &Response{}
		h.RootCause = &RootCause{}
		h.Findings = []Finding{{Evidence: []Evidence{{}}}}
		h.texts(func(p *Text, _ place) { places = append(places, p) })
		for _, p := range places {
			if *p == "" {
				spelt := rapid.SampledFrom(spell).Draw(t, "spelling")(secret)
				*p = Text(rapid.StringMatching(`[a-z /?&=]{0,9}`).Draw(t, "before") + spelt + rapid.StringMatching(`[ &;,]?[a-z]{0,5}`).Draw(t, "after"))
			}
		}
		shown(h)
		h.texts(func(p *Text, _ place) {
			for _, v := range viewsOf(string(*p)) {
				if strings.Contains(v.s, secret) {
					t.Fatalf("%q shows in %q", secret, *p)
				}
			}
		})
	})
}

func FuzzRedact(f *testing.F) {
	f.Add("/ws?token=a%2", `say "Cookie: a=b\r\n" &#x61;&amp`, "eyJ..eyJ", "a=b; =c;;")
	f.Add("ws://@:@/", "://", "‹redacted, 3 bytes, #0123456789abcdef›", `"token" : "\`)
	f.Fuzz(func(t *testing.T, target, message, value, cookie string) {
		h := request(target, Field{"Cookie", Text(cookie)}, Field{"Sec-WebSocket-Protocol", Text(value)}, Field{"Authorization", Text(value)})
		h.Findings = []Finding{{Message: Text(message), Evidence: []Evidence{{Field: Text(target), Value: Text(message)}}}}
		shown(h)
	})
}

func BenchmarkRedact(b *testing.B) {
	r := NewRedactor(false)
	for b.Loop() {
		h := request("/chat", Field{"Host", "example.test"}, Field{"Upgrade", "websocket"}, Field{"Connection", "Upgrade"},
			Field{"User-Agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"}, Field{"Cookie", "sid=abcdef0123456789; theme=dark"},
			Field{"Origin", "https://example.test"}, Field{"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="})
		h.Findings = []Finding{{Message: "x"}}
		r.Handshake(h)
	}
}
