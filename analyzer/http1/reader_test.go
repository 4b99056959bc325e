package http1

import (
	"bufio"
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// baseline is the base handshake of the rule cases; nothing in it is odd.
const baseline = "GET /chat HTTP/1.1\r\n" +
	"Host: ws.example.test\r\n" +
	"Upgrade: websocket\r\n" +
	"Connection: Upgrade\r\n" +
	"Sec-WebSocket-Key: aGFuZHNoYXJrLW5vbmNlIQ==\r\n" +
	"Sec-WebSocket-Version: 13\r\n\r\n"

const baseline101 = "HTTP/1.1 101 Switching Protocols\r\n" +
	"Upgrade: websocket\r\n" +
	"Connection: Upgrade\r\n" +
	"Sec-WebSocket-Accept: dw4dLLrGesZlGNtwt61cFvT17Ik=\r\n\r\n"

func one(t *testing.T, kind Kind, input string) *Message {
	t.Helper()
	r := read(t, kind, "", StopClose, input)
	if len(r.heads) != 1 {
		t.Fatalf("%d heads in %q, want 1: %q", len(r.heads), input, r.events)
	}
	return r.heads[0]
}

func TestBaseline(t *testing.T) {
	m := one(t, Request, baseline)
	if len(m.Deviations) != 0 || !m.Complete || m.NumFields() != 5 {
		t.Errorf("got %+v", m)
	}
	if got := m.Text(m.Method) + "|" + m.Text(m.Target) + "|" + m.Text(m.Version); got != "GET|/chat|HTTP/1.1" {
		t.Errorf("start line %q", got)
	}
	if got := m.Get("SEC-websocket-key"); got != "aGFuZHNoYXJrLW5vbmNlIQ==" {
		t.Errorf("key %q", got)
	}
	res := one(t, Response, baseline101)
	if len(res.Deviations) != 0 || res.Status != 101 || res.Text(res.Reason) != "Switching Protocols" {
		t.Errorf("got %+v", res)
	}
	if major, minor, ok := res.HTTPVersion(); major != 1 || minor != 1 || !ok {
		t.Errorf("version %d.%d %v", major, minor, ok)
	}
}

// deviations lists the kinds and spans as text.
func deviations(m *Message) string {
	var out []string
	for _, d := range m.Deviations {
		out = append(out, fmt.Sprintf("%v@%d%q", d.Kind, d.Field, m.Text(d.Span)))
	}
	return strings.Join(out, " ")
}

func TestDeviations(t *testing.T) {
	const host = "Host: h\r\n\r\n"
	tests := []struct {
		kind        Kind
		input, want string
	}{
		{Request, "GET / HTTP/1.1\r\n" + host, ""},
		{Request, "GET / HTTP/1.1\n" + host, `bare-lf@-1"\n"`},
		{Request, "GET / HTTP/1.1\r\nHost: h\n\r\n", `bare-lf@-1"\n"`},
		{Request, "GET / HTTP/1.1\r\r\n" + host, `bare-cr@-1"\r"`},
		{Request, "GET / HTTP/1.1\r\nA: b\rc\r\n" + host, `bare-cr@0"\r"`},
		{Request, "GET / HTTP/1.1\r\nA: b\r\n c\r\n" + host, `obs-fold@0" c"`},
		{Request, "GET / HTTP/1.1\r\nHost : h\r\n\r\n", `space-before-colon@0" "`},
		{Request, "GET / HTTP/1.1\r\n X: y\r\n" + host, `leading-space-line@-1" X: y"`},
		{Request, "GET / HTTP/1.1\r\nHost h\r\n\r\n", `no-colon@0"Host h"`},
		{Request, "GET / HTTP/1.1\r\nHo st: h\r\n\r\n", `bad-name@0"Ho st"`},
		{Request, "GET / HTTP/1.1\r\n: h\r\n\r\n", `bad-name@0""`},
		{Request, "GET / HTTP/1.1\r\nA: b\x00\x01c\r\n" + host, `control-octet@0"\x00\x01"`},
		{Request, "GET / HTTP/1.1\r\nA: \xe9t\xe9 and more of it\r\n" + host, `non-ascii@0"\xe9"`},
		{Request, "GET / HTTP/1.1\r\nA: b\tc\r\n" + host, ""},
		{Request, "GET  / HTTP/1.1\r\n" + host, `extra-spaces@-1"  "`},
		{Request, " GET / HTTP/1.1\r\n" + host, `extra-spaces@-1" "`},
		{Request, "GET /a b HTTP/1.1\r\n" + host, `extra-spaces@-1" "`},
		{Request, "GET\t/ HTTP/1.1\r\n" + host, `tab-separator@-1"\t"`},
		{Request, "GET / HTTP/1.1 \r\n" + host, `trailing-blank@-1" "`},
		{Request, "GE(T / HTTP/1.1\r\n" + host, `bad-method@-1"GE(T"`},
		{Request, "GET/chat HTTP/1.1\r\n" + host, `bad-method@-1"GET/chat" empty-target@-1""`},
		{Request, "GET / http/1.1\r\n" + host, `bad-version@-1"http/1.1"`},
		{Request, "GET /chat\r\n" + host, `missing-version@-1""`},
		{Request, "GET HTTP/1.1\r\n" + host, `empty-target@-1""`},
		{Request, "GET /\"%zz HTTP/1.1\r\n" + host, `target-octet@-1"\"" target-octet@-1"%"`},
		{Request, "GET /%41#f[] HTTP/1.1\r\n" + host, ""},
		{Response, "HTTP/1.1 1O1 Switching\r\n\r\n", `bad-status@-1"1O1"`},
		{Response, "HTTP/1.1 101\r\n\r\n", `missing-reason-space@-1""`},
		{Response, "HTTP/1.1 101 \r\n\r\n", `empty-reason@-1" "`},
		{Response, "HTTP/1.1  101 X\r\n\r\n", `extra-spaces@-1"  "`},
		{Response, "http/1.1 101 X\r\n\r\n", `bad-version@-1"http/1.1"`},
		{Response, "HTTP/2 101 X\r\n\r\n", `bad-version@-1"HTTP/2"`},
		{Response, "HTTP/1.1 101 X\x01\r\n\r\n", `control-octet@-1"\x01"`},
		{Response, "HTTP/1.1\t101\tX\r\n\r\n", `tab-separator@-1"\t" tab-separator@-1"\t"`},
	}
	for _, tt := range tests {
		if got := deviations(one(t, tt.kind, tt.input)); got != tt.want {
			t.Errorf("%q: got %s; want %s", tt.input, got, tt.want)
		}
		splitEverywhere(t, tt.kind, "", tt.input)
	}
}

func TestDeviationsAreBounded(t *testing.T) {
	m := one(t, Request, "GET / HTTP/1.1\n"+strings.Repeat("a:b\n", 500)+"Host: x\r\n y\r\n\r\n")
	if got := len(m.Deviations); got != maxPerKind+1 {
		t.Errorf("%d deviations, want %d bare LF and the fold", got, maxPerKind+1)
	}
	if m.Deviates(ObsFold) == nil {
		t.Error("the fold was lost among the bare LF")
	}
}

func TestValues(t *testing.T) {
	m := one(t, Request, "GET / HTTP/1.1\r\nCookie: a=1;\r\n\t b=2 \r\n \r\nEmpty:\r\n x\r\ncookie:c \r\nNothing:\r\nno colon\r\n\r\n")
	if d := cmp.Diff([]string{"a=1; b=2", "c"}, m.Values("COOKIE")); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]int{0, 2}, m.Lookup("Cookie")); d != "" {
		t.Error(d)
	}
	if got := m.Get("empty"); got != "x" {
		t.Errorf("folded empty value %q", got)
	}
	if !m.Has("Nothing") || m.Has("no colon") || m.Has("") && m.Name(m.First("")) != "" {
		t.Error("presence")
	}
	if got := testing.AllocsPerRun(10, func() { m.First("Nothing"); m.Lookup("absent") }); got != 0 {
		t.Errorf("lookups allocate %v times", got)
	}
	if got := m.First("coo\u212Aie"); got >= 0 {
		t.Error("KELVIN SIGN taken for k")
	}
}

