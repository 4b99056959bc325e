package catalogue

import (
	"strings"
	"testing"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/rules"
)

// Only a server in JavaScript has a switch that admits older clients.
func TestEngineIOFix(t *testing.T) {
	const node, python = "allowEIO3", "python-socketio"
	words := engineIORefusals[0]
	for _, tt := range []struct {
		product, eio, words string
		want, not           string
	}{
		{"Engine.IO", "3", words, node, python},
		{"Engine.IO", "4", words, "socket.io 3.x or 4.x", node},
		{"Node.js", "3", words, node, python},
		{"python-engineio", "3", pythonRefusal, "python-socketio 4", node},
		{"", "3", pythonRefusal, "python-socketio 4", node},
		{"nginx", "4", pythonRefusal, "python-socketio 5", node},
		{"uvicorn", "3", words, python, node},
		{"Hypercorn", "3", words, python, node},
		{"Daphne", "4", words, python, node},
		{"", "3", words, node, "in Go"},
		{"", "3", words, python, "in Go"},
		{"nginx", "4", words, "server in Python", node},
		{"Engine.IO", "", words, "same generation", node},
	} {
		p := &rules.Pass{Handshake: &analyzer.Handshake{}, Answerer: rules.Answerer{Product: tt.product}}
		if got := engineIOFix(p, tt.eio, tt.words); !strings.Contains(got, tt.want) || strings.Contains(got, tt.not) {
			t.Errorf("%q, EIO=%s, %q: got %q, want %q, not %q", tt.product, tt.eio, tt.words, got, tt.want, tt.not)
		}
	}
}
