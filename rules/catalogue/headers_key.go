package catalogue

import (
	"encoding/base64"
	"fmt"
	"slices"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/rules"
)

const keyHow = "Take 16 fresh random octets for every connection and encode them with standard base64, padding included: 24 letters that end in ==."

var keyFixes = []rules.Fix{
	{Product: "client", Snippet: "Sec-WebSocket-Key: <base64 of 16 random octets>"},
	{Product: "curl", Snippet: `curl -H "Sec-WebSocket-Key: $(openssl rand -base64 16)" ...`},
}

const keyRefused = "ws 400 `Missing or invalid Sec-WebSocket-Key header`; gorilla `'Sec-WebSocket-Key' header must be Base64 encoded value of 16-byte in length`"

var requestKeyMissing = rules.Rule{
	ID: "request-key-missing", Family: rules.Headers, Title: "Sec-WebSocket-Key missing or empty",
	Doc: rules.Doc{
		Seen:   "The request asks for an upgrade to WebSocket but has no Sec-WebSocket-Key, or an empty one.",
		Why:    "The server cannot prove that it understood the handshake without a key, so it has to refuse, as a rule with 400.",
		Change: keyHow,
		Before: "Upgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Version: 13", After: wholeRequest,
	},
	Actor: rules.Client, Level: rules.Must, Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 6455 s4.1 (item 7), s4.2.1 (item 5)",
	Needs: analyzer.RequestHead, When: rules.OnRequest,
	Suppresses: []string{"request-key-invalid-base64"},
	Fixes:      keyFixes,
	ClientSees: "`Unexpected response code: 400`",
	If:         rules.If(rules.KeyOdd),
	Check:      checkKeyMissing,
}

func checkKeyMissing(p *rules.Pass) {
	if p.Dialect != analyzer.RFC6455 || !asksUpgrade(p) {
		return
	}
	for _, v := range p.Request.Values("Sec-WebSocket-Key") {
		if v != "" {
			return
		}
	}
	what := "is missing"
	if p.Request.Has("Sec-WebSocket-Key") {
		what = "is empty"
	}
	f := rules.Finding{
		Message:  "Sec-WebSocket-Key " + what + "; 16 random octets in base64 are expected",
		Evidence: []rules.Evidence{p.FieldOrAbsent(p.Request, "Sec-WebSocket-Key")},
	}
	if browser(p) && !secFields(p.Request) {
		f.Message += "; browsers send it, and no Sec-WebSocket field is left: a filter on the way may take them out"
		f.Actor, f.Proof = rules.Intermediary, rules.Heuristic
	}
	p.Report(f)
}

// secFields reports whether a request has any Sec-WebSocket-* field.
func secFields(m *analyzer.Message) bool {
	const prefix = "sec-websocket-"
	for i := range m.NumFields() {
		if name := m.Name(i); len(name) >= len(prefix) && field.EqualFold(name[:len(prefix)], prefix) {
			return true
		}
	}
	return false
}

var requestKeyDuplicate = rules.Rule{
	ID: "request-key-duplicate", Family: rules.Headers, Title: "Sec-WebSocket-Key sent more than once",
	Doc: rules.Doc{
		Seen:   "The request has two or more Sec-WebSocket-Key field lines.",
		Why:    "The key may occur once only. A strict server refuses; a lenient one computes Sec-WebSocket-Accept from a key that the client may not expect.",
		Change: "Send the key once: do not add Sec-WebSocket-* fields by hand to those of the library.",
		Before: "Sec-WebSocket-Key: aGFuZHNoYXJrLW5vbmNlIQ==\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", After: "Sec-WebSocket-Key: aGFuZHNoYXJrLW5vbmNlIQ==",
	},
	Actor: rules.Client, Level: rules.MustNot, Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 6455 s11.3.1",
	// The server may answer a key that is not the one the client compares with.
	Endings: rules.Ends(analyzer.EndingClientLeft),
	Needs:   analyzer.RequestHead, When: rules.OnRequest,
	Suppresses: []string{"response-accept-mismatch"},
	Fixes:      []rules.Fix{{Product: "client", Snippet: "Remove the Sec-WebSocket-Key line that the application adds; the library writes its own."}},
	ClientSees: "`Unexpected response code: 400`, or a complaint about Sec-WebSocket-Accept",
	If:         rules.If(rules.KeyOdd),
	Check:      checkKeyDuplicate,
}

func checkKeyDuplicate(p *rules.Pass) {
	if lines := p.Fields(p.Request, "Sec-WebSocket-Key"); len(lines) > 1 {
		p.Found(fmt.Sprintf("Sec-WebSocket-Key occurs %d times; one line is allowed", len(lines)), lines...)
	}
}

