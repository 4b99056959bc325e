package report

import (
	"strings"
	"testing"
)

// Keys as the documentation of AWS and Azure has them, and one at random.
const (
	awsKey   = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
	awsOther = "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY"
	azureKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
	someKey  = "T3kd+Zq8/0LmWx5uYb2RvN7cH1eGjP9aSoQfIi64"
)

func TestKeys(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"the secret " + awsKey + " does not match", awsKey},
		{"secret: '" + awsOther + "'", awsOther}, {"AccountKey=" + azureKey + ";", azureKey},
		{someKey, someKey}, {"key:" + someKey + ".", someKey},
		{"no file /srv/www/Apps/Chat2/Rooms/9f8A7b6C5d4E3f2A1b0C9d8E/index", ""},
		{"see https://docs.example.com/Api/V2/Users/A1b2C3d4E5f6G7h8I9j0/K1l2M3n4", ""},
		{"getUserById/parseJsonV2/toString/FooBarBaz is not defined", ""},
		{"Org/Repo2/blob/Main/Src1/Pkg2/File3Test4 is not there", ""},
		{"api/v1/Users/12345/Orders/67890/Items/aB is not there", ""},
		{"AspNetCore/Http/Connections/WebSocketMiddlewareImpl2", ""},
		{"multipart/form-data text/html application/xhtml+xml application/vnd.api+json", ""},
		{"Ab/Cd/Ef/Gh/Ij/Kl/Mn/Op/Qr/St/Uv/Wx/Yz1a/Bc2d/Ef", ""},
		{"Europe/Berlin+America/New_York+2026/01/02T03/04/05", ""},
		{strings.Repeat("0/", 40), ""}, {strings.Repeat("/", 80), ""}, {strings.Repeat("aB1/", 20), ""},
	} {
		got := ""
		scanSpoken(tt.text, false, func(s span) {
			if found := tt.text[s.start:s.end]; len(found) >= shortestKey && !strings.Contains(got, found) {
				got += found
			}
		})
		if got != tt.want {
			t.Errorf("in %q %q; want %q", tt.text, got, tt.want)
		}
	}
}

// TestKeyValues hides keys in parameters of any name, and leaves ids and paths there.
func TestKeyValues(t *testing.T) {
	for _, tt := range []struct{ target, hidden string }{
		{"/ws?s=" + awsKey + "&x=1", awsKey},
		{"/ws?s=" + strings.ReplaceAll(someKey, "/", "%2F") + "&x=1", "Zq8%2F0Lm"},
		{"/ws?id=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b", ""}, {"/ws?room=3kTMd2vQ8Lw5NfXq7YbRz1CgHs6JpK4uWxEaVo9B", ""},
		{"/ws?next=/Apps/Chat2/Rooms/9f8A7b6C5d4E3f2A1b0C9d8E/V1a2", ""},
		{"/ws?next=Apps/Chat2/Rooms/List/Of/Things/And/More/Things/V1", ""},
		{"/Apps/A1b2C3d4E5f6G7h8I9j0/K1l2M3n4O5p6Q7r8S9t0", ""},
		{"/ws?partition-key=eu-7&sort_key=name&keyboard=us&code=404&public_key_id=k1", ""},
		{"/ws?state=paused&credentialed=no&signed=yes&sigil=1&design=flat", ""},
		{"/ws?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20260102T030405Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host", ""},
		{"/mqtt?X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20260102%2Feu-west-1%2Fiotdevicegateway%2Faws4_request&x=1", "AKIAIOSFODNN7EXAMPLE"},
		{"/mqtt?X-Amz-Signature=5d672d79c15b&x=1", "5d672d79c15b"}, {"/mqtt?X-Amz-Security-Token=FQoGZXIv%2Fx&x=1", "FQoGZXIv"},
		{"/hub?sr=https%3A%2F%2Fx.example%2Fhub&sig=mYs%2Bdef%3D&se=1767322800&skn=Root", "mYs%2Bdef"},
		{"/hub?subscription-key=k-77&secret_key=k-78", "k-78"}, {"/hub?subscription-key=k-77", "k-77"},
	} {
		got := string(shown(request(tt.target)).Request.Target)
		if tt.hidden == "" && got != tt.target || tt.hidden != "" && (strings.Contains(got, tt.hidden) || !strings.Contains(got, "redacted")) {
			t.Errorf("%s\n shows as %s", tt.target, got)
		}
	}
}

// TestLetters hides tokens of letters alone where a word or a place says what they are.
func TestLetters(t *testing.T) {
	const mixed, lower = "QwEtyUiOpAsfGhJkLzXcVbNmLK", "qwertzuiopasdfghjklyxcvbnmqq"
	for _, tt := range []struct{ text, want string }{
		{"bad token " + mixed, mixed}, {"unknown session " + lower, lower},
		{mixed + " is a name", ""}, {"session NotAuthenticatedException", ""}, {"token InvalidTokenFormatException", ""},
		{"key InternationalizationServiceName", ""}, {"session notauthenticatedyet", ""}, {"session SESSIONNOTFOUNDATALL", ""},
	} {
		got := ""
		scanSpoken(tt.text, false, func(s span) { got += tt.text[s.start:s.end] })
		if got != tt.want {
			t.Errorf("in %q %q; want %q", tt.text, got, tt.want)
		}
	}
	for _, tt := range []struct{ protocols, hidden string }{
		{"bearer, qwertzuiopasdfghjkly", "qwertzuiopasdfghjkly"}, {"chat, " + lower + lower[:10], lower},
		{"bearer, graphql-transport-ws", ""}, {"bearer, actioncable", ""}, {"token, chat-room.v-one", ""},
		{"genericsensorinterfaceprotocol", ""}, {"com.example.notifications.internal.messaging", ""},
		{strings.Repeat("a", 50), ""},
	} {
		got := string(shown(request("/", Field{"Sec-WebSocket-Protocol", Text(tt.protocols)})).Request.Fields[0].Value)
		if tt.hidden == "" && got != tt.protocols || tt.hidden != "" && (strings.Contains(got, tt.hidden) || !strings.Contains(got, "redacted")) {
			t.Errorf("%s\n shows as %s", tt.protocols, got)
		}
	}
}
