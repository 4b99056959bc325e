package diagnosis_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"

	"golang.org/x/net/http2/hpack"

	"github.com/handshark/handshark/analyzer/http2"
)

// frame2 gives a frame of HTTP/2.
func frame2(kind http2.FrameType, flags uint8, stream uint32, payload string) string {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(payload))<<8|uint32(kind))
	return string(binary.BigEndian.AppendUint32(append(b, flags), stream)) + payload
}

// Flags of HEADERS: all of a head, and of what the side says.
const (
	whole2 = http2.FlagEndHeaders
	last2  = http2.FlagEndHeaders | http2.FlagEndStream
)

// fields2 compresses pairs of names and values; what they leave in the table stays there
// if kept is set.
func fields2(kept bool, pairs ...string) string {
	var b bytes.Buffer
	enc := hpack.NewEncoder(&b)
	for i := 0; i < len(pairs); i += 2 {
		_ = enc.WriteField(hpack.HeaderField{Name: pairs[i], Value: pairs[i+1], Sensitive: !kept}) // into a bytes.Buffer
	}
	return b.String()
}

// asked2 gives the fields of a request for a WebSocket, and more.
func asked2(more ...string) string {
	return fields2(false, append([]string{":method", "CONNECT", ":protocol", "websocket", ":scheme", "https", ":path", "/chat", ":authority", "a.test"}, more...)...)
}

// greets2 opens a connection in HTTP/2.
func (f *flow) greets2() *flow {
	f.open().asks(http2.Preface + frame2(http2.Settings, 0, 0, ""))
	f.answers(frame2(http2.Settings, 0, 0, "\x00\x08\x00\x00\x00\x01"))
	return f
}

// many2 makes a burden of 10,000 connections in HTTP/2 that go on in turns.
func many2(rounds int, part func(f *flow, round int)) func(*talk, int) bool {
	flows := make([]*flow, 10_000)
	return func(k *talk, i int) bool {
		n := i % len(flows)
		if i < len(flows) {
			flows[n] = k.flow(n).greets2()
		}
		part(flows[n], i/len(flows))
		return i < rounds*len(flows)-1
	}
}

func burdensOfHTTP2() []burden {
	return append(burdensOfStreams(), burdensOfTables()...)
}

// streams2 gives n requests or answers of streams in a row.
func streams2(from, n int, flags uint8, block string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(frame2(http2.Headers, flags, uint32(2*(from+i)+1), block))
	}
	return b.String()
}

func burdensOfStreams() []burden {
	greets := func(f *flow) { f.greets2() }
	ask, page := asked2(), fields2(false, ":method", "GET", ":scheme", "https", ":path", "/", ":authority", "a.test")
	refusal := fields2(false, ":status", "403")
	empty := strings.Repeat(frame2(http2.Data, 0, 1, ""), 1000)
	return []burden{
		{name: "100,000 streams that nobody answers", want: 100_000, next: once(1000, greets, func(f *flow, i int) { f.asks(streams2(100*i, 100, whole2, ask)) })},
		{name: "100,000 refused streams", want: 100_000, next: once(1000, greets, func(f *flow, i int) {
			f.asks(streams2(100*i, 100, whole2, ask))
			f.answers(streams2(100*i, 100, last2, refusal))
		})},
		{name: "500,000 pages that nobody answers", next: once(1000, greets, func(f *flow, i int) { f.asks(streams2(500*i, 500, last2, page)) })},
		{name: "a million empty frames", want: 1, next: once(1000, func(f *flow) { f.greets2().asks(frame2(http2.Headers, whole2, 1, ask)) },
			func(f *flow, _ int) { f.asks(empty) })},
		{name: "DATA without an end before the answer", want: 1, next: once(2000, func(f *flow) { f.greets2().asks(frame2(http2.Headers, whole2, 1, ask)) },
			func(f *flow, _ int) { f.asks(frame2(http2.Data, 0, 1, strings.Repeat("x", 16<<10))) })},
		{name: "early DATA of 256 streams", want: 256, next: once(256, func(f *flow) { f.greets2().asks(streams2(0, 256, whole2, ask)) }, func(f *flow, i int) {
			for range 4 {
				f.asks(frame2(http2.Data, 0, uint32(2*i+1), strings.Repeat("x", 16<<10)))
			}
		})},
		{name: "early DATA of 10,000 connections", want: 10_000, shed: true, next: many2(8, func(f *flow, round int) {
			if round == 0 {
				f.asks(frame2(http2.Headers, whole2, 1, ask))
			}
			f.asks(frame2(http2.Data, 0, 1, strings.Repeat("x", 3<<10)))
		})},
		{name: "20 streams on each of 10,000 connections", want: 10_000, shed: true, next: many2(20, func(f *flow, round int) {
			f.asks(frame2(http2.Headers, whole2, uint32(2*round+1), ask))
		})},
		{name: "a million interim answers in HTTP/2", want: 1, next: once(1000, func(f *flow) { f.greets2().asks(frame2(http2.Headers, whole2, 1, ask)) }, func(f *flow, _ int) {
			f.answers(strings.Repeat(frame2(http2.Headers, whole2, 1, fields2(false, ":status", "103")), 1000))
		})},
	}
}

// shortFields2 gives blocks of short fields for a table of 64 KiB.
func shortFields2() (blocks [6]string) {
	for i := range blocks {
		var b strings.Builder
		for j := range 100 {
			b.WriteString(fields2(true, fmt.Sprint(100*i+j), "v"))
		}
		blocks[i] = b.String()
	}
	blocks[0] = "\x3f\xe1\xff\x03" + blocks[0]
	return blocks
}

func burdensOfTables() []burden {
	ask := asked2()
	large := fields2(true, "x-large", strings.Repeat("x", 4000))
	bomb := ask + strings.Repeat("\xbe", 30) // all of them the large field
	short := shortFields2()
	return []burden{
		{name: "heads without an end in HTTP/2", shed: true, next: many2(12, func(f *flow, round int) {
			kind := http2.Continuation
			if round == 0 {
				kind = http2.Headers
			}
			f.asks(frame2(kind, 0, 1, strings.Repeat("x", 5000)))
		})},
		{name: "a field that is referred to again and again", want: 3000, next: once(3000, func(f *flow) {
			f.greets2().asks(frame2(http2.Headers, last2, 1, large))
		}, func(f *flow, i int) { f.asks(frame2(http2.Headers, whole2, uint32(2*i+3), bomb)) })},
		{name: "such fields on 10,000 connections", want: 10_000, shed: true, next: many2(3, func(f *flow, round int) {
			if round == 0 {
				f.asks(frame2(http2.Headers, last2, 1, large))
			}
			f.asks(frame2(http2.Headers, whole2, uint32(2*round+3), bomb))
		})},
		{name: "full tables on 10,000 connections", shed: true, next: many2(len(short), func(f *flow, round int) {
			f.asks(frame2(http2.Headers, last2, uint32(2*round+1), short[round]))
		})},
	}
}
