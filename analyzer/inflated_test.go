package analyzer

import (
	"bytes"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/handshark/handshark/analyzer/frame"
	"github.com/handshark/handshark/reassembly"
)

// deflating gives a handshake whose 101 agrees to permessage-deflate, with frames of the
// server, before it is decided.
func deflating(t *testing.T, extensions string, frames ...Frame) *Handshake {
	t.Helper()
	h := new(Handshake)
	r := newRig(t, Options{Hold: true})
	r.look = func(got *Handshake) {
		got.Decide()
		h.Response = got.Response
		h.Upgraded = &Session{First: [2][]Frame{reassembly.Server: frames}}
		h.inflate()
	}
	r.open().from(client, ask).from(server, accept[:len(accept)-2]+"Sec-WebSocket-Extensions: "+extensions+"\r\n\r\n")
	r.end(reassembly.EndFinished)
	if h.Response == nil {
		t.Fatal("no 101")
	}
	return h
}

// piece gives a frame that is there to its end.
func piece(opcode frame.Opcode, fin, rsv1 bool, payload string) Frame {
	return Frame{Frame: frame.Frame{
		Opcode: opcode, FIN: fin, RSV1: rsv1, Complete: true, Payload: []byte(payload), Length: uint64(len(payload)),
	}}
}

const deflatedHello, deflatedAgain = "\xf2\x48\xcd\xc9\xc9\x07\x00", "\xf2\x00\x11\x00\x00" // RFC 7692 section 7.2.3

func TestMessages(t *testing.T) {
	one := piece(frame.Text, true, true, deflatedHello)
	again := piece(frame.Text, true, true, deflatedAgain)
	long := one
	long.Length = 1000
	cut := one
	cut.Complete = false
	for name, tt := range map[string]struct {
		extensions string
		frames     []Frame
		want       []string // "" where it is as it was
	}{
		"one refers to the other":   {"permessage-deflate", []Frame{one, again}, []string{"Hello", "Hello"}},
		"parameters":                {"permessage-deflate; server_max_window_bits=9; client_no_context_takeover", []Frame{one, again}, []string{"Hello", "Hello"}},
		"may not refer":             {"permessage-deflate; server_no_context_takeover", []Frame{one, again}, []string{"Hello", ""}},
		"one that is long":          {"permessage-deflate", []Frame{long, one}, []string{"", ""}},
		"long, and no context":      {"permessage-deflate; server_no_context_takeover", []Frame{long, one}, []string{"", "Hello"}},
		"one that is cut":           {"permessage-deflate", []Frame{cut, one}, []string{"", ""}},
		"a plain one between":       {"permessage-deflate", []Frame{one, piece(frame.Text, true, false, "a"), again}, []string{"Hello", "", "Hello"}},
		"in pieces, with a Ping":    {"permessage-deflate", []Frame{piece(frame.Text, false, true, deflatedHello[:3]), piece(frame.Ping, true, false, "p"), piece(frame.Continuation, true, false, deflatedHello[3:])}, []string{"", "", "Hello"}},
		"a loose end":               {"permessage-deflate", []Frame{piece(frame.Continuation, true, true, deflatedHello), one}, []string{"", "Hello"}},
		"another extension too":     {"permessage-deflate, x-scramble", []Frame{one}, []string{""}},
		"another extension":         {"x-webkit-deflate-frame", []Frame{one}, []string{""}},
		"an unknown parameter":      {"permessage-deflate; level=9", []Frame{one}, []string{""}},
		"a parameter said twice":    {"permessage-deflate; server_max_window_bits=9; server_max_window_bits=10", []Frame{one}, []string{""}},
		"no extension by this name": {"Permessage-Deflate", []Frame{one}, []string{""}},
	} {
		h := deflating(t, tt.extensions, slices.Clone(tt.frames)...)
		got := h.Upgraded.Messages(server)
		for i, want := range tt.want {
			f := &got[i]
			if want != "" && (string(f.Payload) != want || f.RSV1 || f.Opcode != frame.Text) {
				t.Errorf("%s: message %d is %q, %v; want %q", name, i, f.Payload, f.Opcode, want)
			}
			if want == "" && string(f.Payload) == "Hello" {
				t.Errorf("%s: message %d was read", name, i)
			}
		}
		if d := cmp.Diff(tt.frames, h.Upgraded.First[server]); d != "" {
			t.Errorf("%s: frames were changed (-was +is):\n%s", name, d)
		}
	}
}

// FuzzMessages reads frames of any kind: what comes of them is bounded, the frames stay
// as they were, and a refusal is one in whole messages.
func FuzzMessages(f *testing.F) {
	f.Add("permessage-deflate", []byte("\xc1\x07"+deflatedHello+"\xc1\x05"+deflatedAgain))
	f.Add("permessage-deflate; server_no_context_takeover", []byte("\x41\x03"+deflatedHello[:3]+"\x89\x01p\x80\x04"+deflatedHello[3:]))
	f.Fuzz(func(t *testing.T, extensions string, in []byte) {
		if len(extensions) > 200 || bytes.ContainsAny([]byte(extensions), "\r\n") {
			return
		}
		var frames []Frame
		for len(in) >= 2 && len(frames) < FramesKept {
			n := min(int(in[1]&0x7F), len(in)-2)
			x := piece(frame.Opcode(in[0]&0xF), in[0]&0x80 != 0, in[0]&0x40 != 0, string(in[2:2+n]))
			x.Complete, x.Offset = in[1]&0x80 == 0, uint64(len(frames))
			frames, in = append(frames, x), in[2+n:]
		}
		h := deflating(t, extensions, slices.Clone(frames)...)
		if d := cmp.Diff(frames, h.Upgraded.First[server]); d != "" {
			t.Errorf("frames were changed (-was +is):\n%s", d)
		}
		octets := 0
		for _, m := range h.Upgraded.Messages(server) {
			octets += len(m.Payload)
		}
		if octets > frame.InflateLimit+FramesKept*frame.DefaultLimit {
			t.Errorf("%d octets", octets)
		}
		if r, ok := h.Refusal(); ok && (!r.Frame.FIN || r.Frame.RSV1) {
			t.Errorf("a refusal in %+v", r.Frame)
		}
	})
}
