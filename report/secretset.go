package report

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"hash/maphash"
	"slices"
	"strconv"
	"strings"
)

// Limits of what is searched for in one handshake. Whatever stands in a field
// that is known to hold a credential is hidden in any case.
const (
	minSought  = 4   // bytes; shorter values are everywhere by chance
	maxSought  = 128 // forms; the longest ones
	minPartial = 8   // bytes of a secret at a cut that are taken for it
)

// secretSet holds the secrets of one handshake.
type secretSet struct {
	seed  maphash.Seed
	marks recent[string] // by canonical value
	forms []form
	known recent[bool] // of forms
	added recent[bool] // values that add was called for
	host  string       // never a secret: the server's name
	ready bool         // forms are sorted and bounded
}

// form is a spelling of a secret that is searched for.
type form struct {
	value string
	mark  string

	grams  grams // of value
	anchor int   // an octet of value that few texts have often
}

func newForm(value, mark string) form {
	f := form{value: value, mark: mark}
	f.grams.add(value)
	for i := range len(value) {
		if c := value[i]; c > ' ' && (c < 'a' || c > 'z') {
			f.anchor = i
			break
		}
	}
	return f
}

// standsIn reports whether the form stands in b.
func (f *form) standsIn(b []byte) bool {
	rest := b[min(f.anchor, len(b)):]
	for {
		i := bytes.IndexByte(rest, f.value[f.anchor])
		if i < 0 || len(rest)-i < len(f.value)-f.anchor {
			return false
		}
		from := len(b) - len(rest) + i - f.anchor
		if string(b[from:from+len(f.value)]) == f.value {
			return true
		}
		rest = rest[i+1:]
	}
}

// reset empties the set.
func (s *secretSet) reset(seed maphash.Seed, host string) {
	s.seed, s.host, s.forms = seed, host, s.forms[:0]
	s.marks.reset()
	s.known.reset()
	s.added.reset()
}

// mark gives what is written instead of value. Until the report is written it
// carries a keyed digest in place of an ordinal: see [Ordinals].
func (s *secretSet) mark(value string) string {
	canonical := canonicalSecret(value)
	if m, ok := s.marks.get(canonical); ok {
		return m
	}
	m := provisionalMark(len(value), maphash.String(s.seed, canonical))
	s.marks.set(canonical, m)
	return m
}

func provisionalMark(size int, digest uint64) string {
	return string(appendProvisional(make([]byte, 0, markLimit), size, digest))
}

func appendProvisional(b []byte, size int, digest uint64) []byte {
	b = append(strconv.AppendInt(append(b, markStart...), int64(size), 10), markMiddle...)
	var digits [digestLen]byte
	for i := range digits {
		digits[i] = hexDigits[digest>>(60-4*i)&15]
	}
	return append(append(b, digits[:]...), markEnd...)
}

// add makes value a secret that is searched for, with what it contains: the
// password of Basic credentials, the claims of a JWT.
func (s *secretSet) add(value string) {
	if value == "" || s.isAdded(value) {
		return
	}
	s.added.set(value, true)
	m := s.mark(value)
	s.seek(value, m)
	s.seek(canonicalSecret(value), m)
	s.addJWT(value)
}

func (s *secretSet) seek(value, mark string) {
	if len(value) < minSought || s.isKnown(value) || commonWord(value) || s.isHost(value) {
		return
	}
	s.known.set(value, true)
	s.forms = append(s.forms, newForm(value, mark))
	s.ready = false
}

func (s *secretSet) isKnown(value string) bool {
	known, _ := s.known.get(value)
	return known
}

func (s *secretSet) isAdded(value string) bool {
	added, _ := s.added.get(value)
	return added
}

// withoutStop leaves the full stop out with which our own words end behind a secret
// that is known.
func (s *secretSet) withoutStop(v view, at span) span {
	if value, ok := strings.CutSuffix(v.s[at.start:at.end], "."); ok && s.isAdded(value) {
		at.end--
	}
	return at
}

