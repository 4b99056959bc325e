package diagnosis_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/handshark/handshark/report"
)

// corpusFile is an entry of the manifest of captures that others recorded.
type corpusFile struct {
	File       string `json:"file"`
	Handshakes []struct {
		Frame  uint64 `json:"frame"`
		Client string `json:"client"`
		URI    string `json:"uri"`
		Status *int   `json:"status"`
	} `json:"handshakes"`
}

// corpus gives the folder of captures that others recorded. They state no
// licence or carry credentials, so they are not part of this repository.
func corpus(t *testing.T) string {
	t.Helper()
	for _, dir := range []string{os.Getenv("HANDSHARK_CORPUS"), "../../shared/corpus"} {
		if _, err := os.Stat(filepath.Join(dir, "manifest.json")); dir != "" && err == nil {
			return dir
		}
	}
	t.Skip("no corpus: set HANDSHARK_CORPUS to a folder of captures with a manifest.json")
	return ""
}

func manifest(t *testing.T, dir string) []corpusFile {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var files []corpusFile
	if err := json.Unmarshal(data, &files); err != nil {
		t.Fatal(err)
	}
	return files
}

// corpusDisagreements are files in which the manifest, which is tshark's
// reading, and this project differ, with the reason why this project is right.
func corpusDisagreements() map[string]string {
	return map[string]string{}
}

// TestCorpus reads every capture of the corpus: no panic, and the handshakes of
// the manifest are found.
func TestCorpus(t *testing.T) {
	dir := corpus(t)
	for _, f := range manifest(t, dir) {
		t.Run(f.File, func(t *testing.T) {
			got := analyzeFile(t, filepath.Join(dir, f.File))
			if why, ok := corpusDisagreements()[f.File]; ok {
				t.Log("differs from the manifest: " + why)
				return
			}
			checkCorpus(t, f, got)
		})
	}
}

func checkCorpus(t *testing.T, f corpusFile, got []*report.Handshake) {
	t.Helper()
	found := map[uint64]*report.Handshake{}
	for _, h := range got {
		if h.Request != nil && h.WebSocket == "yes" {
			for _, at := range h.Request.At {
				found[at.Frame] = h
			}
		}
	}
	if n := countYes(got); n != len(f.Handshakes) {
		t.Errorf("%d handshakes; manifest has %d", n, len(f.Handshakes))
	}
	for _, w := range f.Handshakes {
		h := found[w.Frame]
		switch {
		case h == nil:
			t.Errorf("no handshake in frame %d (%s %s)", w.Frame, w.Client, w.URI)
		case w.Status != nil && statusOf(h) != *w.Status:
			t.Errorf("frame %d: status %d; manifest has %d", w.Frame, statusOf(h), *w.Status)
		}
	}
}

func countYes(got []*report.Handshake) int {
	n := 0
	for _, h := range got {
		if h.WebSocket == "yes" && h.Request != nil {
			n++
		}
	}
	return n
}
