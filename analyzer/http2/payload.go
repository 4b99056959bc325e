package http2

import "encoding/binary"

// begin goes to the payload of the frame, which begins at offset.
func (r *Reader) begin(offset uint64) {
	r.left, r.pad = r.frame.Length, 0
	r.have, r.need, r.step = 0, 0, inSkipped
	f := &r.frame
	switch f.Type {
	case Data:
		if r.h.Wants(f.Stream) {
			r.expect(inData)
		}
	case Headers, PushPromise:
		r.open()
		r.expect(inFragment)
	case Continuation, RSTStream:
		r.expect(inFragment)
	case Settings, GoAway:
		r.kept()
	}
	r.settle(offset)
}

// expect goes to a payload, or to what stands before it.
func (r *Reader) expect(next step) {
	r.need = int(min(r.frame.prefixed(), r.left))
	if r.step = next; r.need > 0 {
		r.step = inPrefix
	}
}

// prefixed gives the octets that have to be there before the rest of the payload can be
// read.
func (f *Frame) prefixed() uint32 {
	n := uint32(0)
	if f.Has(FlagPadded) && f.Type != Continuation {
		n = 1
	}
	switch {
	case f.Type == RSTStream:
		return 4
	case f.Type == PushPromise:
		n += 4
	case f.Type == Headers && f.Has(FlagPriority):
		n += 5
	}
	return n
}

func (r *Reader) prefix(offset uint64, data []byte) int {
	n, full := r.collect(data)
	r.left -= uint32(n)
	if !full {
		return n
	}
	if r.need == int(r.frame.prefixed()) {
		r.apply()
	} else {
		r.step = inSkipped // the payload ends before what has to be there
	}
	r.settle(offset + uint64(n))
	return n
}

// apply takes in a prefix. The priority in HEADERS says nothing that is looked at
// (RFC 9113 section 5.3.2).
func (r *Reader) apply() {
	f, b := &r.frame, r.small[:r.have]
	if f.Type == RSTStream {
		r.step = inSkipped
		r.h.Reset(f, ErrorCode(binary.BigEndian.Uint32(b)))
		return
	}
	if f.Has(FlagPadded) {
		r.pad, b = uint32(b[0]), b[1:]
	}
	if f.Type == PushPromise {
		r.head.Promised = binary.BigEndian.Uint32(b) &^ reserved
	}
	if r.step = inFragment; f.Type == Data {
		r.step = inData
	}
}

// kept goes to the payload of SETTINGS or GOAWAY, of which the first octets are kept.
func (r *Reader) kept() {
	switch f := &r.frame; {
	case f.Type == GoAway && f.Length >= goAwaySize:
		r.need = int(min(f.Length, goAwaySize+MaxDebug))
	case f.Type == Settings && !f.Has(FlagACK):
		r.need = int(min(f.Length/settingSize, MaxSettings)) * settingSize
	default:
		return
	}
	if r.step = inKept; r.need == 0 {
		r.tell()
	}
}

func (r *Reader) keep(offset uint64, data []byte) int {
	n := min(len(data), r.need-r.have)
	r.block = append(r.block, data[:n]...)
	if r.have += n; r.have == r.need {
		r.tell()
	}
	r.pass(offset, uint32(n))
	return n
}

// tell hands over what was kept; what is left of the frame is skipped.
func (r *Reader) tell() {
	f, b := &r.frame, r.block
	r.step = inSkipped
	if f.Type == GoAway {
		last, code := binary.BigEndian.Uint32(b)&^reserved, binary.BigEndian.Uint32(b[4:])
		r.h.GoAway(f, last, ErrorCode(code), b[goAwaySize:])
	} else {
		r.h.Settings(f, settings(b))
	}
	r.release()
}

// settings reads the parameters of SETTINGS (RFC 9113 section 6.5.1).
func settings(b []byte) []Setting {
	list := make([]Setting, 0, len(b)/settingSize)
	for ; len(b) >= settingSize; b = b[settingSize:] {
		s := Setting{ID: SettingID(binary.BigEndian.Uint16(b)), Value: binary.BigEndian.Uint32(b[2:])}
		list = append(list, s)
	}
	return list
}

func (r *Reader) data(offset uint64, data []byte) int {
	n := min(uint64(len(data)), uint64(r.left-r.pad))
	r.h.Data(&r.frame, offset, data[:n])
	r.pass(offset, uint32(n))
	return int(n)
}

// finish is where the payload of a frame is over.
func (r *Reader) finish(end uint64) {
	r.step, r.have, r.need = inHeader, 0, frameHeader
	switch f := &r.frame; {
	case r.section && f.Has(FlagEndHeaders):
		r.close(end)
	case f.Type == Data && f.Has(FlagEndStream):
		r.h.End(f)
	}
}
