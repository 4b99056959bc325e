package rules

// Answerer is the product that sent a response, as its fingerprint shows.
type Answerer struct {
	// Product is who made the response up, as far as it shows. Where only the hop
	// that handed it on shows, it is that hop and Hop is not set.
	Product string // "nginx", "ws (npm)", "gorilla/websocket", ...: the name that Fix.Product uses; empty = unknown
	Version string // as announced; may be empty
	// Hop is set when the product is an intermediary that made this response up itself.
	Hop bool
	// Via is the hop that handed the response on and left its name in it, like
	// "nginx/1.22.1"; empty = unknown or none.
	Via string
}

// String gives "nginx/1.22.1", "ws (npm)", "gorilla/websocket via nginx/1.22.1";
// empty if nothing is known.
func (a Answerer) String() string {
	s := a.Product
	if a.Version != "" {
		s += "/" + a.Version
	}
	if a.Via != "" {
		s += " via " + a.Via
	}
	return s
}
