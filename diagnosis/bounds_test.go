package diagnosis_test

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/diagnosis"
	"github.com/handshark/handshark/report"
)

// most is the live memory in bytes that no input may exceed, besides what open
// connections take: 64 MiB of waiting bytes, 16 MiB of history, 40 MiB of heads.
const most = 160 << 20

// burden is a capture that tries to use up memory.
type burden struct {
	name string
	next func(k *talk, i int) bool
	want int  // handshakes at least
	open int  // connections open at once, each of which has its state
	shed bool // connections are given up, and that is told
}

// state is the live memory in bytes that an open connection may take, whatever
// it sends.
const state = 3 << 10

func burdens() []burden {
	return slices.Concat(burdensOfText(), burdensOfPackets(), burdensOfHTTP2())
}

func burdensOfText() []burden {
	lines := strings.Repeat("X-Field: value\r\n", 10_000)
	return []burden{
		{name: "a million header lines", want: 1, next: once(100, func(f *flow) {
			f.open().asks("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n")
		}, func(f *flow, _ int) { f.asks(lines) })},
		{name: "a million header lines in an answer", want: 1, next: once(100, func(f *flow) {
			f.open().asks(upgrade("/", ""))
			f.answers("HTTP/1.1 400 Bad Request\r\n")
		}, func(f *flow, _ int) { f.answers(lines) })},
		{name: "a megabyte of target", next: once(1, func(f *flow) {
			f.open().asks(upgrade("/"+strings.Repeat("a", 1<<20), ""))
			f.answers(refused)
		}, func(*flow, int) {})},
		{name: "100,000 pipelined handshakes", want: 1, next: once(1000, func(f *flow) { f.open() },
			func(f *flow, _ int) { f.asks(strings.Repeat(upgrade("/chat", ""), 100)) })},
		{name: "100,000 pipelined requests", next: once(1000, func(f *flow) { f.open() },
			func(f *flow, _ int) { f.asks(strings.Repeat("GET / HTTP/1.1\r\nHost: a\r\n\r\n", 100)) })},
		{name: "100,000 refusals of one connection", want: 50_000, next: once(1000, func(f *flow) { f.open() }, func(f *flow, _ int) {
			for range 100 {
				f.asks(upgrade("/chat", ""))
				f.answers(refused)
			}
		})},
		{name: "a million interim answers", want: 1, next: once(1000, func(f *flow) { f.open().asks(upgrade("/", "")) },
			func(f *flow, _ int) { f.answers(strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 1000)) })},
		{name: "a million frames", want: 1, next: once(1000, func(f *flow) {
			f.open().asks(upgrade("/", ""))
			f.answers(accepted)
		}, func(f *flow, _ int) { f.answers(strings.Repeat("\x81\x01a", 1000)) })},
		{name: "endless TLS records", next: once(2000, func(f *flow) { f.open() },
			func(f *flow, _ int) { f.asks("\x16\x03\x01\x40\x00\x01\xff\xff\xff" + strings.Repeat("a", 1<<14-4)) })},
	}
}

// once makes a burden on one connection of n parts.
func once(n int, begin func(*flow), part func(*flow, int)) func(*talk, int) bool {
	var f *flow
	return func(k *talk, i int) bool {
		if i == 0 {
			f = k.flow(1)
			begin(f)
		}
		part(f, i)
		return i < n-1
	}
}

