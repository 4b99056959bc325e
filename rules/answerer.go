package rules

// Answerer is the product that sent a response, as its fingerprint shows.
type Answerer struct {
	Product string // "nginx", "ws (npm)", "gorilla/websocket", ...: the name that Fix.Product uses; empty = unknown
	Version string // as announced; may be empty
	// Hop is set when the product is an intermediary that made this response up itself.
	Hop bool
}
