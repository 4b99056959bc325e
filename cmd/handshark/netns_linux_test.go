package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// netns is a network namespace: what is run in it sees its interfaces only.
type netns struct {
	path  string
	calls chan func()
}

// newNetns makes a namespace that ends with the test.
func newNetns(t *testing.T) *netns {
	t.Helper()
	n := &netns{calls: make(chan func())}
	ready := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		err := unix.Unshare(unix.CLONE_NEWNET)
		n.path = fmt.Sprintf("/proc/%d/task/%d/ns/net", os.Getpid(), unix.Gettid())
		ready <- err
		for f := range n.calls {
			f()
		}
	}()
	if err := <-ready; err != nil {
		t.Skipf("no network namespaces: %v", err)
	}
	t.Cleanup(func() { close(n.calls) })
	n.ip(t, "link set lo up")
	return n
}

// do runs f in the namespace.
func (n *netns) do(f func()) {
	done := make(chan struct{})
	n.calls <- func() { defer close(done); f() }
	<-done
}

// ip runs ip(8) in the namespace.
func (n *netns) ip(t *testing.T, args string) {
	t.Helper()
	n.do(func() {
		if out, err := exec.Command("ip", strings.Fields(args)...).CombinedOutput(); err != nil {
			t.Fatalf("ip %s: %v\n%s", args, err, out)
		}
	})
}

func (n *netns) listen(t *testing.T, address string) net.Listener {
	t.Helper()
	var l net.Listener
	var err error
	n.do(func() { l, err = net.Listen("tcp", address) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func (n *netns) dial(t *testing.T, address string) net.Conn {
	t.Helper()
	var c net.Conn
	var err error
	n.do(func() { c, err = net.Dial("tcp", address) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// pair joins two namespaces by a virtual wire: va with 10.77.0.1 and fd77::1, vb
// with 10.77.0.2 and fd77::2.
func pair(t *testing.T) (client, server *netns) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: makes network namespaces")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skip("needs ip(8)")
	}
	client, server = newNetns(t), newNetns(t)
	wire(t, client, server)
	return client, server
}

func wire(t *testing.T, client, server *netns) {
	t.Helper()
	client.ip(t, "link add va type veth peer name vb netns "+server.path)
	client.ip(t, "addr add 10.77.0.1/24 dev va")
	client.ip(t, "addr add fd77::1/64 dev va nodad")
	server.ip(t, "addr add 10.77.0.2/24 dev vb")
	server.ip(t, "addr add fd77::2/64 dev vb nodad")
	client.ip(t, "link set va address 02:00:00:00:77:01 up")
	server.ip(t, "link set vb address 02:00:00:00:77:02 up")
}
