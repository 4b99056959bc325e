package capture

import (
	"encoding/binary"
	"io"
	"os"
)

// tailBytes is how much of a file's end is searched for its last packet.
const tailBytes = 1 << 20

// measure finds the times that a file covers: the first packet by opening it,
// the last one in the file's tail where that can be told, else by reading it.
func measure(f File, o OpenOptions) (piece, bool) {
	s, err := Open(f.Name, f.Index, o)
	if err != nil {
		return piece{}, false
	}
	defer s.Close()
	var p Packet
	if s.Next(&p) != nil {
		return piece{}, false
	}
	first := p.Ref.Time
	if last, ok := tailTime(f.Name, s); ok {
		return piece{f, first, last}, true
	}
	for s.Next(&p) == nil {
	}
	return piece{f, s.Info().First, s.Info().Last}, true
}

// tailTime reads the time of the last packet of an uncompressed file whose end
// is undamaged. s has yielded its first packet.
func tailTime(name string, s Source) (int64, bool) {
	tail, ok := readTail(name)
	if !ok {
		return 0, false
	}
	var last int64
	switch f := s.(type) {
	case *pcapFile:
		last, ok = f.tail(tail)
	case *pcapngFile:
		last, ok = f.tail(tail)
	default:
		return 0, false
	}
	first := s.Info().First
	return last, ok && first != 0 && last >= first
}

func readTail(name string) ([]byte, bool) {
	f, err := os.Open(name)
	if err != nil {
		return nil, false
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil || st.Size() <= 2*tailBytes {
		return nil, false // reading all of it costs as little
	}
	b := make([]byte, tailBytes)
	if _, err := f.ReadAt(b, st.Size()-tailBytes); err != nil && err != io.EOF {
		return nil, false
	}
	return b, true
}

// tail finds the chain of records that ends exactly with b.
func (f *pcapFile) tail(b []byte) (int64, bool) {
	if f.packing != "" {
		return 0, false
	}
	for off := 0; off+f.header <= len(b) && off <= plausibleRecord; off++ {
		if last, ok := f.chainToEnd(b[off:]); ok {
			return last, true
		}
	}
	return 0, false
}

func (f *pcapFile) chainToEnd(b []byte) (last int64, ok bool) {
	for len(b) >= f.header && f.later(b) {
		captured, _ := f.lengths(b)
		size := f.header + int(captured)
		last = f.time(b)
		if size >= len(b) {
			return last, size == len(b)
		}
		b = b[size:]
	}
	return 0, false
}

// later is plausible for a record that may be years behind the first one.
func (f *pcapFile) later(h []byte) bool {
	captured, wire := f.lengths(h)
	return captured > 0 && captured <= plausibleRecord && wire >= captured && wire <= maxRecord &&
		uint64(f.u32(h[4:]))*f.unit < 1e9 && f.time(h) >= f.info.First
}

// tail walks the blocks backwards by their trailing lengths to a packet with a
// time. It takes the interfaces for those at the start of the file; a later
// section that has others, in the same byte order, is not seen.
func (f *pcapngFile) tail(b []byte) (int64, bool) {
	if f.packing != "" {
		return 0, false
	}
	for len(b) >= 12 {
		n := int(f.u32(b[len(b)-4:]))
		if n < 12 || n%4 != 0 || n > len(b) {
			return 0, false
		}
		block := b[len(b)-n:]
		if int(f.u32(block[4:])) != n || binary.LittleEndian.Uint32(block) == blockSection {
			return 0, false
		}
		if last, ok := f.packetTime(block); ok {
			return last, true
		}
		b = b[:len(b)-n]
	}
	return 0, false
}

func (f *pcapngFile) packetTime(block []byte) (int64, bool) {
	if len(block) < 32 {
		return 0, false
	}
	var id uint32
	switch f.u32(block) {
	case blockEnhancedPacket:
		id = f.u32(block[8:])
	case blockPacket:
		id = uint32(f.u16(block[8:]))
	default:
		return 0, false
	}
	if uint64(id) >= uint64(len(f.ports)) {
		return 0, false
	}
	return f.ports[id].times.time(f.stamp(block[12:])), true
}
