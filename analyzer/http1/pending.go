package http1

// Busy reports whether a head has begun and its end has not been seen: the
// bytes since its start are still to be reported.
func (r *Reader) Busy() bool { return r.state == inHead && len(r.buf) > 0 }

// Lose tells that the bytes before the next Feed were not captured: reading
// goes on where a message starts.
func (r *Reader) Lose() { r.Gap(0, 1) }
