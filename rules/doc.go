// Package rules judges handshakes: it runs rules over the facts of a handshake
// and finds the one root cause of a failure.
//
// A [Rule] is a value with a Check function. The rules themselves live in
// package catalogue and import only this package and the analyzer; they read no
// clock, no file and no network. A rule declares the evidence it needs and is
// inconclusive where the capture lacks it.
package rules
