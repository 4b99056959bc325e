package diagnosis_test

import (
	"encoding/binary"
	"encoding/hex"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/handshark/handshark/capture"
)

// wrapping puts the network packet of every recorded packet into other headers.
type wrapping struct {
	name string
	link capture.LinkType
	path string // the path that the report names, joined by ", "
	wrap func(etherType uint16, ip []byte) []byte
}

// octets reads hexadecimal with blanks.
func octets(text string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

func join(parts ...[]byte) []byte {
	var b []byte
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

func u16(n int) []byte { return binary.BigEndian.AppendUint16(nil, uint16(n)) }

const snap = "802.3 SNAP"

const twoMACs = "020000000001 020000000002"

// ethernet gives an Ethernet frame.
func ethernet(etherType uint16, ip []byte) []byte {
	return join(octets(twoMACs), u16(int(etherType)), ip)
}

// outerIPv4 gives an IPv4 packet between two routers.
func outerIPv4(protocol byte, payload []byte) []byte {
	head := join(octets("45 00"), u16(20+len(payload)), octets("0001 0000 40"), []byte{protocol}, octets("0000 c6336401 c6336402"))
	return join(head, payload)
}

// outerIPv6 gives an IPv6 packet between two routers.
func outerIPv6(next byte, payload []byte) []byte {
	return join(octets("60000000"), u16(len(payload)), []byte{next}, octets("40 20010db8000000000000000000000001 20010db8000000000000000000000002"), payload)
}

// outerUDP gives a UDP datagram between two routers.
func outerUDP(port int, payload []byte) []byte {
	return outerIPv4(17, join(u16(49152), u16(port), u16(8+len(payload)), u16(0), payload))
}

func isIPv6(etherType uint16) bool { return etherType == 0x86dd }

// pick gives one of two texts by IP version, as octets.
func pick(etherType uint16, v4, v6 string) []byte {
	if isIPv6(etherType) {
		return octets(v6)
	}
	return octets(v4)
}

// headed makes a wrapping that puts fixed octets, which end with the EtherType,
// in front of the network packet.
func headed(name string, link capture.LinkType, path, head string) wrapping {
	return wrapping{name, link, path, func(t uint16, ip []byte) []byte { return join(octets(head), u16(int(t)), ip) }}
}

func linkWrappings() []wrapping {
	family := func(name string, link capture.LinkType, v4, v6 string) wrapping {
		return wrapping{name, link, "", func(t uint16, ip []byte) []byte { return join(pick(t, v4, v6), ip) }}
	}
	const dot11 = "0801 0000 020000000001 020000000002 020000000003 0000 aaaa03 000000"
	return []wrapping{
		{"ethernet", capture.LinkEthernet, "", ethernet},
		{snap, capture.LinkEthernet, "", func(t uint16, ip []byte) []byte {
			return join(octets(twoMACs), u16(8+len(ip)), octets("aaaa03 000000"), u16(int(t)), ip)
		}},
		headed("sll", capture.LinkLinuxSLL, "", "0000 0001 0006 0200000000010000"),
		{"sll2", capture.LinkLinuxSLL2, "", func(t uint16, ip []byte) []byte {
			return join(u16(int(t)), octets("0000 00000002 0001 00 06 0200000000010000"), ip)
		}},
		family("raw", capture.LinkRaw, "", ""),
		family("raw bsd", capture.LinkRawBSD, "", ""),
		family("null little endian", capture.LinkNull, "02000000", "1e000000"),
		family("null big endian", capture.LinkNull, "00000002", "0000001c"),
		family("loop", capture.LinkLoop, "00000002", "00000018"),
		family("ppp", capture.LinkPPP, "ff03 0021", "ff03 0057"),
		family("ppp bare", capture.LinkPPP, "0021", "0057"),
		headed("802.11", capture.LinkIEEE80211, "", dot11),
		headed("radiotap", capture.LinkIEEE80211Radio, "", "00 00 0800 00000000"+dot11),
	}
}

func tunnelWrappings() []wrapping {
	const eth = capture.LinkEthernet
	return []wrapping{
		headed("vlan", eth, "vlan 7", twoMACs+"8100 0007"),
		headed("qinq", eth, "vlan 100, vlan 7", twoMACs+"88a8 0064 8100 0007"),
		{"mpls", eth, "mpls", func(_ uint16, ip []byte) []byte {
			return join(octets(twoMACs+"8847 00064040 00065140"), ip)
		}},
		{"mpls pseudowire", eth, "mpls", func(t uint16, ip []byte) []byte {
			return join(octets(twoMACs+"8847 00065140 00000000"), ethernet(t, ip))
		}},
		{"pppoe", eth, "pppoe 17", func(t uint16, ip []byte) []byte {
			return join(octets(twoMACs+"8864 11 00 0011"), u16(2+len(ip)), pick(t, "0021", "0057"), ip)
		}},
		{"gre", eth, "gre", func(t uint16, ip []byte) []byte {
			return ethernet(0x0800, outerIPv4(47, join(octets("0000"), u16(int(t)), ip)))
		}},
		{"gre with key and sequence", eth, "gre", func(t uint16, ip []byte) []byte {
			return ethernet(0x0800, outerIPv4(47, join(octets("3000"), u16(int(t)), octets("0000002a 00000001"), ip)))
		}},
		{"gre over ipv6", eth, "gre", func(t uint16, ip []byte) []byte {
			return ethernet(0x86dd, outerIPv6(47, join(octets("0000"), u16(int(t)), ip)))
		}},
		{"ip in ip", eth, "", func(t uint16, ip []byte) []byte {
			return ethernet(0x0800, outerIPv4(pick(t, "04", "29")[0], ip))
		}},
		{"ip in ipv6", eth, "", func(t uint16, ip []byte) []byte {
			return ethernet(0x86dd, outerIPv6(pick(t, "04", "29")[0], ip))
		}},
		{"vxlan", eth, "vxlan 42", func(t uint16, ip []byte) []byte {
			return ethernet(0x0800, outerUDP(4789, join(octets("08000000 00002a00"), ethernet(t, ip))))
		}},
		{"vxlan flannel", eth, "vxlan 42", func(t uint16, ip []byte) []byte {
			return ethernet(0x0800, outerUDP(8472, join(octets("08000000 00002a00"), ethernet(t, ip))))
		}},
		{"geneve", eth, "geneve 42", func(t uint16, ip []byte) []byte {
			return ethernet(0x0800, outerUDP(6081, join(octets("0200 6558 00002a00 0102 80 01 00000000"), ethernet(t, ip))))
		}},
		{"gtp-u", eth, "gtp", func(_ uint16, ip []byte) []byte {
			return ethernet(0x0800, outerUDP(2152, join(octets("30 ff"), u16(len(ip)), octets("00000001"), ip)))
		}},
		{"erspan I", eth, "erspan 0", func(t uint16, ip []byte) []byte {
			return ethernet(0x0800, outerIPv4(47, join(octets("0000 88be"), ethernet(t, ip))))
		}},
		{"erspan II", eth, "erspan 5", func(t uint16, ip []byte) []byte {
			return ethernet(0x0800, outerIPv4(47, join(octets("1000 88be 00000001 1007 0005 00000000"), ethernet(t, ip))))
		}},
		{"erspan III", eth, "erspan 5", func(t uint16, ip []byte) []byte {
			return ethernet(0x0800, outerIPv4(47, join(octets("1000 22eb 00000001 2007 0005 00000000 0000 0000"), ethernet(t, ip))))
		}},
		{"vlan over sll", capture.LinkLinuxSLL, "vlan 7", func(t uint16, ip []byte) []byte {
			return join(octets("0000 0001 0006 0200000000010000 8100 0007"), u16(int(t)), ip)
		}},
		{"vxlan in vlan in gre", eth, "gre, vlan 7, vxlan 42", func(t uint16, ip []byte) []byte {
			inner := outerUDP(4789, join(octets("08000000 00002a00"), ethernet(t, ip)))
			frame := join(octets(twoMACs+"8100 0007 0800"), inner)
			return ethernet(0x0800, outerIPv4(47, join(octets("0000 6558"), frame)))
		}},
	}
}

// rewrap gives the packets of a recording with the headers of w.
func (w wrapping) rewrap(list []packet) []packet {
	out := make([]packet, len(list))
	for i, p := range list {
		etherType, ip := p.network()
		cut := p.wire - len(p.data)
		data := w.wrap(etherType, append(slices.Clip(ip), make([]byte, cut)...))
		out[i] = packet{p.time, len(data), w.link, data[:len(data)-cut]}
	}
	return out
}

// fits reports whether the headers can state the lengths of all packets: 802.3
// has lengths up to 1500 only.
func (w wrapping) fits(list []packet) bool {
	return w.name != snap || !slices.ContainsFunc(list, func(p packet) bool { return p.wire > 1500 })
}

// TestWrapped puts every recording into every link type and tunnel: the verdicts
// are those of the recording, in the same frames.
func TestWrapped(t *testing.T) {
	for _, file := range recordings(t) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".pcap"), func(t *testing.T) {
			list := readPackets(t, file)
			plain := analyzeBytes(t, pcapOf(t, list))
			for _, w := range append(linkWrappings(), tunnelWrappings()...) {
				if !w.fits(list) {
					continue
				}
				got := analyzeBytes(t, pcapOf(t, w.rewrap(list)))
				sameVerdicts(t, w.name, plain.handshakes, got.handshakes)
				sameMarks(t, w.name, plain.handshakes, got.handshakes)
				checkPath(t, w, got)
			}
		})
	}
}

func checkPath(t *testing.T, w wrapping, got analyzed) {
	t.Helper()
	for _, h := range got.handshakes {
		path := strings.Join(h.Path, ", ")
		if !strings.HasPrefix(path, w.path) || w.path == "" && slices.Contains(h.Path, "vlan 42") {
			t.Errorf("%s: path %q; want %q", w.name, path, w.path)
		}
	}
	for _, d := range got.damage() {
		t.Errorf("%s: %s", w.name, d)
	}
}
