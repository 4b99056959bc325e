package capture

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// corpusDir finds the captures that others recorded, which are no part of the
// repository.
func corpusDir(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("HANDSHARK_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "shared", "corpus")
	}
	if _, err := os.Stat(filepath.Join(dir, "manifest.json")); errors.Is(err, fs.ErrNotExist) {
		t.Skip("no corpus: set HANDSHARK_CORPUS to a folder with manifest.json")
	}
	return dir
}

// corpusDiffers lists the files whose frame count is not tshark's, which
// refuses all of them.
var corpusDiffers = map[string]uint64{
	// One record is damaged; the seven behind it can be read.
	"suricata-verify/tests/bug-1450-04/tls_DER-incomplete-header.pcap": 13,
	// Link type 285 is only unknown to tshark.
	"tcpdump/tests/edsa.pcap": 10,
	// The second record claims 1.4 GB; tshark takes the file for another
	// variant of pcap then, tcpdump stops as well.
	"suricata-verify/tests/bug-6875-01/fuzz.pcap": 1,
	// A section of an unknown version stands before another good one.
	"gopacket/pcapgo/tests/le/test901.pcapng": 2,
}

func TestCorpusFrames(t *testing.T) {
	dir := corpusDir(t)
	text, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var list []struct {
		File    string
		Packets uint64
	}
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	for _, c := range list {
		s, err := Open(filepath.Join(dir, c.File), 0, OpenOptions{})
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		_, err = readAll(s)
		want, differs := corpusDiffers[c.File]
		if !differs {
			want = c.Packets
		}
		if got := s.Info().Frames; got != want {
			t.Errorf("%s: got %d frames, want %d (%v, %v)", c.File, got, want, err, s.Info().Problems)
		}
		s.Close()
	}
}
