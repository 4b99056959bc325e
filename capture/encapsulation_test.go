package capture

import (
	"fmt"
	"strings"
)

// udpTo puts UDP to a port, given in hexadecimal, and IPv4 around a payload.
func udpTo(port, payload string) string {
	return fmt.Sprintf("%s c000 %s %04x 0000 ", outerUDP, port, 8+octetCount(payload)) + payload
}

// octetCount is the length of annotated hexadecimal.
func octetCount(text string) int {
	n := 0
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "//")
		n += len(strings.Join(strings.Fields(line), ""))
	}
	return n / 2
}

// Tables of every way in which the tests wrap the same packet.

func linkEncapsulations() []encapsulation {
	const (
		dot11Data = `0801 0000 020000000001 020000000002 020000000003 0000` // to the distribution system
		dot11QoS  = `8801 0000 020000000001 020000000002 020000000003 0000 0000`
		snapIP    = `aaaa03 000000 0800`
		radiotap  = `00 00 0800 00000000`
	)
	return []encapsulation{
		{"ethernet", LinkEthernet, ethGet, false, nil},
		{"ethernet, ipv6", LinkEthernet, macs + "86dd" + ip6Get, true, nil},
		{"ethernet, padding", LinkEthernet, ethGet + "000000000000", false, nil},
		{"ethernet, ipv4 options", LinkEthernet, macs + `0800
			47 00 0034 0001 4000 40 06 0000 c0000201 c0000202
			94040000 01010100` + tcpGet, false, nil},
		{"ethernet, malformed ipv4 options", LinkEthernet, macs + `0800
			46 00 0030 0001 4000 40 06 0000 c0000201 c0000202
			07ff0000` + tcpGet, false, nil},
		{"ethernet, total length zero", LinkEthernet, macs + `0800
			45 00 0000 0001 4000 40 06 0000 c0000201 c0000202` + tcpGet, false, nil},
		{"802.3 with SNAP", LinkEthernet, macs + "0034" + snapIP + ip4Get + "0000", false, nil},
		{"vlan", LinkEthernet, macs + "8100 2007 0800" + ip4Get, false, []string{"vlan 7"}},
		{"priority tag", LinkEthernet, macs + "8100 2000 0800" + ip4Get, false, nil},
		{"qinq", LinkEthernet, macs + "88a8 0064 8100 0007 86dd" + ip6Get, true, []string{"vlan 100", "vlan 7"}},
		{"qinq, old value", LinkEthernet, macs + "9100 0064 8100 0007 0800" + ip4Get, false, []string{"vlan 100", "vlan 7"}},
		{"three tags", LinkEthernet, macs + "88a8 0001 8100 0002 8100 0003 0800" + ip4Get, false, []string{"vlan 1", "vlan 2", "vlan 3"}},
		{"linux cooked", LinkLinuxSLL, "0000 0001 0006 0200000000010000 0800" + ip4Get, false, nil},
		{"linux cooked, vlan", LinkLinuxSLL, "0000 0001 0006 0200000000010000 8100 0007 0800" + ip4Get, false, []string{"vlan 7"}},
		{"linux cooked, long address", LinkLinuxSLL, "0000 0020 0014 0200000000010000 0800" + ip4Get, false, nil},
		{"linux cooked 2", LinkLinuxSLL2, "0800 0000 00000002 0001 00 06 0200000000010000" + ip4Get, false, nil},
		{"linux cooked 2, ipv6", LinkLinuxSLL2, "86dd 0000 00000002 0304 00 06 0200000000010000" + ip6Get, true, nil},
		{"linux cooked, monitor mode", LinkLinuxSLL, "0000 0323 0006 0200000000010000 0004" + radiotap + dot11Data + snapIP + ip4Get, false, nil},
		{"raw", LinkRaw, ip4Get, false, nil},
		{"raw, ipv6", LinkRaw, ip6Get, true, nil},
		{"raw, BSD value", LinkRawBSD, ip4Get, false, nil},
		{"raw, OpenBSD value", LinkRawOpenBSD, ip6Get, true, nil},
		{"ipv4", LinkIPv4, ip4Get, false, nil},
		{"ipv6", LinkIPv6, ip6Get, true, nil},
		{"null, little endian", LinkNull, "02000000" + ip4Get, false, nil},
		{"null, big endian", LinkNull, "00000002" + ip4Get, false, nil},
		{"null, Darwin", LinkNull, "1e000000" + ip6Get, true, nil},
		{"null, FreeBSD", LinkNull, "1c000000" + ip6Get, true, nil},
		{"null, NetBSD", LinkNull, "18000000" + ip6Get, true, nil},
		{"null, Linux", LinkNull, "0a000000" + ip6Get, true, nil},
		{"loop", LinkLoop, "00000018" + ip6Get, true, nil},
		{"ppp", LinkPPP, "0021" + ip4Get, false, nil},
		{"ppp, address and control", LinkPPP, "ff03 0057" + ip6Get, true, nil},
		{"ppp, compressed protocol", LinkPPP, "21" + ip4Get, false, nil},
		{"ppp in hdlc", LinkPPPHDLC, "ff03 0021" + ip4Get, false, nil},
		{"cisco hdlc as ppp", LinkPPPHDLC, "0f00 0800" + ip4Get, false, nil},
		{"ppp with direction", LinkPPPWithDirection, "01 ff03 0021" + ip4Get, false, nil},
		{"cisco hdlc", LinkCiscoHDLC, "8f00 0800" + ip4Get, false, nil},
		{"pppoe without ethernet", LinkPPPEther, "11 00 0011 002e 0021" + ip4Get, false, []string{"pppoe 17"}},
		{"802.11", LinkIEEE80211, dot11Data + snapIP + ip4Get, false, nil},
		{"802.11, check sequence", LinkIEEE80211, dot11Data + snapIP + ip4Get + "deadbeef", false, nil},
		{"802.11, QoS", LinkIEEE80211, dot11QoS + snapIP + ip4Get, false, nil},
		{"802.11, four addresses", LinkIEEE80211, `0803 0000 020000000001 020000000002 020000000003 0000
			020000000004` + snapIP + ip4Get, false, nil},
		{"802.11, aggregated", LinkIEEE80211, `8801 0000 020000000001 020000000002 020000000003 0000 8000
			020000000001 020000000002 0034` + snapIP + ip4Get, false, nil},
		{"radiotap", LinkIEEE80211Radio, radiotap + dot11Data + snapIP + ip4Get, false, nil},
		{"radiotap, padded header", LinkIEEE80211Radio, "00 00 0900 02000000 20" + dot11QoS + "0000" + snapIP + ip4Get, false, nil},
		{"radiotap, timestamp and two presence words", LinkIEEE80211Radio, `00 00 1900 03000080 00000000
			00000000 0000000000000000 20` + dot11QoS + "0000" + snapIP + ip4Get, false, nil},
		{"prism", LinkIEEE80211Prism, "44000000 90000000" + strings.Repeat("00", 136) + dot11Data + snapIP + ip4Get, false, nil},
		{"avs", LinkIEEE80211AVS, "80211001 00000010 0000000000000000" + dot11Data + snapIP + ip4Get, false, nil},
		{"ppi", LinkPPI, "00 00 0800 01000000" + ethGet, false, nil},
		{"nflog", LinkNFLog, `02 00 0000
			0800 0100 08000100   // packet header
			0500 0a00 41 000000  // prefix, padded
			3000 0900` + ip4Get, false, nil},
		{"nflog, big endian", LinkNFLog, "02 00 0000 0008 0001 08000100 0030 0009" + ip4Get, false, nil},
		{"pktap", LinkPktap, "6c000000 01000000 01000000" + strings.Repeat("00", 96) + ethGet, false, nil},
		{"dsa", LinkDSA, macs + "c0010000 0800" + ip4Get, false, nil},
		{"edsa", LinkEDSA, macs + "dada 0000 c0010000 0800" + ip4Get, false, nil},
		{"ip over infiniband", LinkIPoIB, strings.Repeat("00", 20) + "00000550 fe8000000000000000000000664ab451 0800 0000" + ip4Get, false, nil},
	}
}

