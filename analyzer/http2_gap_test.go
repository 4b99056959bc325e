package analyzer

import (
	"slices"
	"strings"
	"testing"

	"github.com/handshark/handshark/analyzer/http1"
	"github.com/handshark/handshark/analyzer/http2"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/reassembly"
)

// saidInPart has a side say frames of which only the octets up to from and those from to on
// were captured.
func (h *spoken) saidInPart(s reassembly.Side, from, to int, frames ...string) *spoken {
	all := strings.Join(frames, "")
	if from > 0 {
		h.from(s, all[:from])
	}
	h.lose(s, uint64(to-from))
	if to < len(all) {
		h.from(s, all[to:])
	}
	return h
}

const header2 = 9 // octets of the header of a frame

// gaps2 lose octets: nothing wrong is concluded from what is left.
func gaps2() map[string]story {
	const finished = reassembly.EndFinished
	end := func(h *spoken) { h.fin(server).fin(client).end(finished) }
	return map[string]story{
		"of a page's DATA": {in2(func(h *spoken) {
			h.say(client, h.page(1), h.asks(3)).saidInPart(server, 20, 400, h.answer(1, false, "200"), body(1, strings.Repeat("x", 1000), true), h.answer(3, true, "403"))
		}), []said{refused(403).nth(1)}},
		"of a frame": {in2(func(h *spoken) {
			long := "\x82\x7e\x01\x00" + strings.Repeat("x", 256)
			h.say(client, h.asks(1)).say(server, h.answer(1, false, "200")).saidInPart(server, header2+10, header2+100, body(1, long, false)).say(server, body(1, hello, false))
		}), []said{est(0, 2)}},
		"where a frame begins": {in2(func(h *spoken) {
			h.say(client, h.asks(1)).say(server, h.answer(1, false, "200")).saidInPart(server, header2, header2+1, body(1, hello, false)).say(server, body(1, hello, false))
		}), []said{est(0, 0)}},
		"of padded DATA with its padding": {in2(func(h *spoken) {
			long := "\x82\x7e\x01\x00" + strings.Repeat("x", 256)
			h.say(client, h.asks(1)).say(server, h.answer(1, false, "200"), body(1, long[:10], false))
			h.saidInPart(server, header2, header2+20, frameOf(http2.Data, http2.FlagPadded, 1, "\x20"+long[10:60]+strings.Repeat("\x00", 32)))
			h.say(server, body(1, long[60:], false), body(1, hello, false))
		}), []said{est(0, 1)}},
		"of the first early DATA": {in2(func(h *spoken) {
			h.say(client, h.asks(1)).saidInPart(client, header2, header2+3, body(1, masked, false)).say(client, body(1, masked, false)).say(server, h.answer(1, false, "200"))
		}), []said{est(0, 0)}},
		"of early DATA later": {in2(func(h *spoken) {
			h.say(client, h.asks(1), body(1, masked, false)).saidInPart(client, header2, header2+3, body(1, masked, false)).say(client, body(1, masked, false)).say(server, h.answer(1, false, "200"))
		}), []said{est(1, 0)}},
		"of the answer": {in2(func(h *spoken) {
			h.say(client, h.asks(1)).saidInPart(server, 5, 12, h.answer(1, true, "403", "server", "nginx"))
			end(h)
		}), []said{unknown()}},
		"of a whole answer": {in2(func(h *spoken) {
			h.say(client, h.asks(1), h.asks(3)).lose(server, uint64(len(h.answer(1, true, "403"))))
			h.say(server, h.answer(3, true, "404"))
			end(h)
		}), []said{unknown(), unknown().nth(1)}},
		"of an answer, and the server resets": {in2(func(h *spoken) {
			h.say(client, h.asks(1)).lose(server, 40).rst(server).end(finished)
		}), []said{unknown()}},
		"of the greeting of the server": {raw2(func(h *spoken) {
			h.say(client, http2.Preface, settings(), h.asks(1)).lose(server, 15)
			h.say(server, h.answer(1, true, "403"))
			end(h)
		}), []said{unknown()}},
		"of some of the greeting of the server": {raw2(func(h *spoken) {
			h.say(client, http2.Preface, settings(), h.asks(1)).saidInPart(server, 5, 7, settings(8, 1))
			h.say(server, h.answer(1, true, "403"))
			end(h)
		}), []said{unknown()}},
		"of a later request, before the server greets": {raw2(func(h *spoken) {
			h.say(client, http2.Preface, settings(), h.asks(1)).saidInPart(client, 12, 20, h.page(3), h.page(5))
			h.say(server, settings(8, 1), h.answer(1, true, "403"))
		}), []said{refused(403)}},
		"of a later request": {in2(func(h *spoken) {
			h.say(client, h.asks(1)).saidInPart(client, 12, 20, h.page(3), h.page(5))
			h.say(server, h.answer(1, false, "200"), body(1, hello, false))
		}), []said{est(0, 1)}},
		"of a later request, and the server says something else": {raw2(func(h *spoken) {
			h.say(client, http2.Preface, settings(), h.asks(1)).saidInPart(client, 12, 20, h.page(3), h.page(5))
			h.say(server, "\x01\x02\x03\x04 no protocol")
			end(h)
		}), []said{{Outcome: Malformed, By: ByServer, Kind: EndingNotHTTP, Target: "/chat"}}},
		"of the request": {in2(func(h *spoken) {
			h.saidInPart(client, 12, 20, h.asks(1)).say(server, h.answer(1, true, "403"))
			end(h)
		}), nil},
		"of both sides": {in2(func(h *spoken) {
			h.say(client, h.asks(1)).lose(client, 10).lose(server, 10)
			end(h)
		}), []said{unknown()}},
		"during the session": {in2(func(h *spoken) {
			h.say(client, h.asks(1)).say(server, h.answer(1, false, "200"), body(1, hello, false)).lose(server, 40)
			h.say(client, body(1, masked, false))
		}), []said{est(1, 1)}},
	}
}

