package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
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

	"golang.org/x/sys/unix"

	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/capture/live"
)

// patience of a test with something that must happen; no verdict depends on it.
const testPatience = 40 * time.Second

// watching is handshark live in a namespace.
type watching struct {
	t     *testing.T
	cmd   *exec.Cmd
	lines chan line // of stdout
	said  chan string
	seen  []line
	ended chan error
}

// line is an NDJSON record.
type line struct {
	Type      string `json:"type"`
	Amends    bool   `json:"amends"`
	ID        string `json:"id"`
	WebSocket string `json:"websocket"`
	Server    string `json:"server"`
	URL       string `json:"url"`
	Outcome   string `json:"outcome"`
	Path      []string
	SeenOn    []string `json:"seen_on"`
	RootCause *struct {
		Rule string `json:"rule"`
	} `json:"root_cause"`
	SupersededBy   *string  `json:"superseded_by"`
	InterfaceDrops uint64   `json:"interface_drops"`
	LinkTypes      []string `json:"link_types"`
	Packets        uint64   `json:"packets"`
}

// start runs the program in a namespace and waits until it watches.
func start(t *testing.T, n *netns, args ...string) *watching {
	t.Helper()
	w := launch(t, n, args...)
	w.hears(`^handshark: watching `)
	return w
}

// launch runs the program in a namespace; nil is the one of the test.
func launch(t *testing.T, n *netns, args ...string) *watching {
	t.Helper()
	return launchReading(t, n, nil, args...)
}

// launchReading is launch with a standard input.
func launchReading(t *testing.T, n *netns, in *os.File, args ...string) *watching {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	w := &watching{t: t, lines: make(chan line, 1000), said: make(chan string, 1000), ended: make(chan error, 1)}
	w.cmd = &exec.Cmd{Path: self, Args: append([]string{"handshark"}, args...), Env: os.Environ()}
	if in != nil {
		w.cmd.Stdin = in
	}
	out, _ := w.cmd.StdoutPipe()
	errs, _ := w.cmd.StderrPipe()
	if n == nil {
		err = w.cmd.Start()
	} else {
		n.do(func() { err = w.cmd.Start() })
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.cmd.Process.Kill() })
	go w.read(out)
	go func() {
		for s := bufio.NewScanner(errs); s.Scan(); {
			w.said <- s.Text()
		}
		close(w.said)
	}()
	return w
}

func (w *watching) read(out io.Reader) {
	s := bufio.NewScanner(out)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		var l line
		if err := json.Unmarshal(s.Bytes(), &l); err != nil {
			l = line{Type: "text", ID: s.Text()}
		}
		w.lines <- l
	}
	close(w.lines)
	w.ended <- w.cmd.Wait()
}

// hears waits for a line on stderr and gives what the expression's group matched.
func (w *watching) hears(expression string) string {
	w.t.Helper()
	re := regexp.MustCompile(expression)
	var all []string
	for {
		select {
		case s, open := <-w.said:
			if m := re.FindStringSubmatch(s); m != nil {
				return m[len(m)-1]
			}
			if all = append(all, s); !open {
				w.t.Fatalf("stderr ended without %q:\n%s", expression, strings.Join(all, "\n"))
			}
		case <-time.After(testPatience):
			w.t.Fatalf("no %q on stderr:\n%s", expression, strings.Join(all, "\n"))
		}
	}
}

// sees waits for a record.
func (w *watching) sees(what string, match func(*line) bool) line {
	w.t.Helper()
	for i := range w.seen {
		if match(&w.seen[i]) {
			l := w.seen[i]
			w.seen = append(w.seen[:i], w.seen[i+1:]...)
			return l
		}
	}
	for {
		select {
		case l, open := <-w.lines:
			if !open {
				w.t.Fatalf("output ended without %s; seen %+v", what, w.seen)
			}
			if match(&l) {
				return l
			}
			w.seen = append(w.seen, l)
		case <-time.After(testPatience):
			w.t.Fatalf("%s: no record; seen %+v", what, w.seen)
		}
	}
}

