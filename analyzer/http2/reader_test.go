package http2

import (
	"fmt"
	"strings"
	"testing"
)

func TestFrames(t *testing.T) {
	const status = "\x88" // :status: 200
	tests := []struct {
		name   string
		frames []string
		want   []string
	}{
		{"settings", []string{frame(Settings, 0, 0, "\x00\x08\x00\x00\x00\x01\xF0\x00\xFF\xFF\xFF\xFF")}, []string{"SETTINGS 0 0 12@9 [{SETTINGS_ENABLE_CONNECT_PROTOCOL 1} {0xf000 4294967295}]"}},
		{"settings, not whole", []string{frame(Settings, 0, 0, "\x00\x08\x00\x00\x00\x01\xF0\x00"), frame(Settings, 0, 0, "\x00")}, []string{"SETTINGS 0 0 8@9 [{SETTINGS_ENABLE_CONNECT_PROTOCOL 1}]", "SETTINGS 0 0 1@26 []"}},
		{"acknowledged", []string{frame(Settings, FlagACK, 0, "")}, nil},
		{"nothing to tell", []string{frame(Ping, 0, 0, "12345678"), frame(WindowUpdate, 0, 3, "1234"), frame(Priority, 0, 3, "12345"), frame(Ping, 0, 0, "")}, nil},
		{"of other types", []string{frame(AltSvc, 0xFF, 0, "abc"), frame(0xBB, 0xFF, 1<<31-1, strings.Repeat("x", 70000)), frame(0x2B, 0, 0, "")}, nil},
		{"data", []string{frame(Data, 0, 1, "ab"), frame(Data, 0, 1, ""), frame(Data, FlagEndStream, 1, "c")}, []string{"data of DATA 0 1 2@9 from 18 6162", "data of DATA 1 1 1@29 from 38 63", "DATA 1 1 1@29 ends"}},
		{"data without octets", []string{frame(Data, FlagEndStream, 1, "")}, []string{"DATA 1 1 0@9 ends"}},
		{"data that is not wanted", []string{frame(Data, FlagEndStream|FlagPadded, 2, "\x01ab")}, []string{"DATA 9 2 3@9 ends"}},
		{"a reserved bit", []string{frame(Data, FlagEndStream, 1<<31|1, "")}, []string{"DATA 1 1 0@9 ends"}},
		{"padded", []string{frame(Data, FlagPadded|FlagEndStream, 1, "\x02ab\x00\x00")}, []string{"data of DATA 9 1 5@9 from 19 6162", "DATA 9 1 5@9 ends"}},
		{"padding only", []string{frame(Data, FlagPadded, 1, "\x02\x00\x00"), frame(Data, FlagPadded, 1, "\x00"), frame(Data, 0, 1, "c")}, []string{"data of DATA 0 1 1@31 from 40 63"}},
		{"more padding than there is", []string{frame(Data, FlagPadded, 1, "\x03ab"), frame(Data, FlagPadded|FlagEndStream, 1, ""), frame(Headers, FlagPadded|FlagEndHeaders, 1, "\xFF"+status)}, []string{"DATA 9 1 0@21 ends", "head 1/0 30-41 false whole"}},
		{"reset", []string{frame(RSTStream, 0, 5, "\x00\x00\x00\x08"), frame(RSTStream, FlagPadded, 5, "\x00\x00\x00\x07+"), frame(RSTStream, 0, 5, "\x00\x00\x00"), frame(RSTStream, 0, 5, "")}, []string{"RST_STREAM 0 5 4@9 CANCEL", "RST_STREAM 8 5 5@22 REFUSED_STREAM"}},
		{"goaway", []string{frame(GoAway, 0, 0, "\x80\x00\x00\x07\x00\x00\x00\x0Bcalm"), frame(GoAway, 0, 0, "\x00\x00\x00\x07\x00\x00\x01\x00"), frame(GoAway, 0, 0, "\x00\x00\x00\x07\x00\x00\x01")}, []string{`GOAWAY 0 0 12@9 7 ENHANCE_YOUR_CALM "calm"`, `GOAWAY 0 0 8@30 7 0x100 ""`}},
		{"headers", []string{frame(Headers, FlagEndHeaders, 1, status), frame(Headers, FlagEndHeaders|FlagEndStream, 1, "\x00\x01X\x01y\x10\x01Z\x00")}, []string{`head 1/0 9-19 false whole ":status"="200"`, `head 1/0 19-37 true whole "X"="y" "Z"=""!`, "HEADERS 5 1 9@19 ends"}},
		{"headers in parts", []string{frame(Headers, FlagEndStream, 1, "\x88\x00\x01"), frame(Continuation, 0, 1, ""), frame(Continuation, FlagPadded, 1, "X"), frame(Continuation, FlagEndHeaders, 1, "\x01y"), frame(Data, 0, 1, "+")}, []string{`head 1/0 9-51 true whole ":status"="200" "X"="y"`, "HEADERS 1 1 3@9 ends", "data of DATA 0 1 1@51 from 60 2b"}},
		{"headers, padded, with a priority", []string{frame(Headers, FlagEndHeaders|FlagPadded|FlagPriority, 1, "\x02\x80\x00\x00\x00\x10"+status+"\x00\x00"), frame(Headers, FlagEndHeaders|FlagPriority, 3, "\x80\x00\x00\x00\x10"+status)}, []string{`head 1/0 9-27 false whole ":status"="200"`, `head 3/0 27-42 false whole ":status"="200"`}},
		{"headers without room for a priority", []string{frame(Headers, FlagEndHeaders|FlagPriority, 1, "\x88\x88\x88\x88")}, []string{"head 1/0 9-22 false whole"}},
		{"promise", []string{frame(PushPromise, FlagEndHeaders|FlagEndStream, 1, "\x80\x00\x00\x02\x82"), frame(PushPromise, FlagPadded, 1, "\x01\x00\x00\x00\x04\x82\x00"), frame(Continuation, FlagEndHeaders, 1, "\x84")}, []string{`head 1/2 9-23 false whole ":method"="GET"`, `head 1/4 23-49 false whole ":method"="GET" ":path"="/"`}},
		{"promise of nothing", []string{frame(PushPromise, FlagEndHeaders, 1, "\x00\x00\x00\x00\x40\x01a\x01b"), frame(PushPromise, FlagEndHeaders, 1, "\x88"), frame(Headers, FlagEndHeaders, 1, "\xBE")}, []string{`head 1/0 37-47 false whole "a"="b"`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := server(tt.frames...)
			in.skip = map[uint32]bool{2: true}
			if len(in.data) > 1000 {
				same(t, in.alike(t, everyCut(200), []int{9000}), append([]string{beginsCall}, tt.want...)...)
				return
			}
			same(t, in.everywhere(t), append([]string{beginsCall}, tt.want...)...)
		})
	}
}

