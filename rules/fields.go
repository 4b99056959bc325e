package rules

import "github.com/handshark/handshark/analyzer"

// fieldName is a field that marks go by.
type fieldName uint8

// The fields that marks go by.
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

	fieldNames
)

// knownField is a field as it is mostly written.
type knownField struct {
	name  string
	field fieldName
}

// knownFields are the fields that marks go by, by the length of their names.
var knownFields = [...][]knownField{
	3:  {{"Via", fieldVia}, {"Age", fieldAge}},
	4:  {{"Host", fieldHost}},
	6:  {{"Origin", fieldOrigin}, {"Cookie", fieldCookie}, {"Expect", fieldExpect}},
	7:  {{"Upgrade", fieldUpgrade}, {"X-Cache", fieldXCache}},
	9:  {{"X-Varnish", fieldXVarnish}},
	10: {{"Connection", fieldConnection}, {"Set-Cookie", fieldSetCookie}},
	13: {{"Authorization", fieldAuthorization}},
	14: {{"Content-Length", fieldContentLength}},
	15: {{"CF-Cache-Status", fieldCFCache}},
	16: {
		{"WWW-Authenticate", fieldChallenge}, {"Content-Encoding", fieldContentEncoding},
		{"Proxy-Connection", fieldProxyConnection},
	},
	17: {{"Sec-WebSocket-Key", fieldKey}, {"Transfer-Encoding", fieldTransferEncoding}},
	18: {{"Proxy-Authenticate", fieldProxyChallenge}},
	19: {{"Proxy-Authorization", fieldProxyAuthorization}, {"Sec-WebSocket-Draft", fieldDraft}},
	20: {{"Sec-WebSocket-Accept", fieldAccept}, {"Sec-WebSocket-Origin", fieldSecOrigin}},
	21: {{"Sec-WebSocket-Version", fieldVersion}},
	22: {{"Sec-WebSocket-Protocol", fieldProtocol}},
	24: {{"Sec-WebSocket-Extensions", fieldExtensions}},
}

// fieldOf tells which field a name is; ok is false for one that no mark goes by.
func fieldOf(name []byte) (f fieldName, ok bool) {
	if len(name) >= len(knownFields) {
		return 0, false
	}
	list := knownFields[len(name)]
	for i := range list {
		k := &list[i]
		if (name[0]^k.name[0])&^0x20 == 0 && (string(name) == k.name || alike(name, k.name)) {
			return k.field, true
		}
	}
	return 0, false
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
	has     uint32 // fields that are there
	several uint32 // those of them that stand in more than one line
	relayed bool   // there may be a marker of an intermediary
	first   [fieldNames]int32
}

// read looks through the fields of a head.
func (l *lines) read(m *analyzer.Message) {
	l.m, l.has, l.several, l.relayed = m, 0, 0, false
	for i := range m.Fields {
		s := &m.Fields[i].Name
		name := m.Raw[s.Start:s.End]
		l.relayed = l.relayed || mayMark(name)
		f, ok := fieldOf(name)
		switch bit := uint32(1) << f; {
		case !ok:
		case l.has&bit != 0:
			l.several |= bit
		default:
			l.has |= bit
			l.first[f] = int32(i)
		}
	}
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
	v := l.m.Fields[l.first[f]].Value
	return l.m.Raw[v.Start:v.End]
}
