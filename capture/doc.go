// Package capture turns capture files, standard input and interfaces into
// decoded TCP segments, ICMP errors and DNS messages.
//
// It is the first stage: it imports no other package of this module. A [Source]
// yields a [Packet] at a time, a [Decoder] looks through link types, tunnels and
// fragments and hands what it finds to a [Handler]. Damage in a capture is data
// (a [Problem], an undecoded count), never a reason to stop the run.
package capture
