package tls

// Bounds of the search for a record's key and number.
const (
	searchRecords     = 64 // that may have been missed
	searchGenerations = 3  // of keys: early data, handshake, application
	maxSkipped        = 64 // records that cannot be opened and may be passed over
)

// maxRecord13 is the longest record of TLS 1.3 (RFC 8446 section 5.2).
const maxRecord13 = 1<<14 + 256

// open undoes the protection of a record and reads it.
func (d *decrypter) open(rec *record) {
	s := &d.sides[rec.from]
	if d.h.version == TLS13 && len(rec.body) > maxRecord13 {
		d.stop(rec.from, Undecryptable, tooLong, rec.start)
		return
	}
	content, kind, ok := d.find(rec)
	switch {
	case ok:
		d.opened(rec, kind, content)
	case s.skipping && s.skipped < maxSkipped:
		s.skipped++
	case s.skipping:
		d.stop(rec.from, Undecryptable, tooSkipped, rec.start)
	case s.lossy:
		d.stop(rec.from, Undecryptable, noBridge, rec.start)
	default:
		d.stop(rec.from, Undecryptable, noAuth, rec.start)
	}
}

// find opens a record with the key and number that are due or, where records may be
// missing, with those that fit.
func (d *decrypter) find(rec *record) (content []byte, kind byte, ok bool) {
	if cap(d.plain) < len(rec.body) {
		d.plain = make([]byte, 0, len(rec.body))
	}
	s := &d.sides[rec.from]
	content, kind, ok = s.prot.open(d.plain, s.seq, rec.header[:], rec.body)
	if ok {
		s.seq++
		return content, kind, true
	}
	if s.lossy {
		return d.search(rec)
	}
	return nil, 0, false
}

// search tries the next numbers of the key that is due, and the first of those that
// follow it.
func (d *decrypter) search(rec *record) (content []byte, kind byte, ok bool) {
	s := &d.sides[rec.from]
	g, more := s.generation, true
	for tries := 0; more && tries < searchGenerations; tries++ {
		for end := g.seq + searchRecords; g.seq < end; g.seq++ {
			if content, kind, ok = g.prot.open(d.plain, g.seq, rec.header[:], rec.body); ok {
				g.seq++
				s.generation = g
				return content, kind, true
			}
		}
		g, more = d.after(rec.from, g)
	}
	return nil, 0, false
}

// opened reads the content of a record.
func (d *decrypter) opened(rec *record, kind byte, content []byte) {
	s := &d.sides[rec.from]
	d.r.facts.Decrypted = true
	s.skipping = false
	d.tellHole(rec.from)
	// Within the handshake a Finished may have been missed until the application's keys
	// are seen in use.
	if s.phase != inHandshake {
		s.lossy, s.unaligned = false, false
	}
	d.read(rec, kind, content)
}

func (d *decrypter) read(rec *record, kind byte, content []byte) {
	s := &d.sides[rec.from]
	switch kind {
	case typeApplicationData:
		if d.data != nil && len(content) > 0 && s.phase != inHandshake {
			d.data(rec.from, rec.start, content)
		}
	case typeAlert:
		d.alert(rec, content)
	case typeHandshake:
		d.messages(rec, content)
	case typeChangeCipherSpec:
		if d.h.version < TLS13 {
			s.turn(undecided) // a renegotiation (RFC 5246 section 7.1)
		}
	}
}

// tellHole tells of what was missing before anything was read, if more than the
// handshake was: in TLS 1.2 one record of it is protected, the Finished.
func (d *decrypter) tellHole(from Side) {
	s := &d.sides[from]
	first := uint64(1)
	if d.h.version < TLS13 {
		first = 2
	}
	if s.holed && s.phase != inHandshake && s.seq > first {
		d.tellLost(from, s.hole)
	}
	s.holed = false
}

// alert reads an alert (RFC 8446 section 6).
func (d *decrypter) alert(rec *record, content []byte) {
	f := d.r.facts
	if len(content) != 2 || len(f.Alerts) >= MaxAlerts {
		return
	}
	f.Alerts = append(f.Alerts, Alert{
		From: rec.from, Level: AlertLevel(content[0]), Code: AlertCode(content[1]),
		Offset: rec.start, Protected: true,
	})
}