func TestClient(t *testing.T) {
	in := &input{client: true, data: []byte(Preface + frame(Settings, 0, 0, "") + frame(Data, FlagEndStream, 1, ""))}
	want := []string{"SETTINGS 0 0 0@24 []", "DATA 1 1 0@33 ends"}
	same(t, in.everywhere(t), want...)
	h := &recorder{}
	r := NewReader(true, h)
	r.SkipPreface()
	r.Feed(uint64(len(Preface)), in.data[len(Preface):])
	same(t, h.calls, want...)
}

// TestBounded: of what is long the beginning is told.
func TestBounded(t *testing.T) {
	in := server(
		frame(Settings, 0, 0, strings.Repeat("\x00\x01\x00\x00\x00\x02", MaxSettings+1)),
		frame(GoAway, 0, 0, strings.Repeat("\x00", 7)+"\x01"+strings.Repeat("x", MaxDebug)+"yz"),
	)
	want := []string{
		beginsCall, "SETTINGS 0 0 390@9 [" + strings.TrimSpace(strings.Repeat("{SETTINGS_HEADER_TABLE_SIZE 2} ", MaxSettings)) + "]",
		`GOAWAY 0 0 266@408 0 PROTOCOL_ERROR "` + strings.Repeat("x", MaxDebug) + `"`,
	}
	same(t, in.everywhere(t), want...)
	in.gaps = []gap{{9 + 9 + 384, 6}, {len(in.data) - 2, 2}}
	same(t, in.everywhere(t), want...)
}

