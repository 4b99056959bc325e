package catalogue

import (
	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/reassembly"
	"github.com/handshark/handshark/rules"
)

// syntaxRules lists the rules of family Syntax.
var syntaxRules = []*rules.Rule{
	&clientDataBefore101,
	&headerBareCR,
	&headerBareLF,
	&headerControlOctet,
	&headerDuplicateSingleton,
	&headerLeadingWhitespace,
	&headerNameInvalid,
	&headerNonASCII,
	&headerObsFold,
	&headerSpaceBeforeColon,
	&requestBodyPresent,
	&requestLengthConflict,
	&requestLengthInvalid,
	&requestExpectContinue,
	&requestMalformedHead,
	&response417,
}

// octets is the evidence of the first octets of something.
func octets(p *rules.Pass, side reassembly.Side, what string, x *analyzer.Prefix) rules.Evidence {
	return octetsAt(p, side, what, x.Data, x.Ref)
}

func octetsAt(p *rules.Pass, side reassembly.Side, what string, data []byte, ref capture.Ref) rules.Evidence {
	e := p.Packet(side, what, ref)
	e.Length, e.Value = uint64(len(data)), string(data[:min(len(data), rules.ValueLimit)])
	return e
}
