package diagnosis_test

import (
	"encoding/binary"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// borders gives the offsets at which a pcap or pcapng file may end undamaged.
func borders(t *testing.T, data []byte) map[int]bool {
	t.Helper()
	at, step := 24, func(at int) int { return 16 + int(binary.LittleEndian.Uint32(data[at+8:])) }
	if data[0] == 0x0a {
		at = int(binary.LittleEndian.Uint32(data[4:]))
		step = func(at int) int { return int(binary.LittleEndian.Uint32(data[at+4:])) }
	}
	found := map[int]bool{}
	for at < len(data) {
		found[at] = true
		at += step(at)
	}
	if at != len(data) || len(found) < 3 {
		t.Fatalf("last record ends at %d of %d bytes", at, len(data))
	}
	found[at] = true
	return found
}

// truncated cuts a file at every byte: what is missing is told, unless nothing
// is.
func truncated(t *testing.T, data []byte, whole map[int]bool) {
	t.Helper()
	for n := range data {
		got := analyzeBytes(t, data[:n:n])
		if told := len(got.damage()) > 0; told == whole[n] {
			t.Fatalf("cut at %d of %d bytes: damage %q; at a border: %t", n, len(data), got.damage(), whole[n])
		}
	}
}

// TestTruncatedEverywhere cuts recordings, in both formats and compressed, at
// every byte.
func TestTruncatedEverywhere(t *testing.T) {
	small := slices.DeleteFunc(recordings(t), func(name string) bool {
		st, err := os.Stat(name)
		return err != nil || st.Size() > 1500
	})
	if len(small) < 24 {
		t.Fatalf("%d small recordings", len(small))
	}
	pcap, pcapng := containers()[0], containers()[9]
	for i, file := range small[:24] {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".pcap"), func(t *testing.T) {
			t.Parallel()
			list := readPackets(t, file)
			data := pcap.write(list)
			truncated(t, data, borders(t, data))
			if i%4 == 0 {
				data = pcapng.write(list)
				truncated(t, data, borders(t, data))
			}
			if i%8 == 0 {
				for _, p := range packings(t)[1:4] {
					truncated(t, p.pack(data), nil)
				}
			}
		})
	}
}

// TestMutated damages recordings at random: nothing may panic, hang, or break a
// rule.
func TestMutated(t *testing.T) {
	files := recordings(t)
	formats := containers()
	r := rand.New(rand.NewPCG(1, 2))
	for range 4000 {
		list := readPackets(t, files[r.IntN(len(files))])
		data := formats[r.IntN(len(formats))].write(list)
		for range 1 + r.IntN(6) {
			data = mutate(r, data)
		}
		analyzeBytes(t, data)
	}
}

// mutate changes, moves, doubles or drops some bytes.
func mutate(r *rand.Rand, data []byte) []byte {
	if len(data) < 2 {
		return data
	}
	at := r.IntN(len(data) - 1)
	n := 1 + r.IntN(min(len(data)-at, 64))
	switch part := slices.Clone(data[at : at+n]); r.IntN(5) {
	case 0:
		data[at] ^= 1 << r.IntN(8)
		return data
	case 1:
		data[at] = byte(r.Uint32())
		return data
	case 2:
		return slices.Delete(data, at, at+n)
	case 3:
		return slices.Insert(data, r.IntN(len(data)), part...)
	default:
		for i := range part {
			data[at+i] = byte(r.Uint32() >> 8)
		}
		return data
	}
}

// TestMutatedStreams damages what the connections say and leaves the headers
// alone, so that the damage reaches the readers of HTTP, TLS and frames.
func TestMutatedStreams(t *testing.T) {
	files := recordings(t)
	r := rand.New(rand.NewPCG(3, 4))
	for range 4000 {
		list := readPackets(t, files[r.IntN(len(files))])
		for range 1 + r.IntN(8) {
			p := &list[r.IntN(len(list))]
			_, ip := p.network()
			if payload := tcpPayload(ip); len(payload) > 0 {
				payload[r.IntN(len(payload))] = "\x00\n\r :;,\t/?=\xff\x81\x88az09\"%"[r.IntN(19)]
			}
		}
		analyzeBytes(t, pcapOf(t, list))
	}
}

// tcpPayload gives what a TCP packet without IP options carries; nil for others.
func tcpPayload(ip []byte) []byte {
	head := 20
	protocol := ip[9]
	if ip[0]>>4 == 6 {
		head, protocol = 40, ip[6]
	}
	if protocol != 6 || len(ip) < head+20 {
		return nil
	}
	tcp := ip[head:]
	return tcp[min(int(tcp[12]>>4)*4, len(tcp)):]
}
