package capture

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tree makes files below a new working directory, which it enters.
func tree(t *testing.T, files map[string][]byte) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, content := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestExpand(t *testing.T) {
	c := samplePcap(t, 1)
	tree(t, map[string][]byte{
		"d/b.pcap": c, "d/a.bin": c, "d/notes.txt": []byte("hello"), "d/sub/z.pcapng": samplePcapng(t, 1),
		"d/sub/y.gz": gzipped(t, c), "d/sub/x.gz": gzipped(t, []byte("text")), "d/empty.pcap": nil,
		"none/readme": []byte("hello"), "[odd].pcap": c, "page.pcap": []byte("<html>"),
	})
	if err := os.Symlink("d/b.pcap", "link.pcap"); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("nowhere", "dangling.pcap"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name     string
		args     []string
		files    []string
		problems []string
	}{
		{"directory", []string{"d"}, []string{"d/a.bin", "d/b.pcap", "d/empty.pcap", "d/sub/y.gz", "d/sub/z.pcapng"}, nil},
		{"directory without captures", []string{"none"}, nil, []string{"capture: none: no capture in this directory"}},
		{"pattern", []string{"d/*.pcap"}, []string{"d/b.pcap", "d/empty.pcap"}, nil},
		{"pattern without a match", []string{"q*.pcap"}, nil, []string{"capture: q*.pcap: no file matches"}},
		{"malformed pattern", []string{"q[.pcap"}, nil, []string{"capture: q[.pcap: malformed pattern"}},
		{"a name that looks like a pattern", []string{"[odd].pcap"}, []string{"[odd].pcap"}, nil},
		{"named files are kept whatever they hold", []string{"page.pcap", "-"}, []string{"page.pcap", "-"}, nil},
		{"missing file", []string{"x.pcap", "d/b.pcap"}, []string{"d/b.pcap"}, []string{"capture: x.pcap: no such file or directory"}},
		{"dangling link", []string{"dangling.pcap"}, nil, []string{"capture: dangling.pcap: no such file or directory"}},
		{"duplicates", []string{"d/b.pcap", "./d/../d/b.pcap", "link.pcap", "-", "-", "d/b*"}, []string{"d/b.pcap", "-"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			files, errs := Expand(t.Context(), c.args)
			if d := cmp.Diff(c.files, files); d != "" {
				t.Error(d)
			}
			var problems []string
			for _, err := range errs {
				problems = append(problems, err.Error())
			}
			if d := cmp.Diff(c.problems, problems); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestOpenDirectory(t *testing.T) {
	tree(t, map[string][]byte{"d/x": nil})
	_, err := Open("d", 0, OpenOptions{})
	if err == nil || err.Error() != "capture: d: is a directory" {
		t.Errorf("got %v", err)
	}
}

// TestExpandCalledOff looks through a directory for somebody who went away.
func TestExpandCalledOff(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/a.pcap", samplePcap(t, 1), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if files, problems := Expand(ctx, []string{dir}); len(files)+len(problems) > 0 {
		t.Errorf("found %q, %v", files, problems)
	}
}
