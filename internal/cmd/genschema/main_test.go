package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/handshark/handshark/report"
)

const root = "../../.."

func TestSchemaIsUpToDate(t *testing.T) {
	if err := run(filepath.Join(root, "docs", "report.schema.json"), true); err != nil {
		t.Error(err)
	}
}

func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	b, err := generate()
	if err != nil {
		t.Fatal(err)
	}
	s := new(jsonschema.Schema)
	if err := json.Unmarshal(b, s); err != nil {
		t.Fatal(err)
	}
	return s
}

func validate(t *testing.T, s *jsonschema.Schema, b []byte) error {
	t.Helper()
	resolved, err := s.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return resolved.Validate(v)
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, "report", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestReportsFollowTheSchema(t *testing.T) {
	for _, name := range []string{"few.json", "nothing.json"} {
		b := read(t, name)
		if err := validate(t, schema(t), b); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		d := json.NewDecoder(bytes.NewReader(b))
		d.DisallowUnknownFields()
		if err := d.Decode(new(report.Document)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLinesFollowTheSchema(t *testing.T) {
	parts := schema(t).Properties
	of := map[string]*jsonschema.Schema{
		"handshake": parts["handshakes"].Items, "capture": parts["captures"].Items, "summary": parts["summary"],
	}
	for line := range bytes.Lines(read(t, "few.ndjson")) {
		var keys map[string]json.RawMessage
		if err := json.Unmarshal(line, &keys); err != nil {
			t.Fatal(err)
		}
		var kind string
		if err := json.Unmarshal(keys["type"], &kind); err != nil || string(keys["schema"]) != `"`+report.Schema+`"` {
			t.Fatalf("line has type %s and schema %s", keys["type"], keys["schema"])
		}
		for _, own := range []string{"type", "schema"} {
			delete(keys, own)
		}
		if kind == "summary" {
			delete(keys, "tool")
		}
		rest, err := json.Marshal(keys)
		if err != nil {
			t.Fatal(err)
		}
		if err := validate(t, of[kind], rest); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

func TestSchemaRefuses(t *testing.T) {
	good := string(read(t, "nothing.json"))
	for name, bad := range map[string]string{
		"an unknown key": `{"more":1,` + good[1:],
		"no handshakes":  `{"schema":"x","tool":{"name":"a","version":"b"},"captures":[],"summary":{}}`,
	} {
		if validate(t, schema(t), []byte(bad)) == nil {
			t.Errorf("%s passes", name)
		}
	}
}
