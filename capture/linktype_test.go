package capture

import "testing"

func TestLinkTypeString(t *testing.T) {
	tests := map[LinkType]string{
		LinkNull: "NULL", LinkEthernet: "EN10MB", LinkPPP: "PPP", LinkRaw: "RAW", LinkRawBSD: "RAW",
		LinkIEEE80211: "IEEE802_11", LinkIEEE80211Radio: "IEEE802_11_RADIO", LinkLoop: "LOOP",
		LinkLinuxSLL: "LINUX_SLL", LinkLinuxSLL2: "LINUX_SLL2", LinkNFLog: "NFLOG",
		189: "USB_LINUX", 147: "LINKTYPE_147", 65535: "LINKTYPE_65535",
	}
	for link, want := range tests {
		if got := link.String(); got != want {
			t.Errorf("LinkType(%d).String() = %q; want %q", uint32(link), got, want)
		}
	}
}
