package tls

import (
	"bytes"
	"encoding/hex"
	"sync"
)

// maxSessions bounds the sessions of a KeyLog, unless Bound does.
const maxSessions = 1 << 20

// randomLength is the length of the random of a hello (RFC 8446 section 4.1.2).
const randomLength = 32

// label says what a secret is for.
type label uint8

// Secrets by label (draft-ietf-tls-keylogfile, RFC 8446 section 7.1).
const (
	masterSecret label = iota // TLS 1.2 and older
	clientEarly
	clientHandshake
	serverHandshake
	clientTraffic
	serverTraffic
	labels
	unusedLabel // of the format, and not needed to read records
)

// secrets are those of one session, nil where unknown.
type secrets [labels][]byte

// KeyLog holds the secrets of TLS sessions by client random, as programs write
// them into the file that SSLKEYLOGFILE names (NSS key log format,
// draft-ietf-tls-keylogfile). It holds 2^20 sessions at most: for a further one that of
// which it got the first secret longest ago is forgotten. Safe for concurrent use.
type KeyLog struct {
	mu       sync.RWMutex
	sessions map[[randomLength]byte]*secrets
	order    [][randomLength]byte // of sessions, a ring once there are most
	oldest   int                  // in the ring
	most     int
	missed   missed
}

// NewKeyLog returns a KeyLog without secrets.
func NewKeyLog() *KeyLog {
	return &KeyLog{sessions: make(map[[randomLength]byte]*secrets), most: maxSessions}
}

// Bound has the KeyLog, which has to be empty, hold most sessions at most, and at least one.
func (k *KeyLog) Bound(most int) { k.most = max(most, 1) }

// Add takes whole lines of a key log; the last needs no line feed. Of two secrets
// with the same label and client random the later one counts. taken is how many
// secrets were taken; odd is how many lines were neither blank nor a comment and
// could not be read: their label is unknown or their hexadecimal digits are wrong.
func (k *KeyLog) Add(text []byte) (taken, odd int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for len(text) > 0 {
		line, rest, _ := bytes.Cut(text, []byte{'\n'})
		text = rest
		t, o := k.line(bytes.Fields(line))
		taken, odd = taken+t, odd+o
	}
	return taken, odd
}

// Len gives the number of sessions of which a secret is known.
func (k *KeyLog) Len() int {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return len(k.sessions)
}

// line takes the fields of a line: label, client random, secret.
func (k *KeyLog) line(fields [][]byte) (taken, odd int) {
	if len(fields) == 0 || fields[0][0] == '#' {
		return 0, 0
	}
	kind, known := labelOf(string(fields[0]))
	if !known || len(fields) != 3 {
		return 0, 1
	}
	session, secret := unhex(fields[1]), unhex(fields[2])
	switch {
	case session == nil || secret == nil:
		return 0, 1
	case kind == unusedLabel:
		return 0, 0
	case len(session) != randomLength || !kind.fits(len(secret)):
		return 0, 1
	}
	return k.put([randomLength]byte(session), kind, secret), 0
}

// unhex decodes hexadecimal digits; nil if they are none.
func unhex(digits []byte) []byte {
	out := make([]byte, hex.DecodedLen(len(digits)))
	if _, err := hex.Decode(out, digits); err != nil {
		return nil
	}
	return out
}

// put keeps a secret and gives the number of those kept.
func (k *KeyLog) put(random [randomLength]byte, kind label, secret []byte) int {
	s := k.sessions[random]
	k.missed.found(&random, s == nil)
	if s == nil {
		s = &secrets{}
		k.enter(random)
		k.sessions[random] = s
	}
	s[kind] = secret
	return 1
}

// enter makes room for a session.
func (k *KeyLog) enter(random [randomLength]byte) {
	if len(k.order) < k.most {
		k.order = append(k.order, random)
		return
	}
	delete(k.sessions, k.order[k.oldest])
	k.order[k.oldest] = random
	k.oldest = (k.oldest + 1) % k.most
}

// secret gives a secret, nil if it is unknown; it is not written to any more.
func (k *KeyLog) secret(random *[randomLength]byte, kind label) []byte {
	k.mu.RLock()
	defer k.mu.RUnlock()
	if s := k.sessions[*random]; s != nil {
		return s[kind]
	}
	return nil
}

// knows reports whether any secret of a session is known.
func (k *KeyLog) knows(random *[randomLength]byte) bool {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.sessions[*random] != nil
}

// labelOf gives the label of a name.
func labelOf(name string) (l label, known bool) {
	switch name {
	case "CLIENT_RANDOM":
		return masterSecret, true
	case "CLIENT_EARLY_TRAFFIC_SECRET":
		return clientEarly, true
	case "CLIENT_HANDSHAKE_TRAFFIC_SECRET":
		return clientHandshake, true
	case "SERVER_HANDSHAKE_TRAFFIC_SECRET":
		return serverHandshake, true
	case "CLIENT_TRAFFIC_SECRET_0":
		return clientTraffic, true
	case "SERVER_TRAFFIC_SECRET_0":
		return serverTraffic, true
	case "EXPORTER_SECRET", "EARLY_EXPORTER_SECRET", "ECH_SECRET", "ECH_CONFIG", "RSA", "PMS_CLIENT_RANDOM",
		"CLIENT_TRAFFIC_SECRET_N", "SERVER_TRAFFIC_SECRET_N": // OpenSSL, after a KeyUpdate
		return unusedLabel, true
	}
	return 0, false
}

// fits reports whether a secret of a label can have n octets: a master secret has
// 48 (RFC 5246 section 8.1), a traffic secret those of the suite's hash, SHA-256 or
// SHA-384 (RFC 8446 section 7.1).
func (l label) fits(n int) bool {
	return n == 48 || n == 32 && l != masterSecret
}