var requestKeyInvalidBase64 = rules.Rule{
	ID: "request-key-invalid-base64", Family: rules.Headers, Title: "Sec-WebSocket-Key is not base64",
	Doc: rules.Doc{
		Seen:   "The value of Sec-WebSocket-Key is not standard base64 with padding.",
		Why:    "Strict servers match the form of the key and answer 400. Lenient ones hash the text as it is, so that the same client works elsewhere.",
		Change: keyHow,
		Before: "Sec-WebSocket-Key: aGFuZHNoYXJrLW5vbmNlIQ", After: "Sec-WebSocket-Key: aGFuZHNoYXJrLW5vbmNlIQ==",
	},
	Actor: rules.Client, Level: rules.Must, Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause: rules.IsCause, Reference: "RFC 6455 s4.1 (item 7), s4.3; RFC 4648 s4",
	Needs: analyzer.RequestHead, When: rules.OnRequest,
	Fixes: keyFixes, ClientSees: keyRefused,
	If:    rules.If(rules.KeyOdd),
	Check: checkKeyBase64,
}

func checkKeyBase64(p *rules.Pass) {
	key, i, ok := onlyKey(p)
	if !ok {
		return
	}
	what := ""
	switch field.CheckKey(key).Form {
	case field.KeyBadAlphabet:
		what = "holds octets that are not of base64"
	case field.KeyURLAlphabet:
		what = "is written in the URL-safe alphabet"
	case field.KeyBadPadding:
		what = "is padded wrongly"
	default:
		return
	}
	p.Found("Sec-WebSocket-Key "+rules.Quote(key)+" "+what+"; standard base64 of 16 octets is expected", p.Field(p.Request, i))
}

// onlyKey gives the key if the request has one line with one, and where.
func onlyKey(p *rules.Pass) (key string, line int, ok bool) {
	lines := p.Request.Lookup("Sec-WebSocket-Key")
	if p.Dialect != analyzer.RFC6455 || len(lines) != 1 {
		return "", -1, false
	}
	key = p.Request.Value(lines[0])
	return key, lines[0], key != ""
}

var requestKeyWrongLength = rules.Rule{
	ID: "request-key-wrong-length", Family: rules.Headers, Title: "Sec-WebSocket-Key does not decode to 16 octets",
	Doc: rules.Doc{
		Seen:   "The value of Sec-WebSocket-Key is base64, but of more or fewer than 16 octets.",
		Why:    "Strict servers answer 400. That another server accepts the client proves nothing: servers are free not to decode the key.",
		Change: keyHow,
		Before: "Sec-WebSocket-Key: c2hvcnQ=", After: "Sec-WebSocket-Key: aGFuZHNoYXJrLW5vbmNlIQ==",
	},
	Actor: rules.Client, Level: rules.Must, Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause: rules.IsCause, Reference: "RFC 6455 s4.1 (item 7), s4.2.1 (item 5)",
	Needs: analyzer.RequestHead, When: rules.OnRequest,
	Fixes: keyFixes, ClientSees: keyRefused,
	If:    rules.If(rules.KeyOdd),
	Check: checkKeyLength,
}

func checkKeyLength(p *rules.Pass) {
	key, i, ok := onlyKey(p)
	if k := field.CheckKey(key); ok && k.Form == field.KeyWrongSize {
		p.Found(fmt.Sprintf("Sec-WebSocket-Key %s decodes to %d octets; 16 are expected", rules.Quote(key), k.Size), p.Field(p.Request, i))
	}
}

var requestKeyPredictable = rules.Rule{
	ID: "request-key-predictable", Family: rules.Headers, Title: "Sec-WebSocket-Key is a constant or a sample",
	Doc: rules.Doc{
		Seen:   "The key is one of the published samples, or is made of one or two octet values.",
		Why:    "The handshake works, but a key that can be guessed does not protect against caches that answer in place of the server.",
		Change: "Take 16 fresh random octets for every connection; in a test by hand this does not matter.",
		Before: "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
	},
	Actor: rules.Client, Level: rules.Must, Severity: rules.Severity{Established: rules.Info, Failed: rules.Info},
	Reference: "RFC 6455 s4.1 (item 7)",
	Needs:     analyzer.RequestHead, When: rules.OnRequest,
	Fixes: keyFixes, ClientSees: "nothing by itself",
	If:    rules.If(rules.KeyOdd),
	Check: checkKeyPredictable,
}

func checkKeyPredictable(p *rules.Pass) {
	key, i, ok := onlyKey(p)
	if !ok || field.CheckKey(key).Form != field.KeyValid {
		return
	}
	switch {
	case rules.SampleKey(key):
		p.Found("Sec-WebSocket-Key "+rules.Quote(key)+" is a published sample", p.Field(p.Request, i))
	case fewValues(key):
		p.Found("Sec-WebSocket-Key "+rules.Quote(key)+" is not random", p.Field(p.Request, i))
	}
}

// fewValues reports whether the decoded key is made of at most two octet values.
func fewValues(key string) bool {
	octets, err := base64.StdEncoding.DecodeString(key)
	slices.Sort(octets)
	return err == nil && len(slices.Compact(octets)) <= 2
}
