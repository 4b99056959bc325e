package textcase

import (
	"fmt"
	"strings"
	"testing"
)

// trace renders captured TCP packets as "side flags seq+length ack".
func trace(t *testing.T, text string) string {
	t.Helper()
	c, err := Parse("x.txtar", []byte("-- a --\n"+text))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range mustPlay(t, c) {
		if e.icmp != nil {
			out = append(out, fmt.Sprintf("icmp %d/%d of %s", e.icmp.typ, e.icmp.code, e.icmp.quoted.from))
			continue
		}
		flags := ""
		for i, f := range []byte("FSRPA") {
			if e.flags&(1<<i) != 0 {
				flags += string(f)
			}
		}
		out = append(out, fmt.Sprintf("%.1s %s %d+%d %d", e.from, flags, e.seq, len(e.data), e.ack))
	}
	return strings.Join(out, ", ")
}

func TestDirectives(t *testing.T) {
	const mid = "open midstream\n" // keeps the handshake of TCP out of the traces
	for _, tt := range []struct{ name, text, want string }{
		{"open", "open\n", "c S 0+0 0, s SA 0+0 1, c A 1+0 1"},
		{"refused", "open refused\n", "c S 0+0 0, s RA 0+0 1"},
		{"unanswered", "open unanswered=1\nicmp 3 1\n", "c S 0+0 0, c S 0+0 0, icmp 3/1 of client"},
		{"half open", "open halfopen=1\n", "c S 0+0 0, s SA 0+0 1, s SA 0+0 1"},
		{"one way", "open oneway=server\n>x 00\n", "s SA 0+0 1, s A 1+0 2"},
		{"one way later", mid + ">x 00\noneway client\n<x 00\n", "c PA 1+1 1, s A 1+0 2, c A 2+0 2"},
		{"split", mid + "split 2\n>x 010203\n", "c PA 1+2 1, c PA 3+1 1, s A 1+0 4"},
		{"lose", mid + "split 2\nlose\n>x 010203\n", "c PA 3+1 1, s A 1+0 4"},
		{"lose and dup", mid + "lose\ndup\n>x 01\n", "c PA 1+1 1, s A 1+0 2"},
		{"dup", mid + "dup 2\n>x 01\n", "c PA 1+1 1, c PA 1+1 1, c PA 1+1 1, s A 1+0 2"},
		{"swap", mid + "swap\n>x 010203\n", "c PA 3+1 1, c PA 1+2 1, s A 1+0 4"},
		{"unacked", mid + "unacked\n>x 01\n<x 02\nack server\n", "c PA 1+1 1, s PA 1+1 1, c A 2+0 2, s A 2+0 2"},
		{"overlap", mid + ">x 0102\noverlap\n>x 0304\n", "c PA 1+2 1, s A 1+0 3, c PA 1+2 1, s A 1+0 3"},
		{"black hole", "open midstream mss=88\nblackhole 1\n>x " + strings.Repeat("00", 90) + "\n", "c PA 1+88 1, c PA 89+2 1, s A 1+0 1, c PA 1+88 1"},
		{"close", mid + "close client\n", "c FA 1+0 1, s FA 1+0 2, c A 2+0 2"},
		{"close half", mid + "close client half\n<x 00\nclose server\n", "c FA 1+0 1, s A 1+0 2, s PA 1+1 2, c A 2+0 2, s FA 2+0 2, c A 2+0 3"},
		{"reset", mid + "rst server\n", "s RA 1+0 1"},
		{"two connections", mid + "open name=b midstream\n>x 00\non c1\n<x 00\n", "c PA 1+1 1, s A 1+0 2, s PA 1+1 1, c A 1+0 2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := trace(t, tt.text); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestTimes(t *testing.T) {
	c := build(t, "-- a --\nopen midstream\ndup 2\n>x 01\nwait 5s\nack server\ntime 2026-02-01T00:00:00Z\nack client\n-- b --\nopen unanswered=2\n", Variant{})
	want := []float64{0, 0.2, 0.6, 0.6002, 5.6004, 2580955, 2581015.0002, 2581016.0002, 2581018.0002}
	if len(c.Packets) != len(want) {
		t.Fatalf("got %d packets; want %d", len(c.Packets), len(want))
	}
	for i, p := range c.Packets {
		if got := float64(p.Time-baseTime()) / 1e9; got < want[i]-1e-6 || got > want[i]+1e-6 {
			t.Errorf("packet %d: got %.4f s; want %.4f s", i, got, want[i])
		}
	}
}

func TestCut(t *testing.T) {
	c := build(t, "-- a --\nopen midstream\ncut 60\n>x 0102030405060708090a\ncut off\n>x 0102030405060708090a\n", Variant{})
	for i, want := range []int{60, 54, 64, 54} {
		if p := c.Packets[i]; len(p.Data) != want || i%2 == 0 && p.Wire != 64 {
			t.Errorf("packet %d: got %d of %d octets; want %d", i, len(p.Data), p.Wire, want)
		}
	}
}

func TestLinkLayers(t *testing.T) {
	for _, tt := range []struct {
		link   string
		number uint32
		ip     int // where the IP header begins
	}{{"ethernet", 1, 14}, {"raw", 101, 0}, {"sll", 113, 16}, {"sll2", 276, 20}, {"null", 0, 4}} {
		p := build(t, "-- a --\nopen link="+tt.link+"\n", Variant{}).Packets[0]
		if p.Link != tt.number || p.Data[tt.ip] != 0x45 {
			t.Errorf("%s: got link type %d, octet %02x; want %d, 45", tt.link, p.Link, p.Data[tt.ip], tt.number)
		}
	}
}
