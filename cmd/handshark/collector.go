package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"
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

// Bytes of garbage that there may be in any case. A collection looks at 5 MB of
// tables of the decoding library, whatever else there is: most runs are over before
// one is worth it.
const (
	room        = 12 << 20
	recordsRoom = 24 << 20 // as long as the heap stays below recordsHeap
	recordsHeap = 54 << 20
	rowsHeap    = 64 << 20 // up to which nothing is collected where a table is made of files
)

// Garbage that there may be in percent of what is in use. Where every handshake is
// written with all that is known of it, records leave little behind.
const (
	usualGarbage   = 100
	recordsGarbage = 20
)

// smallestHeap is the heap, in bytes, at which the runtime first collects when there
// may be as much garbage as is in use.
const smallestHeap = 4 << 20

// collector makes the garbage collector work less while little is in use and harder
// when much is, but never without end: garbage may always be an eighth of what is in
// use. What the user has set by GOGC or GOMEMLIMIT stays.
type collector struct {
	writes           atomic.Uint32 // a written
	percent, limit   int64
	percents, limits bool // what is set here
}

// written says what is going to be written, as far as that changes what is garbage.
type written uint32

const (
	anything written = iota
	rows             // a table of files: nearly all that is in use stays so until the end
	records          // every handshake with all that is known of it
)

// turn lives until the next collection.
type turn struct{ c *collector }

// tuneCollector begins to tune.
func tuneCollector() *collector {
	c := &collector{percents: os.Getenv("GOGC") == "", limits: os.Getenv("GOMEMLIMIT") == ""}
	if c.percents {
		debug.SetGCPercent(percentFor(room))
	}
	(&turn{c}).collected()
	return c
}

// percentFor gives the percentage with which the runtime first collects at a heap in bytes.
func percentFor(heap int) int { return heap / (smallestHeap / 100) }

// expect tells the collector what is going to be written; c may be nil.
func (c *collector) expect(w written) {
	if c == nil {
		return
	}
	c.writes.Store(uint32(w))
	if w == rows && c.percents {
		debug.SetGCPercent(percentFor(rowsHeap))
	}
}

// collected runs after each collection: nothing refers to t, so that each one finds
// it, and it then lives on until the next.
func (t *turn) collected() {
	heap := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/gc/scan/globals:bytes"}}
	metrics.Read(heap)
	if live := int64(heap[0].Value.Uint64()); live > 0 {
		t.c.tune(live, int64(heap[1].Value.Uint64()))
	}
	runtime.SetFinalizer(t, (*turn).collected)
}

// tune sets what follows from the bytes of the heap and of globals that are in use.
func (c *collector) tune(live, globals int64) {
	if p := garbageFor(live, written(c.writes.Load())) * 100 / (live + globals); c.percents && p != c.percent {
		c.percent = p
		debug.SetGCPercent(int(p))
	}
	if limit := limitFor(live); c.limits && limit != c.limit {
		c.limit = limit
		debug.SetMemoryLimit(limit)
	}
}

// garbageFor gives how many bytes of garbage there may be when live bytes are in use.
func garbageFor(live int64, w written) int64 {
	usual := max(live*usualGarbage/100, room)
	switch w {
	case rows:
		return max(usual, rowsHeap-live)
	case records:
		return max(live*recordsGarbage/100, min(recordsRoom, recordsHeap-live))
	}
	return usual
}

// limitFor gives the limit in bytes when live bytes are in use.
func limitFor(live int64) int64 {
	return max(memoryGoal, min(live+live/3+spared, memoryEdge), live+live/8+spared)
}
