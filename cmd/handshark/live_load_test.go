//go:build linux

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/handshark/handshark/internal/benchgen"
)

// needsLoad skips measurements of live capture: they take minutes and a machine
// that does nothing else. LIVE_BENCH=1 runs them.
func needsLoad(t *testing.T) {
	t.Helper()
	if os.Getenv("LIVE_BENCH") == "" {
		t.Skip("a measurement: LIVE_BENCH=1 runs it (make live-bench)")
	}
	needsPcap(t)
	for _, tool := range []string{"tcpreplay", "tcpdump"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip("needs " + tool)
		}
	}
}

// replayed is a generated capture and what is in it.
type replayed struct {
	file       string
	packets    int
	handshakes int
}

func generated(t *testing.T, kind benchgen.Kind, size int64) replayed {
	t.Helper()
	r := replayed{file: filepath.Join(t.TempDir(), kind.String()+".pcap")}
	f, err := os.Create(r.file)
	if err != nil {
		t.Fatal(err)
	}
	if err := benchgen.Write(f, benchgen.Options{Kind: kind, Bytes: size, Seed: 1}); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "analyzed")
	launch(t, nil, "analyze", "--format", "ndjson", "-o", out, r.file).exits()
	s := loadSummary(t, out)
	r.packets, r.handshakes = s.packets, s.handshakes
	return r
}

// loaded is what a watcher saw of a replay.
type loaded struct {
	packets, handshakes, drops int
	rate                       float64 // Mbit/s that tcpreplay reached
	perSecond                  float64 // packets
}

// loadSummary reads the end of an NDJSON report.
func loadSummary(t *testing.T, name string) loaded {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var l loaded
	for _, record := range bytes.Split(text[max(0, len(text)-1<<16):], []byte("\n")) {
		var r struct {
			Type                string
			Packets, Handshakes int
			Drops               int `json:"interface_drops"`
		}
		if json.Unmarshal(record, &r) != nil {
			continue
		}
		switch r.Type {
		case "capture":
			l.packets, l.drops = r.Packets, r.Drops
		case "summary":
			l.handshakes = r.Handshakes
		}
	}
	return l
}

// replay sends a capture into the wire and says at which rate; 0 = top speed.
func replay(t *testing.T, from *netns, file string, mbps float64, more ...string) (rate, perSecond float64) {
	t.Helper()
	args := append([]string{"-q", "-K", "-i", "va"}, more...)
	if mbps > 0 {
		args = append(args, fmt.Sprintf("--mbps=%.0f", mbps))
	} else {
		args = append(args, "--topspeed")
	}
	cmd := exec.Command("tcpreplay", append(args, file)...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	var err error
	from.do(func() { err = cmd.Start() })
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("tcpreplay: %v\n%s", err, out.String())
	}
	m := regexp.MustCompile(`Rated: .*, ([0-9.]+) Mbps, ([0-9.]+) pps`).FindStringSubmatch(out.String())
	if m == nil {
		t.Fatalf("tcpreplay gave no rate:\n%s", out.String())
	}
	rate, _ = strconv.ParseFloat(m[1], 64)
	perSecond, _ = strconv.ParseFloat(m[2], 64)
	return rate, perSecond
}

// underLive watches a replay.
func underLive(t *testing.T, client, server *netns, file string, mbps float64) loaded {
	t.Helper()
	out := filepath.Join(t.TempDir(), "live.ndjson")
	w := start(t, server, "live", "-i", "vb", "--format", "ndjson", "-o", out)
	rate, perSecond := replay(t, client, file, mbps)
	settled(out)
	w.ends(syscall.SIGTERM)
	l := loadSummary(t, out)
	l.rate, l.perSecond = rate, perSecond
	return l
}

// settled waits until a file grows no more: what the kernel's buffer held was read.
func settled(name string) {
	for last, still := int64(-1), 0; still < 4; {
		time.Sleep(500 * time.Millisecond)
		info, err := os.Stat(name)
		if err != nil || info.Size() == last {
			still++
			continue
		}
		last, still = info.Size(), 0
	}
}

// underTcpdump lets tcpdump watch a replay, with a buffer of the same size.
func underTcpdump(t *testing.T, client, server *netns, file string, mbps float64) loaded {
	t.Helper()
	cmd := exec.Command("tcpdump", "-i", "vb", "-n", "-B", "65536", "-w", os.DevNull, "tcp")
	errs, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	server.do(func() { err = cmd.Start() })
	if err != nil {
		t.Fatal(err)
	}
	s := bufio.NewScanner(errs)
	for s.Scan() && !strings.Contains(s.Text(), "listening on") {
	}
	var l loaded
	l.rate, l.perSecond = replay(t, client, file, mbps)
	time.Sleep(2 * time.Second)
	_ = cmd.Process.Signal(os.Interrupt)
	for s.Scan() {
		if n, ok := strings.CutSuffix(s.Text(), " packets captured"); ok {
			l.packets, _ = strconv.Atoi(n)
		}
		if n, ok := strings.CutSuffix(s.Text(), " packets dropped by kernel"); ok {
			l.drops, _ = strconv.Atoi(n)
		}
	}
	_ = cmd.Wait()
	return l
}

func (l loaded) String() string {
	return fmt.Sprintf("%6.0f Mbit/s, %7.0f packets/s: %d packets read, %d dropped", l.rate, l.perSecond, l.packets, l.drops)
}

