package catalogue

import "github.com/handshark/handshark/rules"

// proxyRules lists the rules of family Proxy.
var proxyRules = []*rules.Rule{}
