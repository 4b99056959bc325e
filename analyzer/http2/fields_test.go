package http2

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"weak"

	"golang.org/x/net/http2/hpack"
)

func octets(s string) string {
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		panic(err)
	}
	return string(b)
}

// TestExamples holds to RFC 7541 appendices C.3 to C.6, each of them three header
// blocks of one connection.
func TestExamples(t *testing.T) {
	requests := []string{
		`":method"="GET" ":scheme"="http" ":path"="/" ":authority"="www.example.com"`,
		`":method"="GET" ":scheme"="http" ":path"="/" ":authority"="www.example.com" "cache-control"="no-cache"`,
		`":method"="GET" ":scheme"="https" ":path"="/index.html" ":authority"="www.example.com" "custom-key"="custom-value"`,
	}
	responses := []string{
		`":status"="302" "cache-control"="private" "date"="Mon, 21 Oct 2013 20:13:21 GMT" "location"="https://www.example.com"`,
		`":status"="307" "cache-control"="private" "date"="Mon, 21 Oct 2013 20:13:21 GMT" "location"="https://www.example.com"`,
		`":status"="200" "cache-control"="private" "date"="Mon, 21 Oct 2013 20:13:22 GMT" "location"="https://www.example.com" "content-encoding"="gzip" "set-cookie"="foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1"`,
	}
	const size256 = "3fe101" // the examples of responses have a table of 256 octets
	tests := []struct {
		name   string
		blocks [3]string
		want   []string
	}{
		{"C.3", [3]string{
			"828684410f7777772e6578616d706c652e636f6d",
			"828684be58086e6f2d6361636865",
			"828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565",
		}, requests},
		{"C.4", [3]string{
			"828684418cf1e3c2e5f23a6ba0ab90f4ff",
			"828684be5886a8eb10649cbf",
			"828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf",
		}, requests},
		{"C.5", [3]string{
			size256 + "4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d546e1768747470733a2f2f7777772e6578616d706c652e636f6d",
			"4803333037c1c0bf",
			"88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738666f6f3d4153444a4b48514b425a584f5157454f50495541585157454f49553b206d61782d6167653d333630303b2076657273696f6e3d31",
		}, responses},
		{"C.6", [3]string{
			size256 + "488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3",
			"4883640effc1c0bf",
			"88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007",
		}, responses},
	}
	for _, tt := range tests {
		in, want := server(), []string{beginsCall}
		for i, b := range tt.blocks {
			block, from := octets(b), len(in.data)
			in.data = append(in.data, frame(Headers, 0, 1, block[:i])+frame(Continuation, FlagEndHeaders, 1, block[i:])...)
			want = append(want, fmt.Sprintf("head 1/0 %d-%d false whole %s", from, len(in.data), tt.want[i]))
		}
		t.Run(tt.name, func(t *testing.T) { same(t, in.everywhere(t), want...) })
	}
}

// headers is a header block in one frame, or several if it is long.
func headers(block string) string { return frame(Headers, FlagEndHeaders, 1, block) }

// TestTableSize: what the table may have changes before the fields of a block.
func TestTableSize(t *testing.T) {
	const (
		add  = "\x40\x01a\x01b"
		what = ` "a"="b"`
		lost = "lost %d header compression cannot be followed"
	)
	tests := []struct {
		name   string
		blocks []string
		whole  bool
	}{
		{"none", []string{add, "\xBE"}, true},
		{"down and up", []string{add, "\x20\x3F\xE1\x1F", "\xBE"}, false},
		{"down to what there is, and up", []string{add, "\x3F\x03\x3F\xE1\x1F\xBE"}, true}, // 34 octets
		{"down below what there is, and up", []string{add, "\x3F\x02\x3F\xE1\x1F\xBE"}, false},
		{"up to the largest", []string{"\x3F\xE1\xFF\x03" + add, "\xBE"}, true},
		{"up to more than the largest", []string{"\x3F\xE1\xFF\xFF\x03" + add, "\xBE"}, true},
		{"in a block of its own", []string{add, "\x3F\xE1\xFF\x03", "\xBE"}, true},
		{"with a number of many octets", []string{add, "\x3F" + strings.Repeat("\x80", 8) + "\x00", add, "\xBE"}, false},
		{"with such a number, and up", []string{"\x3F" + strings.Repeat("\x80", 8) + "\x00\x3F\xE1\x1F" + add, "\xBE"}, true},
		{"to nothing", []string{"\x20" + add, "\xBE"}, false},
	}
	for _, tt := range tests {
		in := server()
		for _, b := range tt.blocks {
			in.data = append(in.data, headers(b)...)
		}
		got := in.everywhere(t)
		if last := got[len(got)-1]; tt.whole != strings.HasSuffix(last, "whole"+what) || !tt.whole && !strings.HasSuffix(last, lost[7:]) {
			t.Errorf("%s: %q", tt.name, got)
		}
	}
}

