package catalogue

import (
	"fmt"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/rules"
)

const bothHeads = analyzer.RequestHead | analyzer.ResponseHead

var responseSubprotocolUnoffered = rules.Rule{
	ID: "response-subprotocol-unoffered", Family: rules.Negotiation, Title: "Server selected a subprotocol that was not offered",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The 101 names a subprotocol that is not among those of the request.",
		Why:    "A client has to fail the connection when it is told to speak something it did not offer. Servers with a name written into their source do this.",
		Change: "Let the server choose from the client's list, or let the client offer the name.",
		Before: "Sec-WebSocket-Protocol: chat\n\nHTTP/1.1 101 Switching Protocols\nSec-WebSocket-Protocol: mqtt", After: "Sec-WebSocket-Protocol: chat\n\nHTTP/1.1 101 Switching Protocols\nSec-WebSocket-Protocol: chat",
	},
	Actor: rules.Server, Level: rules.MustNot, Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 6455 s4.1 (response step 6), s4.2.2 step 5",
	Needs: bothHeads, When: rules.On101,
	Fixes: oneSubprotocolFixes, ClientSees: seesSubprotocol,
	If:    rules.If(rules.SubprotocolSelected),
	Check: checkSubprotocolUnoffered,
}

func checkSubprotocolUnoffered(p *rules.Pass) {
	if plainChoice(p) {
		return
	}
	name, ok := selected(p)
	if !ok || len(offers(p)) == 0 || offered(p, name) || offeredInOtherCase(p, name) || !clientCouldObject(p) {
		return
	}
	p.Report(rules.Finding{
		Message:  fmt.Sprintf("%s selects %s; offered were %s", opener(p), showName(name), showNames(offers(p))),
		Evidence: negotiated(p, subprotocolField), Proof: left101(p),
	})
}

func offeredInOtherCase(p *rules.Pass, name string) bool {
	for _, e := range offers(p) {
		if e.Text != name && field.EqualFold(e.Text, name) {
			return true
		}
	}
	return false
}

var responseSubprotocolCase = rules.Rule{
	ID: "response-subprotocol-case", Family: rules.Negotiation, Title: "Selected subprotocol differs in letter case",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The 101 selects a name that was offered in another letter case only.",
		Why:    "Subprotocol names compare octet by octet. Browsers fail the connection; .NET and old versions of Firefox let it pass.",
		Change: "Let the server repeat the name as the client wrote it.",
		Before: "Sec-WebSocket-Protocol: MQTT\n\nHTTP/1.1 101 Switching Protocols\nSec-WebSocket-Protocol: mqtt", After: "Sec-WebSocket-Protocol: mqtt\n\nHTTP/1.1 101 Switching Protocols\nSec-WebSocket-Protocol: mqtt",
	},
	Actor: rules.Server, Level: rules.MustNot, Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 6455 s4.1 (response step 6); RFC 7936 s2",
	Needs: bothHeads, When: rules.On101,
	Fixes: oneSubprotocolFixes, ClientSees: seesSubprotocol,
	If:    rules.If(rules.SubprotocolSelected),
	Check: checkSubprotocolCase,
}

func checkSubprotocolCase(p *rules.Pass) {
	if plainChoice(p) {
		return
	}
	name, ok := selected(p)
	if !ok || offered(p, name) || !offeredInOtherCase(p, name) || !clientCouldObject(p) {
		return
	}
	p.Report(rules.Finding{
		Message:  fmt.Sprintf("%s selects %s; offered were %s: letter case counts", opener(p), showName(name), showNames(offers(p))),
		Evidence: negotiated(p, subprotocolField), Proof: left101(p),
	})
}