func TestLost(t *testing.T) {
	tests := []struct {
		name string
		in   *input
		want string
	}{
		{"no preface", &input{client: true, data: []byte("GET / HTTP/1.1\r\n\r\n")}, "lost 0 not HTTP/2"},
		{"not all of the preface", &input{client: true, data: []byte(Preface[:23] + "\r")}, "lost 0 not HTTP/2"},
		{"client without settings", &input{client: true, data: []byte(Preface + frame(WindowUpdate, 0, 0, "1234"))}, "lost 24 not HTTP/2"},
		{"HTTP/1.1", &input{data: []byte("HTTP/1.1 400 Bad Request\r\n\r\n")}, "lost 0 not HTTP/2"},
		{"an alert of TLS", &input{data: []byte("\x15\x03\x03\x00\x02\x02\x28")}, "lost 0 not HTTP/2"},
		{"another type, and no more", &input{data: []byte("\x00\x00\x00\x01")}, "lost 0 not HTTP/2"},
		{"settings of a stream", &input{data: []byte(frame(Settings, 0, 1, ""))}, "lost 0 not HTTP/2"},
		{"long settings first", &input{data: []byte("\x00\x40\x01\x04\x00\x00\x00\x00\x00")}, "lost 0 not HTTP/2"},
		{"long settings", server("\x00\x40\x01\x04\x00\x00\x00\x00\x00"), "lost 9 frame too large"},
		{"long window update", server("\xFF\xFF\xFF\x08\x00\x00\x00\x00\x00"), "lost 9 frame too large"},
		{"long headers", server("\x04\x00\x01\x01\x00\x00\x00\x00\x01"), "lost 9 header block too large"},
		{"another frame in a header block", server(frame(Headers, 0, 1, "\x88"), frame(Ping, 0, 0, "12345678")), "lost 19 header compression cannot be followed"},
		{"another stream in a header block", server(frame(Headers, 0, 1, "\x88"), frame(Continuation, FlagEndHeaders, 3, "")), "lost 19 header compression cannot be followed"},
		{"headers in a header block", server(frame(Headers, 0, 1, "\x88"), frame(Headers, FlagEndHeaders, 1, "")), "lost 19 header compression cannot be followed"},
		{"continuation of nothing", server(frame(Continuation, FlagEndHeaders, 1, "\x88")), "lost 9 header compression cannot be followed"},
		{"continuation of what has ended", server(frame(Continuation, FlagEndHeaders, 1, "\x88")), "lost 9 header compression cannot be followed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.in.data = append(tt.in.data, frame(Data, FlagEndStream, 1, "behind")...)
			got := tt.in.everywhere(t)
			if last := got[len(got)-1]; last != tt.want || len(got) > 2 {
				t.Errorf("got %q; want %s", got, tt.want)
			}
			r := NewReader(tt.in.client, &recorder{})
			r.Feed(0, tt.in.data)
			r.Gap(uint64(len(tt.in.data)), 3)
			if !r.Lost() || r.Octets() != 0 || r.Within(0) {
				t.Errorf("lost: %t, holds %d octets", r.Lost(), r.Octets())
			}
		})
	}
}

// TestNotHTTP2: what is too short for a frame header is told from one.
func TestNotHTTP2(t *testing.T) {
	for data, want := range map[string]bool{"\x15": true, "\x00\x00\x00\x01": true, "\x00\x40\x01\x04": false, begins()[:8]: false} {
		if got := (&input{data: []byte(data)}).everywhere(t); (len(got) == 1) != want {
			t.Errorf("%q: %q", data, got)
		}
	}
}

