package report

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// fill sets everything that v holds to values that differ from each other, so
// that a key that is forgotten or confused shows.
func fill(v reflect.Value, n *int) {
	*n++
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[Time]() {
			v.Set(reflect.ValueOf(Time{time.Unix(int64(*n), int64(*n)).UTC()}))
			return
		}
		for i := range v.NumField() {
			fill(v.Field(i), n)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0), n)
		fill(v.Index(1), n)
	case reflect.String:
		v.SetString("text " + string(rune('a'+*n%26)) + " \"\\\n\t\x01<&>\u2028é" + time.Duration(*n).String())
		if v.Type() == reflect.TypeFor[Text]() && *n%3 == 0 {
			v.SetString(v.String() + "\xff\xfe")
		}
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Float64:
		v.SetFloat(float64(*n) / 8)
	case reflect.Uint64:
		v.SetUint(uint64(*n))
	default:
		v.SetInt(int64(*n))
	}
}

// filled gives a value of T with every field set.
func filled[T any]() *T {
	v, n := new(T), 0
	fill(reflect.ValueOf(v).Elem(), &n)
	return v
}

func decoded(t *testing.T, b []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatalf("not JSON: %v\n%s", err, b)
	}
	return v
}

func viaLibrary(t *testing.T, v any) any {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return decoded(t, b)
}

func TestEmitterWritesWhatEncodingJSONWrites(t *testing.T) {
	h := filled[Handshake]()
	if diff := cmp.Diff(viaLibrary(t, h), decoded(t, h.AppendJSON(nil))); diff != "" {
		t.Errorf("handshake (-encoding/json +emitter):\n%s", diff)
	}
	var buf bytes.Buffer
	w := NewJSON(&buf, Tool{Name: "handshark", Version: "1"})
	doc := Document{Schema: Schema, Tool: Tool{Name: "handshark", Version: "1"}, Handshakes: []Handshake{*h, *h}}
	tail := filled[Tail2]()
	doc.Captures, doc.Summary = tail.Captures, tail.Summary
	for range 2 {
		if err := w.Handshake(Record{Handshake: h}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(&Tail{Captures: tail.Captures, Summary: tail.Summary}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(viaLibrary(t, doc), decoded(t, buf.Bytes())); diff != "" {
		t.Errorf("document (-encoding/json +emitter):\n%s", diff)
	}
}

// Tail2 is the part of a Tail that is written.
type Tail2 struct {
	Captures []Capture
	Summary  Summary
}

func TestEmptyListsAreNotNull(t *testing.T) {
	h := Handshake{Request: &Request{}, Response: &Response{}, RootCause: &RootCause{}, Findings: []Finding{{}}}
	got := string(h.AppendJSON(nil))
	for _, key := range []string{"seen_on", "path", "interim", "fields", "at", "candidates", "evidence", "inconclusive", "legs"} {
		if !strings.Contains(got, `"`+key+`":[]`) {
			t.Errorf("%s is not an empty list in %s", key, got)
		}
	}
}

func TestTextRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := Text(rapid.SliceOf(rapid.Byte()).Draw(t, "text"))
		library, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range [][]byte{library, appendText(nil, want)} {
			var got Text
			if err := json.Unmarshal(b, &got); err != nil || got != want {
				t.Fatalf("got %q, %v; want %q; JSON %s", got, err, want, b)
			}
			if !utf8.Valid(b) {
				t.Fatalf("JSON is not UTF-8: %q", b)
			}
		}
	})
}

func TestJSONDoesNotSteerTerminals(t *testing.T) {
	in := "a\u202e\u2066\u009b\u061c\u2028\x1b\x7fé語"
	want := `"a\u202e\u2066\u009b\u061c\u2028\u001b\u007fé語"`
	if got := string(appendString(nil, in)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestTimeIsUTC(t *testing.T) {
	zone := time.FixedZone("x", 3600)
	for _, tc := range []struct {
		in   time.Time
		want string
	}{
		{time.Unix(0, 0), `"1970-01-01T00:00:00Z"`},
		{time.Unix(1_700_000_000, 120).In(zone), `"2023-11-14T22:13:20.00000012Z"`},
		{time.Unix(0, -1), `"1969-12-31T23:59:59.999999999Z"`},
	} {
		if got := string(appendTime(nil, Time{tc.in})); got != tc.want {
			t.Errorf("got %s, want %s", got, tc.want)
		}
	}
}

func BenchmarkAppendJSON(b *testing.B) {
	h := filled[Handshake]()
	var buf []byte
	for b.Loop() {
		buf = h.AppendJSON(buf[:0])
	}
	b.SetBytes(int64(len(buf)))
}

// TestVerbatim: what a string is written as without looking closer is what it is
// written as octet by octet.
func TestVerbatim(t *testing.T) {
	for at := range 20 {
		for c := range 256 {
			b := []byte("abcdefgh ~!#[]klmnop")
			b[at] = byte(c)
			want := c >= 0x20 && c < 0x7f && c != '"' && c != '\\'
			if got := isVerbatim(string(b)); got != want {
				t.Fatalf("octet %#x at %d: got %t, want %t", c, at, got, want)
			}
		}
	}
}