var responseSubprotocolWithoutOffer = rules.Rule{
	ID: "response-subprotocol-without-offer", Family: rules.Negotiation, Title: "Server selected a subprotocol although none was offered",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The request offers no subprotocol and the 101 names one.",
		Why:    "A client that asked for nothing has to fail the connection. Behind a proxy that drops the field of the request this looks the same: compare both legs.",
		Change: "Send the field only in answer to an offer, or let the client offer the name.",
		Before: "HTTP/1.1 101 Switching Protocols\nSec-WebSocket-Protocol: chat",
	},
	Actor: rules.Server, Level: rules.MustNot, Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 6455 s4.1 (response step 6), s4.2.2 step 5",
	Needs: bothHeads, When: rules.On101,
	Fixes: []rules.Fix{
		{Product: "server", Snippet: "send Sec-WebSocket-Protocol only if the request has it"},
		{Product: "client", Snippet: "new WebSocket(url, 'chat')"},
	},
	ClientSees: "ws `Server sent a subprotocol but none was requested`; Chrome `Response must not include 'Sec-WebSocket-Protocol' header if not present in request`",
	If:         rules.If(rules.SubprotocolSelected),
	Check:      checkSubprotocolWithoutOffer,
}

func checkSubprotocolWithoutOffer(p *rules.Pass) {
	if plainChoice(p) {
		return
	}
	name, ok := selected(p)
	if !ok || len(offers(p)) > 0 || !clientCouldObject(p) {
		return
	}
	p.Report(rules.Finding{
		Message:  fmt.Sprintf("%s selects %s; the request offers no subprotocol", opener(p), showName(name)),
		Evidence: negotiated(p, subprotocolField), Proof: left101(p),
	})
}

var responseSubprotocolEmpty = rules.Rule{
	ID: "response-subprotocol-empty", Family: rules.Negotiation, Title: "Empty Sec-WebSocket-Protocol in the 101",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The 101 has a Sec-WebSocket-Protocol field with nothing in it.",
		Why:    "That no subprotocol is selected is said by leaving the field out; an empty name matches no offer. Chromium fails the connection.",
		Change: "Leave the field out when nothing was selected.",
		Before: "HTTP/1.1 101 Switching Protocols\nSec-WebSocket-Protocol:", After: "HTTP/1.1 101 Switching Protocols",
	},
	Actor: rules.Server, Level: rules.MustNot, Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 6455 s4.2.2 step 5",
	Needs: analyzer.ResponseHead, When: rules.On101,
	Fixes: oneSubprotocolFixes, ClientSees: seesSubprotocol,
	If:    rules.If(rules.SubprotocolSelected),
	Check: checkSubprotocolEmpty101,
}

func checkSubprotocolEmpty101(p *rules.Pass) {
	if plainName(p.Response) {
		return
	}
	lines := p.Response.Values(subprotocolField)
	if len(lines) != 1 || lines[0] != "" || !clientCouldObject(p) {
		return
	}
	p.Report(rules.Finding{
		Message:  "Sec-WebSocket-Protocol in " + opener(p) + " is empty; it ought to be left out",
		Evidence: p.Fields(p.Response, subprotocolField), Proof: left101(p),
	})
}

var responseSubprotocolMultiple = rules.Rule{
	ID: "response-subprotocol-multiple", Family: rules.Negotiation, Title: "Server selected more than one subprotocol",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The 101 has several Sec-WebSocket-Protocol lines, or a comma in the one.",
		Why:    "The connection speaks one subprotocol. Servers that repeat the client's whole list do this; clients fail the connection, even when both names are the same.",
		Change: "Select one of the names that were offered.",
		Before: "HTTP/1.1 101 Switching Protocols\nSec-WebSocket-Protocol: chat, superchat", After: "HTTP/1.1 101 Switching Protocols\nSec-WebSocket-Protocol: chat",
	},
	Actor: rules.Server, Level: rules.MustNot, Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 6455 s4.3, s11.3.4",
	Needs: analyzer.ResponseHead, When: rules.On101,
	Fixes:      oneSubprotocolFixes,
	ClientSees: "Chrome `'Sec-WebSocket-Protocol' header must not appear more than once in a response`; ws `Server sent an invalid subprotocol`",
	If:         rules.If(rules.SubprotocolSelected),
	Check:      checkSubprotocolMultiple,
}

func checkSubprotocolMultiple(p *rules.Pass) {
	if plainName(p.Response) {
		return
	}
	_, one := selected(p)
	lines := p.Response.Values(subprotocolField)
	if one || len(lines) == 0 || len(lines) == 1 && lines[0] == "" || !clientCouldObject(p) {
		return
	}
	p.Report(rules.Finding{
		Message:  opener(p) + " selects more than one subprotocol: " + showNames(p.List(p.Response, subprotocolField)),
		Evidence: p.Fields(p.Response, subprotocolField), Proof: left101(p),
	})
}

