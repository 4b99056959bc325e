package tls

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// part is a piece, or one that was not captured.
type part struct {
	from Side
	data []byte
	gap  bool
}

// said is a record of the application.
type said struct {
	From   Side
	Offset uint64
	Text   string
}

// heard is what came out of a connection.
type heard struct {
	facts  Facts
	said   []said
	lost   [2][]uint64
	state  Decryption
	why    string
	reader *Reader
}

func (h *heard) text(from Side) string {
	var b strings.Builder
	for _, s := range h.said {
		if s.From == from {
			b.WriteString(s.Text)
		}
	}
	return b.String()
}

// listener gives a reader that decrypts into h.
func listener(keys *KeyLog, wait bool) *heard {
	h := &heard{}
	h.reader = NewReader(&h.facts)
	h.reader.Decrypt(keys, wait,
		func(from Side, offset uint64, text []byte) { h.said = append(h.said, said{from, offset, string(text)}) },
		func(from Side, offset uint64) { h.lost[from] = append(h.lost[from], offset) })
	return h
}

// hear reads pieces to their end. A piece without data but with missing octets is a gap.
func hear(pieces []part, keys *KeyLog) *heard {
	h := listener(keys, false)
	h.feed(pieces)
	h.close()
	return h
}

func (h *heard) feed(pieces []part) {
	var at [2]uint64
	for _, p := range pieces {
		if p.gap {
			h.reader.Gap(p.from, at[p.from], uint64(len(p.data)))
		} else {
			h.reader.Feed(p.from, at[p.from], p.data)
		}
		at[p.from] += uint64(len(p.data))
	}
}

func (h *heard) close() {
	h.reader.Close(Client)
	h.reader.Close(Server)
	h.state, h.why = h.reader.Decryption()
}

// cut gives pieces in parts of the sizes given, over and over.
func cut(pieces []part, sizes ...int) (out []part) {
	i := 0
	for _, p := range pieces {
		for b := p.data; len(b) > 0; i++ {
			n := min(sizes[i%len(sizes)], len(b))
			out = append(out, part{p.from, b[:n], p.gap})
			b = b[n:]
		}
	}
	return out
}

// bySide gives all pieces of one side, then all of the other.
func bySide(pieces []part, first Side) (out []part) {
	for _, side := range []Side{first, 1 - first} {
		for _, p := range pieces {
			if p.from == side {
				out = append(out, p)
			}
		}
	}
	return out
}

// judge compares what came out with what was said.
func (want *outcome) judge(t *testing.T, how string, h *heard) {
	t.Helper()
	if h.text(Client) != want.client || h.text(Server) != want.server {
		t.Errorf("%s: got %q and %q; want %q and %q", how, h.text(Client), h.text(Server), want.client, want.server)
	}
	if h.state != want.state || (want.why == "") != (h.why == "") {
		t.Errorf("%s: %d %q; want %d %q", how, h.state, h.why, want.state, want.why)
	}
	if want.state == Decrypting && (!h.facts.Decrypted || h.lost[0] != nil || h.lost[1] != nil) {
		t.Errorf("%s: decrypted %v, lost %v", how, h.facts.Decrypted, h.lost)
	}
	if want.check != nil {
		if fault := want.check(&h.facts); fault != "" {
			t.Errorf("%s: %s", how, fault)
		}
	}
}

func eachSession(t *testing.T, check func(t *testing.T, s *session, want *outcome)) {
	for name, want := range outcomes() {
		t.Run(name, func(t *testing.T) { check(t, recorded(t, name), &want) })
	}
}

func TestDecryptRecorded(t *testing.T) {
	eachSession(t, func(t *testing.T, s *session, want *outcome) {
		keys := s.keys(t)
		whole := hear(s.pieces, keys)
		want.judge(t, "whole", whole)
		for how, pieces := range map[string][]part{
			"octets": cut(s.pieces, 1), "odd": cut(s.pieces, 3, 1, 17, 5, 128, 2), "headers": cut(s.pieces, 5, 1<<14),
			"client first": bySide(s.pieces, Client), "server first": bySide(s.pieces, Server),
			"server first, cut": cut(bySide(s.pieces, Server), 7, 2),
		} {
			h := hear(pieces, keys)
			want.judge(t, how, h)
			if d := cmp.Diff(whole.facts, h.facts, cmpopts.IgnoreFields(Facts{}, "Alerts"), cmpopts.IgnoreFields(Records{}, "Encrypted")); d != "" {
				t.Errorf("%s: %s", how, d)
			}
		}
	})
}

