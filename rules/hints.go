package rules

import (
	"slices"
	"strings"
)

// Hint is text of a response body that names the check that failed.
type Hint struct {
	Text  string // the words in the body
	Stack string // product that writes them; empty = several
	// PointsTo lists the rules that they point to: ids, or prefixes that end in '*'.
	PointsTo []string
}

// Points reports whether the hint points to the rule id.
func (h Hint) Points(id string) bool {
	for _, to := range h.PointsTo {
		if prefix, open := strings.CutSuffix(to, "*"); id == to || open && strings.HasPrefix(id, prefix) {
			return true
		}
	}
	return false
}

func points(hints []Hint, id string) bool {
	for _, h := range hints {
		if h.Points(id) {
			return true
		}
	}
	return false
}

// BodyHints gives what a response body says of the check that failed, in the
// order of the table; nil if it says nothing known.
func BodyHints(body []byte) []Hint {
	if len(body) == 0 {
		return nil
	}
	var found []Hint
	text := string(body)
	for i := range hintTable {
		if strings.Contains(text, hintTable[i].Text) {
			found = append(found, hintTable[i])
		}
	}
	return found
}

// Rules that a complaint about upgrade fields, the version, ... can mean.
var (
	noUpgrade = []string{
		"request-upgrade-*", "request-missing-upgrade-tokens", "proxy-stripped-upgrade",
		"proxy-upgrade-mangled", "proxy-middlebox-stripped-upgrade", "proxy-http10-upstream",
		"proxy-cdn-strips-handshake", "h2-get-with-upgrade",
	}
	noConnection = []string{
		"request-connection-*", "request-missing-upgrade-tokens", "proxy-stripped-upgrade",
		"proxy-upgrade-mangled", "proxy-middlebox-stripped-upgrade", "proxy-http10-upstream",
		"proxy-cdn-strips-handshake",
	}
	oldHTTP       = []string{"request-http-version-too-low", "proxy-http10-upstream", "proxy-stripped-upgrade"}
	badKey        = []string{"request-key-*", "proxy-cdn-strips-handshake"}
	badVersion    = []string{"request-version-*", "version-rejected-by-server", "legacy-*"}
	badMethod     = []string{"request-method-*"}
	badHost       = []string{"request-host-*"}
	badOrigin     = []string{"origin-*", "request-origin-malformed", "request-origin-duplicate"}
	badExtensions = []string{"request-extension*", "extension-*", "pmd-offer-*", "pmd-*-bits-invalid"}
	badProtocol   = []string{"request-subprotocol-*", "subprotocol-*"}
	noHijack      = []string{"http-hijack-unsupported"}
	plainToTLS    = []string{"http-sent-to-tls-port"}
	badCSRF       = []string{"auth-csrf-rejected"}
	badHostName   = []string{"origin-host-not-allowed"}
	noClientCert  = []string{"tls-client-cert-required"}
	headTooLarge  = []string{"http-request-head-too-large"}
	// noHandshake is what a server means that takes a request for one of a page.
	noHandshake = slices.Concat(noUpgrade, noConnection, badKey, badVersion)
)
