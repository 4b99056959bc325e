package analyzer

import (
	"github.com/handshark/handshark/analyzer/tls"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/reassembly"
)

// tlsWatch follows a TLS handshake, without keys until it is clear that it
// succeeded.
type tlsWatch struct {
	r      *tls.Reader
	seen   TLS
	inside inside
	served uint64 // protected octets of the server before the client's first
	// answered: the server sent protected octets after the client's first; parted: the
	// client had taken its leave by then.
	answered, parted bool
}

func newTLSWatch(x *conn) *tlsWatch {
	w := &tlsWatch{}
	w.r = tls.NewReader(&w.seen.Facts)
	w.unlock(x)
	return w
}

func (w *tlsWatch) feed(x *conn, s reassembly.Side, ch *reassembly.Chunk) {
	w.first(s, ch.Ref)
	known, waiting := w.serverName() != "", !w.opaque()
	w.inside.note(ch)
	w.r.Feed(tls.Side(s), ch.Offset, ch.Data)
	if waiting && w.opaque() {
		w.seen.AnswerRef, w.served = ch.Ref, w.seen.Sides[tls.Server].ApplicationBytes
	}
	if !w.answered && w.opaque() && w.seen.Sides[tls.Server].ApplicationBytes > w.served {
		w.answered, w.parted = true, w.takesLeave(x)
	}
	if !known && w.serverName() != "" {
		x.a.names.failed.reached(x.c, w.serverName())
	}
	w.alerted(ch.Ref)
	if w.succeeded() && !w.readable(x) {
		x.ignore()
	}
}

// alerted takes the alerts that were read last, in a packet.
func (w *tlsWatch) alerted(ref capture.Ref) {
	for len(w.seen.AlertRefs) < len(w.seen.Alerts) {
		a := &w.seen.Alerts[len(w.seen.AlertRefs)]
		w.seen.AlertRefs = append(w.seen.AlertRefs, ref)
		w.inside.parts(a)
	}
}

// readable reports whether what is inside can be read, or may be soon: programs write
// secrets while they shake hands.
func (w *tlsWatch) readable(x *conn) bool {
	return w.opened() || w.r.Waits() && x.now()-w.seen.AnswerRef.Time < x.a.opts.LookAheadTime
}

// opened reports whether records are being opened, or were until something was missing.
func (w *tlsWatch) opened() bool {
	d, _ := w.r.Decryption()
	return d == tls.Decrypting || w.inside.reads
}

func (w *tlsWatch) first(s reassembly.Side, ref capture.Ref) {
	at := &w.seen.ClientRef
	if s == reassembly.Server {
		at = &w.seen.ServerRef
	}
	if !at.Known() {
		*at = ref
	}
}

func (w *tlsWatch) gap(s reassembly.Side, ch *reassembly.Chunk) {
	w.inside.fed = ch
	w.r.Gap(tls.Side(s), ch.Offset, ch.Gap)
}

// proofOfData is how many protected octets a client must have sent for it to be
// past its Finished: a TLS 1.3 Finished and an alert fit below.
const proofOfData = 200

// succeeded reports whether application data went both ways, which they do only
// once the handshake is over.
func (w *tlsWatch) succeeded() bool {
	c, s := &w.seen.Sides[tls.Client], &w.seen.Sides[tls.Server]
	return c.ApplicationBytes > proofOfData && s.ApplicationData > 0 && !w.mayNotSpeakHTTP2() && !w.mayLackCertificate()
}

// alertRecord is the length of a protected alert in TLS 1.3: two octets, the
// content type and the tag.
const alertRecord = 2 + 1 + 16

// failed reports whether the handshake is known to have failed: a fatal alert
// in clear, an answer that is not TLS, or an end that came too early.
func (w *tlsWatch) failed(x *conn) bool {
	f := &w.seen.Facts
	switch {
	case !f.ClientHello.Seen, w.succeeded():
		return false
	case x.missed(reassembly.Server):
		return w.clientAlerted()
	case w.fatal() != nil:
		return true
	case w.headless(x):
		return x.answersHTTP()
	case w.plainAnswer(x):
		return true
	case len(x.signals) == 0, leftUnseen(x.c, reassembly.Client), leftUnseen(x.c, reassembly.Server), w.unheard(x):
		return false
	}
	return !f.ServerHello.Seen || w.endedEarly(x)
}

// headless reports whether the server said something of which the beginning, and with it
// its hello, may be missing without a trace: only a SYN tells where a side begins.
func (w *tlsWatch) headless(x *conn) bool {
	return !x.c.SYN.Seen && !x.c.SYNACK.Seen && !w.seen.ServerHello.Seen && x.c.Halves[reassembly.Server].DataPackets > 0
}

// unheard reports whether the client left at once a connection on which the server, as far as
// was captured, neither spoke nor hung up: it did not wait for what the server said.
func (w *tlsWatch) unheard(x *conn) bool {
	client, server := &x.c.Halves[reassembly.Client], &x.c.Halves[reassembly.Server]
	return server.DataPackets == 0 && !server.FIN.Seen && !server.RST.Seen &&
		client.FIN.Seen && client.FIN.Ref.Time-w.seen.ClientRef.Time < leftAtOnce
}