func tunnelEncapsulations() []encapsulation {
	const eth = macs
	udp := func(port, payload string) string {
		return eth + "0800" + udpTo(port, payload)
	}
	gre := func(header string) string { return eth + "0800" + outerGRE + header }
	tunnels := []encapsulation{
		{"mpls", 1, eth + "8847 00064040 00065140" + ip4Get, false, []string{"mpls"}},
		{"mpls, ipv6", 1, eth + "8847 00065140" + ip6Get, true, []string{"mpls"}},
		{"mpls pseudowire", 1, eth + "8847 00065140" + ethGet, false, []string{"mpls"}},
		{"mpls pseudowire, control word", 1, eth + "8847 00065140 00000000" + ethGet, false, []string{"mpls"}},
		{"mpls pseudowire, address like IPv4", 1, eth + "8847 00065140 450000000001 0200000000020800" + ip4Get, false, []string{"mpls"}},
		{"pppoe", 1, eth + "8864 11 00 0011 002e 0021" + ip4Get + "0000", false, []string{"pppoe 17"}},
		{"pppoe in vlan", 1, eth + "8100 0007 8864 11 00 0011 0042 0057" + ip6Get, true, []string{"vlan 7", "pppoe 17"}},
		{"provider backbone", 1, eth + "88e7 00000005" + ethGet, false, []string{"pbb 5"}},
		{"vn-tag", 1, eth + "8926 00000000 0800" + ip4Get, false, nil},
		{"fabric path", 1, eth + "8903 0000" + ethGet, false, nil},
		{"nsh", 1, eth + "894f 0fc6 0103 00000100 00000000000000000000000000000000" + ethGet, false, []string{"nsh"}},
		{"4in4", 1, eth + "0800 45 00 0040 0002 0000 40 04 0000 c6336401 c6336402" + ip4Get, false, []string{"4in4"}},
		{"6in4", 1, eth + "0800 45 00 0054 0002 0000 40 29 0000 c6336401 c6336402" + ip6Get, true, []string{"6in4"}},
		{"4in6", 1, eth + "86dd 60000000 002c 04" + outer6b + ip4Get, false, []string{"4in6"}},
		{"6in6", 1, eth + "86dd 60000000 0040 29" + outer6b + ip6Get, true, []string{"6in6"}},
		{"gre", 1, gre("0000 0800" + ip4Get), false, []string{"gre"}},
		{"gre, checksum, key, sequence", 1, gre("b000 86dd 00000000 0000002a 00000001" + ip6Get), true, []string{"gre"}},
		{"gre, ethernet", 1, gre("2000 6558 0000002a" + ethGet), false, []string{"gre"}},
		{"gre, ppp", 1, gre("3081 880b 002e0001 00000001 00000001 0021" + ip4Get), false, []string{"gre"}},
		{"gre, wccp", 1, gre("0000 883e 00000000" + ip4Get), false, []string{"gre"}},
		{"erspan I", 1, gre("0000 88be" + ethGet), false, []string{"erspan 0"}},
		{"erspan II", 1, gre("1000 88be 00000001 1007 0005 00000000" + ethGet), false, []string{"erspan 5"}},
		{"erspan III", 1, gre("1000 22eb 00000001 2007 0005 00000000 0000 0000" + ethGet), false, []string{"erspan 5"}},
		{"erspan III, subheader", 1, gre("1000 22eb 00000001 2007 0005 00000000 0000 0001 0000000000000000" + ethGet), false, []string{"erspan 5"}},
		{"vxlan", 1, udp("12b5", "08000000 00002a00"+ethGet), false, []string{"vxlan 42"}},
		{"vxlan, linux port", 1, udp("2118", "08000000 00002a00"+ethGet), false, []string{"vxlan 42"}},
		{"vxlan, vlans", 1, eth + "8100 0007 0800" + udpTo("12b5", "08000000 00002a00"+macs+"8100 0008 0800"+ip4Get), false, []string{"vlan 7", "vxlan 42", "vlan 8"}},
		{"vxlan-gpe", 1, udp("12b6", "0c000001 00002a00"+ip4Get), false, []string{"vxlan 42"}},
		{"geneve", 1, udp("17c1", "0000 6558 00002a00"+ethGet), false, []string{"geneve 42"}},
		{"geneve, options", 1, udp("17c1", "0600 0800 00002a00 0102 80 01 00000000 0102 81 03 000000000000000000000000"+ip4Get), false, []string{"geneve 42"}},
		{"gtp", 1, udp("0868", "30 ff 002c 00000001"+ip4Get), false, []string{"gtp"}},
		{"gtp, answered from its port", 1, eth + "0800" + outerUDP + "0868 c000 003c 0000 30 ff 002c 00000001" + ip4Get, false, []string{"gtp"}},
		{"gtp, sequence", 1, udp("0868", "32 ff 0030 00000001 00010000"+ip4Get), false, []string{"gtp"}},
		{"gtp, extension headers", 1, udp("0868", "34 ff 0050 00000001 00000085 01100085 01100000"+ip6Get), true, []string{"gtp"}},
		{"etherip", 1, eth + "0800 45 00 0000 0002 0000 40 61 0000 c6336401 c6336402 3000" + ethGet, false, []string{"etherip"}},
		{"ipsec ah", 1, eth + "0800 45 00 0044 0001 4000 40 33 0000 c0000201 c0000202 06 04 0000 00000001 00000001 000000000000000000000000" + tcpGet, false, nil},
	}
	return append(tunnels, extensionEncapsulations()...)
}

func extensionEncapsulations() []encapsulation {
	const addresses = "40 20010db8000000000000000000000001 20010db8000000000000000000000002"
	ext := func(length, next, headers string) string {
		return macs + "86dd 60000000" + length + next + addresses + headers + tcpGet
	}
	return []encapsulation{
		{"hop-by-hop", 1, ext("0020", "00", "06 00 050200000100"), true, nil},
		{"payload length zero", 1, ext("0000", "06", ""), true, nil},
		{"destination options", 1, ext("0020", "3c", "06 00 010400000000"), true, nil},
		{"routing type 0", 1, ext("0030", "2b", "06 02 00 00 00000000 20010db8000000000000000000000003"), true, nil},
		{"segment routing", 1, ext("0030", "2b", "06 02 04 00 00000000 20010db8000000000000000000000003"), true, nil},
		{"atomic fragment", 1, ext("0020", "2c", "06 00 0000 00000001"), true, nil},
		{"chain", 1, ext("0030", "00", "2b 00 010400000000 3c 00 00 00 00000000 06 00 010400000000"), true, nil},
		{"ipsec ah over ipv6", 1, ext("0030", "33", "06 04 0000 00000001 00000001 000000000000000000000000"), true, nil},
	}
}
