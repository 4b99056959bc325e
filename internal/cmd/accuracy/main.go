// Command accuracy measures how often the root cause is right: it makes healthy
// handshakes in every legal variation, and the same with one fault each, has them
// judged, and prints what was reported for what. Exit code 1 below the mark.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/handshark/handshark/internal/accuracy"
	"github.com/handshark/handshark/rules/catalogue"
)

func main() {
	seed := flag.Uint64("seed", 1, "seed of the random choices")
	healthy := flag.Int("healthy", 5000, "healthy handshakes")
	faulty := flag.Int("faulty", 15000, "handshakes with a fault")
	mark := flag.Float64("mark", 0.99, "least share of right root causes")
	only := flag.String("rule", "", "put in this fault only")
	show := flag.Int("show", 5, "misses to print, of different kinds")
	flag.Parse()
	var known []string
	for _, r := range catalogue.All() {
		if *only == "" || r.ID == *only {
			known = append(known, r.ID)
		}
	}
	var t accuracy.Tally
	err := t.Sound(*seed, *healthy)
	if err == nil {
		err = t.Faulty(*seed+1, *faulty, known)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "accuracy:", err)
		os.Exit(2)
	}
	fmt.Print(t.Report(known, *show))
	if t.HealthyRight < t.Healthy || t.Share() < *mark {
		os.Exit(1)
	}
}