// decides waits for the record of a path on a server.
func (w *watching) decides(server, path, outcome string) line {
	w.t.Helper()
	l := w.sees(server+path, func(l *line) bool {
		return l.Type == "handshake" && l.Server == server && (path == "" || strings.HasSuffix(l.URL, path))
	})
	if l.Outcome != outcome {
		w.t.Errorf("%s%s: outcome %s; want %s", server, path, l.Outcome, outcome)
	}
	return l
}

// ends signals the program and gives its exit code.
func (w *watching) ends(s os.Signal) int {
	w.t.Helper()
	_ = w.cmd.Process.Signal(s)
	return w.exits()
}

func (w *watching) exits() int {
	w.t.Helper()
	for {
		select {
		case l, open := <-w.lines:
			if open {
				w.seen = append(w.seen, l)
			} else {
				w.lines = nil
			}
		case err := <-w.ended:
			var exit *exec.ExitError
			if errors.As(err, &exit) {
				return exit.ExitCode()
			}
			return 0
		case <-time.After(testPatience):
			w.t.Fatal("the program goes on")
		}
	}
}

const upgradeHead = " HTTP/1.1\r\nHost: ws.example.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: GhlIHNhbXBsZSBub25jZQ4=\r\n\r\n"

// answer answers a request by its path and leaves the connection open until the
// client closes it.
func answer(c net.Conn) {
	defer c.Close() // nor may the collector close it before
	buf := make([]byte, 4096)
	n, err := c.Read(buf)
	if err != nil {
		return
	}
	defer io.Copy(io.Discard, c) //nolint:errcheck // waits for the end
	path, _, _ := strings.Cut(strings.Fields(string(buf[:n]))[1], "?")
	switch path {
	case "/refused":
		fmt.Fprint(c, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
	case "/endless":
		fmt.Fprint(c, "HTTP/1.1 500 Internal Server Error\r\n\r\nno end")
	case "/ok":
		fmt.Fprint(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: pW2kqNLcXHFrgr2wVqlsaJgxlgM=\r\n\r\n")
	}
}

// asks sends a request for each path, each on a connection that stays open.
func asks(t *testing.T, n *netns, server string, paths ...string) []net.Conn {
	t.Helper()
	var open []net.Conn
	for _, path := range paths {
		c := n.dial(t, server)
		fmt.Fprint(c, "GET "+path+upgradeHead)
		open = append(open, c)
	}
	return open
}

// liveTimeout is when the program gives up to wait for an answer.
const liveTimeout = 2 * time.Second

// answered asks for a path, with a query where it has to ask again, until the answer
// was there within the timeout, and gives the last connection and what it asked for: where the machine is so
// busy that it came later, no response was the right verdict.
func answered(t *testing.T, n *netns, server, path string) (net.Conn, string) {
	t.Helper()
	const tries = 10
	for try := range tries {
		asked := path
		if try > 0 {
			asked += "?" + strconv.Itoa(try)
		}
		c := n.dial(t, server)
		began := time.Now()
		fmt.Fprint(c, "GET "+asked+upgradeHead)
		_ = c.SetReadDeadline(began.Add(testPatience))
		if _, err := c.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		if time.Since(began) < liveTimeout {
			return c, asked
		}
	}
	t.Fatalf("no answer of %s within %v, %d times", server, liveTimeout, tries)
	return nil, ""
}

func needsPcap(t *testing.T) {
	t.Helper()
	if !live.Available {
		t.Skip(live.ErrUnavailable)
	}
}

// TestLive makes handshakes fail on a wire that is being watched. No connection is
// closed before all records were seen: none of them may wait for that.
func TestLive(t *testing.T) {
	t.Parallel()
	needsPcap(t)
	client, server := pair(t)
	tests := []struct {
		name string
		args []string
		v4   string
	}{
		{"one interface", []string{"-i", "vb"}, "10.77.0.2:8001"},
		{"any", []string{"-i", "any"}, "10.77.0.2:8002"},
		{"two interfaces, immediate", []string{"-i", "lo", "-i", "vb", "--immediate-mode"}, "10.77.0.2:8003"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			v6 := strings.Replace(test.v4, "10.77.0.2", "[fd77::2]", 1)
			w := start(t, server, append([]string{"live", "--format", "ndjson", "--timeout", liveTimeout.String()}, test.args...)...)
			for _, address := range []string{test.v4, v6} {
				go serve(server.listen(t, address))
			}
			type expected struct{ address, path, outcome string }
			var all []expected
			var open []net.Conn
			for _, address := range []string{test.v4, v6} {
				open = append(open, asks(t, client, address, "/silent")...)
				all = append(all, expected{address, "/silent", "no-response"})
				for path, outcome := range map[string]string{"/refused": "rejected", "/ok": "established", "/endless": "rejected"} {
					c, asked := answered(t, client, address, path)
					all, open = append(all, expected{address, asked, outcome}), append(open, c)
				}
			}
			for _, e := range all {
				w.decides(e.address, e.path, e.outcome)
			}
			for _, c := range open {
				c.Close()
			}
			if got, want := w.ends(syscall.SIGTERM), exitFailed; got != want {
				t.Errorf("exit code %d; want %d", got, want)
			}
		})
	}
}

// serve answers until the listener is closed.
func serve(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go answer(c)
	}
}

