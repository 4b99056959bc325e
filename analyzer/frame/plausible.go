package frame

// Plausible reports whether header, the first octets of a frame, could be sent
// by a peer that follows RFC 6455, RSV1 as of RFC 7692 allowed. It judges what
// is there: any number of octets from one on.
func Plausible(header []byte) bool {
	if len(header) == 0 || faults(header) > 0 {
		return false
	}
	// The top bit of a 64-bit length.
	return len(header) < 3 || header[1]&0x7F != 127 || header[2]&0x80 == 0
}

// faults counts the independent faults in the first two octets.
func faults(b []byte) int {
	n := 0
	if b[0]&0x30 != 0 { // RSV2, RSV3: no extension in use has them
		n++
	}
	op := Opcode(b[0] & 0x0F)
	if op > Binary && op < Close || op > Pong {
		n++
	}
	if op.Control() && (b[0]&0x80 == 0 || len(b) > 1 && b[1]&0x7F > 125) {
		n++
	}
	return n
}

// noFrame reports that two octets are no frame beyond doubt. One fault alone
// may be a peer's mistake that a rule names; two of them, or one in what reads
// as text, are another protocol.
func noFrame(b []byte) bool {
	if b[0]&0x3F <= byte(Binary) {
		return false // as nearly all begin
	}
	n := faults(b)
	return n > 1 || n == 1 && isText(b[0]) && isText(b[1])
}

func isText(c byte) bool { return c >= 0x20 && c < 0x7F || c == '\r' || c == '\n' || c == '\t' }
