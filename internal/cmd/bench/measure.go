package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// contender is a command that reads a capture.
type contender struct {
	name string
	args []string
	once bool // too slow for rounds
	// makes is a file that it writes; empty = none. It is removed before each run: to give
	// up what the run before wrote, some of which may be on its way to the disk, is no work
	// of this one.
	makes string
}

// cheapRule is the rule of the run that shows what the others cost.
const cheapRule = "dns-failure"

// closest is what tshark needs to be told to look for the same things: requests
// with Upgrade, and answers.
const closest = "http.upgrade or http.response.code"

func contenders(o options, file string) []contender {
	ndjson := filepath.Join(o.dir, "out.ndjson")
	list := []contender{
		{"handshark analyze", []string{o.tool, "analyze", "-o", os.DevNull, file}, false, ""},
		{"handshark analyze --workers 1", []string{o.tool, "analyze", "--workers", "1", "-o", os.DevNull, file}, false, ""},
		{"handshark analyze, one cheap rule only", []string{o.tool, "analyze", "-o", os.DevNull, "--only", cheapRule, file}, false, ""},
		{"handshark analyze --format ndjson, to a file", []string{o.tool, "analyze", "--format", "ndjson", "-o", ndjson, file}, false, ndjson},
		{"tcpdump -r F -w /dev/null", []string{"tcpdump", "-r", file, "-w", os.DevNull}, false, ""},
		{"dd if=F bs=256K", []string{"dd", "if=" + file, "of=" + os.DevNull, "bs=256K"}, false, ""},
	}
	if o.slow {
		list = append(
			list,
			contender{"tshark -n -r F -Y http", []string{"tshark", "-n", "-r", file, "-Y", "http"}, true, ""},
			contender{
				"tshark -n -r F -Y '" + closest + "' -T fields ...",
				[]string{
					"tshark", "-n", "-r", file, "-Y", closest, "-T", "fields", "-e", "frame.number", "-e", "tcp.stream", "-e", "http.upgrade",
					"-e", "http.sec_websocket_key", "-e", "http.response.code", "-e", "http.sec_websocket_accept",
				},
				true, "",
			},
		)
	}
	return slices.DeleteFunc(list, func(c contender) bool {
		_, err := exec.LookPath(c.args[0])
		return err != nil
	})
}

// result is what was measured of a contender.
type result struct {
	contender
	walls []time.Duration
	cpus  []time.Duration // user and system
	peak  int64           // KiB of resident memory; 0 = not measured
}

// measure runs the contenders in turn, round by round, so that what disturbs the
// machine disturbs all of them, and prints medians and ratios.
func measure(w io.Writer, o options, file string) {
	var results []*result
	for _, c := range contenders(o, file) {
		r := &result{contender: c}
		if !c.once { // this run also warms the page cache
			r.peak = peakOf(c)
		}
		results = append(results, r)
	}
	for round := range o.rounds {
		for _, r := range results {
			if round == 0 || !r.once {
				wall, cpu := timesOf(r.contender)
				r.walls, r.cpus = append(r.walls, wall), append(r.cpus, cpu)
			}
		}
	}
	if err := print(w, file, results, handshakes(o, file)); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
	}
}

// timesOf runs a command to its end; exit codes are not judged here.
func timesOf(c contender) (wall, cpu time.Duration) {
	c.prepare()
	cmd := exec.Command(c.args[0], c.args[1:]...)
	start := time.Now()
	_ = cmd.Run()
	wall = time.Since(start)
	if cmd.ProcessState != nil {
		cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
	return wall, cpu
}

// prepare sees to it that the command writes a new file.
func (c *contender) prepare() {
	if c.makes != "" {
		_ = os.Remove(c.makes)
	}
}

// peakOf gives the peak of resident memory of a command in KiB, 0 where time(1)
// of GNU is missing.
//
// What wait4 says of a child of this program will not do: Linux counts the
// memory of the process that a program was started from, up to the exec, as the
// program's own (exec_mmap takes the high-water mark of the old address space
// over), so that every command would seem to need at least as much as this one.
// The same holds for "sh -c 'exec ...'". time(1) is a small process that forks
// once more; its own megabyte or two is the floor.
func peakOf(c contender) int64 {
	out, err := os.CreateTemp("", "bench-peak-*")
	if err != nil {
		return 0
	}
	defer os.Remove(out.Name())
	defer out.Close()
	cmd := exec.Command("/usr/bin/time", append([]string{"-f", "%M", "-o", out.Name()}, c.args...)...)
	_ = cmd.Run()
	text, _ := io.ReadAll(out)
	lines := strings.Fields(string(text)) // a failing command has a line before the number
	if len(lines) == 0 {
		return 0
	}
	n, _ := strconv.ParseInt(lines[len(lines)-1], 10, 64)
	return n
}

// handshakes asks handshark how many it finds; -1 = it failed.
func handshakes(o options, file string) int {
	cmd := exec.Command(o.tool, "analyze", "--format", "ndjson", "--fail-on", "never", file)
	out, err := cmd.StdoutPipe()
	if err != nil || cmd.Start() != nil {
		return -1
	}
	n := -1
	for d := json.NewDecoder(out); ; {
		var line struct {
			Type       string `json:"type"`
			Handshakes int    `json:"handshakes"`
		}
		if d.Decode(&line) != nil {
			break
		}
		if line.Type == "summary" {
			n = line.Handshakes
		}
	}
	_ = cmd.Wait()
	return n
}

func print(w io.Writer, file string, results []*result, found int) error {
	st, err := os.Stat(file)
	if err != nil {
		return err
	}
	mb := float64(st.Size()) / 1e6
	fmt.Fprintf(w, "\n%s: %.0f MB, %d handshakes\n", filepath.Base(file), mb, found)
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "median s\tmin\tmax\tMB/s\tCPU s\tpeak MiB\ttime / handshark's\tCPU\t  command")
	base, baseCPU := median(results[0].walls), median(results[0].cpus)
	for _, r := range results {
		m, cpu := median(r.walls), median(r.cpus)
		peak := "?"
		if r.peak > 0 {
			peak = fmt.Sprintf("%.0f", float64(r.peak)/1024)
		}
		fmt.Fprintf(t, "%.3f\t%.3f\t%.3f\t%.0f\t%.3f\t%s\t%.2f\t%.2f\t  %s\n", m.Seconds(), slices.Min(r.walls).Seconds(),
			slices.Max(r.walls).Seconds(), mb/m.Seconds(), cpu.Seconds(), peak, m.Seconds()/base.Seconds(),
			cpu.Seconds()/baseCPU.Seconds(), r.name)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "all rules / one cheap rule: %.2f times the CPU time (at most 2)\n",
		ratio(slices.Min(results[0].cpus), slices.Min(results[2].cpus)))
	return err
}

func ratio(a, b time.Duration) float64 { return a.Seconds() / max(b.Seconds(), 1e-9) }

func median(list []time.Duration) time.Duration {
	d := slices.Sorted(slices.Values(list))
	return d[len(d)/2]
}
