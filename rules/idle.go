package rules

import (
	"time"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/reassembly"
)

// idleLimits are the idle timeouts that proxies, load balancers and firewalls are
// set to by default, in seconds, and idleSlack is how far from one a silence may be.
// Read only.
var idleLimits = [...]int64{30, 55, 60, 75, 90, 100, 120, 180, 230, 240, 300, 350, 600, 900, 1800, 3600}

const idleSlack = int64(600 * time.Millisecond)

// IdleTimeout gives the idle timeout that seems to have ended a session: the far
// side ended the connection without a Close frame after a silence of just that
// long. 0 = none.
func IdleTimeout(end *analyzer.SessionEnd) time.Duration {
	if end.Closed || end.From != reassembly.Server {
		return 0
	}
	for _, s := range idleLimits {
		limit := s * int64(time.Second)
		if end.Idle > limit-idleSlack/6 && end.Idle < limit+idleSlack {
			return time.Duration(limit)
		}
	}
	return 0
}
