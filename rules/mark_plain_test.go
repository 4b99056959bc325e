package rules

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/handshark/handshark/analyzer/field"
)

func TestPlain(t *testing.T) {
	query := func(b []byte) bool {
		var m Marks
		m.query(b)
		return !m.meets(&Marks{SecretInQuery / 64: 1 << (SecretInQuery % 64)})
	}
	host := func(b []byte) bool { _, ok := plainHost(b); return ok }
	for _, tt := range []struct {
		name     string
		plain    func([]byte) bool
		yes, not []string
	}{
		{"cookie", plainCookie, []string{"a=1", "a=", "a=1; b=2", "a=b=c", "_ga=GA1.2.3; sid=f0"}, []string{
			"", "a", "=1", "a=1;", "a=1; ", "a=1;b=2", "a=1;  b=2", `a="1"`, "a=1, b=2", "a b=1", "a=1; b", "a=\x80", "a=1 ",
		}},
		{"bearer", plainBearer, []string{"Bearer 0123456789", "Bearer eyJhbGciOiJI.e30.x-_~+/=="}, []string{
			"", "Bearer", "Bearer undefined", "Bearer  0123456789", "bearer 0123456789", "Bearer 01234 56789", "Bearer 0123456=789",
			"Bearer ==========", "Bearer ${TOKEN_OF_APP}", "Basic 0123456789", "Bearer \"123456789\"", "Bearer 0123456789\r\n a",
		}},
		{"challenge", plainChallenge, []string{"Bearer", `Basic realm="x"`, `Bearer realm="a, b"`}, []string{
			"", "Basic", "bearer", "Digest", "Bearer,", `Basic realm="x", charset="UTF-8"`, `Basic realm="x`, `Basic realm="\""`,
			`Bearer error="invalid_token"`, `Basic  realm="x"`, `Basic realm="`, `Basic realm=""`,
		}},
		{"query", query, []string{"", "room=1", "a&b=2", "tokens=1", "x=token"}, []string{
			"token=1", "a=1&Access_Token=2", "sid=1", "a&token", "x-amz-signature=1",
		}},
		{"host", host, []string{"a", "a.test:80", "10.0.0.1:59999"}, []string{
			"", ":80", "a:", "a:080", "a:60000", "A", "a:8a", "[::1]", "a,b", "a b", "a:123456", "\x80",
		}},
	} {
		for _, s := range tt.yes {
			if !tt.plain([]byte(s)) {
				t.Errorf("%s %q: not plain", tt.name, s)
			}
		}
		for _, s := range tt.not {
			if tt.plain([]byte(s)) {
				t.Errorf("%s %q: plain", tt.name, s)
			}
		}
	}
}

// TestPlainIsNeverOdd compares with the parsers that plain values are kept from.
func TestPlainIsNeverOdd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.RuneFrom([]rune("ab1=;, :.\"\\-_é\tA")), 0, 12, -1).Draw(t, "text")
		if _, faults := field.ParseCookies(text); plainCookie([]byte(text)) && len(faults) > 0 {
			t.Errorf("cookie %q: %v", text, faults)
		}
		if port, ok := plainHost([]byte(text)); ok {
			if h := field.ParseHost(text); h.Fault != field.HostValid || int(h.PortNumber) != port {
				t.Errorf("host %q: %d, port %d, want %d", text, h.Fault, port, h.PortNumber)
			}
		}
		challenge := rapid.SampledFrom([]string{"Basic", "Bearer"}).Draw(t, "scheme") + ` realm="` + text + `"`
		if plainChallenge([]byte(challenge)) {
			list, faults := field.ParseChallenges(challenge)
			if realm, _ := list[0].Param("realm"); len(list) != 1 || len(faults) > 0 || realm != text {
				t.Errorf("challenge %q: %v, %v", challenge, list, faults)
			}
		}
	})
}
