package rules_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/handshark/handshark/report"
	"github.com/handshark/handshark/rules"
	"github.com/handshark/handshark/rules/catalogue"
)

func TestRouteErrorReadsWhatPeoplePaste(t *testing.T) {
	for message, want := range map[string]string{
		"Unexpected server response: 400":                      "Unexpected server response: {status}",
		"Error: Unexpected server response: 400":               "Unexpected server response: {status}",
		"ERROR  unexpected SERVER response:  400\n    at ...":  "Unexpected server response: {status}",
		"websocket: bad handshake":                             "websocket: bad handshake",
		`2026/01/02 03:04:05 dial: "websocket: bad handshake"`: "websocket: bad handshake",
		"WebSocket connection to 'ws://x.test/y' failed: Error during WebSocket handshake: ‘Upgrade’ header is missing": "'Upgrade' header is missing",
		"Firefox can’t establish a connection to the server at ws://x.test/.":                                           "can't establish a connection to the server at",
		"The server returned status code '403' when status code '101' was expected.":                                    "status code '{status}' when status code '101' was expected",
	} {
		route, ok := rules.RouteError(message, catalogue.All())
		if !ok || route.Entry.Text != want {
			t.Errorf("%q: got %q, want %q", message, route.Entry.Text, want)
		}
	}
}

func TestRouteErrorGoesByStatus(t *testing.T) {
	for message, want := range map[string]string{
		"Unexpected server response: 429":                            "http-rate-limited",
		"HTTP Authentication failed; no valid credentials available": "auth-missing-credentials",
		"Unexpected response code: 404":                              "http-wrong-path",
		"Unexpected server response: 101":                            "response-upgrade-missing",
	} {
		route, _ := rules.RouteError(message, catalogue.All())
		if !slices.ContainsFunc(route.Rules, func(r *rules.Rule) bool { return r.ID == want }) {
			t.Errorf("%q: candidates lack %s", message, want)
		}
	}
}

func TestRouteErrorKnowsItsLimits(t *testing.T) {
	for _, message := range []string{"", "gibberish", "Unexpected server response: 4001", "Unexpected server response: x"} {
		if route, ok := rules.RouteError(message, catalogue.All()); ok {
			t.Errorf("%q is taken for %q", message, route.Entry.Text)
		}
	}
	if near := rules.NearErrors("some subprotocol trouble with the server"); len(near) == 0 || !strings.Contains(near[0], "subprotocol") {
		t.Errorf("nothing like it: %q", near)
	}
}

// elsewhere are causes that the words of a client cannot lead to.
var elsewhere = map[string]string{
	"header-no-colon websockets": "it says the same of everything that it cannot read",
}

// TestRecordedTextsLeadToTheirCause follows what real clients said to the cause
// that the analysis of the same octets gives.
func TestRecordedTextsLeadToTheirCause(t *testing.T) {
	for _, r := range readRecorded(t) {
		if notKnown[r.Case] != "" || notKnown[r.Case+" "+r.Client] != "" || elsewhere[r.Case+" "+r.Client] != "" {
			continue
		}
		h := observe(t, r.scenario())
		if h == nil || h.RootCause == nil || h.RootCause.Rule == report.Undetermined || open.MatchString(r.Text) || strings.HasPrefix(r.Text, "close ") {
			continue
		}
		route, ok := rules.RouteError(r.Text, catalogue.All())
		if !ok {
			t.Errorf("%s: %s says %q, which leads nowhere", r.Case, r.Client, r.Text)
			continue
		}
		if !slices.ContainsFunc(route.Rules, func(x *rules.Rule) bool { return x.ID == h.RootCause.Rule }) {
			t.Errorf("%s: %s says %q (%s), which does not lead to %s", r.Case, r.Client, r.Text, route.Entry.Text, h.RootCause.Rule)
		}
	}
}
