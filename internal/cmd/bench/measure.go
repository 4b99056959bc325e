package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"text/tabwriter"
	"time"
)

// contender is a command that reads a capture.
type contender struct {
	name string
	args []string
	slow bool // measured once
}

func contenders(o options, file string) []contender {
	list := []contender{
		{"handshark analyze", []string{o.tool, "analyze", "-q", file}, false},
		{"handshark analyze --format ndjson", []string{o.tool, "analyze", "-q", "--format", "ndjson", "-o", os.DevNull, file}, false},
		{"tcpdump -r F -w /dev/null", []string{"tcpdump", "-r", file, "-w", os.DevNull}, false},
		{"dd if=F bs=256K", []string{"dd", "if=" + file, "of=" + os.DevNull, "bs=256K"}, false},
	}
	if o.slow {
		list = append(list, contender{"tshark -Y http", []string{"tshark", "-n", "-r", file, "-Y", "http"}, true})
	}
	return slices.DeleteFunc(list, func(c contender) bool {
		_, err := exec.LookPath(c.args[0])
		return err != nil
	})
}

// sample is one run.
type sample struct {
	wall time.Duration
	peak int64 // KiB of resident memory
}

// measure runs the contenders in turn, round by round, and prints medians and
// ratios.
func measure(w io.Writer, o options, file string) {
	list := contenders(o, file)
	samples := make([][]sample, len(list))
	for round := range o.rounds + 1 {
		for i, c := range list {
			if c.slow && round != 1 {
				continue
			}
			s := runOnce(c)
			if round > 0 { // the first round warms the page cache
				samples[i] = append(samples[i], s)
			}
		}
	}
	print(w, file, list, samples)
}

// runOnce runs a command to its end; exit codes are not judged here.
func runOnce(c contender) sample {
	cmd := exec.Command(c.args[0], c.args[1:]...)
	start := time.Now()
	_ = cmd.Run()
	s := sample{wall: time.Since(start)}
	if cmd.ProcessState == nil {
		return s
	}
	if u, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		s.peak = u.Maxrss
	}
	return s
}

func print(w io.Writer, file string, list []contender, samples [][]sample) {
	st, err := os.Stat(file)
	if err != nil {
		return
	}
	fmt.Fprintf(w, "\n%s, %d MB\n", file, st.Size()/1e6)
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "command\tmedian s\tmin\tmax\thandshark is\tpeak MiB")
	base := median(samples[0])
	for i, c := range list {
		if len(samples[i]) == 0 {
			continue
		}
		m := median(samples[i])
		lo, hi := span(samples[i])
		fmt.Fprintf(t, "%s\t%.3f\t%.3f\t%.3f\t%.2f x as fast\t%.0f\n", c.name, m.Seconds(), lo.Seconds(), hi.Seconds(),
			m.Seconds()/base.Seconds(), float64(peak(samples[i]))/1024)
	}
	t.Flush()
}

func walls(list []sample) []time.Duration {
	var d []time.Duration
	for _, s := range list {
		d = append(d, s.wall)
	}
	slices.Sort(d)
	return d
}

func median(list []sample) time.Duration { d := walls(list); return d[len(d)/2] }

func span(list []sample) (lo, hi time.Duration) { d := walls(list); return d[0], d[len(d)-1] }

func peak(list []sample) int64 {
	var p int64
	for _, s := range list {
		p = max(p, s.peak)
	}
	return p
}
