package tls

// ready reports whether the next record of a side can be read, and derives the key
// for it; false: it has to wait. A side that will never be read is over, which needs no
// waiting.
func (d *decrypter) ready(from Side, offset uint64) bool {
	s := &d.sides[from]
	if s.over || s.prot != nil {
		return true
	}
	if !d.h.clientSeen || !d.h.serverSeen {
		return d.withoutHello(from, offset)
	}
	if !d.keys.knows(&d.h.client) {
		return d.withoutSecret(from, offset)
	}
	if why := d.h.unsupported(); why != "" {
		d.stop(from, Undecryptable, why, offset)
		return true
	}
	if d.h.version == TLS13 {
		return d.ready13(from, offset)
	}
	return d.ready12(from, offset)
}

// withoutHello ends a side if a hello is missing that cannot come any more: captures
// begin mid-session, and do not always have both sides in order.
func (d *decrypter) withoutHello(from Side, offset uint64) bool {
	own, other := d.h.clientSeen, 1-from
	if from == Server {
		own = d.h.serverSeen
	}
	switch {
	case !own, d.r.sides[other].hs.over, d.sides[other].over:
		d.stop(from, NoKeys, noHello, offset)
		return true
	case d.h.clientSeen && !d.keys.knows(&d.h.client):
		return d.withoutSecret(from, offset)
	}
	return false
}

// withoutSecret ends a side unless the secret may still come.
func (d *decrypter) withoutSecret(from Side, offset uint64) bool {
	if d.wait {
		return false
	}
	d.keys.miss(&d.h.client)
	d.stop(from, NoKeys, noSecrets, offset)
	return true
}

func (d *decrypter) ready12(from Side, offset uint64) bool {
	master := d.keys.secret(&d.h.client, masterSecret)
	if master == nil {
		return d.withoutSecret(from, offset)
	}
	suite, _ := suiteOf(d.h.suite)
	for side := range d.sides {
		// Both, because the hellos of a renegotiation may be read before the other side
		// is at its first.
		if s := &d.sides[side]; s.prot == nil {
			s.prot = newTLS12(&d.h, suite, master, Side(side))
		}
	}
	return true
}

func (d *decrypter) ready13(from Side, offset uint64) bool {
	s := &d.sides[from]
	if s.phase == undecided {
		s.phase = d.firstPhase(from)
	}
	if s.phase == inEarly && !d.earlySettled(s, offset) {
		return false
	}
	if s.phase == inHandshake && !d.known(from, inHandshake) && d.known(from, inApplication) {
		s.turn(inApplication)
		s.skipping = true
	}
	g, ok := d.derive(from, s.phase)
	if !ok {
		return d.withoutSecret(from, offset)
	}
	g.seq = s.seq
	s.generation = g
	return true
}

func (d *decrypter) firstPhase(from Side) phase {
	if from == Client && d.h.early {
		return inEarly
	}
	return inHandshake
}

// earlySettled reports whether it is known by now if the server takes early data. If
// it does not, it passes over what it cannot open (RFC 8446 section 4.2.10), and so do
// we.
func (d *decrypter) earlySettled(s *direction, offset uint64) bool {
	server := &d.sides[Server]
	switch taken := d.h.earlyTaken; {
	case d.h.retried, !d.h.preShared, d.h.extensions && !taken:
		s.turn(inHandshake)
		s.skipping = true
		return true
	case taken:
	case server.over, server.phase == inApplication, d.r.sides[Server].state == stopped:
		s.lossy = true // the answer is not to be had: what authenticates tells
	default:
		return false
	}
	if !d.known(Client, inEarly) {
		s.turn(inHandshake)
		s.skipping = true
		d.missing(&record{from: Client, start: offset})
	}
	return true
}

// known reports whether the secret of a phase is known.
func (d *decrypter) known(from Side, p phase) bool {
	return d.keys.secret(&d.h.client, p.label(from)) != nil
}

// derive gives the keys of a phase of TLS 1.3.
func (d *decrypter) derive(from Side, p phase) (g generation, ok bool) {
	secret := d.keys.secret(&d.h.client, p.label(from))
	if secret == nil {
		return generation{}, false
	}
	return d.keyed(p, secret), true
}

func (d *decrypter) keyed(p phase, secret []byte) generation {
	suite, _ := suiteOf(d.h.suite)
	return generation{phase: p, secret: secret, prot: newTLS13(suite, secret)}
}

// after gives the keys that follow g: those of the next phase whose secret is known, or
// those after a KeyUpdate (RFC 8446 section 7.2).
func (d *decrypter) after(from Side, g generation) (next generation, ok bool) {
	if d.h.version != TLS13 {
		return generation{}, false
	}
	for p := g.phase + 1; p <= inApplication; p++ {
		if next, ok = d.derive(from, p); ok {
			return next, true
		}
	}
	if g.phase != inApplication {
		return generation{}, false
	}
	suite, _ := suiteOf(d.h.suite)
	return d.keyed(inApplication, expandLabel(suite.hash, g.secret, "traffic upd", len(g.secret))), true
}
