package report

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/handshark/handshark/analyzer/http1"
)

// keptOf keeps a record after n others of its kind.
func keptOf(k *Kinds, h *Handshake, n int) Kept {
	var b Builder
	var x Encoded
	var kept Kept
	for i := range n + 1 {
		b.encode(&x, h)
		kept.Octets, kept.Manner = k.Keep(nil, &x, i)
	}
	kept.Kinds = k
	return kept
}

// TestKeptReadsBack: a record reads back as it was written, and of the third of its
// kind on only what varies is kept.
func TestKeptReadsBack(t *testing.T) {
	var k Kinds
	for _, c := range []reportCase{few(), many()} {
		for i, h := range c.handshakes {
			want := string(h.AppendJSON(nil))
			for n := range 4 {
				kept := keptOf(&k, h, n)
				if got := string(kept.AppendJSON(nil)); got != want {
					t.Fatalf("%s, record %d: got\n%s\nwant\n%s", c.name, i, got, want)
				}
				if n > 1 && (kept.Manner&ofKind == 0 || 3*len(kept.Octets) > 2*len(want)) {
					t.Errorf("%s, record %d: %d octets of %d are kept", c.name, i, len(kept.Octets), len(want))
				}
			}
		}
	}
}

// TestKindsAreBounded: of more kinds than are kept records are kept whole, and what
// was kept before is as it was.
func TestKindsAreBounded(t *testing.T) {
	var k Kinds
	var all []Kept
	var want []string
	for n := range kindsMost + 10 {
		h := filled[Handshake]()
		h.Outcome = strings.Repeat("x", n+1)
		want, all = append(want, string(h.AppendJSON(nil))), append(all, keptOf(&k, h, 2))
	}
	whole := 0
	for i := range all {
		if all[i].Manner&ofKind == 0 {
			whole++
		}
		if got := string(all[i].AppendJSON(nil)); got != want[i] {
			t.Fatalf("record %d: got\n%s\nwant\n%s", i, got, want[i])
		}
	}
	if len(k.all) != kindsMost || whole != 10 {
		t.Errorf("%d kinds, %d records are kept whole", len(k.all), whole)
	}
}

// TestKindsAreCompared: what comes to the same place with the same hash is compared.
func TestKindsAreCompared(t *testing.T) {
	var b Builder
	var x Encoded
	var k Kinds
	h := filled[Handshake]()
	for i := range 4 {
		if i == 3 {
			for n := range b.kinds {
				if one := b.kinds[n].kind; one != nil {
					one.choices[0]++
				}
			}
		}
		b.encode(&x, h)
		if _, manner := k.Keep(nil, &x, i); (manner&ofKind != 0) != (i == 2) {
			t.Errorf("record %d: manner %d", i, manner)
		}
	}
}

// TestRedactionsVary: redactions are numbered in whatever part of a record they stand.
func TestRedactionsVary(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		h := filled[Handshake]()
		h.texts(func(x *Text, _ place) {
			if r.IntN(3) == 0 {
				*x = Text(fmt.Sprintf("a%s9%s%016x%s", markStart, markMiddle, r.IntN(5), markEnd))
			}
		})
		var k Kinds
		for n := range 4 {
			var whole, parts Ordinals
			kept := keptOf(&k, h, n)
			record := Record{Kept: kept}
			got, want := string(record.appendJSON(nil, &parts)), string(whole.JSON(nil, h.AppendJSON(nil)))
			if got != want {
				t.Fatalf("got\n%s\nwant\n%s", got, want)
			}
		}
	}
}

// TestNumberedAhead: redactions that are numbered ahead are numbered as they are while a
// record is written, whatever it stands on.
func TestNumberedAhead(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, format := range []func(io.Writer, Tool) Writer{NewJSON, NewNDJSON} {
		var later, ahead bytes.Buffer
		one, two := format(&later, Tool{}), format(&ahead, Tool{})
		var k Kinds
		for n := range 60 {
			h := filled[Handshake]()
			h.texts(func(x *Text, _ place) {
				if r.IntN(3) == 0 {
					*x = Text(strings.Repeat("\xff", r.IntN(2)) + strings.Repeat("a", r.IntN(140)) + markStart + "9" + markMiddle + fmt.Sprintf("%016x", r.IntN(200)) + markEnd + strings.Repeat(markStart, r.IntN(2)))
				}
			})
			record := Record{Handshake: h}
			if n%3 > 0 {
				record = Record{Kept: keptOf(&k, h, n%4)}
			}
			if n%3 > 1 {
				record.Kept.Change.SupersededBy = "0123456789ab"
			}
			if err := one.Handshake(record); err != nil {
				t.Fatal(err)
			}
			room := two.(Numberer).Number([]byte("before"), &record)
			if string(room) != "before"+string(record.Kept.Octets) {
				t.Fatalf("record %d does not stand on what was appended", n)
			}
			if err := two.Handshake(record); err != nil {
				t.Fatal(err)
			}
		}
		if later.String() != ahead.String() {
			t.Errorf("got\n%.3000s\nwant\n%.3000s", ahead.String(), later.String())
		}
	}
}

