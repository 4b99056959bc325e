package report

import (
	"bytes"
	"encoding/json"
	"io"
	"reflect"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// FuzzRecord reads any JSON as a record: what is written reads back as the same
// record, and neither it nor the table made of it acts on a terminal.
func FuzzRecord(f *testing.F) {
	f.Add(filled[Handshake]().AppendJSON(nil))
	f.Add((&Handshake{}).AppendJSON(nil))
	for _, h := range few().handshakes {
		f.Add(h.AppendJSON(nil))
	}
	f.Add([]byte(`{"url":{"base64":"/8P+"},"request":{"fields":[{"name":"a\u001b[2J","value":"\ud800"}]},"stream":-1,"timing_ms":{"total":1e300}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var h, again Handshake
		if len(data) > 1<<14 || json.Unmarshal(data, &h) != nil {
			return
		}
		written := h.AppendJSON(nil)
		if err := json.Unmarshal(written, &again); err != nil {
			t.Fatalf("%v in %s", err, written)
		}
		if diff := cmp.Diff(h, again, cmpopts.EquateEmpty(), cmpopts.EquateApproxTime(0)); diff != "" {
			t.Errorf("read back:\n%s", diff)
		}
		if twice := again.AppendJSON(nil); !bytes.Equal(written, twice) {
			t.Errorf("written twice:\n%s\n%s", written, twice)
		}
		steers(t, "JSON", written)
		if harmless(reflect.ValueOf(h)) {
			steers(t, "table", tableOf(t, &h))
		}
	})
}

// harmless reports whether the words of v that are not Text hold no control
// characters: they are words of the program, never of a capture.
func harmless(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.String:
		return v.Type() == reflect.TypeFor[Text]() || !strings.ContainsFunc(v.String(), unicode.IsControl)
	case reflect.Pointer:
		return v.IsNil() || harmless(v.Elem())
	case reflect.Slice:
		for i := range v.Len() {
			if !harmless(v.Index(i)) {
				return false
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() && !harmless(v.Field(i)) {
				return false
			}
		}
	}
	return true
}

// tableOf makes the table of one record, in narrow columns.
func tableOf(t *testing.T, h *Handshake) []byte {
	var out bytes.Buffer
	w := NewTable(&out, TableOptions{All: true, Width: 60})
	if err := w.Handshake(Record{Handshake: h}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(&Tail{}); err != nil && err != io.EOF {
		t.Fatal(err)
	}
	return out.Bytes()
}

// steers fails if b holds control characters or is not UTF-8.
func steers(t *testing.T, what string, b []byte) {
	t.Helper()
	if !utf8.Valid(b) {
		t.Errorf("%s is not UTF-8: %q", what, b)
	}
	for _, r := range string(b) {
		if unicode.IsControl(r) && r != '\n' {
			t.Errorf("%s holds %q: %q", what, r, b)
			return
		}
	}
}
