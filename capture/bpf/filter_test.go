package bpf

import (
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/handshark/handshark/capture"
)

// tcp80 is IPv4 and TCP from port 1024 to port 80.
func tcp80() []byte {
	ip := make([]byte, 40)
	ip[0], ip[3], ip[8], ip[9] = 0x45, 40, 64, 6
	binary.BigEndian.PutUint16(ip[20:], 1024)
	binary.BigEndian.PutUint16(ip[22:], 80)
	ip[32] = 0x50
	return ip
}

func ethernet(payload ...[]byte) []byte {
	return slices.Concat(append([][]byte{make([]byte, 12), {0x08, 0x00}}, payload...)...)
}

func skipWithoutPcap(t *testing.T) {
	if !Available {
		t.Skip(ErrUnavailable)
	}
}

func TestMatch(t *testing.T) {
	skipWithoutPcap(t)
	sll2 := append([]byte{0x08, 0x00, 0, 0, 0, 0, 0, 1, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0}, tcp80()...)
	tests := []struct {
		name string
		link capture.LinkType
		data []byte
		expr string
		want bool
	}{
		{"ethernet", capture.LinkEthernet, ethernet(tcp80()), "tcp port 80", true},
		{"ethernet, other port", capture.LinkEthernet, ethernet(tcp80()), "tcp port 81", false},
		{"raw", capture.LinkRaw, tcp80(), "tcp port 80", true},
		{"cooked, second form", capture.LinkLinuxSLL2, sll2, "tcp dst port 80", true},
		{"cooked, second form, other port", capture.LinkLinuxSLL2, sll2, "tcp src port 80", false},
		{"loopback", capture.LinkNull, append([]byte{2, 0, 0, 0}, tcp80()...), "ip", true},
		{"expression of another link type", capture.LinkEthernet, ethernet(tcp80()), "wlan type mgt", false},
		{"length", capture.LinkRaw, tcp80(), "greater 41", false},
		{"unknown link type", 9999, tcp80(), "tcp", false},
		{"no bytes", capture.LinkRaw, nil, "tcp", false},
		{"no expression", capture.LinkRaw, tcp80(), "", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f, err := CompileFilter(test.expr)
			if err != nil {
				t.Fatal(err)
			}
			if got := f.Match(&capture.Packet{Link: test.link, Data: test.data, Wire: len(test.data)}); got != test.want {
				t.Errorf("Match = %t; want %t (%v)", got, test.want, f.Err(test.link))
			}
		})
	}
}

func TestMatchAllLinkTypesInOneFilter(t *testing.T) {
	skipWithoutPcap(t)
	f, err := CompileFilter("tcp")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		for _, p := range []capture.Packet{{Link: capture.LinkEthernet, Data: ethernet(tcp80())}, {Link: capture.LinkRaw, Data: tcp80()}} {
			if !f.Match(&p) {
				t.Errorf("%v: no match", p.Link)
			}
		}
	}
}

func TestCompileErrors(t *testing.T) {
	_, err := CompileFilter("tcp prot 80")
	if err == nil {
		t.Fatal("no error")
	}
	if !Available {
		if !errors.Is(err, ErrUnavailable) {
			t.Errorf("error %q; want %q", err, ErrUnavailable)
		}
		return
	}
	if !strings.Contains(err.Error(), `"tcp prot 80"`) || !strings.Contains(err.Error(), "syntax error") {
		t.Errorf("error %q names neither the expression nor the fault", err)
	}
}
