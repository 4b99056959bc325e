package http2

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// FuzzReader reads anything, with gaps, in pieces: they make no difference, what was not
// captured but of data loses nothing else, and memory is bounded. Of flags, 1 is a
// client and 2 leaves out how a side has to begin. Octets of cuts and gaps are distances.
func FuzzReader(f *testing.F) {
	block := "\x82\x86\x84\x41\x8c\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff"
	f.Add([]byte(frame(Headers, FlagEndHeaders, 1, block)+frame(Data, FlagPadded|FlagEndStream, 1, "\x02abcd\x00\x00")), []byte{5, 9, 12}, []byte{37, 1}, uint8(1))
	f.Add([]byte(frame(Headers, 0, 1, block[:4])+frame(Continuation, FlagEndHeaders, 1, block[4:])+frame(RSTStream, 0, 1, "\x00\x00\x00\x08")), []byte{1, 0, 3}, []byte{}, uint8(0))
	f.Add([]byte(frame(PushPromise, FlagEndHeaders|FlagPadded, 1, "\x01\x00\x00\x00\x02\x82\x00")+frame(GoAway, 0, 0, "\x00\x00\x00\x07\x00\x00\x00\x0Bcalm")), []byte{20}, []byte{3, 200}, uint8(0))
	f.Add([]byte("\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x08\x00\x00\x00\x01"+frame(Data, 0, 2, "not wanted")+frame(0xBB, 9, 4, "unknown")), []byte{7, 7, 7}, []byte{25, 4, 3, 9}, uint8(2))
	f.Add([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"), []byte{3}, []byte{}, uint8(2))
	f.Fuzz(func(t *testing.T, data, cuts, gaps []byte, flags uint8) {
		in := &input{client: flags&1 != 0, skip: map[uint32]bool{2: true, 4: true}, data: data}
		if flags&2 == 0 {
			in.data = []byte(begins() + string(data))
			if in.client {
				in.data = append([]byte(Preface), in.data...)
			}
		}
		places := placesOf(cuts, len(in.data))
		whole := in.alike(t, places, everyCut(len(in.data)))
		in.gaps = gapsOf(gaps, len(in.data))
		holdGaps(t, in.alike(t, places, everyCut(len(in.data))), whole)
		holdMemory(t, in)
	})
}

func placesOf(distances []byte, end int) []int {
	var list []int
	at := 0
	for _, n := range distances {
		if at += int(n) + 1; at >= end {
			break
		}
		list = append(list, at)
	}
	return list
}

func gapsOf(distances []byte, end int) []gap {
	var list []gap
	at := 0
	for i := 0; i+1 < len(distances); i += 2 {
		g := gap{at + int(distances[i]) + 1, int(distances[i+1]) + 1}
		if at = g.at + g.n; at > end {
			break
		}
		list = append(list, g)
	}
	return list
}

// holdGaps: but for data, what is read with gaps is what is read without, or the
// beginning of it.
func holdGaps(t *testing.T, got, whole []string) {
	t.Helper()
	isData := func(s string) bool { return strings.HasPrefix(s, "data of ") || strings.HasPrefix(s, "missing of ") }
	got, whole = slices.DeleteFunc(slices.Clone(got), isData), slices.DeleteFunc(slices.Clone(whole), isData)
	if n := len(got) - 1; n >= 0 && strings.HasSuffix(got[n], NotCaptured.String()) {
		got = got[:n]
		whole = whole[:min(n, len(whole))]
	}
	if d := cmp.Diff(whole, got, cmpopts.EquateEmpty()); d != "" {
		t.Fatalf("gaps make a difference: -without +with:\n%s", d)
	}
}

func holdMemory(t *testing.T, in *input) {
	t.Helper()
	r := NewReader(in.client, &recorder{})
	for i := range in.data {
		r.Feed(uint64(i), in.data[i:i+1])
		if n := r.Octets(); n > 2*len(in.data)+keptBlock+MaxTable+keptFields*40 {
			t.Fatalf("%d octets are held after %d", n, i)
		}
	}
}
