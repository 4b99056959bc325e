package analyzer

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/handshark/handshark/analyzer/http2"
	"github.com/handshark/handshark/reassembly"
)

// newLive2 gives a rig that is watched as things happen, on which both sides have greeted;
// amends gets how often what was told was amended.
func newLive2(t *testing.T) (h *spoken, amends *int) {
	r := newRig(t, Options{Live: true})
	amends = new(int)
	r.look = func(h *Handshake) {
		if h.Amends {
			*amends++
		}
	}
	return newSpoken(r.open()).greets(), amends
}

// tick lets time go by.
func (h *spoken) tick(d int64) *spoken {
	h.wait(d)
	h.a.Tick(h.now)
	return h
}

// TestHTTP2Overdue tells a request that nobody answers, once, and amends that when the answer
// comes.
func TestHTTP2Overdue(t *testing.T) {
	h, amends := newLive2(t)
	h.say(client, h.asks(1), h.asks(3)).tick(9e9).want()
	h.tick(2e9).tick(2e9).want(cutOff(NoResponse, Nobody), cutOff(NoResponse, Nobody).nth(1))
	h.say(server, h.answer(3, true, "403")).want(refused(403).nth(1))
	if *amends != 1 {
		t.Errorf("%d amendments, want 1", *amends)
	}
	h.say(server, h.answer(1, false, "200"), body(1, hello, false)).tick(6e9).want(est(0, 1))
	h.end(reassembly.EndCapture).want()
	if *amends != 2 {
		t.Errorf("%d amendments, want 2", *amends)
	}
}

// TestHTTP2OverdueToTheEnd is not told twice that nobody answers.
func TestHTTP2OverdueToTheEnd(t *testing.T) {
	h, _ := newLive2(t)
	h.say(client, h.asks(1)).tick(11e9).want(cutOff(NoResponse, Nobody))
	h.end(reassembly.EndCapture).want()
}

// TestHTTP2LookAhead tells of a session when it was watched for long enough, and of a refusal
// without an end.
func TestHTTP2LookAhead(t *testing.T) {
	h, amends := newLive2(t)
	h.say(client, h.asks(1), h.asks(3)).say(server, h.answer(1, false, "200"), body(1, hello, false), h.answer(3, false, "403"), body(3, "n", false))
	h.tick(4e9).want()
	h.tick(2e9).want(est(0, 1), refused(403).nth(1))
	h.say(server, body(1, hello, true), body(3, "o", true)).fin(server).end(reassembly.EndFinished).want()
	if *amends != 0 {
		t.Errorf("%d amendments", *amends)
	}
}

// TestHTTP2AnsweredInHTTP1 has the server answer the preface in HTTP/1.1 and keep the
// connection: that is told once, as the answer.
func TestHTTP2AnsweredInHTTP1(t *testing.T) {
	for name, more := range map[string]string{"": "", "with the answer to a key": "Sec-WebSocket-Accept: x\r\n"} {
		for ending, end := range map[string]func(*spoken){
			"silence": func(h *spoken) { h.tick(11e9) },
			"reset":   func(h *spoken) { h.say(client, resets(1, http2.Cancel)) },
		} {
			t.Run(name+" "+ending, func(t *testing.T) {
				r := newRig(t, Options{Live: true})
				h := newSpoken(r.open())
				h.say(client, http2.Preface, settings(), h.asks(1)).say(server, "HTTP/1.1 400 Bad Request\r\nContent-Length: 9\r\n"+more+"\r\nno")
				h.tick(2e9).tick(2e9).want()
				end(h)
				h.want(refused(400))
				h.tick(7e9).say(server, " more").tick(7e9).fin(server).fin(client).end(reassembly.EndFinished).want()
			})
		}
	}
}

// TestHTTP2PageInHTTP1 has the server answer the request of a page in HTTP/1.1: whatever
// that was for, it is told once.
func TestHTTP2PageInHTTP1(t *testing.T) {
	r := newRig(t, Options{Live: true})
	h := newSpoken(r.open())
	h.say(client, http2.Preface, settings(), h.page(1)).say(server, "HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\nno")
	h.tick(2e9).tick(2e9).fin(server).end(reassembly.EndFinished)
	if len(r.got) != 1 || r.got[0].Outcome != Rejected || r.got[0].Status != 400 {
		t.Errorf("handshakes: %+v", r.got)
	}
}

