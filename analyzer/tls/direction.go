package tls

// phase is the part of a TLS 1.3 connection whose keys protect a side's records.
type phase uint8

const (
	undecided phase = iota
	inEarly         // early data (RFC 8446 section 2.3)
	inHandshake
	inApplication
)

// label gives the secret of a phase.
func (p phase) label(from Side) label {
	switch {
	case p == inEarly:
		return clientEarly
	case p == inHandshake:
		return clientHandshake + label(from)
	}
	return clientTraffic + label(from)
}

// generation is the key that protects a side's records at one time. In TLS 1.2 and
// older only prot and seq are used.
type generation struct {
	phase  phase
	prot   protection // nil: still to be derived
	secret []byte     // traffic secret, from which the next one comes
	seq    uint64     // number of the next record
}

// direction is the state of one side.
type direction struct {
	generation
	// lossy is set when records may have been missed: the number of the next is not sure,
	// nor its key. unaligned: it may begin within a handshake message.
	lossy, unaligned bool
	// skipping is set while records may come that cannot be opened, and mean nothing:
	// early data that the server refuses (RFC 8446 section 4.2.10), or handshake records
	// whose secret is not in the log.
	skipping bool
	skipped  int
	ccs      bool // a ChangeCipherSpec in clear
	holed    bool // something was missing at hole, before anything was read
	hole     uint64

	over  bool // no more is read, for the reason why
	state Decryption
	why   string

	collecting bool   // the current record is protected
	damaged    bool   // octets of it are missing
	buf        []byte // it, if it comes in pieces
	held       int    // octets held, overhead included
	full       bool   // no more are held
	dropped    int    // records that could not be held
	msg        []byte // handshake message being read
	skip       int    // octets of a long one to pass over
}

// lose notes that records or messages may have been missed.
func (s *direction) lose() {
	s.lossy, s.unaligned = true, true
	s.msg, s.skip = nil, 0
}

// grow makes room for a record of n octets, and no more.
func (s *direction) grow(n int) {
	if cap(s.buf) < n {
		s.buf = append(make([]byte, 0, n), s.buf...)
	}
}

// turn begins the next phase or, in TLS 1.2, new keys.
func (s *direction) turn(p phase) {
	s.generation = generation{phase: p}
	s.msg, s.skip = s.msg[:0], 0
	s.skipping = false
}

// begin notes the header of a record.
func (d *decrypter) begin(from Side) {
	if d == nil {
		return
	}
	s, header := &d.sides[from], &d.r.sides[from].header
	s.damaged = false
	s.buf = s.buf[:0]
	s.collecting = !s.over && d.protected(from)
	s.ccs = s.ccs || header[0] == typeChangeCipherSpec
	if d.r.sides[from].left == 0 {
		d.content(from, nil, 0)
	}
}

// protected reports whether the record that begins is protected: in TLS 1.3 that
// looks like application data (RFC 8446 section 5.2), in older versions it is each
// one after the ChangeCipherSpec.
func (d *decrypter) protected(from Side) bool {
	s, in := &d.sides[from], &d.r.sides[from]
	switch in.header[0] {
	case typeApplicationData:
		return true
	case typeChangeCipherSpec:
		return s.ccs && in.left != 1 // of a renegotiation
	}
	return s.ccs && !in.clear
}

// content takes octets of a record of which left are still to come. What lies in one
// piece is not copied.
func (d *decrypter) content(from Side, data []byte, left int) {
	if d == nil || !d.sides[from].collecting {
		return
	}
	s := &d.sides[from]
	if !s.damaged && (left > 0 || len(s.buf) > 0) {
		s.grow(len(s.buf) + len(data) + left)
		s.buf = append(s.buf, data...)
		data = s.buf
	}
	if left > 0 {
		return
	}
	s.collecting = false
	if s.damaged {
		d.takeHole(from, d.r.sides[from].start)
		return
	}
	in := &d.r.sides[from]
	d.rec = record{from: from, header: in.header, start: in.start, body: data}
	d.take(&d.rec)
	d.rec.body = nil
}

// damage notes that octets of the current record were missing.
func (d *decrypter) damage(from Side, left int) {
	if d == nil || !d.sides[from].collecting {
		return
	}
	d.sides[from].damaged = true
	d.content(from, nil, left)
}

func (d *decrypter) takeHole(from Side, offset uint64) {
	d.take(&record{from: from, hole: true, start: offset})
}

// gap notes that bytes were missing and with them the start of a record.
func (d *decrypter) gap(from Side, offset uint64) {
	if d == nil {
		return
	}
	d.sides[from].collecting = false
	d.takeHole(from, offset)
}

// end ends a side. Once both are at their end nothing more is waited for.
func (d *decrypter) end(from Side) {
	if d == nil {
		return
	}
	s := &d.sides[from]
	if s.collecting && d.r.sides[from].left > 0 {
		s.collecting = false
		d.takeHole(from, d.r.sides[from].start)
	}
	s.buf = nil
	d.flush()
	if d.r.sides[Client].state == stopped && d.r.sides[Server].state == stopped {
		d.wait = false
		d.flush()
		d.queue, d.plain = nil, nil
	}
}
