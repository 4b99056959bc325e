package analyzer

import "github.com/handshark/handshark/capture"

// namesKept bounds the DNS answers that are remembered; the oldest go first.
const namesKept = 4096

// addrsKept bounds the addresses that are taken from one answer.
const addrsKept = 64

// names remembers which DNS answers named which address, and which names could
// not be resolved.
type names struct {
	byAddr map[capture.Addr][]capture.DNSMessage
	order  []capture.Addr
	failed lookups
}

func (n *names) add(m *capture.DNSMessage) {
	n.failed.add(m)
	if !m.Response || len(m.Addrs) == 0 {
		return
	}
	if n.byAddr == nil {
		n.byAddr = make(map[capture.Addr][]capture.DNSMessage)
	}
	msg := *m
	msg.Addrs = append([]capture.Addr(nil), m.Addrs[:min(len(m.Addrs), addrsKept)]...)
	for _, a := range msg.Addrs {
		n.keep(a, msg)
	}
}

func (n *names) keep(a capture.Addr, m capture.DNSMessage) {
	old := n.byAddr[a]
	if len(old) == 0 {
		n.order = append(n.order, a)
	}
	if len(old) == 8 {
		old = old[1:]
	}
	n.byAddr[a] = append(old, m)
	if len(n.order) > namesKept {
		delete(n.byAddr, n.order[0])
		n.order = n.order[1:]
	}
}

// of gives the answers that named a, oldest first.
func (n *names) of(a capture.Addr) []capture.DNSMessage {
	if len(n.byAddr) == 0 {
		return nil
	}
	return append([]capture.DNSMessage(nil), n.byAddr[a]...)
}
