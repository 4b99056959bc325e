package analyzer

import (
	"crypto/tls"
	"testing"

	facts "github.com/handshark/handshark/analyzer/tls"

	"github.com/handshark/handshark/analyzer/http2"
	"github.com/handshark/handshark/reassembly"
)

// goodbyeMasked is a Close frame of a client.
const goodbyeMasked = "\x88\x82\x00\x00\x00\x00\x03\xe8"

func refused(status int) said {
	return said{Outcome: Rejected, By: ByServer, Kind: EndingStatus, Status: status, Target: "/chat"}
}

func cutOff(o Outcome, by Party) said {
	return said{Outcome: o, By: by, Kind: EndingNoStatus, Target: "/chat"}
}

// nth is the same of the request of a number.
func (s said) nth(n int) said { s.Ordinal = n; return s }

func unknown() said { return said{Outcome: Incomplete, By: ByCaptureEnd, Target: "/chat"} }

// stories2 are the ways in which an attempt in HTTP/2 can end. They may be cut anywhere.
func stories2() map[string]story {
	const finished = reassembly.EndFinished
	return map[string]story{
		"established": {in2(func(h *spoken) {
			h.say(client, h.asks(1)).say(server, h.answer(1, false, "200")).say(client, body(1, masked, false)).say(server, body(1, hello, false))
		}), []said{est(1, 1)}},
		"established, all in one": {raw2(func(h *spoken) {
			h.say(client, http2.Preface, settings(), h.asks(1)).say(server, settings(8, 1), h.answer(1, false, "200"), body(1, hello, false))
		}), []said{est(0, 1)}},
		"frames over DATA of any length": {in2(func(h *spoken) {
			h.say(client, h.asks(1)).say(server, h.answer(1, false, "200"))
			h.say(server, body(1, hello[:1], false), body(1, "", false), body(1, hello[1:3], false)).say(server, body(1, hello[3:]+hello, false))
		}), []said{est(0, 2)}},
		"padding": {in2(func(h *spoken) {
			padded := frameOf(http2.Data, http2.FlagPadded, 1, "\x03"+hello+"\x00\x00\x00")
			h.say(client, h.asks(1)).say(server, h.answer(1, false, "200")).say(server, padded, padded)
		}), []said{est(0, 2)}},
		"in a tunnel": {in2(func(h *spoken) {
			h.say(client, h.tunnel(1)).say(server, h.answer(1, false, "200"))
			h.say(client, body(1, ask[:30], false), body(1, ask[30:], false)).say(server, body(1, accept, false))
			h.say(client, body(1, masked, false)).say(server, body(1, hello, false))
		}), []said{est(1, 1)}},
		"refused in a tunnel": {in2(func(h *spoken) {
			h.say(client, h.tunnel(1)).say(server, h.answer(1, false, "200"))
			h.say(client, body(1, ask, false)).say(server, body(1, refuse, true))
		}), []said{refused(403)}},
		"HTTP/2 in a tunnel of HTTP/2": {in2(func(h *spoken) {
			h.say(client, h.tunnel(1)).say(server, h.answer(1, false, "200"))
			h.say(client, body(1, http2.Preface+settings()+heads(1, false, lone(connects...)), false))
			h.say(server, body(1, settings(8, 1)+heads(1, true, lone(":status", "403")), false))
			h.say(client, h.asks(3))
		}), []said{refused(403), {Outcome: Incomplete, By: ByCaptureEnd, Target: "/chat", Ordinal: 1}}},
		"HTTP/2 in a tunnel of HTTP/2, unanswered": {in2(func(h *spoken) {
			h.say(client, h.tunnel(1)).say(server, h.answer(1, false, "200"))
			h.say(client, body(1, http2.Preface+settings()+heads(1, false, lone(connects...)), false))
		}), []said{unknown()}},
		"no tunnel": {in2(func(h *spoken) {
			h.say(client, h.tunnel(1)).say(server, h.answer(1, true, "407")).say(client, h.asks(3)).say(server, h.answer(3, false, "200"))
		}), []said{est(0, 0).nth(1)}},
		"something else in a tunnel": {in2(func(h *spoken) {
			h.say(client, h.tunnel(1)).say(server, h.answer(1, false, "200")).say(client, body(1, "SSH-2.0\r\n", false)).say(server, body(1, "SSH-2.0\r\n", false))
		}), nil},
		"early DATA": {in2(func(h *spoken) {
			h.say(client, h.asks(1), body(1, masked, false)).say(client, settings(), body(1, masked, false)).say(server, h.answer(1, false, "200"))
		}), []said{est(2, 0)}},
		"refused with a body": {in2(func(h *spoken) {
			h.say(client, h.asks(1)).say(server, h.answer(1, false, "403")).say(server, body(1, "no", true))
		}), []said{refused(403)}},
		"refused without a body": {in2(func(h *spoken) {
			h.say(client, h.asks(1)).say(server, h.answer(1, true, "403"))
		}), []said{refused(403)}},
		"refused, with trailers": {in2(func(h *spoken) {
			h.say(client, h.asks(1)).say(server, h.answer(1, false, "403"), body(1, "no", false), h.head(server, 1, true, "x-sum", "1"))
		}), []said{refused(403)}},
		"refused, and no end": {in2(func(h *spoken) {
			h.say(client, h.asks(1)).say(server, h.answer(1, false, "403"), body(1, "no", false))
		}), []said{refused(403)}},
		"redirected": {in2(func(h *spoken) {
			h.say(client, h.asks(1)).say(server, h.answer(1, true, "302", "location", "/login"))
		}), []said{{Outcome: Redirected, By: ByServer, Kind: EndingStatus, Status: 302, Target: "/chat"}}},
		"no status": {in2(func(h *spoken) {
			h.say(client, h.asks(1)).say(server, h.head(server, 1, true, "server", "x"))
		}), []said{{Outcome: Malformed, By: ByServer, Kind: EndingNotHTTP, Target: "/chat"}}},
		"interim answers, 101 among them": {in2(func(h *spoken) {
			h.say(client, h.asks(1)).say(server, h.answer(1, false, "103", "link", "x"), h.answer(1, false, "101")).say(server, h.answer(1, false, "200"), body(1, hello, false))
		}), []said{est(0, 1)}},
		"101 and no more": {in2(func(h *spoken) {
			h.say(client, h.asks(1)).say(server, h.answer(1, true, "101"))
		}), []said{cutOff(Closed, ByServer)}},
		"reset by the server": {in2(func(h *spoken) {
			h.say(client, h.asks(1)).say(server, resets(1, http2.RefusedStream))
		}), []said{cutOff(Reset, ByServer)}},
		"reset by the client": {in2(func(h *spoken) {
			h.say(client, h.asks(1)).say(client, resets(1, http2.Cancel)).say(server, h.answer(1, false, "200"))
		}), []said{cutOff(Reset, ByClient)}},
		"reset by the client that waited": {in2(func(h *spoken) {
			h.say(client, h.asks(1)).wait(11e9)
			h.say(client, resets(1, http2.Cancel))
		}), []said{cutOff(NoResponse, ByClient)}},
		"reset after the refusal": {in2(func(h *spoken) {
			h.say(client, h.asks(1)).say(server, h.answer(1, false, "403"), body(1, "no", false)).say(server, resets(1, http2.NoError))
		}), []said{refused(403)}},
		"reset after 200": {in2(func(h *spoken) {
			h.say(client, h.asks(1)).say(server, h.answer(1, false, "200"), body(1, hello, false), resets(1, http2.InternalError))
		}), []said{{Outcome: ClosedEarly, By: ByServer, Kind: EndingDropped, Target: "/chat", Frames: [2]int{0, 1}}}},
		"the client ends, the server answers": {in2(func(h *spoken) {
			h.say(client, h.head(client, 1, true, connects...)).say(server, h.answer(1, false, "200"), body(1, hello, true))
		}), []said{est(0, 1)}},
		"the client ends by DATA before the answer": {in2(func(h *spoken) {
			h.say(client, h.asks(1), body(1, masked, true)).say(server, h.answer(1, false, "200"), body(1, hello, false))
		}), []said{est(1, 1)}},
		"the server ends, then the client": {in2(func(h *spoken) {
			h.say(client, h.asks(1)).say(server, h.answer(1, false, "200"), body(1, hello, true)).say(client, body(1, masked, true))
		}), []said{est(1, 1)}},
		"the client ends, then the server": {in2(func(h *spoken) {
			h.say(client, h.asks(1)).say(server, h.answer(1, false, "200")).say(client, body(1, masked, true)).say(server, body(1, hello, true))
		}), []said{est(1, 1)}},
		"200 with END_STREAM": {in2(func(h *spoken) {
			h.say(client, h.asks(1)).say(server, h.answer(1, true, "200"))
		}), []said{{Outcome: ClosedEarly, By: ByServer, Kind: EndingDropped, Target: "/chat"}}},
		"closed by a code": {in2(func(h *spoken) {
			h.say(client, h.asks(1)).say(server, h.answer(1, false, "200"), body(1, policy, true))
		}), []said{{Outcome: ClosedEarly, By: ByServer, Kind: EndingClose, Code: 1008, Target: "/chat", Frames: [2]int{0, 1}}}},
		"END_STREAM without an answer": {in2(func(h *spoken) {
			h.say(client, h.asks(1)).say(server, body(1, "", true))
		}), []said{cutOff(Closed, ByServer)}},
		"a page, then a WebSocket, with pages beside": {in2(func(h *spoken) {
			h.say(client, h.page(1)).say(server, h.answer(1, false, "200"), body(1, "page", true)).say(client, h.page(3), h.asks(5), h.page(7))
			h.say(server, h.answer(3, false, "200"), h.answer(5, false, "200"), body(3, "pa", false), body(5, hello, false), body(3, "ge", true), h.answer(7, true, "204"))
		}), []said{est(0, 1).nth(2)}},
		"trailers of a page": {in2(func(h *spoken) {
			h.say(client, h.head(client, 1, false, gets...), body(1, "x", false), h.head(client, 1, true, "x-sum", "1"), h.asks(3)).say(server, h.answer(3, true, "403"))
		}), []said{refused(403).nth(1)}},
		"trailers with a mark of WebSocket": {in2(func(h *spoken) {
			h.say(client, h.asks(1)).say(server, h.answer(1, true, "403")).say(client, h.head(client, 1, true, "sec-websocket-protocol", "a"))
		}), []said{refused(403)}},
		"trailers while it waits": {in2(func(h *spoken) {
			h.say(client, h.asks(1), h.head(client, 1, true, "x-sum", "1")).say(server, h.answer(1, true, "403"))
		}), []said{refused(403)}},
		"two at once": {in2(func(h *spoken) {
			h.say(client, h.asks(1), h.asks(3)).say(server, h.answer(3, false, "200"), h.answer(1, true, "403"), body(3, hello, false))
		}), []said{refused(403), est(0, 1).nth(1)}},
		"pushed": {in2(func(h *spoken) {
			h.say(client, h.asks(1)).say(server, frameOf(http2.PushPromise, http2.FlagEndHeaders, 1, "\x00\x00\x00\x02"+h.fields(server, connects...)))
			h.say(server, h.answer(2, true, "200"), h.answer(1, true, "403"))
		}), []said{refused(403)}},
		"GOAWAY, then nothing": {in2(func(h *spoken) {
			h.say(client, h.asks(1)).say(server, goesAway(0, http2.NoError, "")).fin(server).fin(client).end(finished)
		}), []said{cutOff(Closed, ByServer)}},
		"GOAWAY before": {in2(func(h *spoken) {
			h.say(server, goesAway(0, http2.EnhanceYourCalm, "calm")).say(client, h.asks(1)).fin(server).fin(client).end(finished)
		}), []said{cutOff(Closed, ByServer)}},
		"GOAWAY after the answer": {in2(func(h *spoken) {
			h.say(client, h.asks(1)).say(server, h.answer(1, false, "200"), goesAway(1, http2.NoError, ""), body(1, hello, false))
		}), []said{est(0, 1)}},
		"not CONNECT": {in2(func(h *spoken) {
			h.say(client, h.head(client, 1, true, append(gets, "sec-websocket-key", "x", "upgrade", "websocket")...)).say(server, h.answer(1, true, "400"))
		}), []said{{Outcome: Rejected, By: ByServer, Kind: EndingStatus, Status: 400, Target: "/"}}},
		"not CONNECT, and 200": {in2(func(h *spoken) {
			h.say(client, h.head(client, 1, true, append(gets, "sec-websocket-key", "x")...)).say(server, h.answer(1, false, "200"), body(1, "page", true))
		}), []said{{Outcome: Rejected, By: ByServer, Kind: EndingStatus, Status: 200, Target: "/"}}},
		"another protocol": {in2(func(h *spoken) {
			h.say(client, h.head(client, 1, false, ":method", "CONNECT", ":protocol", "connect-udp", ":scheme", "https", ":path", "/", ":authority", "a.test")).say(server, h.answer(1, false, "200"), body(1, "x", false))
		}), nil},
		"the server greets first": {raw2(func(h *spoken) {
			h.say(server, settings(8, 1)).say(client, http2.Preface, settings(), h.asks(1)).say(server, h.answer(1, false, "200"), body(1, hello, false))
		}), []said{est(0, 1)}},
		"the server answers in HTTP/1.1": {raw2(func(h *spoken) {
			h.say(client, http2.Preface, settings(), h.asks(1)).say(server, "HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\nno").fin(server).fin(client).end(finished)
		}), []said{refused(400)}},
		"the server answers in HTTP/1.1 and waits": {raw2(func(h *spoken) {
			h.say(client, http2.Preface, settings(), h.asks(1)).say(server, "HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\nno")
		}), []said{refused(400)}},
		"the server answers something else": {raw2(func(h *spoken) {
			h.say(client, http2.Preface, settings(), h.asks(1)).say(server, "\x01\x02\x03\x04 no protocol").fin(server).fin(client).end(finished)
		}), []said{{Outcome: Malformed, By: ByServer, Kind: EndingNotHTTP, Target: "/chat"}}},
		"the capture ends": {in2(func(h *spoken) { h.say(client, h.asks(1)) }), []said{unknown()}},
		"given up":         {in2(func(h *spoken) { h.say(client, h.asks(1)).end(reassembly.EndEvicted) }), []said{unknown()}},
		"the server closes": {in2(func(h *spoken) {
			h.say(client, h.asks(1)).fin(server).fin(client).end(finished)
		}), []said{cutOff(Closed, ByServer)}},
		"the client closes": {in2(func(h *spoken) {
			h.say(client, h.asks(1)).fin(client).fin(server).end(finished)
		}), []said{cutOff(Closed, ByClient)}},
		"the client closes, the server answers": {in2(func(h *spoken) {
			h.say(client, h.asks(1)).fin(client)
			h.say(server, h.answer(1, true, "403")).fin(server).end(finished)
		}), []said{refused(403)}},
		"the client ends its stream, then the connection": {in2(func(h *spoken) {
			h.say(client, h.head(client, 1, true, connects...)).fin(client).fin(server).end(finished)
		}), []said{cutOff(Closed, ByClient)}},
		"the client ends its stream, then resets it": {in2(func(h *spoken) {
			h.say(client, h.head(client, 1, true, connects...)).say(client, resets(1, http2.Cancel))
		}), []said{cutOff(Reset, ByClient)}},
		"both end their streams, then reset them": {in2(func(h *spoken) {
			h.say(client, h.asks(1)).say(server, h.answer(1, false, "200"), body(1, hello, false)).say(client, body(1, goodbyeMasked, true))
			h.say(server, body(1, goodbye, true), resets(1, http2.NoError))
		}), []said{est(1, 2)}},
		"the server resets the connection": {in2(func(h *spoken) {
			h.say(client, h.asks(1)).rst(server).end(finished)
		}), []said{cutOff(Reset, ByServer)}},
		"the client resets the connection": {in2(func(h *spoken) {
			h.say(client, h.asks(1), h.asks(3)).say(server, h.answer(1, false, "200")).rst(client).end(finished)
		}), []said{
			{Outcome: Aborted, By: ByClient, Kind: EndingClientLeft, Target: "/chat"}, cutOff(Reset, ByClient).nth(1),
		}},
		"an RST outside of the window": {in2(func(h *spoken) {
			h.say(client, h.asks(1)).signal(server, reassembly.RST, reassembly.OutsideWindow)
			h.say(server, h.answer(1, false, "200"), body(1, hello, false))
		}), []said{est(0, 1)}},
		"closed during the session": {in2(func(h *spoken) {
			h.say(client, h.asks(1)).say(server, h.answer(1, false, "200"), body(1, hello, false)).fin(server).fin(client).end(finished)
		}), []said{{Outcome: ClosedEarly, By: ByServer, Kind: EndingDropped, Target: "/chat", Frames: [2]int{0, 1}}}},
		"the answer cut by the end of the connection": {in2(func(h *spoken) {
			a := h.answer(1, true, "403")
			h.say(client, h.asks(1)).say(server, a[:len(a)-1]).fin(server).fin(client).end(finished)
		}), []said{cutOff(Closed, ByServer)}},
		"no answer in time": {in2(func(h *spoken) {
			h.say(client, h.asks(1)).wait(11e9)
			h.say(client, settings()).say(client, settings())
		}), []said{cutOff(NoResponse, Nobody)}},
	}
}