// messages takes the content of a handshake record. None follows a change of keys
// within a record (RFC 8446 section 5.1).
func (d *decrypter) messages(rec *record, content []byte) {
	s := &d.sides[rec.from]
	for len(content) > 0 && !s.unaligned && s.prot != nil {
		var whole bool
		if content, whole = s.gather(content); whole {
			d.message(rec, s.msg[0], s.msg[messageHeader:])
			s.msg = s.msg[:0]
		}
	}
}

// gather takes octets of a message, up to its end, and gives the rest. Of one that is
// too long nothing is kept.
func (s *direction) gather(b []byte) (rest []byte, whole bool) {
	if n := min(s.skip, len(b)); n > 0 {
		s.skip -= n
		return b[n:], false
	}
	n := min(s.lacks(), len(b))
	s.msg, b = append(s.msg, b[:n]...), b[n:]
	if len(s.msg) < messageHeader {
		return b, false
	}
	if n = s.lacks(); len(s.msg) == messageHeader && n > maxHandshake {
		s.msg, s.skip = s.msg[:0], n
		return b, false
	}
	return b, n == 0
}

// lacks is how many octets the header of the message lacks, then the message.
func (s *direction) lacks() int {
	if len(s.msg) < messageHeader {
		return messageHeader - len(s.msg)
	}
	n := messageHeader + int(s.msg[1])<<16 + int(s.msg[2])<<8 + int(s.msg[3])
	return n - len(s.msg)
}

// message reads a protected handshake message.
func (d *decrypter) message(rec *record, kind byte, body []byte) {
	f := d.r.facts
	switch {
	case d.h.version < TLS13 && kind == msgClientHello && rec.from == Client:
		// A renegotiation: new keys come of both hellos, whichever is read first.
		d.h.serverSeen = d.h.serverSeen && !d.h.clientSeen
		d.h.clientHello(body)
	case d.h.version < TLS13 && kind == msgServerHello && rec.from == Server:
		d.h.clientSeen = d.h.clientSeen && !d.h.serverSeen
		d.h.serverHello(body)
	case kind == msgCertificate:
		d.certificate(rec, body)
	case kind == msgCertificateRequest && rec.from == Server:
		f.CertificateRequested = true
	case d.h.version == TLS13:
		d.message13(rec.from, kind, body)
	}
}

func (d *decrypter) certificate(rec *record, body []byte) {
	f := d.r.facts
	read := readCertificate
	if d.h.version == TLS13 {
		read = readCertificate13
	}
	switch c := read(body); {
	case rec.from == Client:
		f.ClientCertificate = ClientCertificate{Seen: true, Empty: c.ChainLength == 0}
	case f.Certificate == nil:
		f.Certificate = c
		c.Offset = rec.start
	}
}

// message13 reads the messages that only TLS 1.3 has or protects.
func (d *decrypter) message13(from Side, kind byte, body []byte) {
	s := &d.sides[from]
	switch {
	case kind == msgExtensions && from == Server && s.phase == inHandshake:
		d.extensions(body)
	case kind == msgEndOfEarlyData && s.phase == inEarly:
		s.turn(inHandshake)
	case kind == msgFinished && s.phase == inHandshake:
		s.turn(inApplication)
	case kind == msgKeyUpdate && s.phase == inApplication && len(body) == 1 && body[0] <= 1:
		s.generation, _ = d.after(from, s.generation)
	}
}

// extensions reads the EncryptedExtensions (RFC 8446 section 4.3.1).
func (d *decrypter) extensions(body []byte) {
	c := cursor{b: body}
	exts := cursor{b: c.vector(2)}
	d.h.extensions = true
	for len(exts.b) > 0 {
		kind, data := exts.number(2), exts.vector(2)
		switch kind {
		case extALPN:
			d.r.facts.ServerHello.ALPN = protocols(&cursor{b: data})
		case extEarlyData:
			d.h.earlyTaken = true
		}
	}
}
