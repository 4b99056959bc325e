package analyzer

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/reassembly"
)

// lookupsKept bounds the names that are remembered because they did not resolve.
const lookupsKept = 4096

// Types of questions (RFC 1035 section 3.2.2, RFC 3596 section 2.1).
const typeA, typeAAAA = 1, 28

// lookup is a name that a client asked for.
type lookup struct {
	client capture.Addr
	name   string
}

// lookups remembers names that did not resolve: asked for and never answered
// with an address. Names beyond the bound are not remembered.
type lookups struct {
	byName map[lookup]*capture.DNSMessage // the last message about it; nil = it has addresses
}

func (l *lookups) add(m *capture.DNSMessage) {
	if m.Type != typeA && m.Type != typeAAAA || m.Name == "" {
		return
	}
	if l.byName == nil {
		l.byName = make(map[lookup]*capture.DNSMessage)
	}
	k := lookup{m.Client.Addr, m.Name}
	old, known := l.byName[k]
	switch {
	case len(m.Addrs) > 0:
		if known || len(l.byName) < lookupsKept {
			l.byName[k] = nil
		}
	case known && old == nil: // it has addresses of the other family
	case m.Type == typeAAAA && noData(m):
		l.ofIPv4(k, old)
	case !known && len(l.byName) >= lookupsKept:
	case known && !m.Response: // asked again: the answer says more
	default:
		msg := *m
		l.byName[k] = &msg
	}
}

// noData reports whether an answer says that there is such a name, but no address of
// the kind that was asked for (RFC 2308 section 2.2).
func noData(m *capture.DNSMessage) bool {
	const noError = 0
	return m.Response && m.RCode == noError && len(m.Addrs) == 0
}

// ofIPv4 notes that a name has no IPv6 address, as most have none. Its IPv4 address
// may be known without asking.
func (l *lookups) ofIPv4(k lookup, old *capture.DNSMessage) {
	if old != nil && !old.Response && old.Type == typeAAAA {
		delete(l.byName, k)
	}
}

// reached forgets a name of which a client got an address after all, though the
// capture does not show how: it opened a connection for that name later.
func (l *lookups) reached(c *reassembly.Conversation, host string) {
	if len(l.byName) == 0 || host == "" {
		return
	}
	k := lookup{c.Client.Addr, strings.TrimSuffix(strings.ToLower(host), ".")}
	if m := l.byName[k]; m != nil && m.Ref.Time <= c.First.Time {
		delete(l.byName, k)
	}
}

// answerTime is how long a resolver waits for an answer, as a rule, in nanoseconds.
const answerTime = int64(5 * time.Second)

// unanswered reports whether a name was asked for so late that the answer may only
// have come after the end of the capture.
func unanswered(m *capture.DNSMessage, end int64) bool {
	return !m.Response && end-m.Ref.Time < answerTime
}

// list gives the messages about names that did not resolve, in order of packets.
func (l *lookups) list() []*capture.DNSMessage {
	var list []*capture.DNSMessage
	for _, m := range l.byName {
		if m != nil {
			list = append(list, m)
		}
	}
	slices.SortFunc(list, inOrder)
	return list
}

func inOrder(a, b *capture.DNSMessage) int {
	return cmp.Or(cmp.Compare(a.Ref.Time, b.Ref.Time), cmp.Compare(a.Ref.Frame, b.Ref.Frame), cmp.Compare(a.Name, b.Name))
}

// Finish ends the run: names that never resolved become attempts that failed.
// Call it after the assembler's Finish.
func (a *Analyzer) Finish() {
	for _, m := range a.names.failed.list() {
		if !unanswered(m, a.now) {
			a.emit(a.failedLookup(m))
		}
	}
	a.names.failed = lookups{}
}

func (a *Analyzer) failedLookup(m *capture.DNSMessage) *Handshake {
	c := reassembly.Conversation{Client: m.Client, Server: m.Server, First: m.Ref, Last: m.Ref}
	h := &Handshake{
		Conn: c, ConnEnd: reassembly.EndCapture, Lookup: m, DNS: []capture.DNSMessage{*m},
		Start: m.Ref.Time, Until: a.now, AtEnd: true, Timeout: a.opts.Timeout, Have: BothSides,
	}
	h.end(ConnectFailed, ByNetwork, Ending{Kind: EndingNoTCP, Time: m.Ref.Time})
	return h
}