// TestHTTP2Gaps tells each story whole and in pieces of small sizes.
func TestHTTP2Gaps(t *testing.T) {
	for name, s := range gaps2() {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, Options{})
			for _, r.size = range []int{0, 1, 2, 3, 7, 13} {
				tellStory(r, s)
			}
		})
	}
}

// TestHTTP2GapInBody loses octets of the body of a refusal: what is kept is what came before
// them, and it is not said to be whole.
func TestHTTP2GapInBody(t *testing.T) {
	r := newRig(t, Options{})
	r.look = func(h *Handshake) {
		if string(h.Body.Data) != "the " || h.Body.Complete || h.Have&ResponseBody != 0 || h.Lost&ResponseBody == 0 {
			t.Errorf("body %q, whole: %v, have %b, lost %b", h.Body.Data, h.Body.Complete, h.Have, h.Lost)
		}
	}
	h := newSpoken(r.open()).greets()
	h.say(client, h.asks(1)).say(server, h.answer(1, false, "403")).saidInPart(server, header2+4, header2+8, body(1, "the token is bad", false))
	h.say(server, body(1, "!", true)).end(reassembly.EndCapture).want(refused(403))
}

// TestHTTP2BrokenHead sends a head whose compression cannot be followed from the middle on:
// nothing is said to be absent from it.
func TestHTTP2BrokenHead(t *testing.T) {
	const broken = "\xfe" // a field that the table does not have
	for name, tc := range map[string]struct {
		do   func(*spoken)
		of   func(*Handshake) *Message
		lost Evidence
	}{
		"request": {func(h *spoken) {
			h.say(client, frameOf(http2.Headers, http2.FlagEndHeaders, 1, h.fields(client, ":method", "CONNECT", ":protocol", "websocket", ":path", "/chat")+broken))
			h.say(server, h.answer(1, true, "403"))
		}, func(h *Handshake) *Message { return h.Request }, RequestHead},
		"answer": {func(h *spoken) {
			h.say(client, h.asks(1)).say(server, frameOf(http2.Headers, http2.FlagEndHeaders, 1, h.fields(server, ":status", "403")+broken))
		}, func(h *Handshake) *Message { return h.Response }, ResponseHead},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, Options{})
			r.look = func(h *Handshake) {
				if m := tc.of(h); m.Complete || m.Why != http1.StopGap || h.Have&tc.lost != 0 || h.Lost&tc.lost == 0 || len(h.HTTP2.Pseudo) > 0 {
					t.Errorf("complete %v (%v), have %b, lost %b, faults %v", m.Complete, m.Why, h.Have, h.Lost, h.HTTP2.Pseudo)
				}
			}
			tc.do(newSpoken(r.open()).greets())
			r.end(reassembly.EndCapture)
			if len(r.got) != 1 {
				t.Errorf("handshakes: %+v", r.got)
			}
		})
	}
}

// TestHTTP2PlacesOfPreface cuts the preface in two: what came with its rest is in that packet.
func TestHTTP2PlacesOfPreface(t *testing.T) {
	for n := 1; n < len(http2.Preface); n++ {
		r := newRig(t, Options{})
		var at []capture.Ref
		r.look = func(h *Handshake) { at = slices.Clone(h.Request.Refs) }
		h := newSpoken(r.open()).say(client, http2.Preface[:n])
		h.say(client, http2.Preface[n:], settings(), h.asks(1))
		want := r.frame
		h.say(server, settings(8, 1), h.answer(1, true, "403")).end(reassembly.EndCapture)
		if len(at) != 1 || at[0].Frame != want {
			t.Errorf("cut at %d: the request is in packets %v, want %d", n, at, want)
		}
	}
}

// TestHTTP2GreetingAmid has the server greet while the client is at its preface.
func TestHTTP2GreetingAmid(t *testing.T) {
	for n := range len(http2.Preface) {
		r := newRig(t, Options{})
		h := newSpoken(r.open())
		if n > 0 {
			h.say(client, http2.Preface[:n])
		}
		h.say(server, settings(8, 1)).say(client, http2.Preface[n:], settings(), h.asks(1))
		h.say(server, h.answer(1, false, "200"), body(1, hello, false)).end(reassembly.EndCapture)
		if r.want(est(0, 1)); t.Failed() {
			t.Fatalf("after %d octets", n)
		}
	}
}

// TestHTTP2LargeHead has more fields in a head than are kept: nothing is said to be absent.
func TestHTTP2LargeHead(t *testing.T) {
	r := newRig(t, Options{})
	r.look = func(h *Handshake) {
		if h.Request.Complete || h.Request.Why != http1.StopLimit || h.Have&RequestHead != 0 || len(h.HTTP2.Pseudo) > 0 {
			t.Errorf("complete %v (%v), have %b, faults %v", h.Request.Complete, h.Request.Why, h.Have, h.HTTP2.Pseudo)
		}
	}
	h := newSpoken(r.open()).greets()
	list := []string{":method", "CONNECT", ":protocol", "websocket"}
	for range http2.MaxFields {
		list = append(list, "x-more", "1")
	}
	h.say(client, h.head(client, 1, false, append(list, ":path", "/chat", ":scheme", "https", ":authority", "a.test")...))
	h.end(reassembly.EndCapture)
	if len(r.got) != 1 {
		t.Errorf("handshakes: %+v", r.got)
	}
}
