package diagnosis

import (
	"strconv"
	"testing"

	"github.com/handshark/handshark/capture"
)

// What a naming says does not change when there is more to name.
func TestNamingStays(t *testing.T) {
	i := &capture.Info{Index: 3}
	l := &ledger{infos: func() []*capture.Info { return []*capture.Info{i} }}
	d := capture.NewDecoder(capture.DecoderOptions{})
	var then []naming
	for range 3 {
		then = append(then, l.naming(d))
		i.Interfaces = append(i.Interfaces, capture.Interface{})
	}
	then = append(then, l.naming(d))
	for n, want := range [][]string{{""}, {""}, {"0", "1"}, {"0", "1", "2"}} {
		for iface, name := range want {
			if got := then[n].interfaceName(3, uint32(iface)); got != name {
				t.Errorf("with %d interfaces: interface %d: got %q, want %q", n, iface, got, name)
			}
		}
		if then[n].known != n {
			t.Errorf("got %d interfaces, want %d", then[n].known, n)
		}
	}
	if got := then[3].interfaceName(4, 0) + then[3].interfaceName(2, 0) + then[3].interfaceName(3, 9); got != "" {
		t.Errorf("got %q for interfaces that there are not", got)
	}
}

// Names that the capture gives stay, whatever turns up.
func TestNamingGiven(t *testing.T) {
	i := &capture.Info{Interfaces: []capture.Interface{{Name: "eth0"}}}
	var n naming
	n.take(i)
	before := n
	i.Interfaces = append(i.Interfaces, capture.Interface{}, capture.Interface{Name: "lo"})
	n.take(i)
	for iface, want := range []string{"eth0", "1", "lo"} {
		if got := n.interfaceName(0, uint32(iface)); got != want {
			t.Errorf("interface %d: got %q, want %q", iface, got, want)
		}
	}
	if got := before.interfaceName(0, 0); got != "eth0" {
		t.Errorf("before: got %q", got)
	}
}

// A file that was read is not looked at again, however many there are.
func TestNamingOfManyFiles(t *testing.T) {
	const files = 4000
	var fresh []*capture.Info
	l := &ledger{}
	l.captures(func() []*capture.Info { t.Error("a group that was read is looked at"); return nil })
	l.captures(func() []*capture.Info { return fresh })
	d := capture.NewDecoder(capture.DecoderOptions{})
	next := uint32(0)
	turn := func() {
		fresh = []*capture.Info{{Index: next, Interfaces: []capture.Interface{{Name: strconv.Itoa(int(next))}}}}
		l.naming(d)
		next++
	}
	if got := testing.AllocsPerRun(files, turn); got > 20 {
		t.Errorf("%.0f allocations for each of %d files", got, files)
	}
	if n := l.naming(d); n.interfaceName(0, 0) != "0" || n.interfaceName(files, 0) != "4000" {
		t.Errorf("got %q, %q", n.interfaceName(0, 0), n.interfaceName(files, 0))
	}
}
