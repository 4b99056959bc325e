package report

import "strings"

// phrase is a text that stands in many records: a fix, a reference, the name of a
// method.
type phrase struct {
	number  int // one of its own
	text    string
	json    string // with its quotes
	marked  bool   // a secret in it was replaced by a mark
	encoded bool   // it may decode to something else
	quiet   bool   // as quotedText it holds no credential by its looks, nor anything encoded
	grams   grams  // of the text and of all that it decodes to
	ends    grams  // those with which a cut piece of a secret would begin or end in it
}

// Bounds of the phrases that are remembered.
const (
	phrasesKept   = 1 << 9
	longestPhrase = 1 << 10
)

// phrases remembers phrases as lineTable does lines.
type phrases struct {
	slots [phrasesKept]struct {
		seen   uint64
		phrase *phrase
	}
	made int
}

// of gives what is known of a phrase; nil if that is nothing. x may be nil.
func (x *phrases) of(text string) *phrase {
	n := len(text)
	if x == nil || n < 8 || n > longestPhrase {
		return nil
	}
	hash := mixed(mixed(uint64(n), word(text[n/2-4:])), word(text[n-8:])) // the text is compared
	slot := &x.slots[hash%phrasesKept]
	if p := slot.phrase; p != nil && p.text == text {
		return p
	}
	if slot.seen != hash {
		slot.seen = hash
		return nil
	}
	slot.phrase = newPhrase(text)
	x.made++
	slot.phrase.number = x.made
	return slot.phrase
}

func newPhrase(text string) *phrase {
	text = strings.Clone(text) // which may be a piece of a long one
	p := &phrase{text: text, json: string(appendString(nil, text)), marked: strings.Contains(text, markStart)}
	for _, v := range viewsOf(text) {
		p.grams.add(v.s)
	}
	p.encoded = looksOf(text)&looksEncoded != 0
	words := Text(text)
	p.quiet = !tells(&words, place{kind: quotedText})
	segments(text, quotedText, func(at span) {
		if at.end-at.start >= minPartial {
			p.ends.add(text[at.start:][:gramLength])
			p.ends.add(text[at.end-gramLength : at.end])
		}
	})
	return p
}

// mayShow reports whether a form of a secret, or a piece of one that was cut, may stand in
// a phrase that is quiet: false is certain.
func (p *phrase) mayShow(f *form) bool { return p.ends.share(&f.grams) || p.grams.mayHold(f) }

// shows reports whether one of the forms of a secret, or a piece of one, stands in a phrase
// that is quiet.
func (p *phrase) shows(sought []form) (found bool) {
	for i := range sought {
		f := &sought[i]
		if !p.mayShow(f) {
			continue
		}
		found = found || strings.Contains(p.text, f.value)
		segments(p.text, quotedText, func(at span) {
			_, piece := pieceOf(p.text, at, f.value, minPartial)
			found = found || piece
		})
	}
	return found
}

// holds reports whether one of the forms of a secret may stand in a phrase as it is, or
// decoded: false is certain.
func (p *phrase) holds(sought []form) bool {
	for i := range sought {
		if p.grams.mayHold(&sought[i]) && (p.encoded || strings.Contains(p.text, sought[i].value)) {
			return true
		}
	}
	return false
}

// word gives the first eight octets of s.
func word(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// mixed mixes a word into a hash, of which the low bits are used.
func mixed(hash, w uint64) uint64 {
	hash = (hash ^ w) * 0x9e3779b97f4a7c15
	return hash ^ hash>>32
}
