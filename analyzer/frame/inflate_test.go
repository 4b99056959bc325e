package frame

import (
	"bytes"
	"compress/flate"
	"io"
	"strings"
	"testing"
)

// deflated gives messages as permessage-deflate sends them (RFC 7692 section 7.2.1).
func deflated(tb testing.TB, level int, takeover bool, messages ...string) [][]byte {
	tb.Helper()
	var (
		b    bytes.Buffer
		list [][]byte
	)
	w, err := flate.NewWriter(&b, level)
	if err != nil {
		tb.Fatal(err)
	}
	for _, m := range messages {
		if b.Reset(); !takeover {
			w.Reset(&b)
		}
		if _, err := io.WriteString(w, m); err != nil {
			tb.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			tb.Fatal(err)
		}
		list = append(list, bytes.TrimSuffix(bytes.Clone(b.Bytes()), []byte{0, 0, 0xFF, 0xFF}))
	}
	return list
}

func TestInflate(t *testing.T) {
	texts := []string{
		`0{"sid":"RHWUIX6nppTqbygiAAAA","upgrades":[],"pingInterval":25000,"pingTimeout":20000}`,
		"", `44{"message":"unauthorized"}`, `44{"message":"unauthorized"}`, strings.Repeat("abc", 900), strings.Repeat("\x00", 3000),
		"of many kinds: " + strings.Repeat("the quick brown fox jumps over 0123456789 ", 3),
	}
	for _, level := range []int{flate.HuffmanOnly, flate.NoCompression, flate.BestSpeed, flate.DefaultCompression, flate.BestCompression} {
		for _, takeover := range []bool{false, true} {
			x := Inflater{Takeover: takeover}
			for i, m := range deflated(t, level, takeover, texts...) {
				if got, err := x.Message(m); err != nil || string(got) != texts[i] {
					t.Errorf("level %d, takeover %t, message %d: %q, %v; want %q", level, takeover, i, got, err, texts[i])
				}
			}
		}
	}
}

// TestInflateExamples holds to the examples of RFC 7692 section 7.2.3.
func TestInflateExamples(t *testing.T) {
	x := Inflater{Takeover: true}
	for _, payload := range []string{
		"\xf2\x48\xcd\xc9\xc9\x07\x00", "\xf2\x00\x11\x00\x00", // the second one refers to the first
		"\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00", "\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00",
	} {
		if got, err := x.Message([]byte(payload)); err != nil || string(got) != "Hello" {
			t.Errorf("%x gives %q, %v; want Hello", payload, got, err)
		}
	}
}

// TestInflateHostile reads what is broken or would be large: it fails, and nothing
// after it is read.
func TestInflateHostile(t *testing.T) {
	for name, payload := range map[string]string{
		"nothing":             "",
		"ends in a block":     "\xf2\x48\xcd",
		"no final bits":       "\xf2\x48\xcd\xc9\xc9\x07",
		"back too far":        "\xf2\x00\x11\x00\x00",
		"reserved block":      "\x06\x00",
		"stored, wrong check": "\x00\x05\x00\xfa\xfe\x48\x65\x6c\x6c\x6f\x00",
		"stored, too long":    "\x00\xff\xff\x00\x00\x48",
		"incomplete code":     "\x24\x22\x24\x20\x30\x30\x30\x30\x30\x37\x37\x31\x31\x31\x32\x24\x32\x32\x32\x32\x25\xad\x39\x31\x39\x32\x42\xfb\x32\x59\x32\x59\x32\x59\x32\x00",
		"a last block":        "\xf3\x48\xcd\xc9\xc9\x07\x00\x00",
		"too long":            string(deflated(t, 9, false, strings.Repeat("a", InflateLimit+1))[0]),
	} {
		x := Inflater{Takeover: true}
		if got, err := x.Message([]byte(payload)); err == nil || len(x.out) > InflateLimit {
			t.Errorf("%s: %d octets, %v", name, len(got), err)
		}
		if _, err := x.Message([]byte("\xf2\x48\xcd\xc9\xc9\x07\x00")); err == nil {
			t.Errorf("%s: goes on after that", name)
		}
	}
}

func TestInflateContextEnds(t *testing.T) {
	var x Inflater
	list := deflated(t, 9, true, "Hello, Hello, Hello", "Hello, Hello, Hello")
	if _, err := x.Message(list[0]); err != nil {
		t.Fatal(err)
	}
	if got, err := x.Message(list[1]); err == nil {
		t.Errorf("refers to %q although no context is taken over", got)
	}
}

// FuzzInflate holds what is read of any two messages to compress/flate, and to the
// bound.
func FuzzInflate(f *testing.F) {
	for _, level := range []int{flate.HuffmanOnly, 0, 1, 9} {
		list := deflated(f, level, true, `0{"sid":"a"}`, `44{"message":"unauthorized, unauthorized"}`)
		f.Add(list[0], list[1], true)
		f.Add(list[1], list[0], false)
	}
	f.Fuzz(func(t *testing.T, first, second []byte, takeover bool) {
		x := Inflater{Takeover: takeover}
		var context []byte
		for _, payload := range [][]byte{first, second} {
			got, err := x.Message(payload)
			if len(x.out) > InflateLimit {
				t.Fatalf("%d octets", len(x.out))
			}
			if err != nil {
				return
			}
			want := inflatedBySome(payload, context)
			if !bytes.Equal(got, want) {
				t.Fatalf("%x after %q gives %q; want %q", payload, context, got, want)
			}
			if takeover {
				context = append(context, got...)
			}
		}
	})
}

// inflatedBySome gives what compress/flate makes of a message.
func inflatedBySome(payload, context []byte) []byte {
	whole := append(bytes.Clone(payload), 0, 0, 0xFF, 0xFF, 1, 0, 0, 0xFF, 0xFF)
	out, err := io.ReadAll(flate.NewReaderDict(bytes.NewReader(whole), context))
	if err != nil {
		return []byte("error: " + err.Error())
	}
	return out
}
