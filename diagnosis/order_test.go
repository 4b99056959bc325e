package diagnosis_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// retimed gives the packets in a new order with the times of the old one, as a
// capture holds them whose packets came through several queues.
func retimed(list []packet, order []int) []packet {
	out := make([]packet, len(order))
	for i, from := range order {
		out[i] = list[from]
		out[i].time = list[i].time
	}
	return out
}

func identity(n int) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	return order
}

// burst is how close in time packets are that may change places, in
// nanoseconds: the queues of a network card are emptied that often.
const burst = 300_000

// bursts gives the runs of packets that follow one another closely.
func bursts(list []packet) [][2]int {
	var out [][2]int
	from := 0
	for i := 1; i <= len(list); i++ {
		if i == len(list) || list[i].time-list[from].time > burst {
			out = append(out, [2]int{from, i})
			from = i
		}
	}
	return out
}

// forward reports whether a packet goes from the lower to the higher port.
func forward(p packet) bool {
	_, ip := p.network()
	head := 20
	if ip[0]>>4 == 6 {
		head = 40
	}
	return len(ip) >= head+4 && string(ip[head:head+2]) < string(ip[head+2:head+4])
}

// directionsApart puts, in each burst, the packets of one direction before those
// of the other.
func directionsApart(list []packet, forwardFirst bool) []packet {
	order := identity(len(list))
	for _, b := range bursts(list) {
		slices.SortStableFunc(order[b[0]:b[1]], func(x, y int) int {
			fx, fy := forward(list[x]) == forwardFirst, forward(list[y]) == forwardFirst
			switch {
			case fx == fy:
				return 0
			case fx:
				return -1
			}
			return 1
		})
	}
	return retimed(list, order)
}

// shuffled changes the order of the packets in each burst at random.
func shuffled(list []packet, seed uint64) []packet {
	r := rand.New(rand.NewPCG(seed, 0))
	order := identity(len(list))
	for _, b := range bursts(list) {
		part := order[b[0]:b[1]]
		r.Shuffle(len(part), func(i, j int) { part[i], part[j] = part[j], part[i] })
	}
	return retimed(list, order)
}

// doubled gives each packet twice.
func doubled(list []packet) []packet {
	var out []packet
	for _, p := range list {
		again := p
		again.time += 1000
		out = append(out, p, again)
	}
	slices.SortStableFunc(out, func(a, b packet) int { return int(a.time - b.time) })
	return out
}

// ordered are recordings that hang on the order of packets of several
// connections, or on the packets that are sent again.
func ordered(name string) bool {
	return strings.HasSuffix(name, "-both-legs") || name == "mtu-blackhole" || name == "request-large-at-client"
}

// TestOrder mixes up the packets of recordings as capturing does: the verdicts
// stay.
func TestOrder(t *testing.T) {
	for _, file := range recordings(t) {
		t.Run(recordingName(file), func(t *testing.T) {
			if ordered(recordingName(file)) {
				t.Skip("the order of packets decides")
			}
			list := readPackets(t, file)
			plain := analyzeBytes(t, pcapOf(t, list)).handshakes
			for name, changed := range map[string][]packet{
				"doubled":       doubled(list),
				"client first":  directionsApart(list, false),
				"server first":  directionsApart(list, true),
				"shuffled once": shuffled(list, 1), "shuffled twice": shuffled(list, 2),
			} {
				sameVerdicts(t, name, plain, analyzeBytes(t, pcapOf(t, changed)).handshakes)
			}
		})
	}
}
