package rules

import (
	"strings"

	"github.com/handshark/handshark/analyzer"
)

// ConnectionFields gives the field lines of a head in HTTP/2 that belong to a connection of
// HTTP/1.1 and make it malformed (RFC 9113 section 8.2.2).
func ConnectionFields(m *analyzer.Message) []int {
	var all []int
	for i := range m.NumFields() {
		switch strings.ToLower(m.Name(i)) {
		case "connection", "upgrade", "keep-alive", "proxy-connection", "transfer-encoding":
			all = append(all, i)
		case "te":
			if !strings.EqualFold(m.Value(i), "trailers") {
				all = append(all, i)
			}
		}
	}
	return all
}

// UpperCaseFields gives the field lines of a head in HTTP/2 whose names have upper-case
// letters, which makes it malformed, too (RFC 9113 section 8.2.1).
func UpperCaseFields(m *analyzer.Message) []int {
	var all []int
	for i := range m.NumFields() {
		if name := m.Name(i); name != strings.ToLower(name) {
			all = append(all, i)
		}
	}
	return all
}
