package rules

import "github.com/handshark/handshark/analyzer"

// fieldName is a field that marks, answerers or attempts are known by.
type fieldName uint8

// The fields that are looked for in each head.
const (
	fieldHost fieldName = iota
	fieldUpgrade
	fieldConnection
	fieldKey
	fieldVersion
	fieldExtensions
	fieldProtocol
	fieldAccept
	fieldDraft
	fieldSecOrigin
	fieldOrigin
	fieldCookie
	fieldAuthorization
	fieldProxyAuthorization
	fieldProxyConnection
	fieldExpect
	fieldContentLength
	fieldTransferEncoding
	fieldContentEncoding
	fieldChallenge
	fieldProxyChallenge
	fieldSetCookie
	fieldVia
	fieldAge
	fieldXCache
	fieldCFCache
	fieldXVarnish
	fieldAPIKey
	fieldServer
	fieldContentType
	fieldOptions
	fieldCacheControl
	fieldKeepAlive
	fieldDate

	fieldNames
)

// fieldList has the fields as they are mostly written.
var fieldList = [fieldNames]string{
	fieldHost: "Host", fieldUpgrade: "Upgrade", fieldConnection: "Connection", fieldKey: "Sec-WebSocket-Key",
	fieldVersion: "Sec-WebSocket-Version", fieldExtensions: "Sec-WebSocket-Extensions",
	fieldProtocol: "Sec-WebSocket-Protocol", fieldAccept: "Sec-WebSocket-Accept", fieldDraft: "Sec-WebSocket-Draft",
	fieldSecOrigin: "Sec-WebSocket-Origin", fieldOrigin: "Origin", fieldCookie: "Cookie",
	fieldAuthorization: "Authorization", fieldProxyAuthorization: "Proxy-Authorization",
	fieldProxyConnection: "Proxy-Connection", fieldExpect: "Expect", fieldContentLength: "Content-Length",
	fieldTransferEncoding: "Transfer-Encoding", fieldContentEncoding: "Content-Encoding",
	fieldChallenge: "WWW-Authenticate", fieldProxyChallenge: "Proxy-Authenticate", fieldSetCookie: "Set-Cookie",
	fieldVia: "Via", fieldAge: "Age", fieldXCache: "X-Cache", fieldCFCache: "CF-Cache-Status",
	fieldXVarnish: "X-Varnish", fieldAPIKey: "X-Api-Key", fieldServer: "Server", fieldContentType: "Content-Type",
	fieldOptions: "X-Content-Type-Options", fieldCacheControl: "Cache-Control", fieldKeepAlive: "Keep-Alive",
	fieldDate: "Date",
}

// fieldSlots is the number of slots for the names of fields.
const fieldSlots = 128

// slotOf gives the slot of a name that is not empty; letter case does not matter.
// The factor keeps the names of fieldList apart, and nearly all that are common
// beside them from those: to know that a name is none of them is mostly one look.
func slotOf[S string | []byte](name S) uint32 {
	n := len(name)
	word := uint32(n&0xFF) | uint32(name[0]|0x20)<<8 | uint32(name[n-1]|0x20)<<16 | uint32(name[n/2]|0x20)<<24
	return word * 0xC45AEDCB >> 25
}

// fieldAt has 1 + the field whose name has the slot; 0 = none. Read only.
var fieldAt = placeFields()

func placeFields() (at [fieldSlots]uint8) {
	for f, name := range fieldList {
		at[slotOf(name)] = uint8(f + 1)
	}
	return at
}

// alike compares a name with one of its length, without regard to the case of
// ASCII letters.
func alike(name []byte, other string) bool {
	for i := range name {
		if name[i] != other[i] && lowerASCII(name[i]) != lowerASCII(other[i]) {
			return false
		}
	}
	return true
}

func lowerASCII(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		c |= 0x20
	}
	return c
}

// lines says where the fields of a head stand that marks go by: they are looked
// for once.
type lines struct {
	m       *analyzer.Message
	has     uint64 // fields that are there
	several uint64 // those of them that stand in more than one line
	relayed bool   // there may be a marker of an intermediary
	keyed   bool   // there is a KeyField
	first   [fieldNames]int32
}

// read looks through the fields of a head.
func (l *lines) read(m *analyzer.Message) {
	l.m, l.has, l.several, l.relayed, l.keyed = m, 0, 0, false, false
	for i := range m.NumFields() {
		name := m.NameOctets(i)
		l.relayed, l.keyed = l.relayed || mayMark(name), l.keyed || KeyField(name)
		if f, ok := fieldOf(name); ok {
			l.enter(f, i)
		}
	}
}

// fieldOf tells which field a name is; ok is false for one that is not in fieldList.
func fieldOf(name []byte) (f fieldName, ok bool) {
	if len(name) == 0 {
		return 0, false
	}
	at := fieldAt[slotOf(name)]
	switch {
	case name[0] == ':': // a pseudo-header field of HTTP/2, of which one does what Host does
		return fieldHost, string(name) == ":authority"
	case at == 0:
		return 0, false
	}
	known := fieldList[at-1]
	return fieldName(at - 1), len(name) == len(known) && (string(name) == known || alike(name, known))
}

// enter notes that line i is of a field.
func (l *lines) enter(f fieldName, i int) {
	bit := uint64(1) << f
	if l.has&bit != 0 {
		l.several |= bit
		return
	}
	l.has |= bit
	l.first[f] = int32(i)
}

func (l *lines) there(f fieldName) bool { return l.has>>f&1 != 0 }

// any reports whether one of some fields is there.
func (l *lines) any(list ...fieldName) bool {
	for _, f := range list {
		if l.there(f) {
			return true
		}
	}
	return false
}

// only gives the value of a field that stands in one line; else nil.
func (l *lines) only(f fieldName) []byte {
	if l.has&^l.several>>f&1 == 0 {
		return nil
	}
	return l.of(f)
}

// of gives the value of the first line of a field that is there.
func (l *lines) of(f fieldName) []byte {
	return l.m.ValueOctets(int(l.first[f]))
}
