//go:build cgo && !nopcap

package live

import (
	"errors"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/capture/bpf"
)

func open(t *testing.T, o Options) *Source {
	t.Helper()
	s, err := Open(o)
	if errors.Is(err, ErrNoRights) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// dialled connects to a server on the loopback and gives its port.
func dialled(t *testing.T, l net.Listener) int {
	t.Helper()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// TestOpen captures on the loopback, with and without immediate mode, alone and on
// all interfaces: the SYN comes while the capture goes on, and closing ends it.
func TestOpen(t *testing.T) {
	for _, o := range []Options{
		{Interfaces: []string{"lo"}, Buffer: 1 << 20}, {Interfaces: []string{"lo"}, Immediate: true, Promiscuous: true},
		{Interfaces: []string{"any"}}, {Interfaces: []string{"any", "lo"}, Snap: 96},
	} {
		t.Run(strings.Join(o.Interfaces, " "), func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			o.Filter = "tcp port " + strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
			s := open(t, o)
			port := dialled(t, l)
			p, err := next(s)
			if err != nil {
				t.Fatal(err)
			}
			if len(p.Data) == 0 || p.Ref.Frame != 1 {
				t.Errorf("packet %+v of port %d", p.Ref, port)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestOpenFails holds what is said of interfaces and filters that cannot be used.
func TestOpenFails(t *testing.T) {
	open(t, Options{Interfaces: []string{"lo"}}).Close() // or skip
	if _, err := Open(Options{Interfaces: []string{"none0"}, Filter: "tcp port"}); err == nil || strings.Contains(err.Error(), "none0") {
		t.Errorf("a bad filter: %v; want it checked before the interface", err)
	}
	if _, err := Open(Options{Interfaces: []string{"lo", "none0"}}); err == nil || !strings.Contains(err.Error(), "none0: no such interface") {
		t.Errorf("a missing interface: %v", err)
	}
}

// TestDefaultFilter holds that the default filter compiles and what it lets through.
func TestDefaultFilter(t *testing.T) {
	f, err := bpf.CompileFilter(DefaultFilter)
	if err != nil {
		t.Fatal(err)
	}
	ip := func(proto byte, fragment byte, rest ...byte) []byte {
		h := append([]byte{0x45, 0, 0, 60, 0, 0, 0, fragment, 64, proto, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2}, rest...)
		return append(h, make([]byte, 40)...)
	}
	ether := func(tags string, kind uint16, payload []byte) []byte {
		return append(append(append(make([]byte, 12), tags...), byte(kind>>8), byte(kind)), payload...)
	}
	const vlan, qinq = "\x81\x00\x00\x07", "\x88\xa8\x00\x08\x81\x00\x00\x07"
	tests := []struct {
		name  string
		frame []byte
		want  bool
	}{
		{"TCP", ether("", 0x800, ip(6, 0)), true},
		{"TCP, VLAN", ether(vlan, 0x800, ip(6, 0)), true},
		{"TCP, two tags", ether(qinq, 0x800, ip(6, 0)), true},
		{"UDP", ether("", 0x800, ip(17, 0, 0x12, 0x34, 0x56, 0x78)), false},
		{"a later fragment", ether("", 0x800, ip(17, 9)), true},
		{"a later fragment, VLAN", ether(vlan, 0x800, ip(17, 9)), true},
		{"DNS", ether("", 0x800, ip(17, 0, 0x12, 0x34, 0, 53)), true},
		{"DNS, VLAN", ether(vlan, 0x800, ip(17, 0, 0, 53, 0x12, 0x34)), true},
		{"ICMP unreachable", ether("", 0x800, ip(1, 0, 3)), true},
		{"ICMP unreachable, VLAN", ether(vlan, 0x800, ip(1, 0, 3)), true},
		{"ping", ether("", 0x800, ip(1, 0, 8)), false},
		{"ARP", ether("", 0x806, ip(6, 0)), false},
	}
	for _, test := range tests {
		p := capture.Packet{Link: capture.LinkEthernet, Wire: len(test.frame), Data: test.frame}
		if got := f.Match(&p); got != test.want {
			t.Errorf("%s: let through: %t", test.name, got)
		}
	}
}

// TestDevices finds the loopback.
func TestDevices(t *testing.T) {
	list, err := Devices()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range list {
		if d.Name == "lo" {
			if !d.Network || !d.Loopback || d.Link == "" && !errors.Is(d.Err, ErrNoRights) {
				t.Errorf("lo: %+v", d)
			}
			return
		}
	}
	if os.Geteuid() == 0 {
		t.Error("no loopback")
	}
}