// TestOctets: what the table gives up is not counted any more, and no field is held but
// by it.
func TestOctets(t *testing.T) {
	r := NewReader(false, &quiet{})
	r.Feed(0, []byte(begins()+headers("\x40\x01n"+text("v", 3000))))
	held := r.Octets()
	for _, f := range r.fields.list[:cap(r.fields.list)] {
		if f.Name != "" {
			t.Errorf("%q is held", f)
		}
	}
	if r.Feed(0, []byte(headers("\x20"))); held < 3033 || r.Octets() > held-3000 {
		t.Errorf("%d octets, then %d", held, r.Octets())
	}
}

// TestLargest: a table is not filled beyond MaxTable, whatever its sender does.
func TestLargest(t *testing.T) {
	for size, want := range map[string]Loss{"\x3F\xE1\xFF\x03": BadCompression, "\x3F\xE1\xFF\xFF\x03": BadCompression} {
		for n, index := range map[int]string{1900: "\xFF\xA9\x0E", 4000: "\xFF\xDD\x1E"} { // 62+1897, 62+3998
			h := &lastHead{}
			r := NewReader(false, h)
			r.Feed(0, []byte(begins()+headers(size+strings.Repeat("\x40\x01a\x01b", n))))
			r.Feed(0, []byte(headers(index)))
			if (n > 2000) != (h.lost == want) || n < 2000 && h.why != Whole {
				t.Errorf("%d fields: lost: %v, %v", n, h.lost, h.why)
			}
		}
	}
}

// TestLargeTable: a sender that fills a table of any size is followed, for any number
// of fields.
func TestLargeTable(t *testing.T) {
	for _, size := range []uint32{100, 4096, 5000, MaxTable} {
		var block bytes.Buffer
		e := hpack.NewEncoder(&block)
		e.SetMaxDynamicTableSizeLimit(size)
		e.SetMaxDynamicTableSize(size)
		h, q := &lastHead{}, rand.New(rand.NewPCG(1, uint64(size)))
		r := NewReader(false, h)
		r.Feed(0, []byte(begins()))
		for i := range 2000 {
			block.Reset()
			var want []hpack.HeaderField
			for range q.IntN(20) {
				f := hpack.HeaderField{Name: fmt.Sprint("name-", q.IntN(30)), Value: strings.Repeat("v", q.IntN(3)*q.IntN(40)) + fmt.Sprint(q.IntN(100))}
				_ = e.WriteField(f)
				want = append(want, f)
			}
			if r.Feed(0, []byte(headers(block.String()))); fmt.Sprint(h.fields) != fmt.Sprint(want) || h.why != Whole {
				t.Fatalf("table of %d, block %d: %v, %q; want %q", size, i, h.why, h.fields, want)
			}
		}
		if n := r.Octets(); n > int(size)+keptBlock+keptFields*40+keptFields*40 {
			t.Errorf("table of %d: %d octets are held", size, n)
		}
	}
}

// lastHead keeps the fields of the last head.
type lastHead struct {
	quiet
	fields []hpack.HeaderField
	why    Incomplete
	lost   Loss
}

func (h *lastHead) Head(x *Head)            { h.fields, h.why = append(h.fields[:0], x.Fields...), x.Why }
func (h *lastHead) Lost(_ uint64, why Loss) { h.lost = why }

// TestOverLimit: fields beyond the limit are dropped, and what follows is decoded
// nevertheless.
func TestOverLimit(t *testing.T) {
	long := "\x00\x01n" + text("v", 1024-33) // 1 KiB with the name and 32 for the field
	tests := []struct {
		name  string
		block string
		want  int
		why   Incomplete
	}{
		{"as many as may be", strings.Repeat("\x88", MaxFields), MaxFields, Whole},
		{"one more", strings.Repeat("\x88", MaxFields+1), MaxFields, OverLimit},
		{"as large as may be", strings.Repeat(long, 128), 128, Whole},
		{"larger, and a short one behind", strings.Repeat(long, 129) + "\x88", 128, OverLimit},
		{"one that is too large", "\x88\x00\x01n" + text("v", MaxSection), 1, OverLimit},
		{"references to what is large", "\x40\x01n" + text("v", 4096-33) + strings.Repeat("\xBE", 1000), 32, OverLimit},
	}
	for _, tt := range tests {
		h := &lastHead{}
		r := NewReader(false, h)
		r.Feed(0, []byte(begins()+headers(tt.block)))
		if h.lost != 0 {
			t.Fatalf("%s: lost, %v", tt.name, h.lost)
		}
		if n := len(h.fields); h.why != tt.why || n != tt.want {
			t.Errorf("%s: %d fields, %v; want %d, %v", tt.name, n, h.why, tt.want, tt.why)
		}
		r.Feed(0, []byte(headers(tt.block+"\x40\x01a\x01b")))
		if r.Feed(0, []byte(headers("\xBE"))); h.why != Whole || fmt.Sprint(h.fields) != fmt.Sprint([]hpack.HeaderField{{Name: "a", Value: "b"}}) {
			t.Errorf("%s: then %q, %v", tt.name, h.fields, h.why)
		}
		if n := r.Octets(); n > MaxTable+keptBlock+keptFields*40 {
			t.Errorf("%s: %d octets are held", tt.name, n)
		}
	}
}