// TestHTTP2 tells each story whole and in pieces of every small size.
func TestHTTP2(t *testing.T) {
	for name, s := range stories2() {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, Options{}) // one for all: what an earlier conversation left must not show
			for _, r.size = range []int{0, 1, 2, 3, 5, 7, 9, 10, 13, 29, 61} {
				tellStory(r, s)
			}
		})
	}
}

func tellStory(r *rig, s story) {
	r.t.Helper()
	s.do(r.open())
	if r.c.User != nil {
		r.end(reassembly.EndCapture)
	}
	if r.want(s.want...); r.t.Failed() {
		r.t.Fatalf("in pieces of %d octets", r.size)
	}
	if l := &r.a.held; l.octets != 0 || l.oldest != nil {
		r.t.Fatalf("%d octets are held in the end", l.octets)
	}
}

// TestHTTP2InsideTLS tells each story inside of TLS: with the secrets it ends the same.
func TestHTTP2InsideTLS(t *testing.T) {
	for version, title := range map[uint16]string{tls.VersionTLS12: "TLS 1.2 ", tls.VersionTLS13: "TLS 1.3 "} {
		for name, s := range stories2() {
			t.Run(title+name, func(t *testing.T) {
				keys := facts.NewKeyLog()
				r := newInside(t, version, Options{Keys: keys}, keys)
				for _, r.size = range []int{0, 1, 29, 1400} {
					tellStory(r, s)
				}
			})
		}
	}
}
