package rules

import (
	"testing"

	"github.com/handshark/handshark/analyzer"
)

func TestOpening(t *testing.T) {
	in2 := &analyzer.Handshake{HTTP2: &analyzer.HTTP2{}, Response: &analyzer.Message{}}
	in2.Response.Status = 200
	for words, want := range map[string]string{
		"the 101 selects \"chat\"":              "the 200 selects \"chat\"",
		"the server answered 101 and then":      "the server answered 200 and then",
		`its 101 says "the 101 of \"the 101\""`: `its 200 says "the 101 of \"the 101\""`,
		`a 101, "the 101`:                       `a 200, "the 101`,
		"nothing of it":                         "nothing of it",
	} {
		if got := opening(in2, words); got != want {
			t.Errorf("%q: %q, want %q", words, got, want)
		}
		if got := opening(&analyzer.Handshake{}, words); got != words {
			t.Errorf("%q: in HTTP/1.1 %q", words, got)
		}
	}
}
