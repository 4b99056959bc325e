package report

import "strconv"

// exactMillis bounds the thousandths that appendFloat writes as a whole number: of
// up to 15 digits no two are the same float64.
const exactMillis = 1e15

// appendFloat appends the shortest decimal number that reads back as v. Most have
// at most three decimals: times in milliseconds, confidences.
func appendFloat(b []byte, v float64) []byte {
	if v > 0 && v < exactMillis/1000 {
		if n := uint64(v*1000 + 0.5); float64(n)/1000 == v {
			return appendThousandths(b, n)
		}
	}
	return strconv.AppendFloat(b, v, 'f', -1, 64)
}

func appendThousandths(b []byte, n uint64) []byte {
	b = strconv.AppendUint(b, n/1000, 10)
	if n %= 1000; n == 0 {
		return b
	}
	b = append(b, '.', byte('0'+n/100), byte('0'+n/10%10), byte('0'+n%10))
	for b[len(b)-1] == '0' {
		b = b[:len(b)-1]
	}
	return b
}
