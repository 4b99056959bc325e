package rules

import (
	"strings"

	"github.com/handshark/handshark/analyzer"
)

// order is the order in which a stack checks: rules in the order in which it
// would stumble over them. First failing check wins.
type order struct {
	product string
	rules   []string
}

// serverOrders are the check orders of servers that were read.
var serverOrders = [...]order{
	{"gorilla/websocket", []string{
		"request-connection-*", "request-upgrade-*", "request-method-*", "request-version-*", "origin-*",
		"request-origin-*", "request-key-*", "http-hijack-unsupported", "client-data-before-101",
	}},
	{"ws (npm)", []string{
		"request-method-*", "request-upgrade-*", "request-key-*", "request-version-*", "http-wrong-path",
		"request-subprotocol-*", "subprotocol-*", "request-extension*", "extension-*", "pmd-*", "auth-*",
	}},
	{"aiohttp", []string{"request-upgrade-*", "request-connection-*", "request-version-*", "request-key-*"}},
	{"coder/websocket", []string{
		"request-http-version-*", "request-connection-*", "request-upgrade-*", "request-method-*",
		"request-version-*", "request-key-*", "origin-*", "request-origin-*", "http-hijack-unsupported",
	}},
}

// Client check orders on a 101; Chromium's is the default.
var (
	chromiumOrder = order{"Chromium", []string{
		"response-status-*", "response-missing-upgrade-tokens", "response-upgrade-*", "response-accept-*",
		"response-connection-*", "response-subprotocol-*", "subprotocol-*", "response-extension*", "extension-*", "pmd-*",
	}}
	firefoxOrder = order{"Firefox", []string{
		"response-status-*", "response-missing-upgrade-tokens", "response-upgrade-*", "response-connection-*",
		"response-accept-*", "response-subprotocol-*", "subprotocol-*", "response-extension*", "extension-*", "pmd-*",
	}}
)

// checked is the position of a finding in the check order of the stack that
// ended the attempt; what the stack is not known to check comes last.
func (t *trial) checked(f *Finding) int {
	list := t.checkOrder()
	if i := coveredAt(list, f.Rule.ID); i >= 0 {
		return i
	}
	return len(list)
}

func (t *trial) checkOrder() []string {
	if t.h.Ending.Kind == analyzer.EndingClientLeft {
		if t.h.Request != nil && strings.Contains(t.h.Request.Get("User-Agent"), "Firefox/") {
			return firefoxOrder.rules
		}
		return chromiumOrder.rules
	}
	for i := range serverOrders {
		if serverOrders[i].product == t.answerer.Product {
			return serverOrders[i].rules
		}
	}
	return nil
}
