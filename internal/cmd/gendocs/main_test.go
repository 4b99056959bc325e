package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/handshark/handshark/rules"
)

func TestWriteThenCheck(t *testing.T) {
	dir := t.TempDir()
	if stale, err := run(dir, true); err != nil || len(stale) == 0 {
		t.Fatalf("empty directory: got %v, %v; want pages out of date", stale, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "root-cause.md")); err == nil {
		t.Fatal("-check wrote a page")
	}
	if _, err := run(dir, false); err != nil {
		t.Fatal(err)
	}
	if stale, err := run(dir, true); err != nil || len(stale) != 0 {
		t.Errorf("after writing: got %v, %v; want nothing", stale, err)
	}
}

func TestLeftoversGo(t *testing.T) {
	dir := t.TempDir()
	if _, err := run(dir, false); err != nil {
		t.Fatal(err)
	}
	gone, own := filepath.Join(dir, "rules", "gone-rule.md"), filepath.Join(dir, "rules", "written-by-hand.md")
	for path, text := range map[string]string{gone: rules.Generated + "\n", own: "# mine\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := run(dir, false); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(gone); err == nil {
		t.Error("generated page of a rule that is gone was kept")
	}
	if _, err := os.Stat(own); err != nil {
		t.Error("a page that was not generated is gone")
	}
}
