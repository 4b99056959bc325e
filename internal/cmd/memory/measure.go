package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/handshark/handshark/internal/memload"
	"github.com/handshark/handshark/report"
)

// measured is what a run of handshark took.
type measured struct {
	size    int64
	wall    time.Duration         // of the run that writes a table
	peak    [len(formats)]float64 // MiB of resident memory
	packets uint64
	evicted uint64
}

// formats are the outputs that are measured: the first two come as handshakes
// fall, the last one when everything was read.
var formats = [...]string{"table", "ndjson", "json"}

// measure feeds a load of a size, once per output.
func measure(o options, l memload.Load, size int64) (measured, error) {
	m := measured{size: size}
	for i, format := range formats {
		start := time.Now()
		peak, c, err := feed(o.tool, format, func(w io.Writer) error { return l.Write(w, size) })
		if err != nil {
			return m, fmt.Errorf("%s: %w", l.Name, err)
		}
		if m.peak[i] = peak; i == 0 {
			m.wall = time.Since(start)
		}
		if format == "ndjson" {
			m.packets, m.evicted = c.Packets, c.Evicted
		}
	}
	return m, nil
}

// feed runs handshark on what write writes and gives its peak of resident
// memory in MiB as time(1) of GNU measures it: what wait4 says would count the
// memory of this program, up to the exec, as well.
func feed(tool, format string, write func(io.Writer) error) (peak float64, c report.Capture, err error) {
	note, err := os.CreateTemp("", "memory-peak-*")
	if err != nil {
		return 0, c, err
	}
	defer os.Remove(note.Name())
	defer note.Close()
	cmd := exec.Command("/usr/bin/time", "-f", "%M", "-o", note.Name(), tool, "analyze", "--format", format, "--fail-on", "never", "-")
	cmd.Stderr = os.Stderr
	in, inErr := cmd.StdinPipe()
	out, outErr := cmd.StdoutPipe()
	if err := errors.Join(inErr, outErr, cmd.Start()); err != nil {
		return 0, c, err
	}
	wrote := make(chan error, 1)
	go func() { wrote <- errors.Join(write(in), in.Close()) }()
	c, err = captureOf(out)
	err = errors.Join(err, <-wrote, cmd.Wait())
	peak, peakErr := lastNumber(note)
	return peak / 1024, c, errors.Join(err, peakErr)
}

// captureOf reads all lines and gives what the last one about the capture says.
func captureOf(out io.Reader) (report.Capture, error) {
	var c report.Capture
	lines := bufio.NewReaderSize(out, 1<<16)
	for {
		line, err := lines.ReadBytes('\n')
		if bytes.HasPrefix(line, []byte(`{"type":"capture"`)) {
			if err := json.Unmarshal(line, &c); err != nil {
				return c, err
			}
		}
		if err == io.EOF {
			return c, nil
		}
		if err != nil {
			return c, err
		}
	}
}

// lastNumber reads what time(1) wrote: a failing command has a line before it.
func lastNumber(r io.Reader) (float64, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return 0, err
	}
	words := strings.Fields(string(text))
	if len(words) == 0 {
		return 0, errors.New("time(1) measured nothing")
	}
	return strconv.ParseFloat(words[len(words)-1], 64)
}
