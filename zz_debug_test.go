package handshark_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

func TestZZ(t *testing.T) {
	if os.Getenv("ZZ") == "" {
		t.Skip()
	}
	for _, f := range strings.Fields(os.Getenv("ZZ")) {
		for _, h := range analyzeFile(t, f) {
			fmt.Println(f, string(h.AppendJSON(nil)))
		}
	}
}
