package diagnosis

import (
	"strconv"

	"github.com/handshark/handshark/capture"
)

// naming names what packets hold only the number of, as known at one moment: it
// does not change while reading goes on.
type naming struct {
	interfaces map[uint32][]string // by capture, then by interface
	known      int                 // interfaces
	paths      capture.Paths
}

// naming gives the names that are known now.
func (l *ledger) naming(d *capture.Decoder) naming {
	if n := l.knownInterfaces(); n != l.names.known || l.names.interfaces == nil {
		l.names = naming{interfaces: l.nameInterfaces(), known: n}
	}
	l.names.paths = d.Paths()
	return l.names
}

func (l *ledger) knownInterfaces() int {
	n := 0
	for _, infos := range l.infos {
		for _, i := range infos() {
			n += len(i.Interfaces)
		}
	}
	return n
}

// nameInterfaces adds the names of interfaces that turned up; what was given before
// stays as it is.
func (l *ledger) nameInterfaces() map[uint32][]string {
	names := make(map[uint32][]string)
	for _, infos := range l.infos {
		for _, i := range infos() {
			names[i.Index] = withNames(l.names.interfaces[i.Index], i)
		}
	}
	return names
}

// withNames appends to the names of a capture's interfaces those that are not named
// yet: a capture may have one for each packet. The first one is named anew when there
// is a second.
func withNames(named []string, i *capture.Info) []string {
	if len(named) == 1 && len(i.Interfaces) > 1 {
		named = nil
	}
	for n := len(named); n < len(i.Interfaces); n++ {
		named = append(named, nameOf(i, n))
	}
	return named
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
	if list := n.interfaces[capture]; int(iface) < len(list) {
		return list[iface]
	}
	return ""
}
