package live

import (
	"errors"
	"fmt"
	"time"
)

// Options say how interfaces are captured from.
type Options struct {
	Interfaces  []string // at least one; "any" is all of them at once (Linux)
	Filter      string   // BPF expression (pcap-filter(7)); empty = DefaultFilter
	Snap        int      // bytes kept of a packet; 0 = DefaultSnap
	Buffer      int      // bytes of the kernel's ring, per interface; 0 = DefaultBuffer
	Promiscuous bool     // also packets for others; has no effect on "any"
	// Immediate hands each packet on as it comes. Without it the kernel hands on
	// what came in a tenth of a second at once, which costs less.
	Immediate bool
	// Retry waits for an interface that went away, instead of giving it up. It
	// needs the right to open it again.
	Retry bool
}

// Defaults of Options, in bytes.
const (
	DefaultSnap   = 262144
	DefaultBuffer = 64 << 20
)

// base lets through what the analysis can use: TCP over IPv4 and IPv6, also
// behind IPv6 extension headers, fragments, ICMP errors, and DNS.
const base = "tcp or (ip[6:2] & 0x3fff != 0)" +
	" or (ip6[6] = 0 or ip6[6] = 43 or ip6[6] = 44 or ip6[6] = 60)" +
	" or (icmp[0] = 3 or icmp[0] = 11 or icmp[0] = 12)" +
	" or (ip6[6] = 58 and ip6[40] < 128)" +
	" or udp port 53"

// DefaultFilter lets through TCP, fragments, ICMP errors and DNS, also behind one
// or two VLAN tags. On link types that have no VLAN tags the part for them is left
// out. Packets in tunnels need an expression of the user's.
const DefaultFilter = "(" + base + ") or (vlan and (" + base + ")) or (vlan and (" + base + "))"

// pollEvery is how often a reader looks for drops, and for the state of its
// interface, when packets come; when none come it looks at least as often.
const pollEvery = 200 * time.Millisecond

// Device is an interface that can be captured from.
type Device struct {
	Name        string
	Description string
	Addresses   []string // with prefix lengths where known
	Up          bool
	Loopback    bool
	Network     bool // a network interface, or all of them ("any")
	// Link is the name of its link type; empty if the interface could not be
	// opened to ask, then Err says why.
	Link string
	Err  error
}

// check looks for what is wrong with o.
func (o *Options) check() error {
	if len(o.Interfaces) == 0 {
		return errors.New("no interface given")
	}
	seen := map[string]bool{}
	for _, name := range o.Interfaces {
		if name == "" || seen[name] {
			return fmt.Errorf("interface %q given twice, or empty", name)
		}
		seen[name] = true
	}
	if o.Snap < 0 || o.Buffer < 0 {
		return fmt.Errorf("snap length %d and buffer %d must not be negative", o.Snap, o.Buffer)
	}
	return nil
}
