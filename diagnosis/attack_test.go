package diagnosis_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/diagnosis"
	"github.com/handshark/handshark/report"
)

// attack is a capture that breaks rules of the protocols below HTTP.
type attack struct {
	name   string
	frames func(t testing.TB) []packet
	// url is that of the handshake it carries all the same, refused with 403;
	// empty = none.
	url string
	// tells are findings, or reasons for which packets were not decoded.
	tells []string
}

// say gives the packets that write writes, as Ethernet frames.
func say(t testing.TB, write func(k *talk)) []packet {
	data := newTalk(t, func(k *talk, _ int) bool {
		write(k)
		return false
	}).all()
	s, err := capture.NewSource(bytes.NewReader(data), "talk", 0, capture.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var list []packet
	var p capture.Packet
	for s.Next(&p) == nil {
		list = append(list, frameOf(p.Ref.Time, ethernet(0x0800, p.Data)))
	}
	return list
}

func frameOf(at int64, data []byte) packet {
	return packet{time: at, wire: len(data), link: capture.LinkEthernet, data: bytes.Clone(data)}
}

// refusal writes a whole handshake that is refused.
func refusal(k *talk, number int, target string) {
	f := k.flow(number).open()
	f.asks(upgrade(target, ""))
	f.answers(refused)
	f.closes()
}

// wrapped is a refused handshake each of whose packets stands behind head.
func wrapped(head func(ip []byte) []byte) func(testing.TB) []packet {
	return func(t testing.TB) []packet {
		list := say(t, func(k *talk) { refusal(k, 1, "/nested") })
		for i := range list {
			_, ip := list[i].network()
			list[i] = frameOf(list[i].time, head(ip))
		}
		return list
	}
}

// changed is a refused handshake of which every packet was changed; ip is its
// IPv4 packet, tcp the part of it behind the IPv4 header.
func changed(change func(n int, ip, tcp []byte)) func(testing.TB) []packet {
	return func(t testing.TB) []packet {
		list := say(t, func(k *talk) { refusal(k, 1, "/changed") })
		for n := range list {
			ip := list[n].data[14:]
			change(n, ip, ip[20:])
		}
		return list
	}
}

// optioned gives every packet these TCP options.
func optioned(options string) func(testing.TB) []packet {
	return wrapped(func(ip []byte) []byte {
		add := octets(options)
		out := slices.Concat(ip[:40], add, ip[40:])
		binary.BigEndian.PutUint16(out[2:], uint16(len(out)))
		out[32] = byte(20+len(add)) / 4 << 4
		return ethernet(0x0800, out)
	})
}

func attacks() []attack {
	return slices.Concat(attacksOnIP(), attacksOnHeaders(), attacksOnOrder(), attacksOnConnections())
}

// piecesOf cuts every packet with payload into IP fragments and adds others.
func piecesOf(more func(pieces [][]byte) [][]byte) func(testing.TB) []packet {
	return func(t testing.TB) []packet {
		var out []packet
		for n, p := range say(t, func(k *talk) { refusal(k, 1, "/changed") }) {
			_, ip := p.network()
			binary.BigEndian.PutUint16(ip[4:], uint16(n+1))
			pieces := fragmentIPv4(ip, 48)
			if len(pieces) > 1 {
				pieces = more(pieces)
			}
			for _, piece := range pieces {
				out = append(out, frameOf(p.time, ethernet(0x0800, piece)))
			}
		}
		return out
	}
}

// forge gives a fragment with other octets, moved by some octets.
func forge(piece []byte, by, length int) []byte {
	out := append(bytes.Clone(piece[:20]), bytes.Repeat([]byte{'!'}, length)...)
	field := binary.BigEndian.Uint16(piece[6:])
	binary.BigEndian.PutUint16(out[6:], field+uint16(by/8))
	binary.BigEndian.PutUint16(out[2:], uint16(len(out)))
	return out
}

func attacksOnIP() []attack {
	const url = "ws://example.test/changed"
	return []attack{
		{"overlapping fragments that contradict the first", piecesOf(func(p [][]byte) [][]byte {
			return slices.Insert(p, 1, forge(p[0], 0, 48), forge(p[0], 24, 24))
		}), url, nil},
		{"teardrop", piecesOf(func(p [][]byte) [][]byte { return slices.Insert(p, 1, forge(p[0], 24, 8)) }), url, nil},
		{"fragments beyond 65535 bytes", piecesOf(func(p [][]byte) [][]byte {
			death := forge(p[0], 0, 48)
			binary.BigEndian.PutUint16(death[6:], 0x1fff)
			return append(p, death)
		}), url, []string{"IP fragment beyond 65535 bytes"}},
		{"fragments without a first", piecesOf(func(p [][]byte) [][]byte { return p[1:] }), "", []string{"never completed"}},
		{"IPv4 header length 0", changed(func(_ int, ip, _ []byte) { ip[0] = 0x40 }), "", []string{"IPv4 header length below 20 bytes"}},
		{"IPv4 header longer than the packet", changed(func(_ int, ip, _ []byte) { ip[0] = 0x4f }), "", []string{"IPv4 total length shorter than the header"}},
		{"IPv4 total length 0", changed(func(_ int, ip, _ []byte) { ip[2], ip[3] = 0, 0 }), url, nil},
		{"IPv4 total length below the header", changed(func(_ int, ip, _ []byte) { ip[2], ip[3] = 0, 19 }), "", []string{"total length shorter than the header"}},
		{"IPv4 total length 65535", changed(func(_ int, ip, _ []byte) { ip[2], ip[3] = 0xff, 0xff }), "", nil},
		{"TCP header length 0", changed(func(_ int, _, tcp []byte) { tcp[12] = 0 }), "", []string{"TCP data offset below 20 bytes"}},
		{"TCP header beyond the packet", changed(func(_ int, _, tcp []byte) { tcp[12] = 0xf0 }), "", []string{"TCP data offset beyond the segment"}},
	}
}

func attacksOnHeaders() []attack {
	const url = "ws://example.test/nested"
	vlans := octets(twoMACs + strings.Repeat("8100 0001", 64))
	gre := func(ip []byte) []byte {
		for range 64 {
			ip = outerIPv4(47, join(octets("0000 0800"), ip))
		}
		return ethernet(0x0800, ip)
	}
	return []attack{
		{"64 VLAN tags", wrapped(func(ip []byte) []byte { return join(vlans, u16(0x0800), ip) }), "", []string{"too deeply nested"}},
		{"64 GRE tunnels", wrapped(gre), "", []string{"too deeply nested"}},
		{"64 IP packets in one another", wrapped(func(ip []byte) []byte {
			for range 64 {
				ip = outerIPv4(4, ip)
			}
			return ethernet(0x0800, ip)
		}), "", []string{"too deeply nested"}},
		{"a thousand IPv6 extension headers", wrapped(func(ip []byte) []byte {
			return ethernet(0x86dd, outerIPv6(0, join(bytes.Repeat(octets("00 00 010400000000"), 1000), octets("04 00 010400000000"), ip)))
		}), "", []string{"too deeply nested"}},
		{"MPLS labels without an end", wrapped(func(ip []byte) []byte {
			return join(octets(twoMACs+"8847"), bytes.Repeat(octets("00064040"), 300), ip)
		}), "", []string{"too deeply nested"}},
		{"TCP options of length 0", optioned("03000000 02000000"), url, nil},
		{"TCP options of length 1", optioned("03010301 03010301 fe01fe01"), url, nil},
		{"TCP options beyond the header", optioned("0101 05ff"), url, nil},
		{"only no-operations as TCP options", optioned(strings.Repeat("01", 40)), url, nil},
	}
}

func attacksOnOrder() []attack {
	const url, year = "ws://example.test/changed", int64(365 * 24 * time.Hour)
	at := func(move func(n int, at int64) int64) func(testing.TB) []packet {
		return func(t testing.TB) []packet {
			list := say(t, func(k *talk) { refusal(k, 1, "/changed") })
			for n := range list {
				list[n].time = move(n, list[n].time)
			}
			return list
		}
	}
	return []attack{
		{"time goes back by years inside of a handshake", at(func(n int, at int64) int64 { return at - int64(n)*5*year }), url, nil},
		{"time jumps to and fro by decades", at(func(n int, at int64) int64 { return at + int64(n%2)*40*year }), url, nil},
		{"every packet at the same time", at(func(int, int64) int64 { return 1e18 }), url, nil},
		{"before the epoch of time", at(func(n int, _ int64) int64 { return int64(n) }), url, nil},
		{"every packet with urgent data", changed(func(_ int, _, tcp []byte) {
			tcp[13] |= 0x20
			tcp[18], tcp[19] = 0xff, 0xff
		}), url, nil},
		{"an urgent pointer into the head", changed(func(_ int, _, tcp []byte) {
			tcp[13] |= 0x20
			tcp[19] = 5
		}), url, nil},
		{"all flags at once", changed(func(n int, _, tcp []byte) {
			if n > 2 {
				tcp[13] |= 0x20 | 0x80 | 0x40
			}
		}), url, nil},
		{"sequence numbers that wrap inside of the head", changed(func(_ int, _, tcp []byte) {
			const by = 1<<32 - 1001 - 20 // the head begins at 1001
			field := tcp[4:]
			if binary.BigEndian.Uint16(tcp) == 80 {
				field = tcp[8:]
			}
			binary.BigEndian.PutUint32(field, binary.BigEndian.Uint32(field)+by)
		}), url, nil},
	}
}

func attacksOnConnections() []attack {
	const url = "ws://example.test/changed"
	spoken := func(write func(k *talk)) func(testing.TB) []packet {
		return func(t testing.TB) []packet { return say(t, write) }
	}
	conflict := []string{"tcp-overlap-conflict"}
	return []attack{
		{"simultaneous open", spoken(func(k *talk) {
			f := k.flow(1)
			f.segment(true, syn, f.client, 0, nil)
			f.segment(false, syn, f.server, 0, nil)
			f.segment(true, syn|ack, f.client, f.server+1, nil)
			f.segment(false, syn|ack, f.server, f.client+1, nil)
			f.client, f.server = f.client+1, f.server+1
			f.asks(upgrade("/changed", ""))
			f.answers(refused)
		}), url, nil},
		{"a socket connected to itself", selfConnected, "", nil},
		{"a request sent again with other octets", spoken(func(k *talk) {
			f := k.flow(1).open()
			first := f.client
			f.asks(upgrade("/changed", ""))
			f.client = first
			k.now += 1e9
			f.asks(upgrade("/forgery", ""))
			f.answers(refused)
		}), url, conflict},
		{"a later part first, and then another one", spoken(func(k *talk) {
			f := k.flow(1).open()
			text := upgrade("/changed", "")
			f.segment(true, psh|ack, f.client+20, f.server, []byte(text[20:]))
			f.segment(true, psh|ack, f.client+20, f.server, bytes.Repeat([]byte{'!'}, 30))
			f.asks(text[:20])
			f.client = 1001 + uint32(len(text))
			f.answers(refused)
		}), url, conflict},
		{"resets and ends with wild numbers in between", spoken(func(k *talk) {
			f := k.flow(1).open()
			text := upgrade("/changed", "")
			f.asks(text[:30])
			f.segment(true, rst, f.client+1<<30, 0, nil)
			f.segment(false, rst|ack, f.server-1<<29, f.client, nil)
			f.asks(text[30:])
			f.answers(refused)
		}), url, nil},
		{"a server that resets and goes on", spoken(func(k *talk) {
			f := k.flow(1).open()
			f.asks(upgrade("/changed", ""))
			f.segment(false, syn|fin|rst|psh|ack, f.server+9, f.client, []byte("!"))
			f.answers(refused)
		}), "", nil},
		{"one octet in a packet, backwards", spoken(func(k *talk) {
			f := k.flow(1).open()
			text := upgrade("/changed", "")
			for i := len(text) - 1; i >= 0; i-- {
				f.segment(true, psh|ack, f.client+uint32(i), f.server, []byte(text[i:i+1]))
			}
			f.client += uint32(len(text))
			f.answers(refused)
		}), url, nil},
	}
}

// selfConnected is a conversation whose two ends are one.
func selfConnected(t testing.TB) []packet {
	list := say(t, func(k *talk) { refusal(k, 1, "/changed") })
	for i := range list {
		ip := list[i].data[14:]
		copy(ip[12:], octets("c0000202 c0000202"))
		copy(ip[20:], octets("0050 0050"))
		if at := bytes.Index(ip, []byte("dGhlIHNhbXBs")); at > 0 {
			ip[at] = 'A' // the key of the other handshake would make them legs of one
		}
	}
	return list
}

// TestAttacks puts each attack in front of, and into, a handshake of somebody
// else: that one is judged as ever, and what the attack is said to tell is told.
func TestAttacks(t *testing.T) {
	victim := say(t, func(k *talk) { refusal(k, 99, "/victim") })
	alone := verdicts(analyzeBytes(t, pcapOf(t, victim)).handshakes)
	for _, a := range attacks() {
		t.Run(a.name, func(t *testing.T) {
			frames := a.frames(t)
			for _, list := range [][]packet{slices.Concat(frames, victim), interleave(frames, victim)} {
				data := pcapOf(t, list)
				got := analyzeBytes(t, data)
				checkVictim(t, alone[0], got.handshakes)
				checkCarried(t, a.url, got.handshakes)
				text := fmt.Sprint(verdicts(got.handshakes), got.tail.Undecoded)
				for _, want := range a.tells {
					if !strings.Contains(text, want) {
						t.Errorf("%q is not told:\n%s", want, text)
					}
				}
			}
		})
	}
}

// interleave gives packets of both in turns.
func interleave(a, b []packet) []packet {
	var out []packet
	for len(a)+len(b) > 0 {
		n, m := min(1, len(a)), min(1, len(b))
		out = append(append(out, a[:n]...), b[:m]...)
		a, b = a[n:], b[m:]
	}
	return out
}

func checkVictim(t *testing.T, want verdict, list []*report.Handshake) {
	t.Helper()
	for _, v := range verdicts(list) {
		if v.Target != want.Target {
			continue
		}
		if v.Outcome != want.Outcome || v.Cause != want.Cause || v.Status != want.Status {
			t.Errorf("the other handshake: %+v; want %+v", v, want)
		}
		return
	}
	t.Errorf("the other handshake was not found among %d", len(list))
}

func checkCarried(t *testing.T, url string, list []*report.Handshake) {
	t.Helper()
	for _, h := range list {
		if string(h.URL) == "ws://example.test/victim" {
			continue
		}
		if url == "" && h.Outcome == "established" {
			t.Errorf("%s %s", h.URL, h.Outcome)
		}
		if url != "" && string(h.URL) == url && h.Outcome == "rejected" {
			return
		}
		if url != "" {
			t.Errorf("%s %s; want %s rejected", h.URL, h.Outcome, url)
		}
	}
	if url != "" {
		t.Errorf("%s was not found", url)
	}
}

// TestBombs reads captures that expand to gigabytes: reading stops at the limit,
// and says so.
func TestBombs(t *testing.T) {
	victim := pcapOf(t, say(t, func(k *talk) { refusal(k, 1, "/victim") }))
	whole := append(victim, make([]byte, 64<<20)...) // records of no bytes without end
	for _, p := range packings(t)[1:4] {
		data := p.pack(whole)
		for want, o := range map[string]capture.OpenOptions{
			p.name + " data expands beyond the limit of 1048576 bytes": {MaxExpanded: 1 << 20},
		} {
			o.Stdin = bytes.NewReader(data)
			got := analyzeWith(t, []string{"-"}, diagnosis.Options{Open: o})
			if told := strings.Join(got.damage(), "\n"); !strings.Contains(told, "expands beyond the limit of 1048576 bytes") {
				t.Errorf("%s: told %q; want %q", p.name, told, want)
			}
			checkVictim(t, verdict{Target: "/victim", Outcome: "rejected", Status: 403, Cause: got.handshakes[0].RootCause.Rule}, got.handshakes)
		}
	}
}