// TestLargeBlock: in how many frames a header block is too large makes no difference.
func TestLargeBlock(t *testing.T) {
	part := strings.Repeat("\x88", 16<<10)
	for _, more := range []int{0, 1} {
		h := &lastHead{}
		r := NewReader(false, h)
		r.Feed(0, []byte(begins()+frame(Headers, 0, 1, part)))
		for range MaxBlock/len(part) - 1 {
			r.Feed(0, []byte(frame(Continuation, 0, 1, part)))
		}
		if n := r.Octets(); n < MaxBlock || n > 2*MaxBlock {
			t.Errorf("%d octets are held", n)
		}
		r.Feed(0, []byte(frame(Continuation, FlagEndHeaders, 1, part[:more])))
		if more == 0 && h.why != OverLimit || more == 1 && h.lost != HeadTooLarge {
			t.Errorf("%d more: %v, lost: %v", more, h.why, h.lost)
		}
	}
}

// text gives a string literal (RFC 7541 section 5.2) of n octets.
func text(octet string, n int) string {
	if n < 127 {
		return string(rune(n)) + strings.Repeat(octet, n)
	}
	length := []byte{127}
	for left := n - 127; ; left >>= 7 {
		if left < 128 {
			return string(append(length, byte(left))) + strings.Repeat(octet, n)
		}
		length = append(length, byte(left)|0x80)
	}
}

// bombs are header blocks that take much to decode for their length, or leave much behind.
func bombs() map[string]string {
	const (
		largest = "\x3F\xE1\xFF\x03"
		add     = "\x55\x00" // age, which is empty
	)
	return map[string]string{
		"short fields":                    strings.Repeat(add, 100<<10),
		"short fields into a large table": largest + strings.Repeat(add, 100<<10),
		"many sizes":                      strings.Repeat("\x20"+largest, 50<<10),
		"references to what is large":     largest + "\x40\x01n" + text("v", 16000) + strings.Repeat("\xBE", 200<<10),
		"large among many":                largest + strings.Repeat(add, 1200) + "\x40\x01n" + text("v", 16000) + strings.Repeat("\xBE", 200<<10),
		"names of what is large":          largest + "\x40" + text("n", 16000) + "\x00" + strings.Repeat("\x0F\x2F\x00", 70<<10),
		"fields larger than the table":    largest + strings.Repeat("\x40\x01n"+text("v", MaxTable), 3),
	}
}

// TestBombs: little is left of them.
func TestBombs(t *testing.T) {
	for name, block := range bombs() {
		h := &lastHead{}
		r := NewReader(false, h)
		r.Feed(0, []byte(begins()))
		for range 4 {
			r.Feed(0, []byte(headers(block)))
		}
		if n := r.Octets(); h.lost != 0 || n > MaxTable+keptBlock+keptFields*40 {
			t.Errorf("%s: lost: %v; %d octets are held", name, h.lost, n)
		}
	}
}

// BenchmarkBombs compares what they take with the first of them, short fields: none takes
// ten times as long.
func BenchmarkBombs(b *testing.B) {
	all := bombs()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		b.Run(name, func(b *testing.B) {
			r := NewReader(false, &lastHead{})
			r.Feed(0, []byte(begins()))
			data := []byte(headers(all[name]))
			for b.Loop() {
				r.Feed(0, data)
			}
		})
	}
}

// TestForget: a large block is not held by what has read it.
func TestForget(t *testing.T) {
	r := NewReader(false, &quiet{})
	r.Feed(0, []byte(begins()+frame(Headers, 0, 1, strings.Repeat("\x88", 100<<10))))
	w := weak.Make(&r.block[0])
	r.Feed(0, []byte(frame(Continuation, FlagEndHeaders, 1, "")))
	if runtime.GC(); w.Value() != nil {
		t.Error("the block is held")
	}
	r.Feed(0, []byte(headers("\x88")))
	if r.Lost() {
		t.Error("lost")
	}
}