// endedEarly reports whether the handshake ended behind the server's hello: before what
// has to come in every one, in a protected alert as the client's only answer, or over the
// client's certificate or HTTP/2 as far as lengths of records tell. Of the client all that
// it said must be there.
func (w *tlsWatch) endedEarly(x *conn) bool {
	f := &w.seen.Facts
	c := &f.Sides[tls.Client]
	if c.Lost || x.missed(reassembly.Client) {
		return false
	}
	w.seen.NotHTTP2, w.seen.Uncertified = w.notHTTP2(x), w.uncertified(x)
	return w.cutShort(f) || w.unfinished(x) || c.ApplicationData == 1 && c.ApplicationBytes == alertRecord ||
		w.leftAtOnce(x) || w.leftUnfinished(x) || w.seen.NotHTTP2 || w.seen.Uncertified
}

// clientAlerted reports whether the client, all of whose octets are there, sent a
// fatal alert in clear: that is the end whatever the server said.
func (w *tlsWatch) clientAlerted() bool {
	a := w.fatal()
	return a != nil && a.From == tls.Client && !w.seen.Sides[tls.Client].Lost
}

// cutShort reports whether TLS 1.2 or older ended before the client's part of the
// key exchange was over.
func (w *tlsWatch) cutShort(f *tls.Facts) bool {
	client, server := &f.Sides[tls.Client], &f.Sides[tls.Server]
	return f.Version() < tls.TLS13 && !f.Resumed && !client.ChangeCipherSpec && !server.ChangeCipherSpec
}

// unfinished reports whether the server ended the connection while the handshake lacked
// what has to come in every one: in TLS 1.3 the client's Finished, its first protected
// record (RFC 8446 section 2), before it the server's own ChangeCipherSpec (RFC 5246
// section 7.3). What follows these may be a session that was closed in order.
func (w *tlsWatch) unfinished(x *conn) bool {
	f := &w.seen.Facts
	client, server := &f.Sides[tls.Client], &f.Sides[tls.Server]
	if client.EncryptedAlerts > 0 || x.firstSignal().From != reassembly.Server {
		return false
	}
	if f.Version() >= tls.TLS13 {
		return client.ApplicationData == 0 && server.ApplicationData > 0
	}
	return !f.Resumed && !server.ChangeCipherSpec && server.ApplicationData == 0
}

// leftAtOnce reports whether the client completed the handshake of TLS 1.2 and
// left without a word: so clients behave that check the certificate last.
func (w *tlsWatch) leftAtOnce(x *conn) bool {
	s := x.firstSignal()
	return w.seen.Certificate != nil && w.seen.Sides[tls.Client].ApplicationData == 0 && w.seen.Sides[tls.Server].ApplicationData == 0 &&
		s.From == reassembly.Client && s.Ref.Time-w.seen.ServerRef.Time < leftAtOnce
}

// leftUnfinished reports whether the client of TLS 1.3 left upon the server's part of the
// handshake, without its Finished: so clients behave that object to the certificate and
// do not say so. So do probes that have seen enough, but they leave no secrets behind.
func (w *tlsWatch) leftUnfinished(x *conn) bool {
	f, s := &w.seen.Facts, x.firstSignal()
	return f.Decrypted && f.Version() >= tls.TLS13 && f.Sides[tls.Client].ApplicationData == 0 && f.Sides[tls.Server].ApplicationData > 0 &&
		s.From == reassembly.Client && s.Ref.Time-w.seen.ServerRef.Time < leftAtOnce
}

// fatal gives the first fatal alert in clear, or that could be read. After application data
// an alert says nothing of the handshake, nor does one, protected, to a side that had left.
func (w *tlsWatch) fatal() *tls.Alert {
	for i := range w.seen.Alerts {
		if a := &w.seen.Alerts[i]; a.Level == tls.Fatal && a.Code != 0 && !w.belated(i) {
			return a
		}
	}
	return nil
}

// belated reports whether a protected alert came when the other side had ended the
// connection: some libraries object to that with decode_error.
func (w *tlsWatch) belated(i int) bool {
	const decodeError = 50
	a := &w.seen.Alerts[i]
	if a.Protected && a.Code == decodeError && a.From == tls.Server && w.inside.sides[reassembly.Server].heard {
		return true // what ended it was not captured
	}
	s := w.inside.x.firstSignal()
	return a.Protected && s != nil && s.From != reassembly.Side(a.From) && i < len(w.seen.AlertRefs) && earlier(s.Ref, w.seen.AlertRefs[i])
}

// plainAnswer reports whether the server answered in something that is not TLS.
func (w *tlsWatch) plainAnswer(x *conn) bool {
	return !w.inside.reads && len(x.prefix[reassembly.Server].Data) > 0 && x.lanes[reassembly.Server].mode != modeTLS &&
		x.lanes[reassembly.Server].mode != modeSniff
}

