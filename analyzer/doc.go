// Package analyzer turns ordered streams into handshakes: it reads HTTP
// messages off each side of a conversation, pairs requests with responses,
// recognises WebSocket attempts, watches what follows a 101 for a while, and
// hands on one [Handshake] with everything a rule may want to know.
package analyzer
