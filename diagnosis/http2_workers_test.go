package diagnosis_test

import (
	"strings"
	"testing"

	"github.com/handshark/handshark/analyzer/http2"
)

// TestWorkersHTTP2 does what TestWorkers does with many WebSockets on few connections in
// HTTP/2: accepted ones, refused ones with a body, reset ones, and some that nobody answers.
func TestWorkersHTTP2(t *testing.T) {
	ask, ok, refusal := asked2("sec-websocket-version", "13"), fields2(false, ":status", "200"), fields2(false, ":status", "403")
	flows := make([]*flow, 20)
	data := newTalk(t, func(k *talk, i int) bool {
		n := i % len(flows)
		if i < len(flows) {
			flows[n] = k.flow(n).greets2()
		}
		f, id := flows[n], uint32(2*(i/len(flows))+1)
		f.asks(frame2(http2.Headers, whole2, id, ask))
		switch (i + n) % 5 {
		case 0:
			f.answers(frame2(http2.Headers, whole2, id, ok) + frame2(http2.Data, 0, id, strings.Repeat("\x81\x05hello", 1+i%40)))
			f.asks(frame2(http2.Data, 0, id, "\x81\x82\x01\x02\x03\x04hi"))
		case 1:
			f.answers(frame2(http2.Headers, whole2, id, refusal) + frame2(http2.Data, http2.FlagEndStream, id, strings.Repeat("no", i%3000)))
		case 2:
			f.answers(frame2(http2.Headers, whole2, id, ok) + frame2(http2.Data, http2.FlagEndStream, id, "\x88\x02\x03\xf0"))
		case 3:
			f.answers(frame2(http2.RSTStream, 0, id, "\x00\x00\x00\x07"))
		}
		return i < 60*len(flows)-1
	}).all()
	sameForAnyWorkers(t, "streams", data)
}