func TestStreams(t *testing.T) {
	tests := []struct {
		name   string
		kind   Kind
		method string
		input  string
		want   []string // head lines shortened to "head <first line>"
	}{
		{"two requests", Request, "", "POST /a HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi" + baseline, []string{`head POST /a HTTP/1.1`, `body "hi"`, "end complete", "head GET /chat HTTP/1.1", "end complete"}},
		{"100 then 101 and frames", Response, "GET", "HTTP/1.1 100 Continue\r\n\r\n" + baseline101 + "\x81\x05Hello", []string{"head HTTP/1.1 100 Continue", "end complete", "head HTTP/1.1 101 Switching Protocols", "end complete", "switched at 154", `switched "\x81\x05Hello"`}},
		{"chunked", Response, "GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n5;a=\"b\"\r\nhello\r\n1 \n!\n0\r\nT: x\r\n\r\nHTTP/1.1 204 No\r\n\r\n", []string{"head HTTP/1.1 200 OK", `body "hello!"`, "end complete", "head HTTP/1.1 204 No", "end complete"}},
		{"until close", Response, "GET", "HTTP/1.0 200 OK\r\n\r\nabc", []string{"head HTTP/1.0 200 OK", `body "abc"`, "end complete"}},
		{"head request", Response, "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", []string{"head HTTP/1.1 200 OK", "end complete", "head HTTP/1.1 200 OK", "end complete"}},
		{"body cut short", Response, "GET", "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nabc", []string{"head HTTP/1.1 200 OK", `body "abc"`, "end closed"}},
		{"empty lines first", Request, "", "\r\n\n\r\n" + baseline, []string{"head GET /chat HTTP/1.1", "end complete"}},
		{"only empty lines", Request, "", "\r\n\r\n", nil},
		{"TLS", Request, "", "\x16\x03\x01\x02\x00\x01", []string{"not HTTP at 0", "switched at 0", `switched "\x16\x03\x01\x02\x00\x01"`}},
		{"SSH", Request, "", "SSH-2.0-OpenSSH_9.6 Ubuntu\r\nmore", []string{"not HTTP at 0", "switched at 0", `switched "SSH-2.0-OpenSSH_9.6 Ubuntu\r\nmore"`}},
		{"SMTP", Response, "", "220 mail ESMTP\r\n", []string{"not HTTP at 0", "switched at 0", `switched "220 mail ESMTP\r\n"`}},
		{"HTTP/2 preface", Request, "", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", []string{"not HTTP at 0", "switched at 0", `switched "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"`}},
		{"RTSP", Request, "", "OPTIONS * RTSP/1.0\r\n\r\n", []string{"not HTTP at 0", "switched at 0", `switched "OPTIONS * RTSP/1.0\r\n\r\n"`}},
		{"frames after the request", Request, "", baseline + "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", []string{"head GET /chat HTTP/1.1", "end complete", "not HTTP at 158", "switched at 158", `switched "\x81\x857\xfa!=\x7f\x9fMQX"`}},
		{"truncated request line", Request, "", "GET /ch", []string{"head GET /ch", "end closed"}},
		{"truncated garbage", Request, "", "HELO", []string{"not HTTP at 0", "switched at 0", `switched "HELO"`}},
		{"double CR throughout", Response, "GET", "HTTP/1.1 101 X\r\r\nUpgrade: websocket\r\r\n\r\r\n\x81\x00", []string{"head HTTP/1.1 101 X", "end complete", "switched at 41", `switched "\x81\x00"`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := outline(read(t, tt.kind, tt.method, StopClose, tt.input))
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
			splitEverywhere(t, tt.kind, tt.method, tt.input)
		})
	}
}

// eater counts the bytes of bodies; whatever else it is told is something else.
type eater struct{ body, other int }

func (e *eater) Head(m *Message) Framing        { e.other++; return BodyFraming(m, "GET") }
func (e *eater) Body(_ *Message, data []byte)   { e.body += len(data) }
func (e *eater) End(*Message, Stop)             {}
func (e *eater) Switched(_ uint64, data []byte) { e.other += len(data) }
func (e *eater) NotHTTP(_ uint64, data []byte)  { e.other += len(data) }

// TestWithin: bytes lie in a body when a body is all that they are read as.
func TestWithin(t *testing.T) {
	const input = "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nabcdefg" +
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3\r\nyou\r\n0\r\n\r\n" +
		"HTTP/1.1 404 Not Found\r\n\r\nuntil the end"
	within := 0
	for size := 1; size < 40; size++ {
		e := &eater{}
		r := NewReader(Response, e, 0)
		for from := 0; from < len(input); from += size {
			piece := []byte(input[from:min(from+size, len(input))])
			said, before := r.Within(len(piece)), *e
			r.Feed(uint64(from), piece)
			if only := e.body-before.body == len(piece) && e.other == before.other; only != said {
				t.Errorf("%q in pieces of %d: Within = %v", piece, size, said)
			} else if said {
				within++
			}
		}
	}
	if within < 60 {
		t.Errorf("%d pieces lay in a body", within)
	}
}

// outline leaves deviations out and shortens heads to their first line.
func outline(r *recorder) (out []string) {
	heads := r.heads
	for _, e := range r.events {
		switch {
		case strings.HasPrefix(e, "head"):
			out = append(out, "head "+heads[0].Text(heads[0].Line))
			heads = heads[1:]
		case !strings.HasPrefix(e, "  "):
			out = append(out, e)
		}
	}
	return out
}

func TestBrokenChunks(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	for _, body := range []string{
		"zz\r\n", "\r\n", ";x\r\n", "5\r\nhelloX", "5\rhello", "1 2\r\n", "fffffffffffffffff\r\n",
		"1;" + strings.Repeat("x", maxChunkLine) + "\r\n", "0\r\n" + strings.Repeat("a", maxTrailers) + "\r\n\r\n", "-1\r\n", "0x5\r\n",
	} {
		r := read(t, Response, "GET", StopClose, head+body)
		if got := r.events[len(r.events)-1]; got != "end broken framing" {
			t.Errorf("%.20q: %s", body, got)
		}
	}
	const again = "HTTP/1.1 204 X\r\n\r\n"
	if r := read(t, Response, "GET", StopClose, head+"zz\r\n", "rest", again); len(r.heads) != 2 {
		t.Errorf("no resynchronisation: %q", r.events)
	}
}

func TestGaps(t *testing.T) {
	tests := []struct {
		name   string
		kind   Kind
		before string
		gap    uint64
		after  []string
		want   []string
	}{
		{"in a head", Request, "GET /chat HTTP/1.1\r\nHost: x\r\nUpg", 9, []string{"Key: x\r\n\r\n", baseline}, []string{"head GET /chat HTTP/1.1", "end not captured", "head GET /chat HTTP/1.1", "end complete"}},
		{"before anything", Response, "", 5, []string{"\x16\x03", "HTTP/1.1 204 X\r\n\r\n"}, []string{"head HTTP/1.1 204 X", "end complete"}},
		{"in a known body", Response, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", 4, []string{"hiHTTP/1.1 204 X\r\n\r\n"}, []string{"head HTTP/1.1 200 OK", `body "abchi"`, "end not captured", "head HTTP/1.1 204 X", "end complete"}},
		{"over the end of a body", Response, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", 40, []string{"X\r\n\r\n", "HTTP/1.1 204 X\r\n\r\n"}, []string{"head HTTP/1.1 200 OK", `body "abc"`, "end not captured", "head HTTP/1.1 204 X", "end complete"}},
		{"in a chunked body", Response, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", 3, []string{"\r\n0\r\n\r\n", "HTTP", "/1.1 204 X\r\n\r\n"}, []string{"head HTTP/1.1 200 OK", `body "ab"`, "end not captured", "head HTTP/1.1 204 X", "end complete"}},
		{"in a body until close", Response, "HTTP/1.0 200 OK\r\n\r\nab", 3, []string{"c"}, []string{"head HTTP/1.0 200 OK", `body "abc"`, "end not captured"}},
		{"false start", Request, "", 3, []string{"GE", "X", "GET", " / HTTP/1.1\r\n\r\n"}, []string{"head GET / HTTP/1.1", "end complete"}},
		{"in switched bytes", Response, baseline101 + "ab", 3, []string{"c"}, []string{"head HTTP/1.1 101 Switching Protocols", "end complete", "switched at 129", `switched "abc"`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := &recorder{t: t}
			reader := NewReader(tt.kind, r, 0)
			reader.Feed(0, []byte(tt.before))
			at := uint64(len(tt.before))
			reader.Gap(at, tt.gap)
			at += tt.gap
			for _, p := range tt.after {
				r.next = at
				reader.Feed(at, []byte(p))
				at += uint64(len(p))
			}
			reader.Close(StopClose)
			r.flush()
			if d := cmp.Diff(tt.want, outline(r)); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
		})
	}
}

func TestLimit(t *testing.T) {
	long := "GET / HTTP/1.1\r\nCookie: " + strings.Repeat("x", 5000) + "\r\n\r\n"
	splitEverywhere(t, Request, "", long[:4200])
	m := one(t, Request, long)
	if m.Complete || m.Why != StopLimit || len(m.Raw) != 4096 || m.NumFields() != 0 {
		t.Errorf("complete=%v why=%v raw=%d fields=%d", m.Complete, m.Why, len(m.Raw), m.NumFields())
	}
	exact := "GET / HTTP/1.1\r\nCookie: " + strings.Repeat("x", 4096-28) + "\r\n\r\n"
	if m := one(t, Request, exact); !m.Complete || len(m.Raw) != 4096 {
		t.Errorf("a head of the limit: complete=%v raw=%d", m.Complete, len(m.Raw))
	}
}

func TestTruncateEverywhere(t *testing.T) {
	for _, in := range []struct {
		kind  Kind
		input string
	}{{Request, baseline}, {Response, baseline101}} {
		for i := 1; i < len(in.input); i++ {
			for _, why := range []Stop{StopClose, StopReset, StopOpen} {
				r := read(t, in.kind, "", why, in.input[:i])
				if len(r.heads) != 1 || r.heads[0].Complete || r.heads[0].Why != why || len(r.heads[0].Deviations) != 0 {
					t.Fatalf("cut at %d: %q", i, r.events)
				}
			}
		}
	}
}

func TestReset(t *testing.T) {
	first, second := &recorder{t: t}, &recorder{t: t}
	r := NewReader(Response, first, 0)
	r.Feed(0, []byte(baseline101+"x"))
	r.Reset(Request, second)
	r.Feed(7, []byte(baseline))
	if len(second.heads) != 1 || second.heads[0].Offset != 7 {
		t.Errorf("after Reset: %q", second.events)
	}
}

func TestBodyFraming(t *testing.T) {
	tests := []struct {
		kind         Kind
		method, head string
		want         Framing
	}{
		{Request, "", "GET / HTTP/1.1\r\n\r\n", Framing{}},
		{Request, "", "GET / HTTP/1.1\r\nContent-Length: 5\r\n\r\n", Framing{FrameLength, 5}},
		{Request, "", "GET / HTTP/1.1\r\nContent-Length: 5, 5\r\nContent-Length: 5\r\n\r\n", Framing{FrameLength, 5}},
		{Request, "", "GET / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", Framing{}},
		{Request, "", "GET / HTTP/1.1\r\nContent-Length: +5\r\n\r\n", Framing{}},
		{Request, "", "GET / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", Framing{Kind: FrameChunked}},
		{Request, "", "GET / HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n", Framing{Kind: FrameChunked}},
		{Request, "", "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n\r\n", Framing{}},
		{Request, "", "GET / HTTP/1.1\r\nTransfer-Encoding: gzip,\r\n chunked\r\n\r\n", Framing{Kind: FrameChunked}},
		{Request, "", "GET / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", Framing{}},
		{Response, "", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nContent-Length: 5\r\n\r\n", Framing{Kind: FrameUntilClose}},
		{Response, "", "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\nContent-Length: 5\r\n\r\n", Framing{FrameLength, 5}},
		{Response, "", "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", Framing{Kind: FrameUntilClose}},
		{Response, "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", Framing{}},
		{Response, "GET", "HTTP/1.1 304 X\r\nContent-Length: 5\r\n\r\n", Framing{}},
		{Response, "GET", "HTTP/1.1 103 X\r\nContent-Length: 5\r\n\r\n", Framing{}},
		{Response, "GET", "HTTP/1.1 101 X\r\nContent-Length: 5\r\n\r\n", Framing{Kind: FrameSwitch}},
		{Response, "CONNECT", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", Framing{Kind: FrameSwitch}},
		{Response, "CONNECT", "HTTP/1.1 407 X\r\nContent-Length: 5\r\n\r\n", Framing{FrameLength, 5}},
	}
	for _, tt := range tests {
		if got := BodyFraming(one(t, tt.kind, tt.head), tt.method); got != tt.want {
			t.Errorf("%s %q: got %v; want %v", tt.method, tt.head, got, tt.want)
		}
	}
}

// TestAgainstNetHTTP compares with the standard library on a valid request.
func TestAgainstNetHTTP(t *testing.T) {
	req, err := http.ReadRequest(bufio.NewReader(strings.NewReader(baseline)))
	if err != nil {
		t.Fatal(err)
	}
	m := one(t, Request, baseline)
	for name, values := range req.Header {
		if d := cmp.Diff(values, m.Values(name)); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func FuzzReader(f *testing.F) {
	for _, s := range []string{baseline, baseline101, "\r\nPOST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5;x\r\nhello\r\n0\r\n\r\n", "GET /\n a\n\n", "PRI * HTTP/2.0\r\n\r\n"} {
		f.Add([]byte(s), uint16(7), false)
		f.Add([]byte(s), uint16(20), true)
	}
	f.Fuzz(func(t *testing.T, data []byte, cut uint16, response bool) {
		kind := Request
		if response {
			kind = Response
		}
		whole := read(t, kind, "GET", StopClose, string(data))
		at := min(int(cut), len(data))
		split := read(t, kind, "GET", StopClose, string(data[:at]), string(data[at:]))
		// After lost framing the start of a piece matters, so only what came before is compared.
		if bytes.Contains([]byte(strings.Join(whole.events, "\n")), []byte("end broken framing")) || len(data) > 4096 {
			return
		}
		if d := cmp.Diff(whole.events, split.events); d != "" {
			t.Errorf("cut at %d (-whole +split):\n%s", at, d)
		}
	})
}

func FuzzGap(f *testing.F) {
	f.Add([]byte(baseline+baseline), uint16(30), uint16(9))
	f.Fuzz(func(t *testing.T, data []byte, at, n uint16) {
		r := &recorder{t: t}
		reader := NewReader(Request, r, 512)
		cut := min(int(at), len(data))
		reader.Feed(0, data[:cut])
		reader.Gap(uint64(cut), uint64(n))
		r.flush()
		r.next = uint64(cut) + uint64(n)
		r.joining = ""
		reader.Feed(r.next, data[cut:])
		reader.Close(StopOpen)
		if r.open != 0 {
			t.Errorf("%d heads without an end", r.open)
		}
	})
}

type silent struct{ n int }

func (s *silent) Head(*Message) Framing   { s.n++; return Framing{} }
func (s *silent) Body(*Message, []byte)   {}
func (s *silent) End(*Message, Stop)      {}
func (s *silent) Switched(uint64, []byte) {}
func (s *silent) NotHTTP(uint64, []byte)  {}

func BenchmarkHead(b *testing.B) {
	head := []byte("GET /chat?room=1 HTTP/1.1\r\nHost: ws.example.test\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36\r\nAccept-Encoding: gzip, deflate\r\nPragma: no-cache\r\nOrigin: https://ws.example.test\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Key: aGFuZHNoYXJrLW5vbmNlIQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n")
	s := &silent{}
	r := NewReader(Request, s, 0)
	b.ReportAllocs()
	b.SetBytes(int64(len(head)))
	for b.Loop() {
		r.Feed(0, head)
	}
}
