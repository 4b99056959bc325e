package capture

import (
	"slices"
	"testing"
)

func TestCalledCapture(t *testing.T) {
	for name, want := range map[string]bool{
		"a.pcap": true, "A.PCAPNG": true, "a.cap": true, "ring.pcap12": true, "a.pcap.gz": true, "a.pcapng.zst": true, "a.b.cap.lz4": true,
		"a.txt": false, "pcap": false, "a.gz": false, "a.json": false, "a.pcap.txt": false, "a.pcapx": false, "": false,
	} {
		if got := calledCapture(name); got != want {
			t.Errorf("%q: %t, want %t", name, got, want)
		}
	}
}

// What is called a capture in a directory and is none is not passed over.
func TestExpandCalledCapture(t *testing.T) {
	tree(t, map[string][]byte{
		"d/a": samplePcap(t, 1), "d/page.pcap": []byte("<html>"), "d/empty.pcapng": nil, "d/notes.txt": []byte("hello"),
	})
	files, problems := Expand(t.Context(), []string{"d"})
	if want := []string{"d/a", "d/empty.pcapng", "d/page.pcap"}; !slices.Equal(files, want) || len(problems) != 0 {
		t.Errorf("got %v, %v; want %v", files, problems, want)
	}
}
