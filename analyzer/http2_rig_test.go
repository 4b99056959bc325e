package analyzer

import (
	"bytes"
	"encoding/binary"
	"strings"

	"golang.org/x/net/http2/hpack"

	"github.com/handshark/handshark/analyzer/http2"
	"github.com/handshark/handshark/reassembly"
)

// spoken writes what both sides of a conversation say in HTTP/2.
type spoken struct {
	*rig
	block [2]bytes.Buffer
	enc   [2]*hpack.Encoder
}

// newSpoken begins to speak HTTP/2 on a rig, of which nothing was said yet.
func newSpoken(r *rig) *spoken {
	h := &spoken{rig: r}
	for s := range h.enc {
		h.enc[s] = hpack.NewEncoder(&h.block[s])
	}
	return h
}

// greets has both sides say what each begins with.
func (h *spoken) greets() *spoken {
	return h.say(client, http2.Preface+settings()).say(server, settings(8, 1)+frameOf(http2.Settings, 1, 0, ""))
}

// say sends frames of a side in one packet.
func (h *spoken) say(s reassembly.Side, frames ...string) *spoken {
	h.from(s, strings.Join(frames, ""))
	return h
}

// frameOf gives a frame.
func frameOf(kind http2.FrameType, flags uint8, stream uint32, payload string) string {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(payload))<<8|uint32(kind))
	return string(binary.BigEndian.AppendUint32(append(b, flags), stream)) + payload
}

// settings gives a SETTINGS frame of pairs of parameters and values.
func settings(pairs ...uint32) string {
	var b []byte
	for i := 0; i < len(pairs); i += 2 {
		b = binary.BigEndian.AppendUint16(b, uint16(pairs[i]))
		b = binary.BigEndian.AppendUint32(b, pairs[i+1])
	}
	return frameOf(http2.Settings, 0, 0, string(b))
}

// body gives a DATA frame, the last of its side if ends is set.
func body(stream uint32, data string, ends bool) string {
	return frameOf(http2.Data, flagOf(ends), stream, data)
}

func flagOf(ends bool) uint8 {
	if ends {
		return http2.FlagEndStream
	}
	return 0
}

func resets(stream uint32, code http2.ErrorCode) string {
	return frameOf(http2.RSTStream, 0, stream, string(binary.BigEndian.AppendUint32(nil, uint32(code))))
}

func goesAway(last uint32, code http2.ErrorCode, debug string) string {
	b := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, last), uint32(code))
	return frameOf(http2.GoAway, 0, 0, string(b)+debug)
}

// fields compresses pairs of names and values.
func (h *spoken) fields(s reassembly.Side, pairs ...string) string {
	h.block[s].Reset()
	for i := 0; i < len(pairs); i += 2 {
		_ = h.enc[s].WriteField(hpack.HeaderField{Name: pairs[i], Value: pairs[i+1]}) // into a bytes.Buffer
	}
	return h.block[s].String()
}

// head gives a HEADERS frame of pairs of names and values.
func (h *spoken) head(s reassembly.Side, stream uint32, ends bool, pairs ...string) string {
	return frameOf(http2.Headers, http2.FlagEndHeaders|flagOf(ends), stream, h.fields(s, pairs...))
}

// Fields of requests: one for a WebSocket as RFC 8441 has it, and one for a page.
var (
	connects = []string{":method", "CONNECT", ":protocol", "websocket", ":scheme", "https", ":path", "/chat", ":authority", "a.test", "sec-websocket-version", "13"}
	gets     = []string{":method", "GET", ":scheme", "https", ":path", "/", ":authority", "a.test"}
)

// asks gives the request for a WebSocket.
func (h *spoken) asks(stream uint32) string { return h.head(client, stream, false, connects...) }

// page gives the request for a page.
func (h *spoken) page(stream uint32) string { return h.head(client, stream, true, gets...) }

// answer gives the head of an answer with a status and more fields.
func (h *spoken) answer(stream uint32, ends bool, status string, more ...string) string {
	return h.head(server, stream, ends, append([]string{":status", status}, more...)...)
}

// in2 makes a story of what is said in HTTP/2 when both sides have greeted.
func in2(do func(*spoken)) func(*rig) {
	return func(r *rig) { do(newSpoken(r).greets()) }
}

// raw2 does so when nothing was said yet.
func raw2(do func(*spoken)) func(*rig) {
	return func(r *rig) { do(newSpoken(r)) }
}

// tunnel asks a proxy for a tunnel.
func (h *spoken) tunnel(stream uint32) string {
	return h.head(client, stream, false, tunnels...)
}

// tunnels are the fields of a plain CONNECT.
var tunnels = []string{":method", "CONNECT", ":authority", "b.test:80"}
