package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/handshark/handshark/report"
)

// meter shows progress on a terminal, when the work takes longer than a moment.
// It is the only place that looks at the wall clock.
type meter struct {
	w     io.Writer // nil: no terminal
	total uint64    // bytes of the files; 0 = unknown
	start time.Time
	last  time.Time
	shown bool
}

// A run shorter than patience shows no meter; it is redrawn every redraw.
const (
	patience = time.Second
	redraw   = 200 * time.Millisecond
)

func newMeter(w io.Writer, files []string) *meter {
	m := &meter{start: time.Now()}
	if _, ok := terminal(w); ok {
		m.w = w
		m.total = sizeOf(files)
	}
	return m
}

// sizeOf adds up the sizes of regular files; 0 if one is not.
func sizeOf(files []string) uint64 {
	var sum uint64
	for _, name := range files {
		info, err := os.Stat(name)
		if err != nil || !info.Mode().IsRegular() {
			return 0
		}
		sum += uint64(info.Size())
	}
	return sum
}

// progress is told how many bytes and packets were read so far.
func (m *meter) progress(bytes, packets uint64) {
	if m.w == nil {
		return
	}
	now := time.Now()
	if now.Sub(m.start) < patience || now.Sub(m.last) < redraw {
		return
	}
	m.last, m.shown = now, true
	fmt.Fprint(m.w, "\r\x1b[K", m.text(bytes, packets, now.Sub(m.start)))
}

func (m *meter) text(bytes, packets uint64, took time.Duration) string {
	text := fmt.Sprintf("%.0f MB/s, ", float64(bytes)/1e6/took.Seconds()) + report.Counted(packets, "packet")
	if m.total > 0 {
		text = fmt.Sprintf("%d %%, ", min(bytes*100/m.total, 100)) + text
	}
	return text
}

// clear takes the meter off the screen.
func (m *meter) clear() {
	if m.shown {
		fmt.Fprint(m.w, "\r\x1b[K")
		m.shown = false
	}
}