// TestHTTP2Hold keeps handshakes while later ones use what is given back.
func TestHTTP2Hold(t *testing.T) {
	names := slices.Sorted(maps.Keys(stories2()))
	var want []string
	r := newRig(t, Options{})
	r.look = func(h *Handshake) { want = append(want, tell2(h)) }
	for _, name := range names {
		story(stories2()[name]).do(r.open())
		r.close2()
	}
	var kept []*Handshake
	var lots []*Lot
	held := newRig(t, Options{Hold: true})
	held.look = func(h *Handshake) { kept = append(kept, h) }
	var got []string
	given := 0
	for i, name := range names {
		story(stories2()[name]).do(held.open())
		held.close2()
		if lots = append(lots, held.a.Cut()); i < 3 {
			continue
		}
		for _, h := range kept[given:][:len(lots[0].hands)] { // all of what was handed on before the lot was cut
			h.Decide()
			got = append(got, tell2(h))
		}
		given += len(lots[0].hands)
		held.a.Reuse(lots[0])
		lots = lots[1:]
	}
	for _, h := range kept[given:] {
		h.Decide()
		got = append(got, tell2(h))
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("handed on and decided at once, and later (-at once +later):\n%s", d)
	}
}

// close2 ends the conversation if nothing has.
func (r *rig) close2() {
	if r.c.User != nil {
		r.end(reassembly.EndCapture)
	}
}

// tell2 writes down what a handshake says.
func tell2(h *Handshake) string {
	var b strings.Builder
	fmt.Fprintln(&b, summarise(h), h.Have, h.Lost, h.Nth, h.Ordinal)
	for _, m := range append([]*Message{h.Request, h.Response}, h.Interim...) {
		if m != nil {
			fmt.Fprintf(&b, "%q %v\n", m.Raw, m.Refs)
		}
	}
	fmt.Fprintf(&b, "%q %q\n", h.RequestBody.Data, h.Body.Data)
	if h.HTTP2 != nil {
		facts := *h.HTTP2
		facts.Reset, facts.GoAway = nil, nil
		fmt.Fprintf(&b, "%+v %v %v\n", facts, h.HTTP2.Reset, h.HTTP2.GoAway)
	}
	if u := h.Upgraded; u != nil {
		fmt.Fprintln(&b, u.Frames, u.First, u.Events)
	}
	return b.String()
}

// TestHTTP2Cookies knows the cookies that pages have set on the same connection.
func TestHTTP2Cookies(t *testing.T) {
	r := newRig(t, Options{})
	var got []string
	r.look = func(h *Handshake) {
		got = got[:0]
		for _, c := range h.Cookies {
			got = append(got, c.Name)
		}
	}
	h := newSpoken(r.open()).greets()
	h.say(client, h.page(1), h.page(3), h.page(5), h.page(7), h.head(client, 9, false, gets...), body(9, "x", false), h.head(client, 9, true, "x-sum", "1"))
	h.say(server, h.answer(1, true, "200", "set-cookie", "a=1"))
	h.say(server, h.answer(3, false, "103", "link", "x"), h.answer(3, true, "200", "set-cookie", "b=1")) // early hints come first
	h.say(server, resets(5, http2.Cancel), h.answer(5, true, "200", "set-cookie", "not=1"))              // nobody waits for it
	h.say(server, body(7, "", true), h.answer(7, true, "200", "set-cookie", "nor=1"))
	h.say(server, h.answer(9, true, "200", "set-cookie", "c=1"), h.answer(11, true, "200", "set-cookie", "unasked=1"))
	h.say(client, h.asks(13)).say(server, h.answer(13, true, "401", "set-cookie", "d=1"))
	if want := []string{"a", "b", "c"}; !slices.Equal(got, want) {
		t.Errorf("cookies %v, want %v", got, want)
	}
	h.say(client, h.asks(15)).say(server, h.answer(15, true, "401")).end(reassembly.EndCapture)
	if want := []string{"a", "b", "c", "d"}; !slices.Equal(got, want) {
		t.Errorf("cookies %v, want %v", got, want)
	}
}

// TestHTTP2Others bounds what is remembered of requests that nobody answers.
func TestHTTP2Others(t *testing.T) {
	r := newRig(t, Options{})
	h := newSpoken(r.open()).greets()
	for i := range uint32(2 * othersKept) {
		h.say(client, h.page(1+2*i))
	}
	h.say(client, h.head(client, 9999, true, ":method", "GET", ":authority", strings.Repeat("a", cookieText+1)))
	m := r.c.User.(*conn).mux
	if len(m.others) != othersKept || m.held != othersKept*exchangeCost {
		t.Errorf("%d requests in %d octets", len(m.others), m.held)
	}
	for i := range uint32(2 * othersKept) {
		h.say(server, h.answer(1+2*i, true, "200"))
	}
	if len(m.others) != 0 || m.held != 0 {
		t.Errorf("%d requests in %d octets when all are answered", len(m.others), m.held)
	}
	h.end(reassembly.EndCapture).want()
}