// TestLiveNoConnection holds that connections that do not come about are reported
// in time: refused, and not answered at all.
func TestLiveNoConnection(t *testing.T) {
	t.Parallel()
	needsPcap(t)
	client, server := pair(t)
	client.ip(t, "neigh add 10.77.0.9 lladdr 02:00:00:00:77:02 dev va") // takes packets and is silent
	w := start(t, server, "live", "-i", "vb", "--format", "ndjson", "--timeout", "5s", "--server", "10.77.0.2:8009", "--server", "10.77.0.9:8009")
	client.do(func() {
		if c, err := net.Dial("tcp", "10.77.0.2:8009"); err == nil {
			c.Close()
			t.Error("connected")
		}
	})
	w.decides("10.77.0.2:8009", "", "connect-failed")
	stop := connecting(t, client, [4]byte{10, 77, 0, 9}, 8009)
	defer stop()
	w.decides("10.77.0.9:8009", "", "connect-failed")
	if got, want := w.ends(syscall.SIGINT), exitInterrupted; got != want {
		t.Errorf("exit code %d; want %d", got, want)
	}
}

// connecting begins to connect and does not wait.
func connecting(t *testing.T, n *netns, addr [4]byte, port int) func() {
	t.Helper()
	var fd int
	var err error
	n.do(func() {
		if fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK, 0); err == nil {
			err = unix.Connect(fd, &unix.SockaddrInet4{Port: port, Addr: addr})
		}
	})
	if err != nil && !errors.Is(err, unix.EINPROGRESS) {
		t.Fatal(err)
	}
	return func() { unix.Close(fd) }
}

// TestLiveTags sends frames with one and with two VLAN tags: the default filter
// lets them through. On any the kernel takes one tag off, and the interface is named.
func TestLiveTags(t *testing.T) {
	t.Parallel()
	needsPcap(t)
	client, server := pair(t)
	const one, two = "\x81\x00\x00\x07", "\x88\xa8\x00\x08\x81\x00\x00\x07"
	for _, test := range []struct {
		device, tags string
		path         int
	}{{"vb", one, 1}, {"vb", two, 2}, {"any", one, 0}} {
		tags := test.tags
		w := start(t, server, "live", "-i", test.device, "--format", "ndjson", "-c", "1")
		client.do(func() { inject(t, "va", tags, "../../testdata/pcaps/real/close-1008.pcap") })
		l := w.sees("tagged handshake", func(l *line) bool { return l.Type == "handshake" })
		if l.Outcome != "closed-early" || len(l.Path) != test.path {
			t.Errorf("%s, tags %x: outcome %s, path %q", test.device, tags, l.Outcome, l.Path)
		}
		if !slices.Equal(l.SeenOn, []string{"vb"}) {
			t.Errorf("%s, tags %x: seen on %q; want vb", test.device, tags, l.SeenOn)
		}
		if got, want := w.exits(), exitFailed; got != want {
			t.Errorf("exit code %d; want %d", got, want)
		}
	}
}

