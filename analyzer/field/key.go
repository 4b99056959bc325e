package field

import (
	"crypto/sha1" //nolint:gosec // RFC 6455 section 4.2.2 prescribes it; nothing is protected by it
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// GUID is the constant that a server appends to the key (RFC 6455 section 1.3).
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

// KeyForm says how a Sec-WebSocket-Key is written.
type KeyForm uint8

// Forms of a key, in the order in which they are tested.
const (
	KeyValid        KeyForm = iota // canonical base64 of 16 octets
	KeyEmpty                       // nothing
	KeyBadAlphabet                 // octets outside of base64, or "=" before the end
	KeyURLAlphabet                 // "-" or "_" of the URL-safe alphabet instead of "+" and "/"
	KeyBadPadding                  // padding missing, superfluous, or an impossible length
	KeyWrongSize                   // good base64, but not of 16 octets
	KeyNonCanonical                // 16 octets, but the unused bits of the last letter are set
)

// Key is what a Sec-WebSocket-Key turned out to be.
type Key struct {
	Form KeyForm
	Size int // octets it stands for, padding errors overlooked; 0 if the alphabet is wrong
}

// CheckKey judges a key that has been trimmed: alphabet, then length, then the
// unused bits.
func CheckKey(s string) Key {
	body := strings.TrimRight(s, "=")
	switch alphabet := keyAlphabet(body); {
	case s == "":
		return Key{Form: KeyEmpty}
	case alphabet == KeyBadAlphabet:
		return Key{Form: alphabet}
	case alphabet == KeyURLAlphabet:
		return Key{Form: alphabet, Size: len(body) * 3 / 4}
	case len(s)%4 != 0 || len(s)-len(body) > 2:
		return Key{Form: KeyBadPadding, Size: len(body) * 3 / 4}
	}
	size := len(body) * 3 / 4
	if size != 16 {
		return Key{Form: KeyWrongSize, Size: size}
	}
	if _, err := base64.StdEncoding.Strict().DecodeString(s); err != nil {
		return Key{Form: KeyNonCanonical, Size: size}
	}
	return Key{Form: KeyValid, Size: size}
}

func keyAlphabet(body string) KeyForm {
	form := KeyValid
	for i := range len(body) {
		switch c := body[i]; {
		case c == '-', c == '_':
			form = KeyURLAlphabet
		case !isAlnum(c) && c != '+' && c != '/':
			return KeyBadAlphabet
		}
	}
	return form
}

// Accept gives the Sec-WebSocket-Accept that belongs to a key (RFC 6455 section
// 4.2.2); the key is taken as sent, whatever its form.
func Accept(key string) string { return digest64(key + GUID) }

// Accepts reports whether accept belongs to key, both of usual length. It does not
// allocate.
func Accepts(key, accept []byte) bool {
	const keyed, encoded = 24, 28
	if len(key) != keyed || len(accept) != encoded {
		return false
	}
	var text [keyed + len(GUID)]byte
	copy(text[copy(text[:], key):], GUID)
	sum := sha1.Sum(text[:]) //nolint:gosec // see Accept
	var want [encoded]byte
	base64.StdEncoding.Encode(want[:], sum[:])
	return string(want[:]) == string(accept)
}

func digest64(s string) string {
	sum := sha1.Sum([]byte(s)) //nolint:gosec // see Accept
	return base64.StdEncoding.EncodeToString(sum[:])
}

// Variant is a Sec-WebSocket-Accept as a known mistake makes it.
type Variant struct {
	Mistake string
	Value   string
}

// sampleAccept is the one of RFC 6455 section 1.3.
const sampleAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

// AcceptVariants gives the wrong values that known mistakes make of a key, in
// order of their frequency in the field. One that needs the decoded key is left
// out for a key that does not decode.
func AcceptVariants(key string) []Variant {
	sum := sha1.Sum([]byte(key + GUID)) //nolint:gosec // see Accept
	inHex := hex.EncodeToString(sum[:])
	raw, _ := hex.DecodeString(strings.ReplaceAll(GUID, "-", ""))
	out := []Variant{
		{"the GUID was not appended", digest64(key)},
		{"the GUID was written in lower case", digest64(key + strings.ToLower(GUID))},
		{"the hexadecimal digest was encoded in base64", base64.StdEncoding.EncodeToString([]byte(inHex))},
		{"the digest was sent in hexadecimal", inHex},
		{"a CR was left on the key", digest64(key + "\r" + GUID)},
		{"a space was left before the key", digest64(" " + key + GUID)},
		{"the padding was taken off the key", digest64(strings.TrimRight(key, "=") + GUID)},
		{"the GUID was appended as 16 octets", digest64(key + string(raw))},
		{"it is the sample value of RFC 6455", sampleAccept},
	}
	decoded, err := base64.StdEncoding.DecodeString(key)
	if err != nil {
		return out
	}
	out = append(out, Variant{"the key was decoded before it was hashed", digest64(string(decoded) + GUID)})
	if again := base64.StdEncoding.EncodeToString(decoded); again != key {
		out = append(out, Variant{"the key was decoded and encoded again before it was hashed", Accept(again)})
	}
	return out
}
