package catalogue

import (
	"bytes"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/reassembly"
	"github.com/handshark/handshark/rules"
)

// postUpgradeRules lists the rules of family PostUpgrade.
var postUpgradeRules = []*rules.Rule{
	&close1010FromServer,
	&closeBodyTruncated,
	&closeCodeInvalid,
	&closeReasonNotUTF8,
	&closedWithoutCloseFrame,
	&dataAfterClose,
	&earlyCloseProtocolError,
	&frameClientUnmasked,
	&frameControlFragmented,
	&frameControlTooLong,
	&frameInterleavedData,
	&frameLengthMSB,
	&frameLengthNotMinimal,
	&frameMaskKeyWeak,
	&frameReservedOpcode,
	&frameRSVWithoutExtension,
	&frameRSV1Misplaced,
	&frameServerMasked,
	&frameTextInvalidUTF8,
	&frameUnexpectedContinuation,
	&post101NotFrames,
	&postCloseOther,
	&postClosedLikeHTTP,
	&postClosePolicy,
	&postEOFAfter101,
	&postRefusedByApplication,
	&postSecondHTTPResponse,
	&serverDataWith101,
	&pingUnanswered,
}

// framed reports whether what follows the 101 are frames of RFC 6455 beyond
// doubt: those of the Hixie drafts look otherwise.
func framed(p *rules.Pass) bool {
	return p.Dialect == analyzer.RFC6455 && (p.Have&analyzer.RequestHead != 0 || p.Response.Has(secAccept))
}

// notFrames gives what a side wrote in place of frames; nil if it did not.
func notFrames(p *rules.Pass, side reassembly.Side) *analyzer.Prefix {
	if p.Upgraded == nil {
		return nil
	}
	return p.Upgraded.NotFrames[side]
}

// secondResponse gives the octets of a further HTTP response that the server
// wrote after its 101, at once or after frames; nil if there is none.
func secondResponse(p *rules.Pass) *analyzer.Prefix {
	x := notFrames(p, reassembly.Server)
	for _, seen := range [...]*analyzer.Prefix{&p.Upgraded.Start, x} {
		if x != nil && bytes.HasPrefix(seen.Data, []byte("HTTP/1.")) {
			return seen
		}
	}
	return nil
}

// firstClose gives the Close frame that came first, and who sent it. One that a
// client which had left was still sent closed nothing.
func firstClose(p *rules.Pass) (reassembly.Side, *analyzer.Close) {
	if p.Outcome == analyzer.Aborted {
		return reassembly.Server, nil
	}
	client, server := p.Upgraded.Closes[reassembly.Client], p.Upgraded.Closes[reassembly.Server]
	if server == nil || client != nil && client.Ref.Time < server.Ref.Time {
		return reassembly.Client, client
	}
	return reassembly.Server, server
}

// actorOf gives the actor of a side.
func actorOf(side reassembly.Side) rules.Actor {
	if side == reassembly.Client {
		return rules.Client
	}
	return rules.Server
}

// lineOf gives data up to its first line end.
func lineOf(data []byte) string {
	line, _, _ := bytes.Cut(data, []byte("\n"))
	return string(bytes.TrimSuffix(line, []byte("\r")))
}
