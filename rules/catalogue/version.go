package catalogue

import (
	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/rules"
)

// versionRules lists the rules of family Version.
var versionRules = []*rules.Rule{
	&h2VersionMissing,
	&legacyDraftHeader,
	&legacyExtensionName,
	&legacyHixie75,
	&legacyHixie76BodyMissing,
	&legacyHixie76Digest,
	&legacyHixie76KeyUnsolvable,
	&legacyHixie76,
	&legacyResponse,
	&legacySecOrigin,
	&requestVersionDraft,
	&requestVersionDuplicate,
	&requestVersionList,
	&requestVersionMalformed,
	&requestVersionMissing,
	&requestVersionOutOfRange,
	&requestVersionReserved,
	&requestVersionUnsupported,
	&response426,
	&response426Lists,
	&response426MissingConnection,
	&response426MissingUpgrade,
	&responseVersionListMalformed,
	&responseVersionListMissing,
	&versionEngineIOMismatch,
	&versionRejectedByServer,
}

const secVersion = "Sec-WebSocket-Version"

// versionFixes is what mends every wrong version.
var versionFixes = []rules.Fix{
	{Product: "client", Snippet: "Sec-WebSocket-Version: 13"},
	{Product: "server", Snippet: "HTTP/1.1 426 Upgrade Required\nUpgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Version: 13"},
}

const versionRefused = "400 or 426; ws `Missing or invalid Sec-WebSocket-Version header`; Python `InvalidHeader: Sec-WebSocket-Version`; gorilla log `unsupported version: 13 not found in 'Sec-Websocket-Version' header`"

// refusedVersion lists what follows from a version that the server refuses.
var refusedVersion = []string{"response-426", "response-version-list-missing"}

// onlyVersion gives the value of Sec-WebSocket-Version if the request has one
// line of it, and where.
func onlyVersion(p *rules.Pass) (value string, line int, ok bool) {
	lines := p.Request.Lookup(secVersion)
	if len(lines) != 1 {
		return "", -1, false
	}
	return p.Request.Value(lines[0]), lines[0], true
}

// lists13 reports whether a Sec-WebSocket-Version list of the response has 13.
func lists13(p *rules.Pass) bool { return p.HasToken(p.Response, secVersion, "13") }

// asks13 reports whether the request asks for version 13 as it should.
func asks13(m *analyzer.Message) bool {
	lines := m.Lookup(secVersion)
	return len(lines) == 1 && m.Value(lines[0]) == "13"
}
