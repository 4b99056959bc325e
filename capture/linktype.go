package capture

import "strconv"

// LinkType is a link-layer header type as files carry it (LINKTYPE_ value).
type LinkType uint32

// The link types that a [Decoder] looks through.
const (
	LinkNull             LinkType = 0   // BSD loopback, address family in either byte order
	LinkEthernet         LinkType = 1   // Ethernet II and IEEE 802.3
	LinkPPP              LinkType = 9   // PPP, with or without address and control
	LinkRawBSD           LinkType = 12  // raw IP under the value that most systems use for DLT_RAW
	LinkRawOpenBSD       LinkType = 14  // raw IP under OpenBSD's value of DLT_RAW
	LinkPPPHDLC          LinkType = 50  // PPP in HDLC-like framing, or Cisco HDLC
	LinkPPPEther         LinkType = 51  // PPPoE session without the Ethernet header
	LinkRaw              LinkType = 101 // raw IPv4 or IPv6
	LinkCiscoHDLC        LinkType = 104 // Cisco HDLC
	LinkIEEE80211        LinkType = 105 // IEEE 802.11
	LinkLoop             LinkType = 108 // OpenBSD loopback, address family in network byte order
	LinkLinuxSLL         LinkType = 113 // Linux cooked, the "any" device
	LinkIEEE80211Prism   LinkType = 119 // Prism header, then IEEE 802.11
	LinkIEEE80211Radio   LinkType = 127 // radiotap header, then IEEE 802.11
	LinkIEEE80211AVS     LinkType = 163 // AVS header, then IEEE 802.11
	LinkPPI              LinkType = 192 // per-packet information header, then another link type
	LinkPPPWithDirection LinkType = 204 // a direction octet, then PPP
	LinkIPv4             LinkType = 228 // raw IPv4
	LinkIPv6             LinkType = 229 // raw IPv6
	LinkNFLog            LinkType = 239 // Linux netfilter log
	LinkIPoIB            LinkType = 242 // IP over Infiniband
	LinkPktap            LinkType = 258 // Apple's packet tap, then another link type
	LinkLinuxSLL2        LinkType = 276 // Linux cooked, second form
	LinkDSA              LinkType = 284 // Ethernet with the tag of a Marvell switch
	LinkEDSA             LinkType = 285 // the same with an EtherType in front
)

// The names are libpcap's DLT_ names where those are what tools print.
func (t LinkType) name() string {
	switch t {
	case LinkNull:
		return "NULL"
	case LinkEthernet:
		return "EN10MB"
	case LinkPPP:
		return "PPP"
	case LinkPPPHDLC:
		return "PPP_SERIAL"
	case LinkPPPEther:
		return "PPP_ETHER"
	case LinkRaw, LinkRawBSD, LinkRawOpenBSD:
		return "RAW"
	case LinkCiscoHDLC:
		return "C_HDLC"
	case LinkIEEE80211:
		return "IEEE802_11"
	case LinkLoop:
		return "LOOP"
	case LinkLinuxSLL:
		return "LINUX_SLL"
	case LinkIEEE80211Prism:
		return "PRISM_HEADER"
	case LinkIEEE80211Radio:
		return "IEEE802_11_RADIO"
	case LinkIEEE80211AVS:
		return "IEEE802_11_RADIO_AVS"
	case LinkPPI:
		return "PPI"
	case LinkPPPWithDirection:
		return "PPP_WITH_DIR"
	case LinkIPv4:
		return "IPV4"
	case LinkIPv6:
		return "IPV6"
	case LinkNFLog:
		return "NFLOG"
	case LinkIPoIB:
		return "IPOIB"
	case LinkPktap:
		return "PKTAP"
	case LinkDSA:
		return "DSA_TAG_DSA"
	case LinkEDSA:
		return "DSA_TAG_EDSA"
	case LinkLinuxSLL2:
		return "LINUX_SLL2"
	}
	return t.undecodedName()
}

// undecodedName names the usual link types that no TCP is looked for in.
func (t LinkType) undecodedName() string {
	switch t {
	case 3:
		return "AX25"
	case 6:
		return "IEEE802"
	case 7:
		return "ARCNET_BSD"
	case 8:
		return "SLIP"
	case 10:
		return "FDDI"
	case 11, 100:
		return "ATM_RFC1483"
	case 107:
		return "FRELAY"
	case 117:
		return "PFLOG"
	case 122:
		return "IP_OVER_FC"
	case 129:
		return "ARCNET_LINUX"
	case 187:
		return "BLUETOOTH_HCI_H4"
	case 189:
		return "USB_LINUX"
	case 195:
		return "IEEE802_15_4_WITHFCS"
	case 201:
		return "BLUETOOTH_HCI_H4_WITH_PHDR"
	case 220:
		return "USB_LINUX_MMAPPED"
	case 227:
		return "CAN_SOCKETCAN"
	case 249:
		return "USBPCAP"
	case 253:
		return "NETLINK"
	case 271:
		return "VSOCK"
	}
	return ""
}

// String gives the name as tcpdump and Wireshark print it ("EN10MB",
// "LINUX_SLL2"), or "LINKTYPE_<n>" for one that has no name here.
func (t LinkType) String() string {
	if s := t.name(); s != "" {
		return s
	}
	return "LINKTYPE_" + strconv.FormatUint(uint64(t), 10)
}
