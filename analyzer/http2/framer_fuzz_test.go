package http2

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// script gives numbers to a writer, and zeros when it is over.
type script struct{ left []byte }

func (s *script) next() int {
	if len(s.left) == 0 {
		return 0
	}
	n := int(s.left[0])
	s.left = s.left[1:]
	return n
}

// writer writes what a script says by means of x/net/http2.
type writer struct {
	script
	out   bytes.Buffer
	to    *http2.Framer
	block bytes.Buffer
	enc   *hpack.Encoder
}

func newWriter(s []byte) *writer {
	w := &writer{script: script{s}}
	w.to = http2.NewFramer(&w.out, nil)
	w.to.AllowIllegalWrites = true
	w.enc = hpack.NewEncoder(&w.block)
	w.enc.SetMaxDynamicTableSizeLimit(MaxTable)
	return w
}

func (w *writer) stream() uint32 { return uint32(w.next()%4 + 1) }
func (w *writer) pad() []byte    { return make([]byte, w.next()%4) }
func (w *writer) ends() bool     { return w.next()%2 == 1 }
func (w *writer) text() string {
	return strings.Repeat(string(rune('a'+w.next()%60)), w.next()*w.next()%300)
}
func (w *writer) payload() []byte { return []byte(w.text()) }

// frame writes a frame, or some that belong together.
func (w *writer) frame() error {
	switch w.next() % 11 {
	case 0:
		return w.to.WriteSettings(http2.Setting{ID: http2.SettingID(w.next()), Val: uint32(w.next())})
	case 1:
		return w.to.WriteDataPadded(w.stream(), w.ends(), w.payload(), w.pad())
	case 2:
		return w.to.WriteData(w.stream(), w.ends(), w.payload())
	case 3, 4:
		return w.headers()
	case 5:
		return w.to.WritePushPromise(http2.PushPromiseParam{StreamID: w.stream(), PromiseID: w.stream(), BlockFragment: w.fields(), EndHeaders: true, PadLength: uint8(w.next())})
	case 6:
		return w.to.WriteRSTStream(w.stream(), http2.ErrCode(w.next()))
	case 7:
		return w.to.WriteGoAway(w.stream(), http2.ErrCode(w.next()), w.payload())
	case 8:
		return w.to.WriteWindowUpdate(w.stream(), uint32(w.next()))
	case 9:
		return w.to.WriteRawFrame(http2.FrameType(w.next()), http2.Flags(w.next()), w.stream(), w.payload())
	}
	w.enc.SetMaxDynamicTableSize(uint32(w.next() * w.next()))
	return nil
}

func (w *writer) headers() error {
	block := w.fields()
	p := http2.HeadersFrameParam{StreamID: w.stream(), EndStream: w.ends(), PadLength: uint8(w.next() % 4), EndHeaders: true}
	if w.ends() {
		p.Priority = http2.PriorityParam{StreamDep: 1, Weight: 3}
	}
	parts := bytes.SplitAfterN(block, []byte{byte(w.next())}, w.next()%4+1)
	p.BlockFragment, p.EndHeaders = parts[0], len(parts) == 1
	err := w.to.WriteHeaders(p)
	for i, part := range parts[1:] {
		err = errors.Join(err, w.to.WriteContinuation(p.StreamID, i == len(parts)-2, part))
	}
	return err
}

func (w *writer) fields() []byte {
	names := []string{":status", ":method", "cookie", "sec-websocket-key", "X-Upper", "date", ""}
	w.block.Reset()
	for range w.next() % 8 {
		f := hpack.HeaderField{Name: names[w.next()%len(names)], Value: w.text(), Sensitive: w.next()%5 == 4}
		_ = w.enc.WriteField(f) // into a bytes.Buffer
	}
	return bytes.Clone(w.block.Bytes())
}

// framer calls h as a Reader has to, with what x/net/http2 reads, as far as it reads on.
type framer struct {
	h     Handler
	dec   *hpack.Decoder
	head  Head
	first Frame
	block []byte
}

func (x *framer) read(data []byte) {
	left := bytes.NewReader(data)
	fr := http2.NewFramer(nil, left)
	fr.SetMaxReadFrameSize(1<<24 - 1)
	x.dec = hpack.NewDecoder(defaultTable, nil)
	x.dec.SetAllowedMaxDynamicTableSize(MaxTable)
	for {
		at := uint64(len(data) - left.Len())
		got, err := fr.ReadFrame()
		if se := (http2.StreamError{}); err != nil && !(errors.As(err, &se) && data[at+3] == byte(WindowUpdate)) {
			return
		}
		if got != nil && !x.frame(got, at, uint64(len(data)-left.Len())) {
			return
		}
	}
}

