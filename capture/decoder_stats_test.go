package capture

import "testing"

func TestTallyIsBounded(t *testing.T) {
	d := NewDecoder(DecoderOptions{})
	for i := range uint32(10000) {
		d.fail("number %d", i)
		d.countLink(LinkType(i), 1)
	}
	if n := len(d.undecodable); n != maxReasons+1 || len(d.links) != maxLinkCounts {
		t.Errorf("%d reasons, %d link types; want %d, %d", n, len(d.links), maxReasons+1, maxLinkCounts)
	}
}
