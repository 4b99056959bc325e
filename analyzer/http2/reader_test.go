package http2

import (
	"bytes"
	"strings"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

func TestSmoke(t *testing.T) {
	var b bytes.Buffer
	b.WriteString(Preface)
	fr := http2.NewFramer(&b, nil)
	fr.WriteSettings(http2.Setting{ID: 8, Val: 1})
	var hb bytes.Buffer
	e := hpack.NewEncoder(&hb)
	e.WriteField(hpack.HeaderField{Name: ":method", Value: "CONNECT"})
	e.WriteField(hpack.HeaderField{Name: ":protocol", Value: "websocket"})
	fr.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: hb.Bytes()[:3], PadLength: 3})
	fr.WriteContinuation(1, true, hb.Bytes()[3:])
	fr.WriteDataPadded(1, true, []byte("hello"), []byte("\x00\x00"))
	fr.WriteRSTStream(1, 8)
	fr.WriteGoAway(7, 2, []byte("bye"))
	h := &recorder{}
	r := NewReader(true, h)
	r.Feed(100, b.Bytes())
	t.Log("\n" + strings.Join(h.calls, "\n"))
}
