package diagnosis

import (
	"strconv"
	"sync/atomic"

	"github.com/handshark/handshark/capture"
)

// naming names what packets hold only the number of, as known at one moment: what it
// says does not change while reading goes on.
type naming struct {
	captures []*interfaceNames // by number; others may read them while they grow
	known    int               // interfaces
	paths    capture.Paths
}

// interfaceNames holds the names of the interfaces of a capture that are known now.
type interfaceNames struct{ now atomic.Pointer[nameList] }

// nameList names interfaces of a capture. It never changes.
type nameList struct {
	alone string   // name of the first one as long as it is the only one
	names []string // of all
	since int      // naming.known when there was a second one; 0 = there is none
}

// naming gives the names that are known now. Those of groups that were read before are
// never asked for again.
func (l *ledger) naming(d *capture.Decoder) naming {
	if l.infos != nil {
		for _, i := range l.infos() {
			l.names.take(i)
		}
	}
	l.names.paths = d.Paths()
	return l.names
}

// take names the interfaces of a capture that have no name yet: a capture may have one
// for each packet, and a run thousands of captures.
func (n *naming) take(i *capture.Info) {
	of := n.of(i.Index)
	var now nameList
	if p := of.now.Load(); p != nil {
		now = *p
	}
	fresh := len(i.Interfaces) - len(now.names)
	if fresh <= 0 {
		return
	}
	n.known += fresh
	of.now.Store(now.with(i, n.known))
}

// of gives the place of a capture.
func (n *naming) of(capture uint32) *interfaceNames {
	for len(n.captures) <= int(capture) {
		n.captures = append(n.captures, new(interfaceNames))
	}
	return n.captures[capture]
}

// with gives the names of all interfaces of a capture. The first one is named anew
// when there is a second.
func (l nameList) with(i *capture.Info, known int) *nameList {
	if len(l.names) == 0 {
		l.alone = i.Interfaces[0].Name
	}
	if l.since == 0 && len(i.Interfaces) > 1 {
		l.names, l.since = nil, known
	}
	for n := len(l.names); n < len(i.Interfaces); n++ {
		l.names = append(l.names, nameOf(i, n))
	}
	return &l
}

// nameOf names an interface as the capture does, or by its number when there are
// several.
func nameOf(i *capture.Info, iface int) string {
	name := i.Interfaces[iface].Name
	if name == "" && len(i.Interfaces) > 1 {
		return strconv.Itoa(iface)
	}
	return name
}

// interfaceName gives the name of an interface of a capture; "" if it has none.
func (n *naming) interfaceName(capture, iface uint32) string {
	if int(capture) >= len(n.captures) {
		return ""
	}
	l := n.captures[capture].now.Load()
	switch {
	case l == nil || int(iface) >= len(l.names):
		return ""
	case iface == 0 && n.known < l.since:
		return l.alone
	}
	return l.names[iface]
}