func burdensOfPackets() []burden {
	flows := make([]*flow, 10_000)
	endless := strings.Repeat("X-Endless: "+strings.Repeat("a", 50)+"\r\n", 20)
	long := upgrade("/", strings.Repeat("X-Long: "+strings.Repeat("a", 990)+"\r\n", 50))
	return []burden{
		{name: "10,000 connections with endless headers", want: 10_000, shed: true, next: func(k *talk, i int) bool {
			n := i % len(flows)
			if i < len(flows) {
				flows[n] = k.flow(n).open()
				flows[n].asks("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n")
			}
			flows[n].asks(endless)
			return i < 40*len(flows)
		}},
		{name: "10,000 connections with a hole", next: func(k *talk, i int) bool {
			n := i % len(flows)
			if i < len(flows) {
				flows[n] = k.flow(n).open()
				flows[n].client++
			}
			flows[n].asks(endless)
			return i < 20*len(flows)
		}},
		{name: "500,000 lone SYNs", next: func(k *talk, i int) bool {
			k.flow(i).segment(true, syn, 1, 0, nil)
			return i < 500_000
		}},
		{name: "50 connections with 200 long unanswered requests", want: 1000, next: func(k *talk, i int) bool {
			n := i % 50
			if i < 50 {
				flows[n] = k.flow(n).open()
			}
			flows[n].asks(long)
			return i < 200*50
		}},
		{name: "200,000 connections of one packet", open: 200_000, shed: true, next: func(k *talk, i int) bool {
			k.flow(i).asks("GET / HTTP/1.1\r\n")
			return i < 200_000
		}},
		{name: "100,000 refused handshakes of different names", want: 100_000, next: func(k *talk, i int) bool {
			f := k.flow(i).open()
			f.asks(fmt.Sprintf("GET /%d HTTP/1.1\r\nHost: host%d.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", i, i))
			f.answers(fmt.Sprintf("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nSet-Cookie: name%d=%0100d\r\n\r\n", i, i))
			f.closes()
			return i < 100_000
		}},
		{name: "500,000 fragments that stay alone", next: func(k *talk, i int) bool {
			ip := outerIPv4(17, make([]byte, 1000))
			copy(ip[4:], u16(i))
			copy(ip[6:], u16(0x2000|i>>16))
			k.packet(ip)
			return i < 500_000
		}},
		{name: "300,000 answers about different names", next: func(k *talk, i int) bool {
			answer := join(u16(i), octets("8180 0001 0001 0000 0000"), dnsName(i), octets("0001 0001 c00c 0001 0001 00000e10 0004 c0000201"))
			ip := outerUDP(40000, answer)
			copy(ip[20:], u16(53))
			k.packet(ip)
			return i < 300_000
		}},
	}
}

// dnsName gives a name of its own for each number.
func dnsName(i int) []byte {
	label := fmt.Sprintf("host-%d-%s", i, strings.Repeat("x", 40))
	return join([]byte{byte(len(label))}, []byte(label), octets("04 74657374 00"))
}

// TestBoundedMemory analyzes burdens and looks at the live memory on the way.
func TestBoundedMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("reads several hundred megabytes")
	}
	for _, f := range burdens() {
		t.Run(f.name, func(t *testing.T) {
			peak := uint64(0)
			o := diagnosis.Options{
				Keep:     diagnosis.KeepSample,
				Open:     capture.OpenOptions{Stdin: newTalk(t, f.next)},
				Progress: sampler(&peak),
			}
			found := 0
			tail, err := diagnosis.Analyze(t.Context(), []string{"-"}, o, func(*report.Record) error {
				found++
				return nil
			})
			if err != nil || len(tail.RuleErrors) > 0 {
				t.Fatal(err, tail.RuleErrors)
			}
			if limit := uint64(most + f.open*state); peak > limit {
				t.Errorf("%d MiB live; want at most %d", peak>>20, limit>>20)
			}
			if told := tail.Captures[0].Evicted > 0; told != f.shed {
				t.Errorf("%d connections evicted", tail.Captures[0].Evicted)
			}
			if found < f.want {
				t.Errorf("%d handshakes; want at least %d", found, f.want)
			}
			t.Logf("%d MiB live, %d handshakes, %d packets", peak>>20, found, tail.Captures[0].Packets)
		})
	}
}

// sampler gives a progress function that notes the peak of live memory.
func sampler(peak *uint64) func(_, _ uint64) {
	calls := 0
	return func(_, _ uint64) {
		if calls++; calls > 16 && calls%16 != 0 {
			return
		}
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		*peak = max(*peak, m.HeapAlloc)
	}
}