// TestOddTextsRecur: a text that is not verbatim and stands in a record several times is the
// same each time, however long.
func TestOddTextsRecur(t *testing.T) {
	for _, size := range []int{1, 100, 123, 124, 125, 126, 127, 128, 300, 20_000} {
		h := filled[Handshake]()
		odd := Text("\"" + strings.Repeat("a", size))
		h.Tunnel = nil // so that those two come one behind the other
		h.URL, h.AnsweredBy = odd, odd
		want := string(h.AppendJSON(nil))
		if again, err := decode([]byte(want)); err != nil || again.AnsweredBy != odd {
			t.Fatalf("%d octets: %v", size, err)
		}
		var k Kinds
		for n := range 4 {
			kept := keptOf(&k, h, n)
			if got := string(kept.AppendJSON(nil)); got != want {
				t.Errorf("%d octets: got\n%.500s\nwant\n%.500s", size, got, want)
			}
		}
	}
}

// TestChoicesSettleTheRest: records of which all choices are the same differ in their
// pieces alone, whatever they hold.
func TestChoicesSettleTheRest(t *testing.T) {
	ofKinds := 0
	rapid.Check(t, func(t *rapid.T) {
		var b Builder
		var k Kinds
		b.known, b.phrases = new(lineTable), new(phrases)
		records := make([]Handshake, 3)
		for i := range records {
			draw(t, reflect.ValueOf(&records[i]).Elem())
		}
		for range 12 {
			var x Encoded
			h := &records[rapid.IntRange(0, 2).Draw(t, "which")]
			if rapid.Bool().Draw(t, "changed") {
				draw(t, reflect.ValueOf(h).Elem().Field(rapid.IntRange(0, 27).Draw(t, "field")))
			}
			b.encode(&x, h)
			kept := Kept{Kinds: &k}
			if kept.Octets, kept.Manner = k.Keep(nil, &x, 0); kept.Manner&ofKind != 0 {
				ofKinds++
			}
			if got, want := string(kept.AppendJSON(nil)), string(h.AppendJSON(nil)); got != want {
				t.Fatalf("got\n%s\nwant\n%s", got, want)
			}
		}
	})
	if ofKinds < 50 {
		t.Errorf("%d records were of a kind: that shows nothing", ofKinds)
	}
}

// draw puts few values into v, so that they recur.
func draw(t *rapid.T, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.SetZero(); rapid.Bool().Draw(t, "there") {
			v.Set(reflect.New(v.Type().Elem()))
			draw(t, v.Elem())
		}
	case reflect.Slice:
		n := rapid.IntRange(0, 2).Draw(t, "items")
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			draw(t, v.Index(i))
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[Time]() {
			v.Set(reflect.ValueOf(TimeOf(rapid.Int64Range(0, 3e9).Draw(t, "time"))))
			return
		}
		for i := range v.NumField() {
			draw(t, v.Field(i))
		}
	case reflect.String:
		v.SetString(rapid.SampledFrom([]string{"", "a", "b", "ab", "longer than that", `"`, "é", "\xff", strings.Repeat("x", 300)}).Draw(t, "text"))
	case reflect.Int, reflect.Int64:
		v.SetInt(rapid.Int64Range(0, 300).Draw(t, "number"))
	case reflect.Uint64:
		v.SetUint(rapid.Uint64Range(0, 300).Draw(t, "number"))
	case reflect.Float64:
		v.SetFloat(float64(rapid.IntRange(0, 9).Draw(t, "tenths")) / 10)
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "yes"))
	default:
		t.Fatalf("what is a %s?", v.Type())
	}
}

// TestKnownPartsAreChosen: records that differ in a line, a form or a phrase that is known
// are of other kinds.
func TestKnownPartsAreChosen(t *testing.T) {
	var ahead http1.Ahead
	texts := []string{"aaaaaaaaaaaa", "bbbbbbbbbbbb"}
	for _, of := range []string{"line", "form", "phrase"} {
		var b Builder
		var x Encoded
		var k Kinds
		kindred := 0
		for i := range 20 {
			h, v := attempt("192.0.2.1:4000", "198.51.100.2:80"), verdict()
			switch text := texts[i%2]; of {
			case "line":
				h.Request = headOf([3]string{"GET", "/", "HTTP/1.1"}, "User-Agent: "+text)
			case "form":
				h.Request = formedHeads(&ahead, http1.Request, "GET / HTTP/1.1", "User-Agent: "+text+"\nCookie: a=b", []string{""})[0]
			default:
				v.Findings[0].Fix = text
			}
			want := Build(h, v, Env{}).AppendJSON(nil)
			b.Encode(&x, h, v, Env{})
			octets, manner := k.Keep(nil, &x, i)
			kept := Kept{Octets: octets, Manner: manner, Kinds: &k}
			if got := kept.AppendJSON(nil); string(got) != string(want) {
				t.Fatalf("%s, record %d: got\n%.900s\nwant\n%.900s", of, i, got, want)
			}
			if manner&ofKind != 0 {
				kindred++
			}
		}
		if kindred < 8 {
			t.Errorf("%s: %d records are of a kind", of, kindred)
		}
	}
}
