package catalogue

import (
	"strings"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/reassembly"
	"github.com/handshark/handshark/rules"
)

// headersRules lists the rules of family Headers. The rows that sum up what the
// others found come last.
var headersRules = []*rules.Rule{
	&headerExactMatchPeer,
	&requestHeadTooLarge,
	&requestConnectionClose,
	&requestConnectionMissing,
	&requestConnectionNoUpgrade,
	&requestHostDuplicate,
	&requestHostInvalid,
	&requestHostMissing,
	&requestHostPortMismatch,
	&requestKeyDuplicate,
	&requestKeyInvalidBase64,
	&requestKeyMissing,
	&requestKeyNoncanonical,
	&requestKeyPredictable,
	&requestKeyWrongLength,
	&requestMissingUpgradeTokens,
	&requestSecHeaderTypo,
	&requestUpgradeExtra,
	&requestUpgradeMissing,
	&requestUpgradeNotWebSocket,
	&requestUpgradeVersioned,
	&serverAcceptedInvalidHandshake,
	&response400Unexplained,
}

// wholeRequest is a request with all that RFC 6455 section 4.1 asks for.
const wholeRequest = `GET /chat HTTP/1.1
Host: ws.example.test
Upgrade: websocket
Connection: Upgrade
Sec-WebSocket-Key: <16 random octets in base64>
Sec-WebSocket-Version: 13`

// asksWebSocket reports whether the request shows what it is for.
func asksWebSocket(p *rules.Pass) bool { return p.SecWebSocket() || asksUpgrade(p) }

// asksUpgrade reports whether the request names websocket in Upgrade.
func asksUpgrade(p *rules.Pass) bool { return p.HasToken(p.Request, "Upgrade", "websocket") }

// asksConnection reports whether the request names upgrade in Connection.
func asksConnection(p *rules.Pass) bool { return p.HasToken(p.Request, "Connection", "upgrade") }

// http11 reports whether the message is HTTP/1.1 or later by its own words.
func http11(m *analyzer.Message) bool {
	major, minor, ok := m.HTTPVersion()
	return ok && (major > 1 || major == 1 && minor >= 1)
}

// holed reports whether octets of either side are missing in the capture, so
// that something before what was read may have been, and was not, seen.
func holed(p *rules.Pass) bool {
	client, server := &p.Conn.Halves[reassembly.Client], &p.Conn.Halves[reassembly.Server]
	return client.Missing+client.Cut+server.Missing+server.Cut > 0
}

// browser reports whether the request comes from a browser: those write Upgrade
// and Connection themselves, so that a request without them was changed on its way.
func browser(p *rules.Pass) bool {
	return strings.HasPrefix(p.Request.Get("User-Agent"), "Mozilla/")
}

// quoteAll quotes the values of all lines of a field, joined as a list.
func quoteAll(m *analyzer.Message, name string) string {
	return rules.Quote(strings.Join(m.Values(name), ", "))
}