func (s *secretSet) isHost(value string) bool { return isHostIn(value, s.host) }

// isHostIn reports whether a value is a host, or the name in it.
func isHostIn(value, host string) bool {
	name, _, _ := strings.Cut(host, ":")
	return strings.EqualFold(value, host) || strings.EqualFold(value, name)
}

// addBasic adds what Basic credentials decode to (RFC 7617).
func (s *secretSet) addBasic(credentials string) {
	plain, err := base64.StdEncoding.DecodeString(credentials)
	if err != nil {
		return
	}
	s.add(string(plain))
	if _, password, ok := strings.Cut(string(plain), ":"); ok {
		s.add(password)
	}
}

// addJWT adds the claims of a JSON Web Token, but those that a diagnosis needs
// and that name nobody (RFC 7519 section 4.1).
func (s *secretSet) addJWT(token string) {
	if !strings.HasPrefix(token, "eyJ") || len(token) > 16<<10 {
		return
	}
	parts := strings.SplitN(token, ".", 4)
	if len(parts) < 2 {
		return
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return
	}
	var claims map[string]any
	if json.Unmarshal(payload, &claims) != nil {
		return
	}
	for name, value := range claims {
		switch name {
		case "alg", "kid", "iss", "aud", "exp", "nbf", "iat":
		default:
			s.addClaim(value)
		}
	}
}

func (s *secretSet) addClaim(value any) {
	switch v := value.(type) {
	case string:
		s.seek(v, s.mark(v))
	case float64:
		n := strconv.FormatFloat(v, 'f', -1, 64)
		s.seek(n, s.mark(n))
	case []any:
		for _, item := range v {
			s.addClaim(item)
		}
	case map[string]any:
		for _, item := range v {
			s.addClaim(item)
		}
	}
}

// sought gives the forms to search for, longest first.
func (s *secretSet) sought() []form {
	if !s.ready {
		slices.SortFunc(s.forms, func(a, b form) int {
			return cmp.Or(cmp.Compare(len(b.value), len(a.value)), cmp.Compare(a.value, b.value))
		})
		s.forms = s.forms[:min(len(s.forms), maxSought)]
		s.ready = true
	}
	return s.forms
}

// mayFit reports whether a text, which is not encoded, is long enough for one of
// the forms to stand in it.
func (s *secretSet) mayFit(text string, p place) bool {
	forms := s.sought()
	return len(forms) > 0 && len(text) >= len(forms[len(forms)-1].value) || p.kind == pieceText || p.kind == quotedText
}

// mayStandIn reports whether one of the forms may stand in a text with these grams.
func (s *secretSet) mayStandIn(g *grams) bool {
	forms := s.sought()
	for i := range forms {
		if g.mayHold(&forms[i]) {
			return true
		}
	}
	return false
}

// whole gives the mark of the secret that value is, or is a cut piece of.
func (s *secretSet) whole(value string) string {
	if !s.isKnown(value) {
		if m := s.wholeOf(value); m != "" {
			return m
		}
	}
	return s.mark(value)
}

// wholeOf gives the mark of the secret that value is a cut piece of; "" if there
// is none.
func (s *secretSet) wholeOf(piece string) string {
	if len(piece) < minPartial {
		return ""
	}
	for _, f := range s.sought() {
		if len(f.value) > len(piece) && (strings.HasPrefix(f.value, piece) || strings.HasSuffix(f.value, piece)) {
			return f.mark
		}
	}
	return ""
}

// canonicalSecret is one spelling for all of a secret: without quotes and
// percent-encoding.
func canonicalSecret(value string) string {
	if n := len(value); n >= 2 && value[0] == '"' && value[n-1] == '"' {
		value = value[1 : n-1]
	}
	for range 2 {
		if strings.IndexByte(value, '%') < 0 {
			break
		}
		v := view{s: value}
		d, changed := v.decode('%', percentAt)
		if !changed {
			break
		}
		value = d.s
	}
	return value
}
