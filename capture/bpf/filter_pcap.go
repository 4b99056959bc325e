//go:build cgo && !nopcap

package bpf

import (
	"encoding/binary"
	"fmt"
	"os"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/pcap"

	"github.com/handshark/handshark/capture"
)

// Available reports whether filters can be compiled.
const Available = true

// snapLength is what libpcap takes as the largest packet.
const snapLength = 262144

// FilterSet is one expression for captures of any link types: it is compiled
// for each when its first packet comes. It is used by one goroutine at a time.
type FilterSet struct {
	expression string
	programs   map[capture.LinkType]program
}

var _ capture.Filter = (*FilterSet)(nil)

// program is the expression for one link type, or why there is none.
type program struct {
	bpf *pcap.BPF
	err error
}

// maxPrograms bounds the link types; hostile captures name thousands.
const maxPrograms = 64

// CompileFilter checks expression and makes a filter of it. The error is
// libpcap's remark about the expression, or ErrUnavailable. An expression that
// exists for some link types only, such as "wlan type mgt", is no error.
func CompileFilter(expression string) (*FilterSet, error) {
	f := &FilterSet{expression: expression, programs: make(map[capture.LinkType]program)}
	var first error
	for _, t := range []capture.LinkType{capture.LinkEthernet, capture.LinkRaw, capture.LinkIEEE80211Radio, capture.LinkLinuxSLL2} {
		err := f.program(t).err
		if err == nil {
			return f, nil
		}
		if first == nil {
			first = err
		}
	}
	return nil, fmt.Errorf("filter %q: %w", expression, first)
}

// Match reports whether p is chosen. Nothing of a link type that the expression
// cannot be compiled for matches; see Err.
func (f *FilterSet) Match(p *capture.Packet) bool {
	g := f.program(p.Link)
	if g.bpf == nil || len(p.Data) == 0 {
		return false
	}
	return g.bpf.Matches(gopacket.CaptureInfo{
		Timestamp:     time.Unix(0, p.Ref.Time),
		CaptureLength: len(p.Data),
		Length:        max(p.Wire, len(p.Data)),
	}, p.Data)
}

// Err says why nothing of link type t can match; nil when the expression is
// fine for it.
func (f *FilterSet) Err(t capture.LinkType) error { return f.program(t).err }

func (f *FilterSet) program(t capture.LinkType) program {
	g, known := f.programs[t]
	if known {
		return g
	}
	if len(f.programs) >= maxPrograms {
		return program{err: fmt.Errorf("more than %d link types", maxPrograms)}
	}
	g.bpf, g.err = compile(t, f.expression)
	f.programs[t] = g
	return g
}

// compile has libpcap compile the expression for link type t.
func compile(t capture.LinkType, expression string) (*pcap.BPF, error) {
	if t <= 0xff {
		return pcap.NewBPF(layers.LinkType(dataLink(t)), snapLength, expression)
	}
	handle, err := openEmpty(t)
	if err != nil {
		return nil, fmt.Errorf("link type %v: %w", t, err)
	}
	defer handle.Close()
	return handle.NewBPF(expression)
}

// dataLink gives the DLT_ value of a LINKTYPE_ value. They differ for raw IP
// only, among those that matter, and there by system.
func dataLink(t capture.LinkType) int {
	switch t {
	case capture.LinkRaw, capture.LinkRawBSD, capture.LinkRawOpenBSD:
		return pcap.DatalinkNameToVal("RAW")
	}
	return int(t)
}

// openEmpty opens a capture that consists of its header: gopacket takes eight
// bits of a link type, a file header holds all of them. The file is a pipe
// opened by name, so that libpcap has a descriptor of its own to close; the
// header is shorter than any pipe buffer, so writing it does not block.
func openEmpty(t capture.LinkType) (*pcap.Handle, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	_, err = w.Write(emptyCapture(t))
	if err != nil {
		w.Close()
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return pcap.OpenOffline(fmt.Sprintf("/dev/fd/%d", r.Fd()))
}

func emptyCapture(t capture.LinkType) []byte {
	header := make([]byte, 24)
	binary.NativeEndian.PutUint32(header, 0xa1b2c3d4)
	binary.NativeEndian.PutUint16(header[4:], 2)
	binary.NativeEndian.PutUint16(header[6:], 4)
	binary.NativeEndian.PutUint32(header[16:], snapLength)
	binary.NativeEndian.PutUint32(header[20:], uint32(t)&0x03ffffff)
	return header
}