// watcher is underLive or underTcpdump.
type watcher func(t *testing.T, client, server *netns, file string, mbps float64) loaded

// searchSteps is how often the interval of rates is halved.
const searchSteps = 4

// highest searches the highest rate without drops, between two rates.
func highest(t *testing.T, watch watcher, client, server *netns, file string, low, high float64) loaded {
	t.Helper()
	var best loaded
	for range searchSteps {
		l := watch(t, client, server, file, (low+high)/2)
		if l.drops == 0 {
			best, low = l, (low+high)/2
		} else {
			high = (low + high) / 2
		}
		t.Logf("  tried %v", l)
	}
	return best
}

// TestLoad replays captures over a virtual wire. Drops have to be counted at any
// rate. At 100 Mbit/s no handshake may be lost, be it of mixed traffic or of nothing
// but handshakes, which are ten times as many packets.
func TestLoad(t *testing.T) {
	needsLoad(t)
	client, server := pair(t)
	for _, kind := range []benchgen.Kind{benchgen.Mixed, benchgen.Handshakes} {
		t.Run(kind.String(), func(t *testing.T) {
			in := generated(t, kind, 120e6)
			t.Logf("replayed: %d packets, %d handshakes", in.packets, in.handshakes)
			slow := underLive(t, client, server, in.file, 100)
			t.Logf("handshark live, 100 Mbit/s asked: %v, %d handshakes", slow, slow.handshakes)
			if slow.handshakes != in.handshakes || slow.drops != 0 {
				t.Errorf("at 100 Mbit/s: %d handshakes, %d drops; want %d, 0", slow.handshakes, slow.drops, in.handshakes)
			}
			honest(t, in, slow)
			if kind == benchgen.Mixed { // long enough at top speed that no buffer holds it
				in = generated(t, kind, 600e6)
			}
			honest(t, in, limits(t, "handshark live", underLive, client, server, in.file))
			limits(t, "tcpdump -w /dev/null", underTcpdump, client, server, in.file)
		})
	}
}

// limits prints what a watcher makes of top speed, which it gives, and the highest
// rate at which it drops nothing.
func limits(t *testing.T, name string, watch watcher, client, server *netns, file string) loaded {
	t.Helper()
	top := watch(t, client, server, file, 0)
	t.Logf("%s, top speed: %v", name, top)
	best := top
	if top.drops > 0 {
		best = highest(t, watch, client, server, file, 0, top.rate)
	}
	t.Logf("%s, highest rate without drops: %v", name, best)
	return top
}

// honest holds that what was not read was counted as dropped.
func honest(t *testing.T, in replayed, l loaded) {
	t.Helper()
	if l.packets+l.drops < in.packets {
		t.Errorf("%v, of %d packets: drops are hidden", l, in.packets)
	}
}

// soakRate is that of the soak, in Mbit/s of small packets: without drops, as
// connections whose end was dropped are kept until the limit is reached.
const soakRate = 20

// TestSoak watches for SOAK (3m) under load: memory may not grow.
func TestSoak(t *testing.T) {
	needsLoad(t)
	lasting, err := time.ParseDuration(os.Getenv("SOAK"))
	if err != nil {
		lasting = 3 * time.Minute
	}
	client, server := pair(t)
	in := generated(t, benchgen.Handshakes, 50e6)
	out := filepath.Join(t.TempDir(), "live.ndjson")
	w := start(t, server, "live", "-i", "vb", "--format", "ndjson", "-o", out, "--rotate-size", "50", "--rotate-keep", "1")
	var samples []int
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for tick := time.NewTicker(time.Second); ; {
			select {
			case <-stop:
				tick.Stop()
				return
			case <-tick.C:
				samples = append(samples, residentKiB(w.cmd.Process.Pid))
			}
		}
	}()
	rate, perSecond := replay(t, client, in.file, soakRate, "--loop=1000000", "--unique-ip", fmt.Sprintf("--duration=%.0f", lasting.Seconds()))
	close(stop)
	<-ended
	settled(out)
	w.ends(syscall.SIGTERM)
	l := loadSummary(t, out)
	l.rate, l.perSecond = rate, perSecond
	t.Logf("%v of handshakes: %v, %d handshakes", lasting, l, l.handshakes)
	flat(t, samples)
}

// flat compares the last third of the samples with the one before it.
func flat(t *testing.T, samples []int) {
	t.Helper()
	third := len(samples) / 3
	if third == 0 {
		t.Fatal("no samples")
	}
	var line []string
	for i := 0; i < len(samples); i += max(1, len(samples)/12) {
		line = append(line, strconv.Itoa(samples[i]>>10))
	}
	before, after := median(samples[third:2*third]), median(samples[2*third:])
	t.Logf("resident MiB over time: %s; median of the second third %d, of the last %d", strings.Join(line, " "), before>>10, after>>10)
	const slack = 8 << 10 // KiB, of the garbage collector
	if after > before+before/10+slack {
		t.Errorf("resident memory grew from %d to %d KiB", before, after)
	}
}

func median(list []int) int {
	list = slices.Sorted(slices.Values(list))
	return list[len(list)/2]
}

// residentKiB reads the resident memory of a process; 0 = it is gone.
func residentKiB(pid int) int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	m := regexp.MustCompile(`VmRSS:\s+([0-9]+) kB`).FindSubmatch(text)
	if m == nil {
		return 0
	}
	n, _ := strconv.Atoi(string(m[1]))
	return n
}