var responseExtensionUnoffered = rules.Rule{
	ID: "response-extension-unoffered", Family: rules.Negotiation, Title: "Server accepted an extension that was not offered",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The 101 names an extension that is not among those of the request.",
		Why:    "A client has to fail the connection: it would not understand the frames. Seen behind a proxy only, the proxy may have dropped the offer and let the answer pass.",
		Change: "Answer only with extensions that were offered. Let proxies pass Sec-WebSocket-Extensions both ways or remove it both ways.",
		Before: "GET /chat HTTP/1.1\n\nHTTP/1.1 101 Switching Protocols\nSec-WebSocket-Extensions: permessage-deflate",
	},
	Actor: rules.Server, Level: rules.MustNot, Severity: rules.Severity{Established: rules.Error, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 6455 s4.1 (response step 5), s4.2.2 step 5, s9; RFC 7692 s5",
	Needs: bothHeads, When: rules.On101, Suppresses: []string{"pmd-response-client-bits-unoffered"},
	Fixes: []rules.Fix{
		{Product: "server", Snippet: "answer only with extensions that the request offers"},
		{Product: "proxy", Snippet: "forward Sec-WebSocket-Extensions in both directions, or in none"},
	},
	ClientSees: "ws `Server sent a Sec-WebSocket-Extensions header but no extension was requested`; Chrome `Found an unsupported extension`",
	If:         rules.If(rules.AnswerOdd),
	Check:      checkExtensionUnoffered,
}

func checkExtensionUnoffered(p *rules.Pass) {
	if plainAnswer(p) || !clientCouldObject(p) {
		return
	}
	asked, _ := field.ParseExtensions(p.Request.Values(extensionsField)...)
	accepted, _ := field.ParseExtensions(p.Response.Values(extensionsField)...)
	for i := range accepted {
		if accepted[i].Name != "" && !named(asked, accepted[i].Name) {
			p.Report(rules.Finding{
				Message:  fmt.Sprintf("%s accepts the extension %s, which the request does not offer", opener(p), rules.Quote(accepted[i].Name)),
				Evidence: negotiated(p, extensionsField), Proof: left101(p),
			})
			return
		}
	}
}

func named(list []field.Extension, name string) bool {
	for i := range list {
		if list[i].Name == name {
			return true
		}
	}
	return false
}

var responseExtensionsEmpty = rules.Rule{
	ID: "response-extensions-empty", Family: rules.Negotiation, Title: "Empty Sec-WebSocket-Extensions in the 101",
	Over: rules.AnyHTTP,
	Doc: rules.Doc{
		Seen:   "The 101 has a Sec-WebSocket-Extensions field that names no extension.",
		Why:    "That no extension is in use is said by leaving the field out. Chromium fails the connection.",
		Change: "Leave the field out when nothing was accepted.",
		Before: "HTTP/1.1 101 Switching Protocols\nSec-WebSocket-Extensions:", After: "HTTP/1.1 101 Switching Protocols",
	},
	Actor: rules.Server, Level: rules.MustNot, Severity: rules.Severity{Established: rules.Warning, Failed: rules.Error},
	Cause: rules.IsCause, Sufficient: true, Reference: "RFC 6455 s4.2.2 step 5, s9.1",
	Needs: analyzer.ResponseHead, When: rules.On101,
	Fixes:      []rules.Fix{{Product: "server", Snippet: "leave Sec-WebSocket-Extensions out when nothing was accepted"}},
	ClientSees: seesExtension,
	If:         rules.If(rules.AnswerOdd),
	Check:      checkExtensionsEmpty,
}

func checkExtensionsEmpty(p *rules.Pass) {
	if plainAnswer(p) || !p.Response.Has(extensionsField) || len(p.List(p.Response, extensionsField)) > 0 || !clientCouldObject(p) {
		return
	}
	p.Report(rules.Finding{
		Message:  "Sec-WebSocket-Extensions in " + opener(p) + " is empty; it ought to be left out",
		Evidence: p.Fields(p.Response, extensionsField), Proof: left101(p),
	})
}
