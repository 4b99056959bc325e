package tls

import "encoding/binary"

// maxMissed bounds the sessions that are known to lack secrets, about 2 MiB.
const maxMissed = 1 << 16

// missed are the sessions of which records were passed over for want of a secret.
type missed struct {
	sessions map[uint64]struct{} // by the first octets of the client random
	more     bool                // than are known
	late     int                 // got a secret since
}

// add notes a session.
func (m *missed) add(random *[randomLength]byte) {
	switch {
	case len(m.sessions) == maxMissed:
		m.more = true
	case m.sessions == nil:
		m.sessions = make(map[uint64]struct{})
		fallthrough
	default:
		m.sessions[missedBy(random)] = struct{}{}
	}
}

// found notes that a session got a secret, its first one if anew is set.
func (m *missed) found(random *[randomLength]byte, anew bool) {
	by := missedBy(random)
	if _, known := m.sessions[by]; known || m.more && anew {
		delete(m.sessions, by)
		m.late++
	}
}

func missedBy(random *[randomLength]byte) uint64 { return binary.BigEndian.Uint64(random[:]) }

// TakeLate gives the number of sessions that got a secret only after records of theirs had
// been passed over for want of it, since the last call. Of a session that lacked secrets
// when more than 2^16 did, it is not known: it counts as one of them.
func (k *KeyLog) TakeLate() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	n := k.missed.late
	k.missed.late = 0
	return n
}

// miss notes a session of which a record is passed over.
func (k *KeyLog) miss(random *[randomLength]byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.missed.add(random)
}
