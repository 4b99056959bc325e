package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

// tool makes a program that reads what it is fed, and fails from its n-th run on.
func tool(t *testing.T, n string) string {
	t.Helper()
	if _, err := os.Stat("/usr/bin/time"); err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	script := `#!/bin/sh
cat >/dev/null
echo >>` + dir + `/runs
test $(wc -l <` + dir + `/runs) -lt ` + n + ` || exit 1
echo '{"type":"capture","packets":4711}'
`
	if err := os.WriteFile(dir+"/tool", []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return dir + "/tool"
}

// A run that does not come to its end shows what it has.
func TestRowsAsTheyCome(t *testing.T) {
	for _, c := range []struct{ only, shown, lacks string }{
		{"half-open", "half-open (SYN flood)", "half-open, answered"},
		{"SYN,", "", ""},
		{"request", "half a request", "request, unanswered"},
	} {
		var out bytes.Buffer
		err := run(&out, options{tool: tool(t, "7"), scale: 1e-5, only: c.only})
		if failed := err != nil; failed == (c.lacks == "") {
			t.Errorf("%s: got %v", c.only, err)
		}
		if got := out.String(); c.lacks != "" && (!strings.Contains(got, c.shown) || strings.Contains(got, c.lacks)) {
			t.Errorf("%s: got\n%s\nwant %q, not %q", c.only, got, c.shown, c.lacks)
		}
	}
}

func TestUnknownLoad(t *testing.T) {
	err := run(new(bytes.Buffer), options{tool: "/none", only: "nonsense"})
	if err == nil || !strings.Contains(err.Error(), `"nonsense"`) || !strings.Contains(err.Error(), "\n  a hole in each") || !strings.Contains(err.Error(), "\n  open, silent") {
		t.Errorf("got %v, want the names of all loads", err)
	}
}
