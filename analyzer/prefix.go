package analyzer

import (
	"bytes"

	"github.com/handshark/handshark/reassembly"
)

// keepPrefix keeps the first octets of a side.
func (x *conn) keepPrefix(ch *reassembly.Chunk) {
	p := &x.prefix[ch.From]
	room := PrefixLimit - len(p.Data)
	if room <= 0 || ch.Offset != x.base[ch.From]+uint64(len(p.Data)) {
		return
	}
	if len(p.Data) == 0 {
		p.Ref = ch.Ref
		if isHead(ch.Data, ch.From) {
			room = headStart
		}
	}
	p.Data = append(p.Data, ch.Data[:min(room, len(ch.Data))]...)
}

// headStart is how much is kept of a head that is there to its end: it is read and
// kept as a message, and most connections begin with one each way.
const headStart = 64

// isHead reports whether data is one head of HTTP/1, no more and no less: if it is
// doubtful it is none.
func isHead(data []byte, from reassembly.Side) bool {
	end := len(data) - len(headEnd)
	if end <= headStart || string(data[end:]) != headEnd {
		return false
	}
	if from == reassembly.Client {
		return string(data[:4]) == "GET " && data[4] == '/'
	}
	return string(data[:9]) == "HTTP/1.1 " && bytes.Index(data, []byte(headEnd)) == end
}

const headEnd = "\r\n\r\n"

// wholePrefix keeps more than the start of a head that the client began with.
func (x *conn) wholePrefix(m *Message) {
	if p := &x.prefix[reassembly.Client]; m.Offset == x.base[reassembly.Client] && len(p.Data) == headStart {
		p.Data = append(p.Data, m.Raw[headStart:min(len(m.Raw), PrefixLimit)]...)
	}
}

// dropPrefix makes the prefix of a side start at a later octet.
func (x *conn) dropPrefix(s reassembly.Side, offset uint64) {
	p := &x.prefix[s]
	n := min(offset-x.base[s], uint64(len(p.Data)))
	p.Data, x.base[s] = bytes.Clone(p.Data[n:]), offset // a handshake may refer to the old ones
	p.Ref = x.lanes[s].track.at(offset).ref
}
