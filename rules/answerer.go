package rules

import "github.com/handshark/handshark/analyzer"

// Answerer is the product that sent a response, as its fingerprint shows.
type Answerer struct {
	Product string // "nginx", "ws (npm)", "gorilla/websocket", ...: the name that Fix.Product uses; empty = unknown
	Version string // as announced; may be empty
	// Hop is set when the product is an intermediary that made this response up itself.
	Hop bool
}

// String gives "nginx/1.22.1", "ws (npm)"; empty if the product is unknown.
func (a Answerer) String() string {
	if a.Version == "" {
		return a.Product
	}
	return a.Product + "/" + a.Version
}

// Identify tells who sent the final response or the 101.
func Identify(h *analyzer.Handshake) Answerer { return Answerer{} }