// TestWithoutKeys checks that nothing is different that was there before, and that
// nothing comes of a log without the session or with other secrets for it.
func TestWithoutKeys(t *testing.T) {
	eachSession(t, func(t *testing.T, s *session, want *outcome) {
		plain := facts(s.plain())
		h := hear(s.pieces, NewKeyLog())
		if d := cmp.Diff(*plain, h.facts); d != "" || h.said != nil || h.lost[0] != nil || h.lost[1] != nil || h.state != NoKeys || h.why == "" {
			t.Errorf("empty log: %+v %s", h, d)
		}
		h = hear(s.pieces, s.wrongKeys(t))
		if d := cmp.Diff(*plain, h.facts); d != "" || h.said != nil || h.state != Undecryptable || h.why == "" || h.lost[Server] == nil {
			t.Errorf("wrong secrets: %+v %s", h, d)
		}
		h = hear(s.pieces, s.keys(t))
		if d := cmp.Diff(plain.Sides, h.facts.Sides); d != "" {
			t.Errorf("counters: %s", d)
		}
		if d := cmp.Diff(plain.ClientHello, h.facts.ClientHello); d != "" {
			t.Errorf("hello: %s", d)
		}
	})
}

// wrongKeys gives a log with another secret for each of the session's.
func (s *session) wrongKeys(t *testing.T) *KeyLog {
	var b strings.Builder
	for line := range bytes.Lines(s.log) {
		if f := strings.Fields(string(line)); len(f) == 3 && f[0][0] != '#' {
			secret, _ := hex.DecodeString(f[2])
			secret[7] ^= 1
			fmt.Fprintf(&b, "%s %s %x\n", f[0], f[1], secret)
		}
	}
	return (&session{log: []byte(b.String())}).keys(t)
}

// TestKeysComeLate checks that with wait everything is read though the log comes after
// all, or line by line; and nothing without it.
func TestKeysComeLate(t *testing.T) {
	eachSession(t, func(t *testing.T, s *session, want *outcome) {
		keys := NewKeyLog()
		h := listener(keys, true)
		h.feed(s.pieces)
		if h.said != nil || h.facts.Decrypted {
			t.Fatalf("without secrets: %+v", h)
		}
		keys.Add(s.log)
		h.close()
		want.judge(t, "at the end", h)

		keys = NewKeyLog()
		h = listener(keys, true)
		h.feed(s.pieces)
		for line := range bytes.Lines(s.log) {
			keys.Add(line)
			h.reader.Feed(Client, 1<<20, nil)
		}
		h.close()
		want.judge(t, "line by line", h)

		keys = NewKeyLog()
		h = listener(keys, false)
		h.feed(s.pieces)
		keys.Add(s.log)
		h.close()
		if h.said != nil || h.state != NoKeys {
			t.Errorf("without wait: %+v", h)
		}
	})
}

// clear reports whether a piece has a hello in it: without both nothing is read.
func (p *part) clear() bool {
	return p.data[0] == typeHandshake && (p.data[5] == msgClientHello || p.data[5] == msgServerHello)
}

// TestDecryptGap loses each piece in turn, and the end of each: what came before and
// after is read, and the loss is told.
func TestDecryptGap(t *testing.T) {
	eachSession(t, func(t *testing.T, s *session, want *outcome) {
		keys := s.keys(t)
		whole := hear(s.pieces, keys)
		if want.state != Decrypting {
			return
		}
		var at [2]uint64
		for i, p := range s.pieces {
			start := at[p.from]
			at[p.from] += uint64(len(p.data))
			if p.clear() {
				continue
			}
			for _, keep := range []int{0, 1, 7, len(p.data) / 2, len(p.data) - 1} {
				pieces := slices.Concat(s.pieces[:i], []part{{p.from, p.data[:keep], false}, {p.from, p.data[keep:], true}}, s.pieces[i+1:])
				h := hear(pieces, keys)
				h.bridged(t, fmt.Sprintf("piece %d from %d on", i, keep), want, whole, p.from, start, start+uint64(keep), start+uint64(len(p.data)))
			}
		}
	})
}

// bridged compares what was read around a gap within the piece that begins at start.
func (h *heard) bridged(t *testing.T, how string, want *outcome, whole *heard, side Side, start, from, to uint64) {
	t.Helper()
	touched := false
	for _, r := range whole.said {
		if r.From == side && r.Offset >= start && r.Offset < to {
			touched = touched || r.Offset >= from || from > start
			continue
		}
		if !slices.Contains(h.said, r) && (!want.fragile || r.From == side && r.Offset < start) {
			t.Errorf("%s: %+v is missing: %d %s", how, r, h.state, h.why)
		}
	}
	for _, r := range h.said {
		if !slices.Contains(whole.said, r) {
			t.Errorf("%s: %+v is too much", how, r)
		}
	}
	if touched && len(h.said) < len(whole.said) && h.lost[side] == nil {
		t.Errorf("%s: the loss is not told", how)
	}
}
