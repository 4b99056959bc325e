// Package siblings compares handshakes of one run with one another: attempts
// that the client got over, attempts that never showed what they were for but
// go to a server that carries WebSocket, the legs of one attempt on both sides
// of a proxy, and accepted attempts that speak for or against a cause.
//
// It works on a compact [Attempt] for each handshake, so that a million of them
// fit into memory when their records are long written away.
package siblings

import (
	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/rules"
)

// Attempt is what has to be remembered of a handshake to compare it: 96 bytes
// without a pointer. What recurs stands in it by number; the Digests that made it
// has what the numbers mean.
type Attempt struct {
	Start int64 // nanoseconds
	Asked int64 // time of the request head; Start without one
	End   int64 // time of the terminating event, or of the response

	target  uint64 // digest of host and path
	path    uint64 // digest of the path
	key     uint64 // digest of Sec-WebSocket-Key; valid only if hasKey
	secrets uint64 // digest of everything that may be a credential

	client, server         addr
	clientPort, serverPort uint16
	manner                 uint32 // number
	fired                  uint32 // number of the set of rules that fired

	Cause   int16 // index of the cause in the catalogue; -1 = none or undetermined
	Status  int16
	Outcome analyzer.Outcome
	Meant   analyzer.Certainty
	hasKey  bool
	connect bool // a CONNECT
	ended   bool // by its server
	Lookup  bool // a name that did not resolve
}

// manner holds digests of what most requests of a client or to a server have in
// common.
type manner struct {
	host    uint64 // the host asked for: Host field, CONNECT target or SNI; 0 = none
	version uint64 // Sec-WebSocket-Version
	tokens  uint64 // the values of Connection and Upgrade as spelled
	through uint64 // the CONNECT target of the tunnel it runs in; 0 = none
	next    uint64 // redirects: host and path of the Location
	http2   bool   // asked in HTTP/2
}

// Client gives the client of an attempt that d made.
func (d *Digests) Client(a *Attempt) capture.Endpoint {
	return capture.Endpoint{Addr: d.address(a.client), Port: a.clientPort}
}

// Server gives the server of an attempt that d made.
func (d *Digests) Server(a *Attempt) capture.Endpoint {
	return capture.Endpoint{Addr: d.address(a.server), Port: a.serverPort}
}

// Fired gives the rules that fired in an attempt that d made.
func (d *Digests) Fired(a *Attempt) *rules.RuleSet { return &d.fired.list[a.fired] }

// Destination is the server and target of an attempt; comparable among the
// attempts of one Digests.
type Destination struct {
	target uint64
	server addr
	port   uint16
}

// Destination gives where the attempt goes.
func (a *Attempt) Destination() Destination { return Destination{a.target, a.server, a.serverPort} }

// Slot gives a number that is the same for equal destinations.
func (d Destination) Slot() uint { return uint(d.target) ^ uint(d.server) ^ uint(d.port) }

// Server gives what all destinations on the same server have in common.
func (d Destination) Server() Destination { return Destination{server: d.server, port: d.port} }
