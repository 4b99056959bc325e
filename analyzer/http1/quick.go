package http1

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// quick reads the head that src begins with, in one pass, if there is nothing
// odd about it, as with nearly all; it gives its length then, and m is what
// parse makes of it but for Raw. It gives 0 for a head that deviates or goes on
// beyond src: m has to be emptied before it is used again.
func (m *Message) quick(src []byte) int {
	pos := m.quickStart(src)
	if pos == 0 {
		return 0
	}
	if pos = m.quickFields(src, pos); !isLineEnd(src, pos) {
		return 0
	}
	return pos + 2
}

// quickFields reads the field lines from pos on and gives the start of the line
// that is none. It runs over nearly every octet of every head, so it calls
// nothing that is not inlined.
func (m *Message) quickFields(src []byte, pos int) int {
	fields, x := m.Fields, &m.index
	for {
		colon := tokenEnd(src, pos)
		if colon == pos || colon == len(src) || src[colon] != ':' {
			break
		}
		value := colon + 1
		for value < len(src) && src[value] == ' ' {
			value++
		}
		end := visible(src, value)
		if !isLineEnd(src, end) {
			break
		}
		last := end
		for last > value && src[last-1] == ' ' {
			last--
		}
		n := len(fields)
		if n == cap(fields) {
			fields = slices.Grow(fields, max(n/2, fieldsAtOnce))
		}
		fields = fields[:n+1]
		f := &fields[n]
		f.Line, f.Name, f.Value = Span{pos, end}, Span{pos, colon}, Span{value, last}
		if slot := slotOf(src[pos:colon]); x.first[slot] == 0 {
			x.first[slot] = uint8(min(n+1, 255))
		} else {
			m.Fields = fields
			m.clash(src, slot)
		}
		pos = end + 2
	}
	m.Fields, x.lines = fields, len(fields)
	return pos
}

// fieldsAtOnce is for how many field lines room is made at first.
const fieldsAtOnce = 8

// isLineEnd reports whether CR LF stands at i.
func isLineEnd(b []byte, i int) bool { return i+1 < len(b) && b[i] == '\r' && b[i+1] == '\n' }

// quickStart reads the start line and gives the start of the line after it; 0 =
// it is odd.
func (m *Message) quickStart(src []byte) int {
	if m.Kind == Response {
		return m.quickStatus(src)
	}
	method := tokenEnd(src[:min(len(src), maxMethod)], 0)
	if method == 0 || method+1 >= len(src) || src[method] != ' ' {
		return 0
	}
	target := method + 1
	version := targetEnd(src, target)
	end := version + 1 + len("HTTP/1.1")
	if version == target || !isLineEnd(src, end) || src[version] != ' ' || !isVersion1(src[version+1:end]) {
		return 0
	}
	m.Line, m.Method, m.Target, m.Version = Span{0, end}, Span{0, method}, Span{target, version}, Span{version + 1, end}
	return end + 2
}

func (m *Message) quickStatus(src []byte) int {
	const status, reason = len("HTTP/1.1 "), len("HTTP/1.1 200 ")
	if len(src) < reason+3 || !isVersion1(src[:status-1]) || src[status-1] != ' ' || src[reason-1] != ' ' {
		return 0
	}
	m.Status = statusCode(src[status : reason-1])
	end := visible(src, reason)
	if m.Status == 0 || end == reason || src[reason] == ' ' || !isLineEnd(src, end) {
		return 0
	}
	m.Line, m.Version = Span{0, end}, Span{0, status - 1}
	m.StatusSpan, m.Reason = Span{status, reason - 1}, Span{reason, end}
	return end + 2
}

// isVersion1 matches HTTP/1.0 and its successors.
func isVersion1(v []byte) bool { return isVersion(v) && v[5] == '1' }

// tokenEnd gives the end of the octets from i on that a token may hold.
func tokenEnd(b []byte, i int) int {
	for i < len(b) && classes[b[i]]&tokenOctet != 0 {
		i++
	}
	return i
}

// targetEnd gives the end of the octets from start on that a target may hold; an
// escape that is broken ends them.
func targetEnd(b []byte, start int) int {
	for i := start; i < len(b); i++ {
		c := b[i]
		if classes[c]&targetOctet == 0 || c == '%' && (i+2 >= len(b) || !isHex(b[i+1]) || !isHex(b[i+2])) {
			return i
		}
	}
	return len(b)
}

// visible gives the end of the octets from start on that are neither controls,
// HTAB included, nor above 0x7E.
func visible(b []byte, start int) int {
	i := start
	for ; len(b)-i >= 8; i += 8 {
		if odd := oddOctets(binary.LittleEndian.Uint64(b[i:])); odd != 0 {
			return i + bits.TrailingZeros64(odd)/8
		}
	}
	for i < len(b) && b[i] >= 0x20 && b[i] <= 0x7E {
		i++
	}
	return i
}

// oddOctets sets the top bit of each octet of x that is below 0x20 or above
// 0x7E. Bits after the first one may be set wrongly: an octet below 0x20 borrows
// from its neighbour, 0xFF carries into it.
func oddOctets(x uint64) uint64 {
	const low, one, high = 0x2020202020202020, 0x0101010101010101, 0x8080808080808080
	return ((x - low) | x | (x + one)) & high
}
