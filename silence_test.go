package handshark_test

import "testing"

// TestSilence: a request stays unanswered for longer than the limit while nothing
// goes by but packets without payload of another connection. They, too, tell that
// time passed.
func TestSilence(t *testing.T) {
	data := newTalk(t, func(k *talk, _ int) bool {
		silent, other := k.flow(1).open(), k.flow(2).open()
		silent.asks(upgrade("/chat", ""))
		for range 3 {
			k.now += 5e9
			other.segment(true, ack, other.client-1, other.server, nil) // keep-alives
			other.segment(false, ack, other.server, other.client, nil)
		}
		return false
	}).all()
	got := analyzeBytes(t, data)
	for _, h := range got.handshakes {
		if h.WebSocket == "yes" && h.Outcome == "no-response" {
			return
		}
	}
	t.Errorf("no unanswered request among %+v", verdicts(got.handshakes))
}