// inject sends the Ethernet frames of a capture, with tags behind the addresses.
func inject(t *testing.T, device, tags, file string) {
	t.Helper()
	i, err := net.InterfaceByName(device)
	if err != nil {
		t.Error(err)
		return
	}
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW, 0)
	if err != nil {
		t.Error(err)
		return
	}
	defer unix.Close(fd)
	for _, p := range framesOf(t, file) {
		frame := append(append(append([]byte{}, p[:12]...), tags...), p[12:]...)
		if err := unix.Sendto(fd, frame, 0, &unix.SockaddrLinklayer{Ifindex: i.Index}); err != nil {
			t.Error(err)
		}
	}
}

func framesOf(t *testing.T, file string) [][]byte {
	t.Helper()
	src, err := capture.Open(file, 0, capture.OpenOptions{})
	if err != nil {
		t.Error(err)
		return nil
	}
	defer src.Close()
	var list [][]byte
	for p := (capture.Packet{}); src.Next(&p) == nil; {
		list = append(list, bytes.Clone(p.Data))
	}
	return list
}

// TestLivePrivileges looks at every thread of a program that watches.
func TestLivePrivileges(t *testing.T) {
	needsPcap(t)
	_, server := pair(t)
	tests := []struct {
		args, env []string
		uid, caps string
	}{
		{[]string{"--user", "65534"}, nil, "65534", "0000000000000000"},
		{[]string{"--user", "65534", "--retry"}, nil, "65534", "0000000000002000"},
		{nil, []string{"SUDO_UID=12345", "SUDO_GID=12345"}, "12345", "0000000000000000"},
		{nil, nil, "0", "0000000000000000"},
	}
	for _, test := range tests {
		t.Run(strings.Join(append(test.args, test.env...), " "), func(t *testing.T) {
			for _, e := range test.env {
				k, v, _ := strings.Cut(e, "=")
				t.Setenv(k, v)
			}
			w := start(t, server, append([]string{"live", "-i", "vb", "--metrics", "127.0.0.1:0"}, test.args...)...)
			w.hears("metrics on")
			files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", w.cmd.Process.Pid))
			if len(files) < 3 {
				t.Errorf("%d threads; want more", len(files))
			}
			for _, f := range files {
				status, err := os.ReadFile(f)
				if err != nil {
					continue // the thread ended
				}
				for _, want := range []string{
					"Uid:\t" + strings.Repeat(test.uid+"\t", 3) + test.uid, "CapEff:\t" + test.caps,
					"CapPrm:\t" + test.caps, "CapInh:\t0000000000000000", "CapAmb:\t0000000000000000", "NoNewPrivs:\t1",
				} {
					if !strings.Contains(string(status), want+"\n") {
						t.Errorf("%s: no %q", f, want)
					}
				}
			}
			if got, want := w.ends(syscall.SIGTERM), exitClean; got != want {
				t.Errorf("exit code %d; want %d", got, want)
			}
		})
	}
}

// TestLiveNoRights runs the program as nobody.
func TestLiveNoRights(t *testing.T) {
	needsPcap(t)
	if os.Geteuid() != 0 {
		t.Skip("needs root: runs the program as nobody")
	}
	self := publicCopy(t)
	cmd := exec.Command(self, "live", "-i", "lo")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, _ := cmd.CombinedOutput()
	if got, want := cmd.ProcessState.ExitCode(), exitUnusable; got != want {
		t.Errorf("exit code %d; want %d", got, want)
	}
	want := "handshark: " + live.ErrNoRights.Error() + "\n"
	if got := string(out); got != want {
		t.Errorf("said %q; want %q", got, want)
	}
}

