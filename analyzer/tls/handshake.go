package tls

import "slices"

// Handshake messages (RFC 8446 section 4, RFC 5246 section 7.4).
const (
	msgHelloRequest       = 0
	msgClientHello        = 1
	msgServerHello        = 2
	msgEndOfEarlyData     = 5
	msgExtensions         = 8 // EncryptedExtensions
	msgCertificate        = 11
	msgCertificateRequest = 13
	msgServerHelloDone    = 14
	msgFinished           = 20
	msgKeyUpdate          = 24
)

// maxHandshake bounds the handshake bytes that are looked at on each side.
const maxHandshake = 64 << 10

const messageHeader = 4

// handshake collects the handshake messages of one side, which may cross records.
type handshake struct {
	buf   []byte // message being read
	total int    // octets taken so far
	over  bool   // no more is read
	full  bool   // a message of a full handshake was read: it resumes nothing
}

// handshake takes the content of a handshake record.
func (r *Reader) handshake(from Side, data []byte) {
	h := &r.sides[from].hs
	if h.over {
		return
	}
	h.total += len(data)
	h.buf = append(h.buf, data...)
	r.note(from)
	for {
		n, whole := h.message()
		if !whole {
			break
		}
		r.message(from, h.buf[:n])
		h.buf = h.buf[n:]
		r.note(from)
	}
	if h.total > maxHandshake {
		r.loseHandshake(from)
	}
	if len(h.buf) == 0 {
		h.buf = nil
	}
}

// message gives the length of the message at the start of buf.
func (h *handshake) message() (n int, whole bool) {
	if len(h.buf) < messageHeader {
		return 0, false
	}
	n = messageHeader + int(h.buf[1])<<16 + int(h.buf[2])<<8 + int(h.buf[3])
	return n, n <= len(h.buf)
}

// note records a ClientHello as soon as it begins.
func (r *Reader) note(from Side) {
	s, hello := &r.sides[from], &r.facts.ClientHello
	if from != Client || hello.Seen || len(s.hs.buf) == 0 || s.hs.buf[0] != msgClientHello {
		return
	}
	hello.Seen = true
	hello.Offset = s.start
	hello.RecordVersion = Version(uint16(s.header[1])<<8 | uint16(s.header[2]))
}

// loseHandshake reads no more messages of a side; of a ClientHello the part
// that arrived is kept.
func (r *Reader) loseHandshake(from Side) {
	h := &r.sides[from].hs
	hello := &r.facts.ClientHello
	if from == Client && hello.Seen && !hello.Complete && !hello.SSLv2 && len(h.buf) >= messageHeader {
		hello.Length, _ = h.message()
		hello.read(h.buf[messageHeader:])
		r.dec.clientHello(h.buf[messageHeader:])
	}
	h.over, h.buf = true, nil
}

func (r *Reader) message(from Side, msg []byte) {
	body := msg[messageHeader:]
	h := &r.sides[from].hs
	switch {
	case msg[0] == msgClientHello && from == Client:
		r.clientHello(body)
		r.dec.clientHello(body)
	case msg[0] == msgServerHello && from == Server:
		r.serverHello(body)
		r.dec.serverHello(body)
	case msg[0] == msgServerHelloDone:
		h.full = true
	case msg[0] == msgCertificate && from == Server && r.facts.Certificate == nil:
		r.facts.Certificate = readCertificate(body)
		r.facts.Certificate.Offset = r.sides[from].start
		h.full = true
	case msg[0] == msgCertificate && from == Client:
		r.facts.ClientCertificate = ClientCertificate{Seen: true, Empty: len(body) <= 3}
	case msg[0] == msgCertificateRequest && from == Server:
		r.facts.CertificateRequested = true
	}
}

// clientHello reads the first hello; the second one, after a HelloRetryRequest,
// offers the same.
func (r *Reader) clientHello(body []byte) {
	hello := &r.facts.ClientHello
	if hello.Complete {
		return
	}
	hello.Length = messageHeader + len(body)
	hello.Complete = hello.read(body)
}

// helloRetryRandom marks a HelloRetryRequest (RFC 8446 section 4.1.3). Read only.
var helloRetryRandom = [32]byte{
	0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91,
	0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C,
}

// isRetry reports whether a ServerHello is a HelloRetryRequest.
func isRetry(body []byte) bool {
	return len(body) >= 34 && slices.Equal(body[2:34], helloRetryRandom[:])
}

func (r *Reader) serverHello(body []byte) {
	if r.facts.ServerHello.Seen {
		return
	}
	if isRetry(body) {
		r.facts.HelloRetryRequest = true
		return
	}
	hello := ServerHello{Seen: true, Offset: r.sides[Server].start}
	preShared := hello.read(body)
	r.facts.ServerHello = hello
	r.facts.Resumed = r.facts.Resumed || preShared
}
