package tls

import "encoding/binary"

// Reader follows both sides of a connection and fills its Facts as bytes come
// in. Each side takes pieces of any size; how they are cut makes no difference,
// except that after lost bytes a record is recognised only at the start of a
// piece. Memory is bounded by 64 KiB of handshake messages a side, and by what
// Decrypt adds. It is not safe for concurrent use.
type Reader struct {
	facts *Facts
	sides [2]stream
	dec   *decrypter // nil without Decrypt
}

// NewReader returns a Reader that fills f.
func NewReader(f *Facts) *Reader { return &Reader{facts: f} }

// stream is the state of one side.
type stream struct {
	state  streamState
	header [recordHeader]byte
	have   int    // octets of header
	start  uint64 // stream offset of the record
	left   int    // octets of the record still to come
	alert  [2]byte
	alerts int  // octets of alert that arrived
	clear  bool // the record's content is in clear
	hs     handshake
}

type streamState uint8

const (
	inRecords streamState = iota
	sslv2Hello
	lostRecords // bytes are missing: the start of a record is unknown
	stopped
)

// Feed hands over the next bytes of a side; offset is the stream offset of data[0].
func (r *Reader) Feed(from Side, offset uint64, data []byte) {
	s := &r.sides[from&1]
	r.dec.flush()
	if s.state == lostRecords {
		if len(data) < recordHeader || !isRecord(data) {
			return
		}
		s.state = inRecords
	}
	for len(data) > 0 && (s.state == inRecords || s.state == sslv2Hello) {
		var n int
		if s.left > 0 {
			n = r.content(from&1, data)
		} else {
			n = r.header(from&1, offset, data)
		}
		offset += uint64(n)
		data = data[n:]
	}
}

// Gap tells that n bytes of a side from offset on were not captured.
func (r *Reader) Gap(from Side, offset, n uint64) {
	s := &r.sides[from&1]
	if n == 0 || s.state == stopped {
		return
	}
	r.facts.Sides[from&1].Lost = true
	if s.left > 0 && s.header[0] == typeHandshake || s.have > 0 && s.left == 0 {
		r.loseHandshake(from & 1)
	}
	if n <= uint64(s.left) {
		s.left -= int(n)
		r.dec.damage(from&1, s.left)
		return
	}
	// Handshake records may have been in the gap.
	r.loseHandshake(from & 1)
	s.left, s.have, s.state = 0, 0, lostRecords
	r.dec.gap(from&1, offset)
}

// Close ends the stream of a side: of a ClientHello whose end is missing the
// part that arrived is read.
func (r *Reader) Close(from Side) {
	r.loseHandshake(from & 1)
	r.sides[from&1].state = stopped
	r.dec.end(from & 1)
}

func (r *Reader) header(from Side, offset uint64, data []byte) int {
	s := &r.sides[from]
	if s.have == 0 {
		s.start = offset
	}
	n := copy(s.header[s.have:], data)
	s.have += n
	if s.have < recordHeader {
		return n
	}
	s.have = 0
	first := r.facts.Sides[from].Records == 0
	switch {
	case first && from == Client && isSSLv2(s.header[:]):
		r.beginSSLv2(s)
	case isRecord(s.header[:]):
		r.beginRecord(from)
	default:
		s.state = stopped
		f := &r.facts.Sides[from]
		f.NotTLS, f.NotTLSAt = true, s.start
		r.dec.gap(from, s.start)
	}
	return n
}

func (r *Reader) beginRecord(from Side) {
	s, f := &r.sides[from], &r.facts.Sides[from]
	s.left = int(binary.BigEndian.Uint16(s.header[3:]))
	s.alerts = 0
	s.clear = false
	f.Records++
	switch s.header[0] {
	case typeChangeCipherSpec:
		f.ChangeCipherSpec = true
		r.serverResumes(from)
	case typeAlert:
		// Protection adds octets: an alert of two is in clear, whatever went before.
		if s.clear = s.left == 2; !s.clear {
			f.EncryptedAlerts++
		}
	case typeHandshake:
		if s.clear = !f.ChangeCipherSpec || r.clearAfterCCS(); !s.clear {
			f.Encrypted = true
		}
	case typeApplicationData:
		if f.ApplicationData == 0 {
			f.FirstApplication, f.FirstLength = s.start, uint16(s.left)
		}
		f.LastLength = uint16(s.left)
		f.ApplicationData++
		f.ApplicationBytes += uint64(s.left)
	}
	r.dec.begin(from)
}

// clearAfterCCS: in TLS 1.3 the ChangeCipherSpec means nothing (RFC 8446
// appendix D.4); a second ClientHello may follow it in clear.
func (r *Reader) clearAfterCCS() bool {
	return r.facts.HelloRetryRequest || r.facts.ServerHello.SelectedVersion == TLS13
}

// serverResumes notes an abbreviated handshake: the server protects its records
// without having sent a certificate (RFC 5246 section 7.3).
func (r *Reader) serverResumes(from Side) {
	f := r.facts
	if from == Server && f.ServerHello.Seen && f.ServerHello.SelectedVersion == 0 && !f.HelloRetryRequest &&
		!r.sides[Server].hs.full && !f.Sides[Server].Lost {
		f.Resumed = true
	}
}

// content takes octets of the current record.
func (r *Reader) content(from Side, data []byte) int {
	s := &r.sides[from]
	n := min(len(data), s.left)
	s.left -= n
	data = data[:n]
	r.dec.content(from, data, s.left)
	switch {
	case s.state == sslv2Hello:
		r.sslv2(s, data)
	case !s.clear:
	case s.header[0] == typeHandshake:
		r.handshake(from, data)
	case s.header[0] == typeAlert:
		s.alerts += copy(s.alert[s.alerts:], data)
		if s.alerts == 2 && len(r.facts.Alerts) < MaxAlerts {
			a := Alert{From: from, Level: AlertLevel(s.alert[0]), Code: AlertCode(s.alert[1]), Offset: s.start}
			r.facts.Alerts = append(r.facts.Alerts, a)
		}
	}
	return n
}
