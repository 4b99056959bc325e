package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// Bytes of memory within which the collector tries to stay: up to the goal garbage
// may grow to as much as is in use, as usual, and from there to the edge to a third
// of it. Beyond the edge it may be an eighth: with what is no memory of the runtime,
// above all the program itself, 256 MiB are near.
const (
	memoryGoal = 176 << 20
	memoryEdge = 224 << 20
)

// spared is the memory in bytes besides the heap: stacks, and what the runtime
// needs for itself.
const spared = 16 << 20

// recordsGarbage is how much garbage there may be when every handshake is written
// with all that is known of it, in percent of what is in use. Records leave little
// behind, so that collecting more often costs next to nothing.
const recordsGarbage = 33

// expectRecords tells the collector that every handshake is going to be written,
// unless the user tunes it.
func expectRecords() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(recordsGarbage)
	}
}

// collector makes the garbage collector work harder when much is in use, but
// never without end: garbage may always be an eighth of what is in use.
type collector struct {
	live  []metrics.Sample
	limit int64
}

// tuneCollector begins to tune, unless the user does.
func tuneCollector() {
	if os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	c := &collector{live: []metrics.Sample{{Name: "/gc/heap/live:bytes"}}}
	c.collected()
}

// collected runs after each collection: nothing refers to c, so that each one
// finds it, and it then lives on until the next.
func (c *collector) collected() {
	metrics.Read(c.live)
	if limit := limitFor(c.live[0].Value.Uint64()); limit != c.limit {
		c.limit = limit
		debug.SetMemoryLimit(limit)
	}
	runtime.SetFinalizer(c, (*collector).collected)
}

// limitFor gives the limit in bytes when live bytes are in use.
func limitFor(live uint64) int64 {
	return int64(max(memoryGoal, min(live+live/3+spared, memoryEdge), live+live/8+spared))
}
