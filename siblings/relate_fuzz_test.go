package siblings

import (
	"reflect"
	"slices"
	"sync"
	"testing"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/rules"
)

// statuses are those that mean something to comparisons.
var statuses = [...]int16{0, 101, 302, 400, 401, 403, 407, 426, 502, 503, 504}

// attemptOf reads ten octets as an attempt. Few clients, servers, targets and
// keys make many of them siblings.
func attemptOf(op []byte, d *Digests, at int64) Attempt {
	a := Attempt{
		client: d.addr(host(op[0] & 3)), clientPort: uint16(op[0] >> 2), server: d.addr(host(2 + op[1]&1)), serverPort: 80 + uint16(op[1]>>1&1),
		Start: at, Asked: at + int64(op[2])*1e6, Outcome: analyzer.Outcome(op[3] % 12), Meant: analyzer.Certainty(op[3] >> 6 % 3),
		Status: statuses[int(op[4])%len(statuses)], hasKey: op[4]&0x80 != 0, connect: op[4]&0x40 != 0, Lookup: op[4]&0x20 != 0,
		target: uint64(op[5] & 3), path: uint64(op[5] >> 2 & 1), key: uint64(op[6] & 3), secrets: uint64(op[6] >> 2 & 1),
		Cause: int16(op[7]%6) - 1, fired: d.fired.of(rules.RuleSet{uint64(op[7] >> 3)}),
	}
	a.manner = d.manners.of(manner{
		next: uint64(op[5] >> 4 & 3), through: uint64(op[5] >> 6),
		version: uint64(op[6] >> 3 & 1), tokens: uint64(op[6] >> 4 & 1), host: uint64(op[6] >> 5 & 3),
	})
	a.End = a.Asked + int64(op[8])*1e6
	if op[1]&0x80 != 0 {
		a.client = [2]addr{loopback4, loopback6}[op[0]&1]
	}
	if op[1]&0x40 != 0 {
		a.server = [2]addr{loopback4, loopback6}[op[1]>>5&1]
	}
	return a
}

// host gives one of few addresses, of both families.
func host(last byte) capture.Addr {
	if last == 1 {
		return capture.Addr{Hi: 0x2001_0db8 << 32, Lo: 1}
	}
	return capture.AddrFrom4([]byte{192, 0, 2, last})
}

// atOnce runs two functions at once.
func atOnce(a, b func()) {
	var other sync.WaitGroup
	other.Go(a)
	b()
	other.Wait()
}

// FuzzRelate compares any attempts: ten octets each.
func FuzzRelate(f *testing.F) {
	f.Add([]byte{0, 0, 0, 2, 4, 1, 4, 0, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0, 1, 1})
	f.Add([]byte{0, 0, 0, 2, 0x80 + 8, 1, 7, 2, 1, 1, 2, 1, 0, 4, 0x80 + 1, 2, 7, 3, 9, 0, 1, 0x80, 1, 3, 0, 0, 0, 0, 0, 9})
	f.Fuzz(func(t *testing.T, ops []byte) {
		d := NewDigests()
		var all List
		at := int64(0)
		for ops = ops[:min(len(ops), 1000)]; len(ops) >= 10; ops = ops[10:] {
			at += int64(ops[9]) * int64(ops[9]) * 1e6
			all = append(all, attemptOf(ops, d, at))
		}
		faults := rules.RuleSet{0x55}
		first, again := d.Relate(all, faults, InTurn), d.Relate(all, faults, atOnce)
		for i := range all {
			r := first.Of(i)
			if !reflect.DeepEqual(r, again.Of(i)) {
				t.Fatalf("attempt %d: %+v, and then %+v", i, r, again.Of(i))
			}
			checkRelation(t, d, all, i, r)
		}
	})
}

func checkRelation(t *testing.T, d *Digests, all List, i int, r *Relation) {
	t.Helper()
	a := &all[i]
	if r.GotOver != None && (r.GotOver <= i || r.GotOver >= len(all) || all[r.GotOver].Outcome != analyzer.Established || !a.Outcome.Failed()) {
		t.Errorf("%d of %d got over by %d", i, len(all), r.GotOver)
	}
	if r.Upstream != None && !slices.Contains(r.Legs, r.Upstream) {
		t.Errorf("%d: upstream %d is none of the legs %v", i, r.Upstream, r.Legs)
	}
	for _, j := range r.Legs {
		if j < 0 || j >= len(all) || j == i {
			t.Errorf("%d of %d has leg %d", i, len(all), j)
		}
	}
	carried := slices.ContainsFunc(all, func(b Attempt) bool {
		x, y := d.manners.list[a.manner], d.manners.list[b.manner]
		return b.Meant == analyzer.Yes && (serverOf(&b) == serverOf(a) || x.host != 0 && (y.host == x.host || y.through == x.host))
	})
	if a.Meant != analyzer.Yes && r.Likely != (carried || r.GotOver != None) {
		t.Errorf("%d: likely %t; its server carries WebSocket: %t", i, r.Likely, carried)
	}
	if r.Repeats != 0 && r.Repeats < loopAt || r.Repeats > len(all) {
		t.Errorf("%d: refused %d times", i, r.Repeats)
	}
}
