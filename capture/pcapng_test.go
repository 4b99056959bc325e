package capture

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Blocks of a little-endian section, annotated: type, length, body, length.
const (
	ngSection = `0a0d0d0a 1c000000 4d3c2b1a 0100 0000 ffffffffffffffff 1c000000`
	ngIface   = `01000000 14000000 0100 0000 00000000 14000000` // Ethernet, microseconds
	ngPacket  = `06000000 24000000 00000000 00000000 01000000 03000000 09000000 61626300 24000000`
	ngCustom  = `ad0b0000 10000000 99000000 10000000`
)

func ng(t testing.TB, blocks ...string) []byte {
	t.Helper()
	var b []byte
	for _, block := range blocks {
		b = append(b, octets(t, block)...)
	}
	return b
}

func TestPcapngBlocks(t *testing.T) {
	abc := seen{1, 1000, 0, 1, 9, "abc"}
	frame := func(n uint64, s seen) seen { s.Frame = n; return s }
	for _, c := range []struct {
		name   string
		blocks []string
		want   []seen
	}{
		{"enhanced packet", []string{ngSection, ngIface, ngPacket}, []seen{abc}},
		{"simple packet takes the last time", []string{ngSection, ngIface, ngPacket, `03000000 14000000 09000000 61626300 14000000`},
			[]seen{abc, {2, 1000, 0, 1, 9, "abc\x00"}}},
		{"simple packet cut by the snap length", []string{ngSection, `01000000 14000000 0100 0000 02000000 14000000`,
			`03000000 14000000 09000000 61626300 14000000`}, []seen{{1, 0, 0, 1, 9, "ab"}}},
		{"obsolete packet block", []string{ngSection, ngIface,
			`02000000 24000000 0000 ffff 00000000 01000000 03000000 09000000 61626300 24000000`}, []seen{abc}},
		{"records that take a number", []string{ngSection, ngIface, ngCustom, `ad0b0040 10000000 99000000 10000000`,
			`09000000 10000000 5f413d31 10000000`, `04020000 0c000000 0c000000`, ngPacket}, []seen{frame(5, abc)}},
		{"records that take none", []string{ngSection, `0a000000 14000000 4b534c54 00000000 14000000`, ngIface,
			`04000000 10000000 00000000 10000000`, `ef000080 0c000000 0c000000`, `07000000 0c000000 0c000000`, ngPacket}, []seen{abc}},
		{"second section, big endian, its own interfaces", []string{ngSection, ngIface, ngPacket,
			`0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffffffffffff 0000001c`,
			`00000001 00000014 0071 0000 00000000 00000014`,
			`00000006 00000024 00000000 00000000 00000002 00000003 00000003 61626300 00000024`},
			[]seen{abc, {2, 2000, 1, 113, 3, "abc"}}},
		{"length without padding", []string{ngSection, ngIface,
			`06000000 23000000 00000000 00000000 01000000 03000000 09000000 616263 23000000`, ngPacket}, []seen{abc, frame(2, abc)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, _ := packets(t, ng(t, c.blocks...))
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestPcapngInfo(t *testing.T) {
	_, in := packets(t, ng(t, ngSection,
		`0a000000 18000000 4b534c54 04000000 6b657973 18000000`, // TLS key log "keys"
		`0a000000 18000000 4b4e4753 04000000 6b657973 18000000`, // WireGuard key log
		// if_name "eth0", if_tsresol 9
		`01000000 28000000 0100 0000 60000000 0200 0400 65746830 0900 0100 09000000 00000000 28000000`,
		`01000000 14000000 7100 0000 00000000 14000000`,
		// epb_dropcount 2, twice
		`06000000 30000000 00000000 00000000 01000000 00000000 00000000 0400 0800 0200000000000000 00000000 30000000`,
		`06000000 30000000 00000000 00000000 01000000 00000000 00000000 0400 0800 0200000000000000 00000000 30000000`,
		// isb_ifdrop 3, then isb_ifdrop 5 and isb_osdrop 1: they run from the start
		`05000000 28000000 00000000 00000000 00000000 0500 0800 0300000000000000 00000000 28000000`,
		`05000000 34000000 00000000 00000000 00000000 0500 0800 0500000000000000 0700 0800 0100000000000000 00000000 34000000`,
		// obsolete packet block of the second interface with 7 drops
		`02000000 20000000 0100 0700 00000000 01000000 00000000 09000000 20000000`,
		`02000000 20000000 0100 ffff 00000000 01000000 00000000 09000000 20000000`, // drops unknown
	))
	want := &Info{
		Name: "test", Format: "pcapng", Frames: 4, Packets: 4, Cut: 2, Drops: 6 + 7, First: 1, Last: 1000,
		Interfaces: []Interface{{"eth0", 1, 96}, {"", 113, 0}},
	}
	if d := cmp.Diff(want, in); d != "" {
		t.Error(d)
	}
}

func TestPcapngDamage(t *testing.T) {
	for _, c := range []struct {
		name    string
		blocks  []string
		frames  []uint64
		problem Problem
	}{
		{"trailing length differs", []string{`06000000 24000000 00000000 00000000 01000000 03000000 09000000 61626300 99000000`, ngPacket},
			[]uint64{1, 2}, Problem{0, 48, "block lengths differ: 36 in front, 153 behind; the first one is right", true}},
		{"length not a multiple of 4", []string{`06000000 25000000 00000000 00000000 01000000 03000000 09000000 61626300 24000000`, ngPacket},
			[]uint64{1}, Problem{0, 48, "block length 37 is not a multiple of 4: skipped 36 bytes", true}},
		{"length below 12", []string{`06000000 08000000 00000000`, ngPacket},
			[]uint64{1}, Problem{0, 48, "block length 8 is out of bounds: skipped 12 bytes", true}},
		{"length 0", []string{`06000000 00000000 00000000`, ngPacket},
			[]uint64{1}, Problem{0, 48, "block length 0 is out of bounds: skipped 12 bytes", true}},
		{"length of 4 GiB", []string{`06000000 fcffffff 00000000`, ngPacket},
			[]uint64{1}, Problem{0, 48, "block length 4294967292 is out of bounds: skipped 12 bytes", true}},
		{"length beyond the file", []string{`06000000 00100000 00000000`, ngPacket},
			[]uint64{1}, Problem{0, 48, "block length 4096 runs past the end of the file: skipped 12 bytes", true}},
		{"next section found", []string{`ffffffff ffffffff ffffffff ff`, ngSection, ngIface, ngPacket},
			[]uint64{1}, Problem{0, 48, "block length 4294967295 is out of bounds: skipped 13 bytes", true}},
		{"captured length beyond the block", []string{`06000000 24000000 00000000 00000000 01000000 05000000 09000000 61626300 24000000`, ngPacket},
			[]uint64{2}, Problem{1, 48, "captured length 5 in a block that holds 4 bytes", false}},
		{"unknown interface", []string{`06000000 24000000 01000000 00000000 01000000 03000000 09000000 61626300 24000000`, ngPacket},
			[]uint64{2}, Problem{1, 48, "packet of interface 1, of which the section has 1", false}},
		{"version 2", []string{`0a0d0d0a 1c000000 4d3c2b1a 0200 0000 ffffffffffffffff 1c000000`, ngIface, ngPacket, ngSection, ngIface, ngPacket},
			[]uint64{1}, Problem{0, 48, "section of pcapng version 2.0 cannot be read and is skipped", true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, in := packets(t, ng(t, append([]string{ngSection, ngIface}, c.blocks...)...))
			var frames []uint64
			for _, p := range got {
				frames = append(frames, p.Frame)
			}
			if !slices.Equal(frames, c.frames) {
				t.Errorf("got frames %v, want %v", frames, c.frames)
			}
			if d := cmp.Diff([]Problem{c.problem}, in.Problems); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestResolution(t *testing.T) {
	for _, c := range []struct {
		octet  uint8
		offset int64
		units  uint64
		want   int64
	}{
		{0, 0, 3, 3e9},
		{3, 0, 1500, 1.5e9},
		{6, 0, 1_700_000_000_123_456, 1_700_000_000_123_456_000},
		{9, 0, 1_700_000_000_123_456_789, 1_700_000_000_123_456_789},
		{12, 0, 1999, 1},
		{19, 0, math.MaxUint64, 1_844_674_407},
		{28, 0, math.MaxUint64, 1},
		{29, 0, math.MaxUint64, 0},
		{64, 0, math.MaxUint64, 0},
		{127, 0, math.MaxUint64, 0},
		{0x80, 0, 3, 3e9},
		{0x80 | 1, 0, 3, 1.5e9},
		{0x80 | 20, 0, 1_835_008, 1.75e9},
		{0x80 | 32, 0, 7 << 30, 1.75e9},
		{0x80 | 63, 0, 7 << 61, 1.75e9},
		{0x80 | 64, 0, 1 << 63, 5e8},
		{0x80 | 65, 0, 1 << 63, 2.5e8},
		{0x80 | 127, 0, math.MaxUint64, 0},
		{6, 10, 5, 10_000_005_000},
		{6, -10, 5, -9_999_995_000},
		{0, 0, math.MaxUint64, math.MaxInt64},
		{9, math.MaxInt64, math.MaxUint64, math.MaxInt64},
		{9, math.MinInt64, 0, -9_223_372_036e9},
	} {
		r := newResolution(c.octet)
		r.setOffset(c.offset)
		if got := r.time(c.units); got != c.want {
			t.Errorf("resolution %#x offset %d: %d units: got %d, want %d", c.octet, c.offset, c.units, got, c.want)
		}
	}
}

// Secrets and interfaces of a hostile file are bounded.
func TestPcapngBounds(t *testing.T) {
	var b bytes.Buffer
	w, _ := NewPcapngWriter(&b)
	for range maxInterfaces + 10 {
		w.AddInterface(Interface{Link: 1})
	}
	log := make([]byte, 7<<20)
	for range 3 {
		w.WriteSecrets(log)
	}
	logs := 0
	s, err := NewSource(&b, "test", 0, OpenOptions{Secrets: func(Secrets) { logs++ }})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := readAll(s); err != io.EOF {
		t.Fatalf("got error %v, want EOF", err)
	}
	if in := s.Info(); len(in.Interfaces) != maxInterfaces || logs != 2 || len(in.Problems) != 11 {
		t.Errorf("got %d interfaces, %d key logs, %d problems", len(in.Interfaces), logs, len(in.Problems))
	}
}

// Key logs come in their place between the packets, those of other protocols not at all.
func TestPcapngSecrets(t *testing.T) {
	var got []string
	s, err := NewSource(bytes.NewReader(ng(t, ngSection, ngIface,
		`0a000000 18000000 4b534c54 04000000 6b657973 18000000`, // TLS key log "keys"
		ngPacket,
		`0a000000 18000000 4b4e4753 04000000 6b657973 18000000`, // WireGuard key log
		`0a000000 18000000 4b534c54 04000000 6d6f7265 18000000`, // "more"
		ngPacket,
	)), "test", 0, OpenOptions{Secrets: func(s Secrets) { got = append(got, string(s.KeyLog)) }})
	if err != nil {
		t.Fatal(err)
	}
	for p := (Packet{}); s.Next(&p) == nil; {
		got = append(got, "packet")
	}
	if want := []string{"keys", "packet", "more", "packet"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Damage in every single octet is survived, and costs no more than what it hits.
func TestPcapngFlipEverywhere(t *testing.T) {
	whole := samplePcapng(t, 6)
	for i := 28; i < len(whole); i++ {
		b := bytes.Clone(whole)
		b[i] ^= 0xff
		s := mustOpen(t, b)
		got, _ := readAll(s)
		if len(got) < 2 && binary.LittleEndian.Uint32(b[28:]) == blockInterface && i > 100 {
			t.Errorf("octet %d: got %d of 6 packets, problems %v", i, len(got), s.Info().Problems)
		}
	}
}
