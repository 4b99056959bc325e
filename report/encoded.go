package report

// Encoded holds records as JSON, one behind the other, with what of them varies from
// record to record. The zero value is empty.
type Encoded struct {
	octets []byte
	list   []encoded
	notes  notes
}

// encoded is a record in Encoded.
type encoded struct {
	octets, pieces int // behind its last ones
	hash           uint64
	form           Form
}

// piece is a part of a record that varies: octets from start to end of it.
type piece struct {
	start, end uint32
	text       bool // it may hold redactions
}

// notes are taken of what varies while a record is written; nil takes none.
type notes struct {
	pieces []piece
	base   int    // where the record begins
	last   int    // behind what varied last
	hash   uint64 // of what does not vary, as far as that costs little
}

// Reset drops all records, and their memory where it is more than most bytes.
func (x *Encoded) Reset(most int) {
	if cap(x.octets) > most {
		*x = Encoded{}
	}
	x.octets, x.list, x.notes.pieces = x.octets[:0], x.list[:0], x.notes.pieces[:0]
}

// begin begins another record.
func (x *Encoded) begin() *notes {
	n := &x.notes
	n.base, n.last, n.hash = len(x.octets), len(x.octets), 0
	return n
}

// end ends the record that was begun; octets are those of all.
func (x *Encoded) end(octets []byte, binary bool) {
	e := encoded{octets: len(octets), pieces: len(x.notes.pieces), hash: mixed(x.notes.hash, uint64(len(octets)-x.notes.last))}
	if binary {
		e.form = NotUTF8
	}
	x.octets, x.list = octets, append(x.list, e)
}

// at gives record i and what varies in it.
func (x *Encoded) at(i int) ([]byte, []piece, *encoded) {
	from := encoded{}
	if i > 0 {
		from = x.list[i-1]
	}
	e := &x.list[i]
	return x.octets[from.octets:e.octets], x.notes.pieces[from.pieces:e.pieces], e
}

// text notes a text from the capture.
func (n *notes) text(from, to int) {
	if n != nil {
		n.add(from, to, true)
	}
}

// number notes what no capture has a say in.
func (n *notes) number(from, to int) {
	if n != nil {
		n.add(from, to, false)
	}
}

func (n *notes) add(from, to int, text bool) {
	n.hash = mixed(n.hash, uint64(from-n.last))
	n.last = to
	n.pieces = append(n.pieces, piece{uint32(from - n.base), uint32(to - n.base), text})
}

// word notes that there is one of a few words.
func (n *notes) word(w string) {
	if n != nil && w != "" {
		n.hash = mixed(n.hash, uint64(w[0]))
	}
}

// line notes that there is a field line that came before.
func (n *notes) line(l *line) {
	if n != nil {
		n.hash = mixed(n.hash, l.hash)
	}
}
