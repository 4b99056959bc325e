package diagnosis_test

import "testing"

// TestSilence: a request stays unanswered while nothing goes by but packets without
// payload of another connection. They, too, tell that time passed, unless it is one
// alone that is far ahead: its clock may be another.
func TestSilence(t *testing.T) {
	for name, tt := range map[string]struct {
		pauses []int64 // seconds before each further packet
		want   string
	}{
		"step by step":      {[]int64{5, 5, 5}, "no-response"},
		"at once":           {[]int64{15, 0}, "no-response"},
		"not long enough":   {[]int64{3, 3}, "incomplete"},
		"one packet alone":  {[]int64{15}, "incomplete"},
		"one far ahead":     {[]int64{15, -14, 0}, "incomplete"},
		"far ahead by turn": {[]int64{15, -14, 14, -14}, "incomplete"},
	} {
		data := newTalk(t, func(k *talk, _ int) bool {
			silent, other := k.flow(1).open(), k.flow(2).open()
			silent.asks(upgrade("/chat", ""))
			for _, pause := range tt.pauses {
				k.now += pause * 1e9
				other.segment(true, ack, other.client-1, other.server, nil) // a keep-alive
			}
			return false
		}).all()
		got := ""
		for _, h := range analyzeBytes(t, data).handshakes {
			if h.WebSocket == "yes" {
				got = h.Outcome
			}
		}
		if got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}
