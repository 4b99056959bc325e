package rules

import (
	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/frame"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/reassembly"
)

// sight is what a client makes of the first two octets of a frame.
type sight struct {
	fin        bool
	rsv        [3]bool
	opcode     frame.Opcode
	masked     bool
	length     uint64
	continues  bool // a message is unfinished
	compressed bool // permessage-deflate was agreed
	complete   bool // all of it arrived
	ref        capture.Ref
}

func (s *sight) data() bool { return s.opcode == frame.Text || s.opcode == frame.Binary }

func (s *sight) known() bool {
	return s.opcode <= frame.Binary || s.opcode >= frame.Close && s.opcode <= frame.Pong
}

// compressible reports whether RSV1 may be set.
func (s *sight) compressible() bool { return s.compressed && s.data() }

// wrong reports whether the frame breaks a rule that clients check.
func (s *sight) wrong() bool {
	switch {
	case s.rsv[0] && !s.compressible(), s.rsv[1], s.rsv[2], s.masked, !s.known():
		return true
	case s.opcode.Control():
		return !s.fin || s.length > 125
	}
	return (s.opcode == frame.Continuation) != s.continues
}

// offence is the first frame of the server that a client fails the connection for.
func (e *encounter) offence() (sight, bool) { return e.firstWrong((*sight).wrong) }

// firstWrong is the first frame of the server that is wrong to a client, or no frame.
func (e *encounter) firstWrong(wrong func(*sight) bool) (sight, bool) {
	u := e.h.Upgraded
	if u == nil {
		return sight{}, false
	}
	unfinished := false
	for i := range u.First[reassembly.Server] {
		f := &u.First[reassembly.Server][i]
		s := sight{
			fin: f.FIN, rsv: [3]bool{f.RSV1, f.RSV2, f.RSV3}, opcode: f.Opcode, masked: f.Masked, length: f.Length,
			continues: unfinished, compressed: e.m.Has("Sec-WebSocket-Extensions"),
			complete: f.Complete, ref: f.Ref,
		}
		if wrong(&s) {
			return s, true
		}
		if !f.Opcode.Control() {
			unfinished = !f.FIN
		}
	}
	return e.garbage()
}

// garbage reads octets that are no frame as a client does: as a frame.
func (e *encounter) garbage() (sight, bool) {
	p := e.h.Upgraded.NotFrames[reassembly.Server]
	if p == nil || len(p.Data) < 2 {
		return sight{}, false
	}
	a, b := p.Data[0], p.Data[1]
	return sight{
		fin: a&0x80 != 0, rsv: [3]bool{a&0x40 != 0, a&0x20 != 0, a&0x10 != 0},
		opcode: frame.Opcode(a & 0xf), masked: b&0x80 != 0, length: uint64(b & 0x7f),
		complete: len(p.Data)-2 >= int(b&0x7f), ref: p.Ref,
	}, true
}

// closing is the Close frame of the server.
func (e *encounter) closing() (code uint16, reason string, ok bool) {
	if e.h.Upgraded == nil || e.h.Outcome == analyzer.Aborted || e.h.Upgraded.Closes[reassembly.Server] == nil {
		return 0, "", false
	}
	c := e.h.Upgraded.Closes[reassembly.Server]
	return c.Code, string(c.Reason), true
}
