package diagnosis_test

import (
	"bytes"
	"encoding/binary"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/diagnosis"
	"github.com/handshark/handshark/report"
)

// failures gives how each connection failed that did.
func failures(list []*report.Handshake) map[string]string {
	failed := map[string]string{}
	for _, h := range list {
		if h.Outcome != "established" && h.Outcome != "incomplete" {
			failed[h.Client+" -> "+h.Server] = h.Outcome
		}
	}
	return failed
}

// dropping calls yield with list short of its first packets, none up to four, and of one to
// four more in a row among those that follow; step is how many of these are left out.
func dropping(list []packet, step int, yield func(head, from, to int, rest []packet)) {
	const most, among = 4, 12
	for head := 0; head <= most; head += step {
		for from := head; from < min(len(list), among); from++ {
			for to := from + step; to <= min(from+most, len(list)); to += step {
				if rest := slices.Concat(list[head:from], list[to:]); len(rest) > 0 {
					yield(head, from, to, rest)
				}
			}
		}
	}
}

// segmented cuts what TCP segments in IPv4 carry into pieces, as links with a small MTU do:
// a message does not begin with each.
func segmented(list []packet, size int) []packet {
	var out []packet
	for _, p := range list {
		if len(p.data) < 54 || p.data[12] != 8 || p.data[13] != 0 || p.data[14] != 0x45 || p.data[23] != 6 {
			out = append(out, p)
			continue
		}
		body := 34 + int(p.data[46]>>4)*4
		end := 14 + int(binary.BigEndian.Uint16(p.data[16:]))
		out = append(out, p.piece(body, body, min(body+size, end)))
		for at := body + size; at < end; at += size {
			out = append(out, p.piece(body, at, min(at+size, end)))
		}
	}
	return out
}

// piece gives the octets from at to end of a packet whose payload begins at body.
func (p packet) piece(body, at, end int) packet {
	data := slices.Concat(p.data[:body], p.data[at:end])
	binary.BigEndian.PutUint16(data[16:], uint16(len(data)-14))
	binary.BigEndian.PutUint32(data[38:], binary.BigEndian.Uint32(data[38:])+uint32(at-body))
	if whole := 14 + int(binary.BigEndian.Uint16(p.data[16:])); end < whole {
		data[47] &^= 1 // its FIN comes with the last one
	}
	return packet{p.time, len(data), p.link, data}
}

// TestDropped takes packets out of the beginning of every recording: what was not captured
// is no reason to call a connection failed that did not. Those in TLS are looked at more
// closely, since there little else tells.
func TestDropped(t *testing.T) {
	for _, file := range recordings(t) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".pcap"), func(t *testing.T) {
			t.Parallel()
			list := readPackets(t, file)
			if !slices.ContainsFunc(list, packet.clientHello) {
				checkDropped(t, list, 2)
				return
			}
			checkDropped(t, list, 1)
			checkDropped(t, segmented(list, 300), 1)
		})
	}
}

// clientHello reports whether a ClientHello seems to begin in p.
func (p packet) clientHello() bool {
	at := bytes.Index(p.data, []byte{22, 3, 1})
	return at > 0 && len(p.data) > at+5 && p.data[at+5] == 1
}

// analyzeAlone analyzes packets on one goroutine: for so few more only cost.
func analyzeAlone(t *testing.T, list []packet) []*report.Handshake {
	open := capture.OpenOptions{Stdin: bytes.NewReader(pcapOf(t, list)), Buffer: 1 << 14}
	return analyzeWith(t, []string{"-"}, diagnosis.Options{Open: open, Workers: 1}).handshakes
}

func checkDropped(t *testing.T, list []packet, step int) {
	plain := analyzeAlone(t, list)
	failed := failures(plain)
	if len(failed) > 0 && len(failed) == len(plain) {
		return // nothing in it did not fail
	}
	dropping(list, step, func(head, from, to int, rest []packet) {
		for which, outcome := range failures(analyzeAlone(t, rest)) {
			if _, ok := failed[which]; !ok {
				t.Errorf("without the first %d packets and those from %d to %d: %s %s", head, from+1, to, which, outcome)
			}
		}
	})
}