// TestHTTP2ManyStreams gives the oldest of too many streams up.
func TestHTTP2ManyStreams(t *testing.T) {
	r := newRig(t, Options{})
	h := newSpoken(r.open()).greets()
	for i := range uint32(streamsKept + 2) {
		h.say(client, h.asks(1+2*i))
	}
	h.want(unknown(), unknown().nth(1))
	h.say(server, h.answer(1, true, "403"), h.answer(5, true, "404")).want(refused(404).nth(2))
	h.end(reassembly.EndCapture)
	if len(r.got) != streamsKept-1 {
		t.Errorf("%d handshakes in the end, want %d", len(r.got), streamsKept-1)
	}
}

// TestHTTP2Facts has what is told of the connection and the stream beside the messages.
func TestHTTP2Facts(t *testing.T) {
	var told []HTTP2
	r := newRig(t, Options{})
	r.look = func(h *Handshake) { told = append(told, *h.HTTP2) }
	h := newSpoken(r.open())
	h.say(client, http2.Preface, settings(8, 1), h.asks(1)) // what a client sets says nothing
	h.say(server, settings(4, 65535))
	first := r.frame
	h.say(server, settings(8, 0, 3, 100, 8, 1), frameOf(http2.Settings, http2.FlagACK, 0, ""))
	for range enabledKept {
		h.say(server, settings(8, 1))
	}
	h.say(client, body(1, "x", true)).say(server, h.answer(1, true, "403"))
	ended := r.frame
	h.say(client, h.head(client, 3, true, connects...)).say(server, goesAway(3, http2.NoError, "bye")).say(server, goesAway(1, http2.EnhanceYourCalm, "calm"), goesAway(1, http2.NoError, ""))
	h.say(client, goesAway(0, http2.NoError, "")).say(client, resets(3, http2.Cancel)).end(reassembly.EndCapture)
	if len(told) != 2 {
		t.Fatalf("%d handshakes", len(told))
	}
	a, b := &told[0], &told[1]
	if a.Stream != 1 || a.Settings.Frame != first || len(a.Enabled) != enabledKept || a.Enabled[0].Value != 0 || a.Enabled[1].Value != 1 || a.Ends != [2]bool{false, true} {
		t.Errorf("first: %+v", *a)
	}
	if a.Ended[client].Frame != ended-1 || a.Ended[server].Frame != ended || a.Reset != nil || a.GoAway != nil || a.Lost != [2]bool{} {
		t.Errorf("first: %+v", *a)
	}
	if b.Stream != 3 || b.Ends != [2]bool{true, false} || b.Reset == nil || b.Reset.From != client || b.Reset.Code != http2.Cancel {
		t.Errorf("second: %+v", *b)
	}
	if b.GoAway == nil || b.GoAway.Code != http2.EnhanceYourCalm || b.GoAway.Debug != "calm" || b.GoAway.Last != 1 {
		t.Errorf("second: %+v", b.GoAway)
	}
}

// TestHTTP2Pseudo names what is wrong with pseudo-header fields.
func TestHTTP2Pseudo(t *testing.T) {
	ok := []string{":method", "CONNECT", ":protocol", "websocket", ":scheme", "https", ":path", "/chat", ":authority", "a.test"}
	for name, tc := range map[string]struct {
		fields []string
		want   []PseudoFault
	}{
		"none":     {ok, nil},
		"host":     {append(slices.Clone(ok[:8]), "host", "a.test"), nil},
		"missing":  {ok[:4], []PseudoFault{{PseudoMissing, ":scheme"}, {PseudoMissing, ":authority"}, {PseudoMissing, ":path"}}},
		"empty":    {append(slices.Clone(ok[:8]), ":authority", ""), []PseudoFault{{PseudoEmpty, ":authority"}}},
		"repeated": {append(slices.Clone(ok), ":path", "/x"), []PseudoFault{{PseudoRepeated, ":path"}}},
		"late":     {append([]string{"x-a", "1"}, ok[:2]...), nil},
		"behind":   {append(append(slices.Clone(ok[:8]), "x-a", "1"), ok[8:]...), []PseudoFault{{PseudoLate, ":authority"}}},
		"unknown":  {append(slices.Clone(ok), ":version", "2"), []PseudoFault{{PseudoUnknown, ":version"}}},
		"too many": {append(slices.Clone(ok), strings.Split(strings.Repeat(":a :b ", 10), " ")[:20]...), slices.Repeat([]PseudoFault{{PseudoUnknown, ":a"}}, pseudoKept)},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, Options{})
			told, seen := []PseudoFault(nil), false
			r.look = func(h *Handshake) { told, seen = h.HTTP2.Pseudo, true }
			h := newSpoken(r.open()).greets()
			h.say(client, h.head(client, 1, false, tc.fields...)).end(reassembly.EndCapture)
			if d := cmp.Diff(tc.want, told); d != "" && name != "late" || seen != (name != "late") {
				t.Errorf("faults (-want +got), told %v:\n%s", seen, d)
			}
		})
	}
}
