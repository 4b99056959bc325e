package report

import (
	"encoding/binary"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/http1"
)

// line is a field line that came before: what redaction and encoding make of it is
// worked out once. Most lines of most heads are such.
type line struct {
	hash   uint64
	number int    // one of its own, from 1 on
	json   string // {"name":"…","value":"…"},
	name   Text   // in json, like value
	// value is as it was sent: it holds no credential by place or looks, nothing
	// encoded, and nothing that JSON writes otherwise.
	value Text
	plain bool // all of that is so; else only the line is known
	grams grams
}

// Bounds of the lines that are remembered. A line that is longer is not.
const (
	linesKept   = 1 << 10
	longestLine = 256
)

// lineTable remembers field lines that recur, each in the one place where it may be. A
// line takes it when it comes for the second time with no other in between, so that
// lines which never recur push nothing out.
type lineTable struct {
	slots [linesKept]struct {
		seen uint64 // hash of the line that came last and was not there
		line *line
	}
	made int
}

// of gives what is known of a line that is plain; nil if that is nothing.
func (x *lineTable) of(m *analyzer.Message, f *http1.Field) *line {
	from, to := f.Name.Start, f.Value.End
	if to-from > longestLine || from >= f.Name.End || to <= from {
		return nil
	}
	name, value := m.Raw[f.Name.Start:f.Name.End], m.Raw[f.Value.Start:f.Value.End]
	hash := hashOf(m.Raw[from:to])
	slot := &x.slots[hash%linesKept]
	l := slot.line
	if l == nil || l.hash != hash || string(l.name) != string(name) || string(l.value) != string(value) {
		if slot.seen != hash {
			slot.seen = hash
			return nil
		}
		l = x.newLine(hash, string(name), string(value))
		slot.line = l
	}
	if !l.plain {
		return nil
	}
	return l
}

// hashOf may be the same for other texts, which costs time.
func hashOf(b []byte) uint64 {
	hash := uint64(len(b))
	if len(b) < 8 {
		for _, c := range b {
			hash = mixed(hash, uint64(c))
		}
		return hash
	}
	for i := 0; i <= len(b)-8; i += 8 {
		hash = mixed(hash, binary.LittleEndian.Uint64(b[i:]))
	}
	return mixed(hash, binary.LittleEndian.Uint64(b[len(b)-8:]))
}

func (x *lineTable) newLine(hash uint64, name, value string) *line {
	const open, between, end = `{"name":"`, `","value":"`, `"},`
	x.made++
	l := &line{hash: hash, number: x.made, json: open + name + between + value + end}
	l.name = Text(l.json[len(open):][:len(name)])
	l.value = Text(l.json[len(open)+len(name)+len(between):][:len(value)])
	l.plain = isVerbatim(name) && isVerbatim(value) && !tells(&l.name, place{kind: fieldName}) && !tells(&l.value, place{field: name})
	if l.plain {
		l.grams.add(name)
		l.grams.add(value)
	}
	return l
}

// tells reports whether a text may hold a credential by its place or looks, or in
// what it decodes to.
func tells(t *Text, p place) bool {
	i := item{text: t, place: p, looks: looksOf(string(*t))}
	found := i.looks&looksEncoded != 0
	i.credentials(classOf(p.field), func(view, span) { found = true })
	return found
}

// grams has a bit for what each four octets of a text come to: a text without those
// of a secret does not hold the secret.
type grams [grams256 / 64]uint64

// grams256 is how many there are.
const grams256 = 256

// gramLength is at most minSought, so that every form that is sought has one.
const gramLength = 4

func gramAt(s string, i int) uint8 {
	_ = s[i : i+gramLength]
	w := uint32(s[i]) | uint32(s[i+1])<<8 | uint32(s[i+2])<<16 | uint32(s[i+3])<<24
	return uint8(w * 0x9e3779b1 >> 24)
}

func (g *grams) add(s string) {
	for i := 0; i+gramLength <= len(s); i++ {
		n := gramAt(s, i)
		g[n/64] |= 1 << (n % 64)
	}
}

func (g *grams) has(n uint8) bool { return g[n/64]>>(n%64)&1 != 0 }

// share reports whether there is one in both.
func (g *grams) share(other *grams) bool {
	return g[0]&other[0]|g[1]&other[1]|g[2]&other[2]|g[3]&other[3] != 0
}

// mayHold reports whether a text with these grams may hold the form: false is
// certain.
func (g *grams) mayHold(f *form) bool {
	return f.grams[0]&^g[0]|f.grams[1]&^g[1]|f.grams[2]&^g[2]|f.grams[3]&^g[3] == 0
}
