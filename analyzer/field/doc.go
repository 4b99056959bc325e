// Package field reads the grammar of HTTP field values (RFC 9110 section 5.6)
// and of the parts of a handshake that have one of their own: lists, extension
// offers, keys, hosts, origins, targets, cookies, challenges, dates, tokens.
//
// Every parser takes any string, never fails for good and keeps positions, so
// that a caller can show the octets that are wrong. All functions are pure and
// safe for concurrent use. Letter case is folded for ASCII only.
package field

// Fault is a place where a value leaves its grammar.
type Fault struct {
	Kind       FaultKind
	Line       int // index of the value
	Start, End int // octets of that value
}

// FaultKind names a Fault.
type FaultKind uint8

// Faults.
const (
	EmptyElement FaultKind = iota + 1 // nothing between two commas, or an empty value
	EmptyParam                        // nothing between two semicolons
	BadName                           // name or scheme is not a token
	BadValue                          // value is neither a token nor a quoted string of one
	MissingValue                      // "=" without a value
	OpenQuote                         // quoted string without its end
	Junk                              // octets after the end of an element or parameter
	NoEquals                          // cookie pair without "="
	EmptyName                         // cookie pair without a name
	BadOctet                          // octet that the grammar does not allow
	BadSeparator                      // cookie pairs not separated by "; "
)
