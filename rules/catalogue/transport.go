package catalogue

import "github.com/handshark/handshark/rules"

// transportRules lists the rules of family Transport.
var transportRules = []*rules.Rule{
	&h2GoAway,
	&h2StreamReset,
	&clientGaveUp,
	&dnsFailure,
	&requestHeadIncomplete,
	&requestUndelivered,
	&response408,
	&responseHeadTruncated,
	&responseTimeout,
	&responseUndelivered,
	&tcpAcceptQueueFull,
	&tcpAcceptThenClose,
	&tcpClosedBeforeResponse,
	&tcpConnectRefused,
	&tcpConnectTimeout,
	&tcpICMPUnreachable,
	&tcpLocalhostFamily,
	&tcpMTUBlackhole,
	&tcpOverlapConflict,
	&tcpResetBeforeResponse,
}