// publicCopy copies the test program, under the name by which it is handshark, to
// where everybody may run it.
func publicCopy(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "handshark")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	program, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "handshark")
	if err := errors.Join(os.Chmod(dir, 0o755), os.WriteFile(name, program, 0o755)); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestLiveDrops stops the program while packets come, so that the kernel drops
// some: they are counted, and silence is no verdict any more.
func TestLiveDrops(t *testing.T) {
	t.Parallel()
	needsPcap(t)
	client, server := pair(t)
	l := server.listen(t, "10.77.0.2:8010")
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go io.Copy(io.Discard, c) //nolint:errcheck // the test closes it
		}
	}()
	w := start(t, server, "live", "-i", "vb", "--format", "ndjson", "-B", "1", "--timeout", "3s")
	asks(t, client, "10.77.0.2:8010", "/silent")
	_ = w.cmd.Process.Signal(syscall.SIGSTOP)
	bulk := client.dial(t, "10.77.0.2:8010")
	if _, err := bulk.Write(make([]byte, 64<<20)); err != nil {
		t.Fatal(err)
	}
	_ = w.cmd.Process.Signal(syscall.SIGCONT)
	w.decides("10.77.0.2:8010", "/silent", "incomplete")
	w.hears(`dropped so far: [1-9]\d* by the kernel`)
	w.ends(syscall.SIGTERM)
	c := w.sees("capture", func(l *line) bool { return l.Type == "capture" })
	if c.InterfaceDrops == 0 || c.Packets == 0 {
		t.Errorf("capture record %+v; want packets and drops", c)
	}
}

// TestLiveRetry takes the interface away and brings it back.
func TestLiveRetry(t *testing.T) {
	t.Parallel()
	needsPcap(t)
	client, server := pair(t)
	w := start(t, server, "live", "-i", "vb", "--format", "ndjson", "--retry", "--user", "65534")
	other := start(t, server, "live", "-i", "vb", "--format", "ndjson")
	server.ip(t, "link set vb down")
	w.hears(`vb: (went down|waiting)`)
	client.ip(t, "link del va")
	w.hears(`vb: waiting for it to come back: .*disappeared`)
	other.hears(`vb: capture ended: `)
	if got, want := other.exits(), exitUnusable; got != want {
		t.Errorf("without --retry: exit code %d; want %d", got, want)
	}
	wire(t, client, server)
	w.hears(`vb: is back`)
	go serve(server.listen(t, "10.77.0.2:8011"))
	asks(t, client, "10.77.0.2:8011", "/refused")
	w.decides("10.77.0.2:8011", "/refused", "rejected")
	w.ends(syscall.SIGTERM)
}

// TestLiveMetrics scrapes the program.
func TestLiveMetrics(t *testing.T) {
	t.Parallel()
	needsPcap(t)
	client, server := pair(t)
	w := launch(t, server, "live", "-i", "vb", "--format", "ndjson", "--metrics", ":0", "--user", "65534")
	address := w.hears(`metrics on http://(127\.0\.0\.1:\d+)/metrics`)
	go serve(server.listen(t, "10.77.0.2:8012"))
	asks(t, client, "10.77.0.2:8012", "/refused")
	cause := w.decides("10.77.0.2:8012", "/refused", "rejected").RootCause.Rule
	c := server.dial(t, address)
	fmt.Fprint(c, "GET /metrics HTTP/1.0\r\n\r\n")
	page, err := io.ReadAll(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`handshark_handshakes_total{outcome="rejected",websocket="yes"} 1`,
		`handshark_failures_total{cause="` + cause + `"} 1`,
		`handshark_server_handshakes_total{result="failed",server="10.77.0.2:8012"} 1`,
		`handshark_response_seconds_count 1`, `handshark_connect_seconds_count 1`,
		`handshark_drops_total{by="kernel"} 0`, "handshark_evictions_total 0", "handshark_packets_total ", "handshark_conversations_open ",
	} {
		if !bytes.Contains(page, []byte(want)) {
			t.Errorf("no %q in:\n%s", want, page)
		}
	}
	w.ends(syscall.SIGTERM)
}
