package diagnosis

import (
	"bytes"
	"context"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/rules"
	"github.com/handshark/handshark/rules/catalogue"
)

// TestScreening judges every handshake of the captures in testdata, and of
// copies with an octet changed here and there, with and without Rule.If: the
// verdicts have to be the same.
func TestScreening(t *testing.T) {
	files := capturesBelow(t, "../testdata/pcaps")
	if dir := os.Getenv("HANDSHARK_CORPUS"); dir != "" {
		files = append(files, capturesBelow(t, dir)...)
	}
	s := newScreening(t)
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		s.compare(file, data)
		rng := rand.New(rand.NewPCG(1, uint64(len(data))))
		for range 12 {
			if len(data) < 64<<10 {
				s.compare(file+", changed", changed(data, rng))
			}
		}
	}
	t.Logf("%d handshakes of %d captures", s.judged, len(files))
	if s.judged < len(files) {
		t.Errorf("%d handshakes judged in %d captures", s.judged, len(files))
	}
}

func capturesBelow(t *testing.T, dir string) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.Contains(filepath.Ext(path), "cap") {
			files = append(files, path)
		}
		return err
	})
	if err != nil || len(files) == 0 {
		t.Fatalf("no captures in %s: %v", dir, err)
	}
	return files
}

// changed gives a copy with some letters and digits replaced.
func changed(data []byte, rng *rand.Rand) []byte {
	const letters = "\r\n\t :;,=/\"?#@0189AGZagz-_.\x00\x80"
	out := slices.Clone(data)
	for range 3 {
		at := rng.IntN(len(out))
		if c := out[at]; c >= ' ' && c < 0x7F {
			out[at] = letters[rng.IntN(len(letters))]
		}
	}
	return out
}

// screening judges with and without Rule.If.
type screening struct {
	t         *testing.T
	with, not *rules.Engine
	judged    int
}

func newScreening(t *testing.T) *screening {
	s := &screening{t: t}
	var err error
	if s.with, err = rules.NewEngine(catalogue.All(), rules.Options{}); err != nil {
		t.Fatal(err)
	}
	if s.not, err = rules.NewEngine(catalogue.All(), rules.Options{Unscreened: true}); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *screening) compare(name string, data []byte) {
	r := newRun(context.Background(), s.with, 1, Options{Workers: 1, Open: capture.OpenOptions{Stdin: bytes.NewReader(data)}})
	defer r.ledger.close()
	p := newPipeline(r)
	p.doubt = func(h *analyzer.Handshake) { s.judge(name, h) }
	src, err := capture.OpenGroup(capture.Plan([]string{"-"}, 0, r.o.Open)[0], r.o.Open)
	if err != nil {
		return
	}
	defer src.Close()
	_ = p.read(src, p)
	p.finish()
}

func (s *screening) judge(name string, h *analyzer.Handshake) {
	s.judged++
	want, got := s.not.Judge(h), s.with.Judge(h)
	want.Tell()
	got.Tell()
	if !reflect.DeepEqual(got, want) {
		s.t.Errorf("%s: with Rule.If %v, without %v", name, ids(got), ids(want))
	}
}

func ids(v *rules.Verdict) []string {
	var list []string
	for i := range v.Findings {
		list = append(list, v.Findings[i].Rule.ID)
	}
	return list
}
