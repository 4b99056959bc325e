package catalogue

import (
	"time"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/rules"
)

// responseRules lists the rules of family Response. The rows that sum up what
// the others found come last.
var responseRules = []*rules.Rule{
	&h2ResponseEndStream,
	&h2Status2xxNot200,
	&response101ConnectionClose,
	&response101ContentLength,
	&response101HTTP10,
	&response101TransferEncoding,
	&response101Unsolicited,
	&response1xxToHTTP10,
	&responseAcceptDuplicate,
	&responseAcceptMismatch,
	&responseAcceptMissing,
	&responseAcceptOnOther,
	&responseConnectionMissing,
	&responseConnectionNoUpgrade,
	&responseStatusLineMalformed,
	&responseStatusLineNoSpace,
	&responseUpgradeDuplicate,
	&responseUpgradeList,
	&responseUpgradeMismatch,
	&responseUpgradeMissing,
	&response101BodyFraming,
	&responseMissingUpgradeTokens,
	&responseStatusLineOdd,
}

// whole101 is an answer with all that RFC 6455 section 4.2.2 asks for.
const whole101 = `HTTP/1.1 101 Switching Protocols
Upgrade: websocket
Connection: Upgrade
Sec-WebSocket-Accept: <base64 of SHA-1 of key and GUID>`

var whole101Fixes = []rules.Fix{{Product: "server", Snippet: whole101}}

const clientRefuses = "the client gives up after the 101: Chrome names the field on its console and closes with 1006, ws `Invalid Upgrade header`, gorilla `websocket: bad handshake`"

// answersUpgrade reports whether the 101 names websocket in Upgrade.
func answersUpgrade(p *rules.Pass) bool { return p.HasToken(p.Response, "Upgrade", "websocket") }

// answersConnection reports whether the 101 names upgrade in Connection.
func answersConnection(p *rules.Pass) bool { return p.HasToken(p.Response, "Connection", "upgrade") }

// left101 is how well a fault of the 101 is known to have made the client leave:
// one that can be recomputed, followed by its leaving at once, is proved.
func left101(p *rules.Pass) rules.Proof {
	if leave, ok := p.ClientLeftAfter101(); ok && leave.After <= time.Second {
		return rules.Proved
	}
	return rules.ByLevel
}

// head101 is the evidence of a field of the 101, or of its absence there.
func head101(p *rules.Pass, name string) []rules.Evidence {
	if all := p.Fields(p.Response, name); len(all) > 0 {
		return all
	}
	return []rules.Evidence{p.Head(p.Response, name)}
}

const on101Needs = analyzer.ResponseHead
