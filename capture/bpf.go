package capture

// Filter chooses packets. A Filter is used by one goroutine at a time.
type Filter interface {
	// Match reports whether p is chosen.
	Match(p *Packet) bool
}
