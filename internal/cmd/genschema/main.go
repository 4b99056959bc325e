// Command genschema writes docs/report.schema.json from the record types of
// package report. With -check it only tells whether the file is up to date.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"reflect"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/handshark/handshark/report"
)

func main() {
	check := flag.Bool("check", false, "report whether the schema is out of date, write nothing")
	path := flag.String("o", "docs/report.schema.json", "file to write")
	flag.Parse()
	if err := run(*path, *check); err != nil {
		fmt.Fprintln(os.Stderr, "genschema:", err)
		os.Exit(1)
	}
}

func run(path string, check bool) error {
	want, err := generate()
	if err != nil {
		return err
	}
	if !check {
		return os.WriteFile(path, want, 0o644)
	}
	got, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if !bytes.Equal(got, want) {
		return fmt.Errorf("%s is out of date; run go run ./internal/cmd/genschema", path)
	}
	return nil
}

// generate gives the schema of a report.Document.
func generate() ([]byte, error) {
	s, err := jsonschema.For[report.Document](&jsonschema.ForOptions{TypeSchemas: map[reflect.Type]*jsonschema.Schema{
		reflect.TypeFor[report.Text](): textSchema(),
		reflect.TypeFor[report.Time](): {Type: "string", Format: "date-time"},
	}})
	if err != nil {
		return nil, err
	}
	listsAreNotNull(s)
	s.Schema = "https://json-schema.org/draft/2020-12/schema"
	s.Title = report.Schema
	s.Description = "Report of handshark. --format json writes one such object; --format ndjson writes the items of handshakes and captures, and the summary, one per line, each with the keys type and schema in front. Within v1 keys are only added."
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err = e.Encode(s)
	return out.Bytes(), err
}

// textSchema is text from a capture: a string, or base64 where it is not UTF-8.
func textSchema() *jsonschema.Schema {
	return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{
		{Type: "string"},
		{
			Type: "object", Required: []string{"base64"}, AdditionalProperties: &jsonschema.Schema{Not: &jsonschema.Schema{}},
			Properties: map[string]*jsonschema.Schema{"base64": {Type: "string", ContentEncoding: "base64"}},
		},
	}}
}

// listsAreNotNull takes back that a slice may be null: reports write [].
func listsAreNotNull(s *jsonschema.Schema) {
	if s == nil {
		return
	}
	if s.Items != nil && len(s.Types) == 2 {
		s.Type, s.Types = "array", nil
	}
	listsAreNotNull(s.Items)
	for _, p := range s.Properties {
		listsAreNotNull(p)
	}
}
