package tls

// Decryption is how far the decryption of a connection came.
type Decryption uint8

// States of decryption.
const (
	// NoKeys: it was not asked for, it has not begun, or secrets are not known.
	NoKeys Decryption = iota
	// Decrypting: records of the handshake or of the application are being read.
	Decrypting
	// Undecryptable: secrets are known, but the suite is not supported, or records of a
	// side do not authenticate, or what was missing could not be bridged. The other side
	// may still be read.
	Undecryptable
)

// Decrypt makes r undo the protection of records whose secrets keys has, in TLS 1.3
// (RFC 8446) with AES-GCM and ChaCha20-Poly1305, in TLS 1.2 (RFC 5246) with these and
// AES-CBC, in TLS 1.0 and 1.1 with AES-CBC. It is to be called before the first Feed.
//
// What the application of a side said is handed to data, a record at a time and in
// order; offset is the stream offset of the record's first octet, its header;
// plaintext is valid during the call only. lost is called when application data of a
// side may be missing (a gap, a record that does not authenticate or is cut short);
// offset is where that was noticed. No more of that side may follow, or more after the
// gap. Without any secret of the connection neither is called. They must not call r;
// either may be nil.
//
// keys may gain secrets later. With wait (live), protected records are held until
// the secrets come and looked at again at the next Feed of either side; otherwise the
// secrets must be there when the first protected record comes. Early data are held
// until it is known whether the server takes them; what it refuses was never read by
// it and is not handed on. Held are 64 KiB a side at most, records' overhead included;
// more is lost. Besides that, memory is bounded by a record (2^14 + 2048 octets) and a
// handshake message (64 KiB) a side, and one record in clear.
func (r *Reader) Decrypt(keys *KeyLog, wait bool, data func(from Side, offset uint64, plaintext []byte), lost func(from Side, offset uint64)) {
	if keys == nil {
		return
	}
	r.dec = &decrypter{r: r, keys: keys, wait: wait, data: data, lost: lost}
}

// Decryption reports how far decryption came, and why no further: why is empty as
// long as nothing stands in the way, and then names the side and the reason.
func (r *Reader) Decryption() (d Decryption, why string) {
	if r.dec == nil {
		return NoKeys, ""
	}
	return r.dec.progress()
}

// decrypter undoes the protection of both sides of a connection. Those of its methods
// that Reader calls do nothing without one.
type decrypter struct {
	r     *Reader
	keys  *KeyLog
	wait  bool
	data  func(from Side, offset uint64, plaintext []byte)
	lost  func(from Side, offset uint64)
	h     hellos
	sides [2]direction
	queue []record // held, of both sides in the order in which they came
	rec   record   // that came whole last; here because it would be allocated anew
	plain []byte   // content of the record being read
}

// record is a protected record, or a hole where octets or records are missing.
type record struct {
	from   Side
	hole   bool
	header [recordHeader]byte
	start  uint64 // stream offset
	body   []byte
}

// overhead is what a held record counts for beyond its body.
const overhead = 64

func (rec *record) cost() int { return overhead + len(rec.body) }

// maxHeld bounds what is held of a side.
const maxHeld = 64 << 10

func (d *decrypter) clientHello(body []byte) {
	if d != nil && !(d.h.clientSeen && d.h.serverSeen) {
		d.h.clientHello(body)
	}
}

func (d *decrypter) serverHello(body []byte) {
	switch {
	case d == nil || d.h.serverSeen:
	case isRetry(body):
		d.h.retried = true
	default:
		d.h.serverHello(body)
	}
}

// take reads a record, or holds it.
func (d *decrypter) take(rec *record) {
	if d.sides[rec.from].over {
		return
	}
	if len(d.queue) == 0 && d.ready(rec.from, rec.start) {
		d.process(rec)
		return
	}
	d.hold(rec)
	d.flush()
}

