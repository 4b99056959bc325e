package report

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"
)

// lacking gives an incomplete handshake with findings of these rules.
func lacking(n int, rules ...string) *Handshake {
	h := &Handshake{
		ID: fmt.Sprintf("%012x", n), WebSocket: "yes", Outcome: "incomplete", Server: "192.0.2.1:80", URL: "ws://a.test/ws",
		Time: TimeOf(time.Date(2026, 1, 2, 3, 4, 5, n, time.UTC).UnixNano()),
	}
	for _, r := range rules {
		h.Findings = append(h.Findings, Finding{Rule: r, Message: Text("says " + r), Fix: "change " + r})
	}
	return h
}

// TestIncomplete: what could not be judged comes with what the capture lacks, each
// reason once, in lists and in folded tables.
func TestIncomplete(t *testing.T) {
	for _, tt := range []struct {
		name string
		list []*Handshake
		want string
	}{
		{"a reason once", []*Handshake{lacking(1, "capture-incomplete", "meta-capture-gap"), lacking(2, "meta-capture-gap")},
			"Incomplete\n  #1, #2: says meta-capture-gap\n    Fix: change meta-capture-gap\n"},
		{"nothing better", []*Handshake{lacking(1, "response-101", "capture-incomplete")},
			"Incomplete\n  #1: says capture-incomplete\n    Fix: change capture-incomplete\n"},
		{"no reason", []*Handshake{lacking(1)}, ""},
		{"folded", numbered(50, func(n int) *Handshake { return lacking(n, "meta-capture-gap") }),
			"Incomplete\n  192.0.2.1:80 /ws: says meta-capture-gap\n    Fix: change meta-capture-gap\n"},
		{"many reasons", numbered(30, func(n int) *Handshake { return lacking(n, fmt.Sprint("meta-", n)) }), "  and others\n"},
		{"many of one", numbered(40, func(n int) *Handshake { return lacking(n, "meta-capture-gap") }), "#13, #14, …: says"},
	} {
		var out bytes.Buffer
		w := NewTable(&out, TableOptions{})
		for _, h := range tt.list {
			if err := w.Handshake(Record{Handshake: h}); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(&Tail{Summary: Summary{Handshakes: len(tt.list)}}); err != nil {
			t.Fatal(err)
		}
		if got := out.String(); !strings.Contains(got, tt.want) || tt.want == "" && strings.Contains(got, "Incomplete") {
			t.Errorf("%s: want %q in\n%s", tt.name, tt.want, got)
		}
	}
}

func numbered(n int, make func(int) *Handshake) (list []*Handshake) {
	for i := range n {
		list = append(list, make(i+1))
	}
	return list
}

// TestIncompleteGroup: the reason of a group is that of its first record that has one.
func TestIncompleteGroup(t *testing.T) {
	g := newGroups()
	brief, whole := lacking(1, "meta-capture-gap"), lacking(2, "meta-capture-gap")
	brief.Findings[0].Message = ""
	for _, h := range []*Handshake{brief, whole} {
		g.add(rowOf(h), h, h == brief)
	}
	if len(g.order) != 1 || g.order[0].row.lack.message != "says meta-capture-gap" {
		t.Errorf("%d groups, reason %+v", len(g.order), g.order[0].row.lack)
	}
}
