package analyzer

import (
	"testing"

	"github.com/handshark/handshark/reassembly"
)

// TestRefusalHostile reads broken messages: none may be taken for a refusal.
func TestRefusalHostile(t *testing.T) {
	for _, text := range []string{
		`{"type":"connection_error"`, `{"type":["connection_error"]}`, `{"a":"connection_error","type":"data"}`,
		`{"type":"disconnect","reason":"remote","x":"unauthorized"}`,
		`44{`, `44/a`, `4`, `[`, `["1","1","t","phx_reply"]`, `[null,null,"t","phx_reply",{"status":"error"}]`,
		`["1","2","t","phx_reply",{"status":"error"}]`, `["1","1","t","phx_reply","error"]`,
		"ERROR", "ERRORS\n", `a["ERROR`, `a["`, " \x02\x00\x05",
	} {
		r := newRig(t, Options{})
		r.look = func(h *Handshake) {
			if got, ok := h.Refusal(); ok {
				t.Errorf("Refusal of %q = %+v; want none", text, got)
			}
		}
		r.open().from(client, ask).from(server, accept).from(server, "\x81"+string(rune(len(text)))+text)
		r.fin(server).end(reassembly.EndFinished)
		if len(r.got) != 1 {
			t.Errorf("%q: %d handshakes; want 1", text, len(r.got))
		}
	}
}
