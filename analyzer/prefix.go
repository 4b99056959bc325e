package analyzer

import "github.com/handshark/handshark/reassembly"

// keepPrefix keeps the first octets of a side.
func (x *conn) keepPrefix(ch *reassembly.Chunk) {
	p := &x.prefix[ch.From]
	room := PrefixLimit - len(p.Data)
	if room <= 0 || ch.Offset != x.base[ch.From]+uint64(len(p.Data)) {
		return
	}
	if len(p.Data) == 0 {
		p.Ref = ch.Ref
		if x.opens(ch) {
			room = headStart
		}
	}
	p.Data = append(p.Data, ch.Data[:min(room, len(ch.Data))]...)
}

// headStart is how much is kept of a head that is there to its end: it is read and
// kept as a message, and most connections begin with one each way.
const headStart = 64

// opens reports whether ch, the first of its side, is a GET that is there to its end,
// or an answer to one. Behind anything else the prefix may begin anew in the middle.
func (x *conn) opens(ch *reassembly.Chunk) bool {
	end := len(ch.Data) - len(headEnd)
	if end <= headStart || string(ch.Data[end:]) != headEnd {
		return false
	}
	if ch.From == reassembly.Client {
		return isGet(ch.Data)
	}
	return string(ch.Data[:9]) == "HTTP/1.1 " && isGet(x.prefix[reassembly.Client].Data)
}

func isGet(data []byte) bool { return len(data) >= 5 && string(data[:5]) == "GET /" }

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
	p.Data, x.base[s] = append(p.Data[:0], p.Data[n:]...), offset
	p.Ref = x.lanes[s].track.at(offset).ref
}
