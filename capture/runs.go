package capture

import "encoding/binary"

// runs is a Source that can read several plain packets at once.
type runs interface {
	// run reads packets as long as each is of a usual record, whole in the read
	// buffer and a plain one, and gives how many it put into dst.
	run(dst []Segment) int
}

// Segments reads the packets that come next into dst, for as long as they are of the
// kind that most captures are full of, and gives how many they were: the segments
// are those that Next and Decoder.Decode would have given, and both of them count
// the packets. Payloads are valid until the next call of Next or Segments that
// reads from the file (see OpenOptions.Turn): Segments itself never does. 0 says
// nothing of what comes next.
func (s *GroupSource) Segments(d *Decoder, dst []Segment) int {
	if s.order == ByTime || len(s.open) == 0 || d.layersOnly {
		return 0
	}
	source, ok := s.open[0].source.(runs)
	if !ok {
		return 0
	}
	n := source.run(dst)
	if n > 0 {
		s.ready = s.open[0]
		d.countPlain(uint64(n))
	}
	return n
}

// countPlain counts packets that were read without the decoder.
func (d *Decoder) countPlain(n uint64) {
	d.stats.Packets += n
	d.stats.TCP += n
	d.countLink(LinkEthernet, n)
}

// run implements runs; quick says what a usual record is.
func (f *pcapFile) run(dst []Segment) int {
	if !f.usual || f.careful || f.done != nil || f.empty > 0 || f.link != LinkEthernet {
		return 0
	}
	n, buf, pos := 0, f.w.buf[:f.w.end], f.w.pos
	for n < len(dst) {
		rec := buf[pos:]
		if len(rec) < pcapRecordHeader+plainLeast {
			break
		}
		captured, wire := binary.LittleEndian.Uint32(rec[8:]), binary.LittleEndian.Uint32(rec[12:])
		size := pcapRecordHeader + int(captured)
		s := &dst[n]
		if captured > f.limit || size > len(rec) || !s.plain(rec[pcapRecordHeader:size:size]) {
			break
		}
		pos += size
		n++
		f.info.Frames++
		s.Ref = Ref{Capture: f.info.Index, Frame: f.info.Frames, Time: f.usualTime(rec)}
		s.Interface, s.Path = 0, 0
		f.countOne(captured, wire)
		f.span(s.Ref.Time)
	}
	f.w.pos = pos
	return n
}

// run implements runs; quick says what a usual block is.
func (f *pcapngFile) run(dst []Segment) int {
	if f.big || f.foreign || f.careful || f.done != nil {
		return 0
	}
	n := 0
	for n < len(dst) {
		e, ok := f.usualBlock()
		s := &dst[n]
		if !ok || f.ports[e.id].link != LinkEthernet || !s.plain(e.data) {
			break
		}
		n++
		f.w.pos += len(e.block)
		f.info.Frames++
		s.Ref = Ref{Capture: f.info.Index, Frame: f.info.Frames, Time: f.ports[e.id].times.time(f.stamp(e.block[12:]))}
		s.Interface, s.Path = uint32(f.base)+e.id, 0
		f.last = s.Ref.Time
		f.countOne(uint32(len(e.data)), e.wire)
		f.span(s.Ref.Time)
		if options := e.options(); len(options) >= 12 {
			f.countDrops(s.Interface, options)
		}
	}
	return n
}
