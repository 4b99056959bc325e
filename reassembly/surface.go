package reassembly

import "github.com/handshark/handshark/capture"

// maxSurfaced bounds the conversations that Options.Surface opens early: further
// unanswered SYNs stay compact until they are given up.
const maxSurfaced = 1 << 14

// surface opens the conversation of a lone SYN that was repeated.
func (a *Assembler) surface(i uint32) {
	if a.opt.Surface && a.stats.Surfaced < maxSurfaced {
		c := a.promote(i, nil)
		c.surfaced = true
		a.stats.Surfaced++
	}
}

// submerge counts a surfaced conversation out, once it was answered or closed.
func (a *Assembler) submerge(c *conn) {
	if c.surfaced {
		c.surfaced = false
		a.stats.Surfaced--
	}
}

// Surface opens the conversation between two endpoints if all that was seen of
// it is a SYN of client: something else, such as an ICMP error, tells that
// nothing more will come.
func (a *Assembler) Surface(client, server capture.Endpoint) {
	if i, f, _ := a.flows.locate(&capture.Segment{Src: client, Dst: server}); i != 0 && f.state == lone {
		a.surface(i)
	}
}
