package tls

import "testing"

// TestOctets begins a long record of which little comes: the room for all of it counts.
func TestOctets(t *testing.T) {
	var f Facts
	r := NewReader(&f)
	r.Decrypt(NewKeyLog(), false, nil, nil)
	r.Feed(Client, 0, []byte("\x15\x03\x03\x00\x02\x01\x00"+"\x17\x03\x03\x40\x00"+"x"))
	if n := r.Octets(); n < 1<<14 {
		t.Errorf("%d octets are told to be held, want the record's %d at least", n, 1<<14)
	}
	if n := NewReader(&f).Octets(); n != 0 {
		t.Errorf("%d octets are told to be held without decryption", n)
	}
}