func (x *framer) frame(got http2.Frame, at, end uint64) bool {
	g := got.Header()
	f := Frame{Type: FrameType(g.Type), Flags: uint8(g.Flags), Stream: g.StreamID, Length: g.Length, Offset: at}
	switch g := got.(type) {
	case *http2.SettingsFrame:
		x.settings(&f, g)
	case *http2.DataFrame:
		x.data(&f, g)
	case *http2.HeadersFrame:
		x.first, x.block = f, nil
		x.head = Head{Stream: f.Stream, Offset: at, EndStream: g.StreamEnded()}
		return x.fragment(g.HeaderBlockFragment(), g.HeadersEnded(), end)
	case *http2.PushPromiseFrame:
		x.first, x.block = f, nil
		x.head = Head{Stream: f.Stream, Promised: g.PromiseID, Offset: at}
		// What follows one that does not end is not held to be a CONTINUATION.
		return g.HeadersEnded() && x.fragment(g.HeaderBlockFragment(), true, end)
	case *http2.ContinuationFrame:
		return x.fragment(g.HeaderBlockFragment(), g.HeadersEnded(), end)
	case *http2.RSTStreamFrame:
		x.h.Reset(&f, ErrorCode(g.ErrCode))
	case *http2.GoAwayFrame:
		debug := g.DebugData()
		x.h.GoAway(&f, g.LastStreamID, ErrorCode(g.ErrCode), debug[:min(len(debug), MaxDebug)])
	}
	return true
}

func (x *framer) settings(f *Frame, g *http2.SettingsFrame) {
	var list []Setting
	for i := range min(g.NumSettings(), MaxSettings) {
		s := g.Setting(i)
		list = append(list, Setting{SettingID(s.ID), s.Val})
	}
	if !g.IsAck() {
		x.h.Settings(f, list)
	}
}

func (x *framer) data(f *Frame, g *http2.DataFrame) {
	offset := f.Offset + frameHeader
	if f.Has(FlagPadded) {
		offset++
	}
	if len(g.Data()) > 0 && x.h.Wants(f.Stream) {
		x.h.Data(f, offset, g.Data())
	}
	if g.StreamEnded() {
		x.h.End(f)
	}
}

func (x *framer) fragment(b []byte, ends bool, end uint64) bool {
	x.block = append(x.block, b...)
	if !ends {
		return true
	}
	list, err := x.dec.DecodeFull(x.block)
	if err != nil {
		return false
	}
	x.head.Fields, x.head.End = list, end
	if x.first.Type == Headers || x.head.Promised != 0 {
		x.h.Head(&x.head)
	}
	if x.head.EndStream {
		x.h.End(&x.first)
	}
	return true
}

// FuzzFramer writes what a script says by means of x/net/http2, and holds what is read
// of it to what x/net/http2 reads, which stops earlier.
func FuzzFramer(f *testing.F) {
	f.Add([]byte{1, 0, 1, 5, 3, 7, 2, 3, 3, 1, 9, 9, 9, 0, 1, 2, 4, 4, 4, 0, 0, 1, 0, 2, 0, 97, 3}, []byte{4, 30})
	f.Add([]byte{10, 90, 90, 3, 7, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25}, []byte{})
	f.Add([]byte{6, 2, 8, 7, 3, 11, 4, 5, 6, 8, 1, 0, 8, 1, 1, 9, 200, 9, 1, 3, 3, 3, 5, 0, 1, 3, 2, 1, 2, 2, 2, 1, 4, 5}, []byte{1})
	f.Fuzz(func(t *testing.T, s, cuts []byte) {
		w := newWriter(s)
		_ = w.to.WriteSettings()
		for len(w.left) > 0 && w.out.Len() < 1<<16 {
			_ = w.frame() // what is refused is not written
		}
		in := &input{data: w.out.Bytes(), skip: map[uint32]bool{2: true}}
		got := in.alike(t, placesOf(cuts, len(in.data)))
		want := &recorder{skip: in.skip}
		(&framer{h: want}).read(in.data)
		if d := cmp.Diff(want.calls, got[:min(len(want.calls), len(got))]); d != "" {
			t.Fatalf("-x/net/http2 +got:\n%s", d)
		}
	})
}
