package field

import "math"

// Decimal reads a canonical decimal number: "0", or digits without a leading
// zero; no sign, blank or point. A number beyond 64 bits gives math.MaxUint64.
func Decimal(s string) (n uint64, ok bool) {
	if s == "" || s[0] == '0' && len(s) > 1 {
		return 0, false
	}
	for i := range len(s) {
		d := s[i] - '0'
		if d > 9 {
			return 0, false
		}
		if n > (math.MaxUint64-uint64(d))/10 {
			n = math.MaxUint64
		} else {
			n = n*10 + uint64(d)
		}
	}
	return n, true
}

// VersionForm says how a Sec-WebSocket-Version element is written.
type VersionForm uint8

// Forms of a version.
const (
	VersionValid      VersionForm = iota // 0 to 255, canonical
	VersionOutOfRange                    // a canonical number above 255
	VersionMalformed
)

// Version reads one version of Sec-WebSocket-Version (RFC 6455 section 4.3);
// the number is 0 unless the form is VersionValid.
func Version(s string) (uint8, VersionForm) {
	n, ok := Decimal(s)
	switch {
	case !ok:
		return 0, VersionMalformed
	case n > math.MaxUint8:
		return 0, VersionOutOfRange
	}
	return uint8(n), VersionValid
}