// TestBroken: what was decoded before the fault is told.
func TestBroken(t *testing.T) {
	for name, block := range map[string]string{
		"index 0":                   "\x80",
		"no such index":             "\xBE",
		"no such name":              "\x7E\x00",
		"ends in a name":            "\x00\x05abc",
		"ends in a number":          "\x7F",
		"number too large":          "\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x00",
		"broken Huffman code":       "\x00\x84\xFF\xFF\xFF\xFF\x00",
		"size behind a field":       "\x20",
		"size behind, larger":       "\x3F\x00",
		"broken, and without index": "\x10\x81\x00\x81\x00",
	} {
		in := server(frame(Headers, FlagEndHeaders|FlagEndStream, 1, "\x88"+"\x40\x01a\x01b"+block), frame(Headers, FlagEndHeaders, 1, "\x88"))
		if name == "no such index" || name == "no such name" {
			in = server(frame(Headers, FlagEndHeaders, 1, "\x88\x00\x01a\x01b"+block), frame(Headers, FlagEndHeaders, 1, "\x88"))
		}
		got := in.everywhere(t)
		if len(got) != 3 || !strings.HasSuffix(got[1], ` header compression broken ":status"="200" "a"="b"`) || got[2] != "lost 9 header compression cannot be followed" {
			t.Errorf("%s: %q", name, got)
		}
	}
	same(t, server(frame(Headers, 0, 1, "\x88"), frame(Continuation, FlagEndHeaders, 1, "\x80")).everywhere(t)[2:], "lost 9 header compression cannot be followed")
	same(t, server(headers("\x88\x3F\xE1\x1F")).everywhere(t)[2:], "lost 9 header compression cannot be followed") // no field in the table
	for name, block := range map[string]string{"a size without end": "\x3F", "a size too large": "\x3F" + strings.Repeat("\xFF", 9) + "\x00"} {
		got := server(frame(Headers, FlagEndHeaders, 1, block)).everywhere(t)
		same(t, got[2:], "lost 9 header compression cannot be followed")
		if !strings.HasSuffix(got[1], "header compression broken") {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestGap(t *testing.T) {
	data := frame(Data, FlagEndStream, 1, "abcd")
	padded := frame(Data, FlagPadded|FlagEndStream, 1, "\x02ab\x00\x00")
	next := frame(Data, FlagEndStream, 3, "")
	tests := []struct {
		name  string
		frame string
		gap   gap // from where the frame begins
		want  []string
	}{
		{"data", data, gap{10, 2}, []string{"data of DATA 1 1 4@9 from 18 61", "missing of DATA 1 1 4@9 from 19 ----", "data of DATA 1 1 4@9 from 21 64", "DATA 1 1 4@9 ends", "DATA 1 3 0@22 ends"}},
		{"all data", data, gap{9, 4}, []string{"missing of DATA 1 1 4@9 from 18 --------", "DATA 1 1 4@9 ends", "DATA 1 3 0@22 ends"}},
		{"data and more", data, gap{12, 2}, []string{"data of DATA 1 1 4@9 from 18 616263", "missing of DATA 1 1 4@9 from 21 --", "DATA 1 1 4@9 ends"}},
		{"header and data", data, gap{8, 2}, nil},
		{"header", data, gap{3, 1}, nil},
		{"whole frame", data, gap{0, 13}, nil},
		{"data before padding", padded, gap{10, 1}, []string{"missing of DATA 9 1 5@9 from 19 --", "data of DATA 9 1 5@9 from 20 62", "DATA 9 1 5@9 ends", "DATA 1 3 0@23 ends"}},
		{"data and padding", padded, gap{11, 3}, []string{"data of DATA 9 1 5@9 from 19 61", "missing of DATA 9 1 5@9 from 20 --", "DATA 9 1 5@9 ends", "DATA 1 3 0@23 ends"}},
		{"padding", padded, gap{12, 1}, []string{"data of DATA 9 1 5@9 from 19 6162", "DATA 9 1 5@9 ends", "DATA 1 3 0@23 ends"}},
		{"length of padding", padded, gap{9, 1}, []string{"missing of DATA 9 1 5@9 from 18 ----------", "DATA 9 1 5@9 ends", "DATA 1 3 0@23 ends"}},
		{"not wanted", frame(Data, FlagPadded, 2, "abcd"), gap{9, 4}, []string{"DATA 1 3 0@22 ends"}},
		{"not known", frame(0xAA, FlagPadded, 1, "abcd"), gap{9, 4}, []string{"DATA 1 3 0@22 ends"}},
		{"ping", frame(Ping, 0, 1, "12345678"), gap{10, 4}, []string{"DATA 1 3 0@26 ends"}},
		{"settings", frame(Settings, 0, 0, "123456"), gap{10, 1}, nil},
		{"reset", frame(RSTStream, 0, 0, "1234"), gap{10, 1}, nil},
		{"goaway", frame(GoAway, 0, 0, "12345678"), gap{10, 1}, nil},
		{"headers", frame(Headers, FlagEndHeaders, 1, "\x88\x88\x88"), gap{10, 1}, nil},
		{"headers that are not wanted", frame(Headers, FlagEndHeaders, 2, "\x88\x88\x88"), gap{10, 1}, nil},
		{"promise", frame(PushPromise, FlagEndHeaders, 1, "\x00\x00\x00\x02\x88"), gap{10, 1}, nil},
		{"padding of headers", frame(Headers, FlagEndHeaders|FlagPadded, 1, "\x02\x88\x00\x00"), gap{11, 2}, []string{`head 1/0 9-22 false whole ":status"="200"`, "DATA 1 3 0@22 ends"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := server(tt.frame, next)
			in.skip = map[uint32]bool{2: true}
			tt.gap.at += len(begins())
			in.gaps = []gap{tt.gap}
			got := in.everywhere(t)
			if n := len(got) - 1; strings.HasSuffix(got[n], " not captured") {
				got = got[:n]
			} else if got[n] != fmt.Sprintf("DATA 1 3 0@%d ends", len(begins()+tt.frame)) {
				t.Errorf("ends with %s", got[n])
			}
			same(t, got, append([]string{beginsCall}, tt.want...)...)
		})
	}
}

// TestGapFirst: nothing is known of a stream whose beginning is missing.
func TestGapFirst(t *testing.T) {
	for _, client := range []bool{true, false} {
		h := &recorder{}
		r := NewReader(client, h)
		r.Gap(0, 0)
		r.Gap(0, 1)
		r.Gap(1, 1)
		same(t, h.calls, "lost 0 not captured")
	}
}

func TestWithin(t *testing.T) {
	data := server(frame(Data, 0, 1, "abc"), frame(Data, FlagPadded, 2, "abcde"), frame(Ping, 0, 0, "12345678"))
	h := &recorder{skip: map[uint32]bool{2: true}}
	r := NewReader(false, h)
	var got []int // the largest n at each place
	for i := range data.data {
		n := 0
		for r.Within(n + 1) {
			n++
		}
		got = append(got, n)
		r.Feed(uint64(i), data.data[i:i+1])
	}
	want := append(make([]int, 9+9+3+9), 5, 4, 3, 2, 1)
	want = append(append(want, make([]int, 9)...), 8, 7, 6, 5, 4, 3, 2, 1)
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("at %d: %d octets need not be kept; want %d", i, got[i], want[i])
		}
	}
	if r.Within(-1) {
		t.Error("-1 octets are within")
	}
}

// quiet takes all there is and does nothing.
type quiet struct{ octets int }

func (q *quiet) Settings(*Frame, []Setting)               { q.octets++ }
func (q *quiet) Head(*Head)                               { q.octets++ }
func (q *quiet) Data(_ *Frame, _ uint64, data []byte)     { q.octets += len(data) }
func (q *quiet) Missing(*Frame, uint64, uint64)           { q.octets++ }
func (q *quiet) End(*Frame)                               { q.octets++ }
func (q *quiet) Reset(*Frame, ErrorCode)                  { q.octets++ }
func (q *quiet) GoAway(*Frame, uint32, ErrorCode, []byte) { q.octets++ }
func (q *quiet) Wants(stream uint32) bool                 { return stream == 1 }
func (q *quiet) Lost(uint64, Loss)                        { q.octets = -1 << 30 }

func TestAllocs(t *testing.T) {
	q := &quiet{}
	r := NewReader(false, q)
	r.Feed(0, []byte(begins()+frame(Headers, FlagEndHeaders, 1, "\x88")))
	frames := []byte(frame(Data, FlagPadded|FlagEndStream, 1, "\x01abc\x00") + frame(Data, 0, 2, "abc") + frame(0xAA, 0, 0, "abc") +
		frame(Ping, 0, 0, "12345678") + frame(WindowUpdate, 0, 0, "1234") + frame(RSTStream, 0, 1, "1234") + frame(Settings, FlagACK, 0, ""))
	if n := testing.AllocsPerRun(100, func() { r.Feed(0, frames[:20]); r.Feed(20, frames[20:]) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
	if q.octets <= 0 {
		t.Error("nothing was read")
	}
}

func TestNames(t *testing.T) {
	for got, want := range map[string]string{
		Data.String(): "DATA", PriorityUpdate.String(): "PRIORITY_UPDATE", FrameType(0xB).String(): "0xb", FrameType(0xFF).String(): "0xff",
		EnableConnectProtocol.String(): "SETTINGS_ENABLE_CONNECT_PROTOCOL", SettingID(0).String(): "0x0", SettingID(7).String(): "0x7",
		NoRFC7540Priorities.String(): "SETTINGS_NO_RFC7540_PRIORITIES", HTTP11Required.String(): "HTTP_1_1_REQUIRED", ErrorCode(14).String(): "0xe",
		NoError.String(): "NO_ERROR", ErrorCode(1<<32 - 1).String(): "0xffffffff", Loss(0).String(): "0x0", HeadTooLarge.String(): "header block too large",
		Broken.String(): "header compression broken", Incomplete(9).String(): "0x9", Continuation.String(): "CONTINUATION",
	} {
		if got != want {
			t.Errorf("%s; want %s", got, want)
		}
	}
}
