package analyzer

import (
	"reflect"
	"testing"

	"github.com/handshark/handshark/analyzer/http1"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/reassembly"
)

// TestLocate holds the short way of locate to the long one, in memory that other
// heads left.
func TestLocate(t *testing.T) {
	var quick, slow Message
	for _, offset := range []uint64{0, 5, 9, 10, 11} {
		for _, length := range []int{0, 1, 10} {
			for places := range 3 {
				var k track
				for i := range places {
					k.add(place{uint64(10 * i), capture.Ref{Frame: uint64(i + 1)}, uint64(i), i > 0})
					k.add(place{uint64(10*i + 5), capture.Ref{Frame: uint64(i + 1), Time: 1}, 7, true})
				}
				for n := range len(k.places) + 1 {
					one := track{k.places[n:min(n+1, len(k.places))]}
					for _, k := range []*track{&k, &one} {
						quick.Message = http1.Message{Offset: offset, Raw: make([]byte, length)}
						slow.Message = quick.Message
						k.locate(&quick, reassembly.Server)
						k.locateAny(&slow, reassembly.Server)
						if got, want := located(&quick), located(&slow); !reflect.DeepEqual(got, want) {
							t.Fatalf("%d octets at %d among %v: got %v, want %v", length, offset, k.places, got, want)
						}
					}
				}
			}
		}
	}
}

func located(m *Message) []any {
	return []any{m.From, m.First, m.Last, m.Acked, m.HasAck, len(m.Refs), len(m.spans), append([]capture.Ref{}, m.Refs...), append([]span{}, m.spans...)}
}
