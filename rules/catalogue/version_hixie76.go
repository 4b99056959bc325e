package catalogue

import (
	"bytes"
	"crypto/md5" //nolint:gosec // the draft prescribes it; nothing is protected by it
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/reassembly"
	"github.com/handshark/handshark/rules"
)

// Sizes of the octets behind the heads of Hixie-76.
const (
	key3Size   = 8
	digestSize = 16
)

var legacyHixie76BodyMissing = rules.Rule{
	ID: "legacy-hixie76-body-missing", Family: rules.Version, Title: "Hixie-76 key3 octets missing",
	Doc: rules.Doc{
		Seen:   "The request has Sec-WebSocket-Key1 and -Key2, but fewer than eight octets follow its head.",
		Why:    "The server waits for the eight octets, and the handshake times out. A proxy that does not know the draft swallows them, because no Content-Length announces them.",
		Change: "Replace the client by one of RFC 6455; until then let no HTTP proxy stand in between.",
	},
	Actor: rules.Client, Level: rules.Must, Severity: rules.Severity{Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "draft-hixie-thewebsocketprotocol-76 s4.1, s5.2",
	Endings: rules.Ends(analyzer.EndingNoStatus),
	Needs:   analyzer.RequestHead, When: rules.OnRequest,
	Fixes: legacyFixes, ClientSees: "a timeout, or `Unexpected response code: 400`",
	If:    rules.If(rules.DialectOdd),
	Check: checkKey3,
}

func checkKey3(p *rules.Pass) {
	seen, ok := key3(p)
	if p.Dialect != analyzer.Hixie76 || !ok || len(seen) >= key3Size || holed(p) || p.Outcome == analyzer.Incomplete {
		return
	}
	p.Found(fmt.Sprintf("%d octets follow the head; Hixie-76 wants %d", len(seen), key3Size), p.Head(p.Request, "key3"))
}

// key3 gives what follows the head of the request, at most its eight octets; ok
// is false if that is not known. Octets that may begin another request are in
// the prefix of the stream only.
func key3(p *rules.Pass) (seen []byte, ok bool) {
	seen = p.RequestBody.Data
	if len(seen) == 0 {
		prefix := p.Prefix[reassembly.Client].Data
		at := bytes.Index(prefix, p.Request.Raw)
		if at < 0 {
			return nil, false
		}
		seen = prefix[at+len(p.Request.Raw):]
		if len(prefix) == analyzer.PrefixLimit && len(seen) < key3Size {
			return nil, false
		}
	}
	return seen[:min(len(seen), key3Size)], true
}

var legacyHixie76KeyUnsolvable = rules.Rule{
	ID: "legacy-hixie76-key-unsolvable", Family: rules.Version, Title: "Hixie-76 key has no solution",
	Doc: rules.Doc{
		Seen:   "Sec-WebSocket-Key1 or -Key2 has no digits or no blanks, or the number that its digits make is not a multiple of the number of its blanks.",
		Why:    "The server divides one by the other and has to abort.",
		Change: "Replace the client by one of RFC 6455; a proxy that joins repeated blanks breaks these keys, too.",
	},
	Actor: rules.Client, Level: rules.Must, Severity: rules.Severity{Failed: rules.Error},
	Cause: rules.IsCause, Reference: "draft-hixie-thewebsocketprotocol-76 s5.2 (steps 4 to 7)",
	Endings: rules.Ends(analyzer.EndingNoStatus),
	Needs:   analyzer.RequestHead, When: rules.OnRequest,
	Fixes: legacyFixes, ClientSees: "`Unexpected response code: 400`, or the connection closes",
	If:    rules.If(rules.DialectOdd),
	Check: checkHixieKeys,
}

func checkHixieKeys(p *rules.Pass) {
	if p.Dialect != analyzer.Hixie76 {
		return
	}
	for _, name := range [...]string{"Sec-WebSocket-Key1", "Sec-WebSocket-Key2"} {
		if _, ok := hixieNumber(p.Request.Get(name)); !ok {
			p.Found(name+" "+quoteAll(p.Request, name)+" has no solution", p.Fields(p.Request, name)...)
		}
	}
}

// hixieNumber divides the number that the digits of a key make by the number of
// its blanks; ok is false if that leaves a rest or is impossible.
func hixieNumber(key string) (n uint32, ok bool) {
	var number, blanks uint64
	digits := 0
	for _, c := range []byte(key) {
		switch {
		case c >= '0' && c <= '9' && digits < 18: // more would not fit 32 bits anyway
			number = number*10 + uint64(c-'0')
			digits++
		case c == ' ':
			blanks++
		}
	}
	if digits == 0 || blanks == 0 || number%blanks != 0 || number/blanks > 1<<32-1 {
		return 0, false
	}
	return uint32(number / blanks), true
}

var legacyHixie76Digest = rules.Rule{
	ID: "legacy-hixie76-digest-mismatch", Family: rules.Version, Title: "Hixie-76 challenge response wrong",
	Doc: rules.Doc{
		Seen:   "The 16 octets after the 101 are not the MD5 of the two numbers and the eight octets of the request.",
		Why:    "The client compares them and gives up.",
		Change: "Let the server compute MD5 over both numbers, each of four octets, and key3; better, drop Hixie-76 on both sides.",
	},
	Actor: rules.Server, Level: rules.Must, Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "draft-hixie-thewebsocketprotocol-76 s5.2 (steps 8 to 13)",
	Endings: rules.Ends(analyzer.EndingClientLeft, analyzer.EndingDropped),
	Needs:   analyzer.RequestHead | analyzer.ResponseHead, When: rules.OnSession,
	Fixes:      []rules.Fix{{Product: "server", Snippet: "Update to a library that speaks RFC 6455 (2011)."}},
	ClientSees: "the connection closes",
	If:         rules.If(rules.DialectOdd),
	Check:      checkHixieDigest,
}

func checkHixieDigest(p *rules.Pass) {
	seen := &p.Upgraded.Start
	want, ok := hixieDigest(p)
	if !ok || len(seen.Data) < digestSize || slices.Equal(seen.Data[:digestSize], want[:]) {
		return
	}
	p.Found(fmt.Sprintf("the digest after the 101 is %x; %x belongs to the keys", seen.Data[:digestSize], want),
		octetsAt(p, reassembly.Server, "digest", seen.Data[:digestSize], seen.Ref), p.FieldOrAbsent(p.Request, "Sec-WebSocket-Key1"))
}

// hixieDigest is the digest that belongs to the request.
func hixieDigest(p *rules.Pass) (digest [digestSize]byte, ok bool) {
	first, ok1 := hixieNumber(p.Request.Get("Sec-WebSocket-Key1"))
	second, ok2 := hixieNumber(p.Request.Get("Sec-WebSocket-Key2"))
	third, ok3 := key3(p)
	if p.Dialect != analyzer.Hixie76 || !ok1 || !ok2 || !ok3 || len(third) != key3Size {
		return digest, false
	}
	challenge := binary.BigEndian.AppendUint32(nil, first)
	challenge = binary.BigEndian.AppendUint32(challenge, second)
	return md5.Sum(append(challenge, third...)), true //nolint:gosec // see import
}