// endedBy tells who ended the attempt.
func (w *tlsWatch) endedBy(x *conn) Party {
	if a := w.fatal(); a != nil {
		return partyOf(reassembly.Side(a.From))
	}
	if w.plainAnswer(x) {
		return ByServer
	}
	if s := x.firstSignal(); s != nil {
		return partyOf(s.From)
	}
	return Nobody
}

// Bounds of what passes for HTTP/1.1 in a connection for HTTP/2, protection included.
const (
	// settingsAtMost is more than the SETTINGS, WINDOW_UPDATE and GOAWAY with which a
	// server begins, and ends, a connection of HTTP/2.
	settingsAtMost = 256
	// upgradeAtLeast is about the shortest upgrade request, and more than the preface
	// of HTTP/2 with the settings of a client.
	upgradeAtLeast = 160
)

// mayNotSpeakHTTP2 reports whether the client has not shown yet that it speaks HTTP/2,
// which the server selected (TLS 1.2 and older, where that is in clear): it would
// acknowledge the settings, and get more than these (RFC 9113 section 6.5.3).
func (w *tlsWatch) mayNotSpeakHTTP2() bool {
	f := &w.seen.Facts
	return f.Sides[tls.Client].ApplicationData <= 1 && f.Sides[tls.Server].ApplicationBytes <= settingsAtMost &&
		f.Version() < tls.TLS13 && len(f.ServerHello.ALPN) == 1 && f.ServerHello.ALPN[0] == "h2"
}

// notHTTP2 reports whether the client turned out not to speak HTTP/2, which the server
// selected: it sent one record of the size of an upgrade request, got no more than
// settings, did not acknowledge them and was hung up on. A browser that needs only one
// of its connections leaves the other by itself.
func (w *tlsWatch) notHTTP2(x *conn) bool {
	c, s := &w.seen.Sides[tls.Client], x.firstSignal()
	server := &x.c.Halves[reassembly.Server]
	return w.mayNotSpeakHTTP2() && w.seen.Sides[tls.Server].ApplicationData > 0 &&
		c.ApplicationData == 1 && c.ApplicationBytes >= upgradeAtLeast &&
		s.From == reassembly.Server && server.Acked >= server.Bytes && s.Ref.Time-w.seen.AnswerRef.Time < leftAtOnce
}

// Lengths of the client's first protected record in TLS 1.3 that tell of an empty
// Certificate (RFC 8446 section 4.4.2: eight octets): alone, or with a Finished of
// SHA-256 or SHA-384 behind it. A client sends one only if the server asked for it,
// and without it begins with the Finished alone.
const (
	emptyCertificate    = 8 + 1 + 16
	emptyWithFinished32 = 8 + 4 + 32 + 1 + 16
	emptyWithFinished48 = 8 + 4 + 48 + 1 + 16
)

// mayLackCertificate reports whether in TLS 1.3 the client had no certificate for a
// server that asked for one, and the server has not shown yet that it does without:
// it would send tickets or data.
func (w *tlsWatch) mayLackCertificate() bool {
	f := &w.seen.Facts
	switch f.Sides[tls.Client].FirstLength {
	case emptyCertificate, emptyWithFinished32, emptyWithFinished48:
		return f.ServerHello.SelectedVersion == tls.TLS13 && !f.Resumed && w.served > 0 &&
			f.Sides[tls.Server].ApplicationBytes-w.served <= alertRecord
	}
	return false
}

// takesLeave reports whether the last that the client sent has the length of an alert,
// which can only be its close_notify, or whether it had ended the connection: then a
// server says goodbye, too.
func (w *tlsWatch) takesLeave(x *conn) bool {
	s := x.firstSignal()
	return w.seen.Sides[tls.Client].LastLength == alertRecord || s != nil && s.From == reassembly.Client
}

// uncertified reports whether the server ended the connection over that, at once: its
// one record since has the length of an alert, and the client had not taken its leave.
func (w *tlsWatch) uncertified(x *conn) bool {
	f := &w.seen.Facts
	return w.mayLackCertificate() && f.Sides[tls.Server].ApplicationBytes-w.served == alertRecord &&
		!w.parted && x.firstSignal().Ref.Time-w.seen.AnswerRef.Time < leftAtOnce
}

// facts gives a copy of what was seen.
func (w *tlsWatch) facts() *TLS {
	t := w.seen
	t.Locked = w.locked()
	for s := range t.Muted {
		if t.Muted[s] = w.inside.muted(reassembly.Side(s)); t.Muted[s] {
			_, t.Locked = w.r.Decryption()
		}
	}
	return &t
}

// locked says why secrets that are known do not open the records; "" = they do, or none
// are known.
func (w *tlsWatch) locked() string {
	if d, why := w.r.Decryption(); d == tls.Undecryptable {
		return why
	}
	return ""
}

// opaque reports whether protected data hide what was said.
func (w *tlsWatch) opaque() bool { return w.seen.Sides[tls.Client].ApplicationData > 0 }

func (w *tlsWatch) serverName() string { return w.seen.ClientHello.ServerName }
