package field

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"math"
	"strings"
	"time"
)

// maxJWT bounds the tokens that are decoded, in octets.
const maxJWT = 16 << 10

// JWTFault says why a token cannot be decoded.
type JWTFault uint8

// Faults of a JWT.
const (
	JWTValid     JWTFault = iota
	JWTTooLong            // over 16 KiB: not looked into
	JWTParts              // not three parts (JWS) or five (JWE)
	JWTBase64             // a part is not base64url without padding
	JWTHeader             // the header is no JSON object
	JWTPayload            // the payload is no JSON object
	JWTDateType           // exp, nbf or iat is no JSON number
	JWTEncrypted          // a JWE: well formed, its claims cannot be read
)

// Token is what may be shown of a JWT (RFC 7519). Nothing is verified. Other
// claims and the signature are not kept.
type Token struct {
	Alg, KeyID                   string
	Issuer                       string
	Audience                     []string
	Expires, NotBefore, IssuedAt NumericDate
	Fault                        JWTFault
}

// NumericDate is a date claim.
type NumericDate struct {
	Present bool
	Number  bool // it is a JSON number
	Seconds int64
}

// Time gives the date; valid only if Number.
func (d NumericDate) Time() time.Time { return time.Unix(d.Seconds, 0).UTC() }

// JWT decodes a token without verifying it; ok if s looks like a JWT at all,
// that is, begins with "eyJ", the base64 of `{"`. Fault says what is wrong then.
func JWT(s string) (t Token, ok bool) {
	if !strings.HasPrefix(s, "eyJ") {
		return t, false
	}
	if len(s) > maxJWT {
		return Token{Fault: JWTTooLong}, true
	}
	parts := strings.Split(s, ".")
	if len(parts) != 3 && len(parts) != 5 {
		return Token{Fault: JWTParts}, true
	}
	t.Fault = t.read(parts)
	return t, true
}

func (t *Token) read(parts []string) JWTFault {
	head, headFault := object(parts[0], JWTHeader)
	t.Alg, t.KeyID = text(head["alg"]), text(head["kid"])
	if headFault != JWTValid {
		return headFault
	}
	for _, p := range parts {
		if _, err := base64.RawURLEncoding.DecodeString(p); err != nil || strings.ContainsAny(p, "\r\n") {
			return JWTBase64
		}
	}
	if len(parts) == 5 {
		return JWTEncrypted
	}
	claims, fault := object(parts[1], JWTPayload)
	if fault != JWTValid {
		return fault
	}
	return t.claims(claims)
}

func (t *Token) claims(c map[string]json.RawMessage) JWTFault {
	t.Issuer, t.Audience = text(c["iss"]), texts(c["aud"])
	t.Expires, t.NotBefore, t.IssuedAt = date(c["exp"]), date(c["nbf"]), date(c["iat"])
	for _, d := range [...]NumericDate{t.Expires, t.NotBefore, t.IssuedAt} {
		if d.Present && !d.Number {
			return JWTDateType
		}
	}
	return JWTValid
}

func object(part string, otherwise JWTFault) (map[string]json.RawMessage, JWTFault) {
	raw, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return nil, JWTBase64
	}
	var o map[string]json.RawMessage
	if err := json.Unmarshal(raw, &o); err != nil || o == nil {
		return nil, otherwise
	}
	return o, JWTValid
}

// text gives a JSON string, "" for anything else.
func text(raw json.RawMessage) (s string) {
	_ = json.Unmarshal(raw, &s)
	return s
}

// texts gives a JSON string or array of strings.
func texts(raw json.RawMessage) (out []string) {
	if s := text(raw); s != "" {
		return []string{s}
	}
	if err := json.Unmarshal(raw, &out); err != nil {
		return nil
	}
	return out
}

func date(raw json.RawMessage) NumericDate {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 {
		return NumericDate{}
	}
	var f float64
	if raw[0] == 'n' || json.Unmarshal(raw, &f) != nil {
		return NumericDate{Present: true}
	}
	// Beyond this no time.Time can follow.
	const most = 1 << 40
	return NumericDate{Present: true, Number: true, Seconds: int64(math.Max(-most, math.Min(most, f)))}
}
