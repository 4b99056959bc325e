package analyzer

import (
	"github.com/handshark/handshark/analyzer/tls"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/reassembly"
)

// tlsWatch follows a TLS handshake without keys, until it is clear that it
// succeeded.
type tlsWatch struct {
	r    *tls.Reader
	seen TLS
}

func newTLSWatch() *tlsWatch {
	w := &tlsWatch{}
	w.r = tls.NewReader(&w.seen.Facts)
	return w
}

func (w *tlsWatch) feed(x *conn, s reassembly.Side, ch *reassembly.Chunk) {
	w.first(s, ch.Ref)
	known := w.serverName() != ""
	w.r.Feed(tls.Side(s), ch.Offset, ch.Data)
	if !known && w.serverName() != "" {
		x.a.names.failed.reached(x.c, w.serverName())
	}
	for len(w.seen.AlertRefs) < len(w.seen.Alerts) {
		w.seen.AlertRefs = append(w.seen.AlertRefs, ch.Ref)
	}
	if w.succeeded() {
		x.ignore()
	}
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
	w.r.Gap(tls.Side(s), ch.Offset, ch.Gap)
}

// proofOfData is how many protected octets a client must have sent for it to be
// past its Finished: a TLS 1.3 Finished and an alert fit below.
const proofOfData = 200

// succeeded reports whether application data went both ways, which they do only
// once the handshake is over.
func (w *tlsWatch) succeeded() bool {
	c, s := &w.seen.Sides[tls.Client], &w.seen.Sides[tls.Server]
	return c.ApplicationBytes > proofOfData && s.ApplicationData > 0
}

// alertRecord is the length of a protected alert in TLS 1.3: two octets, the
// content type and the tag.
const alertRecord = 2 + 1 + 16

// failed reports whether the handshake is known to have failed: a fatal alert
// in clear, a protected alert as the client's only answer, an answer that is not
// TLS, or an end before the server's hello.
func (w *tlsWatch) failed(x *conn) bool {
	f := &w.seen.Facts
	switch {
	case !f.ClientHello.Seen, w.succeeded():
		return false
	case x.missed(reassembly.Server):
		return w.clientAlerted()
	case w.fatal() != nil, w.plainAnswer(x):
		return true
	case len(x.signals) == 0:
		return false
	}
	c := &f.Sides[tls.Client]
	return !f.ServerHello.Seen || w.cutShort(f) || c.ApplicationData == 1 && c.ApplicationBytes == alertRecord || w.leftAtOnce(x)
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
	return f.Version() < tls.TLS13 && !f.Resumed && !client.ChangeCipherSpec && !server.ChangeCipherSpec && !client.Lost
}

// leftAtOnce reports whether the client completed the handshake of TLS 1.2 and
// left without a word: so clients behave that check the certificate last.
func (w *tlsWatch) leftAtOnce(x *conn) bool {
	s := x.firstSignal()
	return w.seen.Certificate != nil && w.seen.Sides[tls.Client].ApplicationData == 0 && w.seen.Sides[tls.Server].ApplicationData == 0 &&
		s.From == reassembly.Client && s.Ref.Time-w.seen.ServerRef.Time < leftAtOnce
}

// fatal gives the first fatal alert in clear. After application data an alert
// says nothing of the handshake.
func (w *tlsWatch) fatal() *tls.Alert {
	for i := range w.seen.Alerts {
		if a := &w.seen.Alerts[i]; a.Level == tls.Fatal && a.Code != 0 {
			return a
		}
	}
	return nil
}

// plainAnswer reports whether the server answered in something that is not TLS.
func (w *tlsWatch) plainAnswer(x *conn) bool {
	return len(x.prefix[reassembly.Server].Data) > 0 && x.lanes[reassembly.Server].mode != modeTLS &&
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

// facts gives a copy of what was seen.
func (w *tlsWatch) facts() *TLS {
	t := w.seen
	return &t
}

// opaque reports whether protected data hide what was said.
func (w *tlsWatch) opaque() bool { return w.seen.Sides[tls.Client].ApplicationData > 0 }

func (w *tlsWatch) serverName() string { return w.seen.ClientHello.ServerName }
