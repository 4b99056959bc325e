package http1

// aheadLimit is the longest head in octets that is read ahead: most are far shorter, and
// there may be one in each packet that waits.
const aheadLimit = 2 << 10

// Ahead reads heads before the Reader of their stream comes to them, which may be on
// another goroutine: what its octets are does not depend on what was before them. It is
// not safe for concurrent use; the zero value is ready.
type Ahead struct{ forms Forms }

// Read makes of m, which may hold anything, what a Reader makes of the head that data
// begins with, but for Offset, and reports whether it could. It leaves what is unusual, or
// of no form that is known, to the Reader.
func (a *Ahead) Read(m *Message, data []byte) bool {
	kind := kindOf(data)
	if kind == 0 {
		return false
	}
	known := a.forms.of(kind)
	if !known.tries() {
		known.inARow++
		return false
	}
	m.empty(kind)
	n := m.quick(data[:min(len(data), aheadLimit)], known)
	if n == 0 || m.Form == nil {
		return false
	}
	m.Raw, m.Complete = append(m.Raw, data[:n]...), true
	return true
}

// kindOf tells what data may begin with, by what nearly all heads do; 0 = neither.
func kindOf(data []byte) Kind {
	switch {
	case len(data) < len("GET / HTTP/1.1\r\n\r\n"):
		return 0
	case string(data[:len("GET /")]) == "GET /":
		return Request
	case string(data[:len("HTTP/1.1 ")]) == "HTTP/1.1 ":
		return Response
	}
	return 0
}
