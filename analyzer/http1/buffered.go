package http1

// Buffered gives the bytes that r holds of a head whose end has not arrived.
func (r *Reader) Buffered() int { return cap(r.buf) }