// hold keeps a record until the secrets for it are there.
func (d *decrypter) hold(rec *record) {
	s := &d.sides[rec.from]
	if s.full = s.full || s.held+rec.cost() > maxHeld; s.full {
		// And so with all that follow: what is handed on has one hole.
		if !rec.hole {
			s.dropped++
		}
		return
	}
	s.held += rec.cost()
	kept := *rec
	kept.body = append([]byte(nil), rec.body...)
	d.queue = append(d.queue, kept)
}

// flush reads what was held as far as it can be read by now.
func (d *decrypter) flush() {
	if d == nil {
		return
	}
	for len(d.queue) > 0 && d.next() {
	}
	if len(d.queue) == 0 {
		d.queue = nil
	}
}

// next reads the first of the records held whose side need not wait.
func (d *decrypter) next() bool {
	var waits [2]bool
	for i := 0; i < len(d.queue) && waits != [2]bool{true, true}; i++ {
		from := d.queue[i].from
		if waits[from] {
			continue
		}
		if d.ready(from, d.queue[i].start) {
			d.unhold(i)
			return true
		}
		waits[from] = true
	}
	return false
}

// unhold takes record i out of the queue and reads it. After the last of a side comes
// the hole where no more could be held.
func (d *decrypter) unhold(i int) {
	rec := d.queue[i]
	copy(d.queue[1:], d.queue[:i])
	d.queue[0] = record{}
	d.queue = d.queue[1:]
	s := &d.sides[rec.from]
	s.held -= rec.cost()
	d.process(&rec)
	if s.held == 0 && s.full {
		s.seq += uint64(s.dropped)
		s.full, s.dropped = false, 0
		d.process(&record{from: rec.from, hole: true, start: rec.start})
	}
}

// process reads a record for which the key is there.
func (d *decrypter) process(rec *record) {
	s := &d.sides[rec.from]
	switch {
	case s.over:
	case rec.hole:
		s.lose()
		d.missing(rec)
	case d.h.version == TLS13 && rec.header[0] != typeApplicationData:
		// Not protected (RFC 8446 section 5.2).
	default:
		d.open(rec)
	}
}

// missing tells of a hole. Before anything was read it is not known yet whether it is
// in the application's data.
func (d *decrypter) missing(rec *record) {
	s := &d.sides[rec.from]
	if d.r.facts.Decrypted {
		s.holed = false
		d.tellLost(rec.from, rec.start)
		return
	}
	if !s.holed {
		s.holed, s.hole = true, rec.start
	}
}

func (d *decrypter) tellLost(from Side, offset uint64) {
	if d.lost != nil {
		d.lost(from, offset)
	}
}

// stop reads no more of a side.
func (d *decrypter) stop(from Side, state Decryption, why string, offset uint64) {
	s := &d.sides[from]
	if s.over {
		return
	}
	told := state == Undecryptable || d.r.facts.Decrypted
	*s = direction{over: true, state: state, why: why, held: s.held, ccs: s.ccs}
	if told {
		d.tellLost(from, offset)
	}
}

// progress gives the state of both sides together.
func (d *decrypter) progress() (state Decryption, why string) {
	if d.r.facts.Decrypted || d.sides[Client].prot != nil || d.sides[Server].prot != nil {
		state = Decrypting
	}
	for from, s := range d.sides {
		if s.over && (why == "" || s.state > state) {
			state = max(state, s.state)
			why = [...]string{"client: ", "server: "}[from] + s.why
		}
	}
	if why == "" && len(d.queue) > 0 && !d.keys.knows(&d.h.client) {
		why = noSecrets // so far
	}
	return state, why
}

// Reasons for reading no more.
const (
	noSecrets  = "the key log has no secrets of this session"
	noHello    = "the hellos of this session were not captured"
	noAuth     = "a record does not authenticate: it is damaged, or the secrets are of another session"
	noBridge   = "after missing bytes no record authenticates"
	tooLong    = "a record is longer than TLS allows"
	tooSkipped = "too many records cannot be opened with the secrets of the key log"
)
