package catalogue

import "testing"

func TestTellable(t *testing.T) {
	for debug, want := range map[string]string{
		"":                                  "",
		"too many pings":                    "too many pings",
		"bad request /a?token=x":            "bad request /a",
		"Authorization: Bearer x cookie: y": "",
		"no COOKIE":                         "no",
		"\u0130\u0130\u0130\u0130 bearer x": "\u0130\u0130\u0130\u0130",
	} {
		if got := tellable(debug); got != want {
			t.Errorf("%q: %q, want %q", debug, got, want)
		}
	}
}
