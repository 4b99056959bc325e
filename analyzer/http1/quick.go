package http1

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// quick reads the head that src begins with, in one pass, if there is nothing
// odd about it, as with nearly all; it gives its length then, and m is what
// parse makes of it but for Raw, and for Form if that is known. It gives 0 for a
// head that deviates or goes on beyond src: m has to be emptied before it is used
// again.
func (m *Message) quick(src []byte, known *formList) int {
	start := m.quickStart(src)
	if start == 0 {
		return 0
	}
	if end := known.read(m, src, start); end > 0 {
		return end
	}
	end := m.quickFields(src, start)
	if !isLineEnd(src, end) {
		return 0
	}
	end += 2
	known.learn(m, src[:end], start)
	return end
}

// quickFields reads the field lines from pos on and gives the start of the line
// that is none. It runs over nearly every octet of every head, so it takes eight
// at a time and calls nothing that is not inlined but for what is rare.
func (m *Message) quickFields(src []byte, pos int) int {
	m.reset()
	fields, n := m.fields[:cap(m.fields)], 0
	x := m.own
	src = src[:len(src):len(src)] // one bound instead of two
	for {
		colon := pos
		for len(src)-colon >= 8 {
			if other := otherThanName(binary.LittleEndian.Uint64(src[colon:])); other != 0 {
				colon += bits.TrailingZeros64(other) / 8
				break
			}
			colon += 8
		}
		if colon >= len(src)-2 || src[colon] != ':' { // a rarer octet of a name, or nearly the end of src
			if colon = tokenEnd(src, colon); colon >= len(src)-2 || src[colon] != ':' {
				break
			}
		}
		value := colon + 1
		if src[value] == ' ' {
			if value++; src[value] == ' ' {
				value = blanksEnd(src, value)
			}
		}
		end := visible(src, value)
		if colon == pos || !isLineEnd(src, end) {
			break
		}
		last := end
		for src[last-1] == ' ' && last > value {
			last--
		}
		if n == len(fields) {
			fields = m.grow()
		}
		f := &fields[n]
		n++
		f.Line, f.Name, f.Value = SpanOf(pos, end), SpanOf(pos, colon), SpanOf(value, last)
		if first := &x.first[slot(colon-pos, src[pos], src[colon-1])]; *first == 0 {
			*first = uint8(min(n, 255))
		} else {
			m.fields = fields
			m.clash(src, n-1)
		}
		pos = end + 2
	}
	m.fields = fields[:n]
	return pos
}

// blanksEnd gives the end of the blanks from i on.
func blanksEnd(b []byte, i int) int {
	for i < len(b) && b[i] == ' ' {
		i++
	}
	return i
}

// grow gives room for more field lines.
func (m *Message) grow() []Field {
	fields := m.fields[:cap(m.fields)]
	fields = slices.Grow(fields, max(len(fields)/2, fieldsAtOnce))
	m.fields = fields[:cap(fields)]
	return m.fields
}

// fieldsAtOnce is for how many field lines room is made at first.
const fieldsAtOnce = 8

// isLineEnd reports whether CR LF stands at i.
func isLineEnd(b []byte, i int) bool {
	return len(b)-i >= 2 && binary.LittleEndian.Uint16(b[i:]) == '\r'|'\n'<<8
}

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
	m.Line, m.Method, m.Target, m.Version = SpanOf(0, end), SpanOf(0, method), SpanOf(target, version), SpanOf(version+1, end)
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
	m.Line, m.Version = SpanOf(0, end), SpanOf(0, status-1)
	m.StatusSpan, m.Reason = SpanOf(status, reason-1), SpanOf(reason, end)
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
	for len(b)-i >= 8 {
		if odd := oddOctets(binary.LittleEndian.Uint64(b[i:])); odd != 0 {
			return i + bits.TrailingZeros64(odd)/8
		}
		i += 8
	}
	for i < len(b) && b[i] >= 0x20 && b[i] <= 0x7E {
		i++
	}
	return i
}

// oddOctets sets the top bit of each octet of x that is below 0x20 or above
// 0x7E. Bits after the first one may be set wrongly: an octet below 0x20 borrows
// from its neighbour, 0xFF carries into it.
func oddOctets(x uint64) uint64 { return ((x - 0x20*eachOctet) | (x + eachOctet)) & topBits }

// otherThanName sets the top bit of each octet of x that is neither an ASCII letter
// nor a hyphen: nearly all names of fields consist of those.
func otherThanName(x uint64) uint64 {
	folded := x &^ (0xA0 * eachOctet) // 0x41 to 0x5A in letters
	below, above := 0xC0*eachOctet-folded, folded+0x25*eachOctet
	hyphen := x ^ '-'*eachOctet // 0 where one is
	return (x | below | above) & ((hyphen&^topBits + 0x7F*eachOctet) | hyphen) & topBits
}

// Words of eight octets: one in each of them, and the top bit of each.
const (
	eachOctet = 0x0101010101010101
	topBits   = 0x80 * eachOctet
)
