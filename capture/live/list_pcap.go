//go:build cgo && !nopcap

package live

import (
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/google/gopacket/pcap"

	"github.com/handshark/handshark/capture"
)

// Devices lists the interfaces. Their link types are known where they may be
// opened.
func Devices() ([]Device, error) {
	found, err := pcap.FindAllDevs()
	if err != nil {
		return nil, fmt.Errorf("list interfaces: %w", err)
	}
	list := make([]Device, 0, len(found))
	for i := range found {
		list = append(list, deviceOf(&found[i]))
	}
	return list, nil
}

// Flags of an interface (pcap_findalldevs(3)).
const (
	flagLoopback = 1
	flagUp       = 2
)

func deviceOf(f *pcap.Interface) Device {
	out := Device{
		Name: f.Name, Description: f.Description,
		Up: f.Flags&flagUp != 0, Loopback: f.Flags&flagLoopback != 0, Addresses: []string{},
	}
	for _, a := range f.Addresses {
		text := a.IP.String()
		if ones, bits := a.Netmask.Size(); bits > 0 {
			text = fmt.Sprintf("%s/%d", text, ones)
		}
		out.Addresses = append(out.Addresses, text)
	}
	_, err := net.InterfaceByName(f.Name)
	out.Network = err == nil || f.Name == anyDevice
	d := device{name: f.Name, o: &Options{Buffer: 1 << 20}}
	if out.Err = d.probe(); out.Err == nil {
		out.Link = d.link.String()
	}
	return out
}

// probe opens the interface for a moment.
func (d *device) probe() error {
	inactive, err := pcap.NewInactiveHandle(d.name)
	if err != nil {
		return err
	}
	defer inactive.CleanUp()
	if err := d.configure(inactive); err != nil {
		return err
	}
	handle, err := inactive.Activate()
	if err != nil {
		return openError(d.name, err)
	}
	d.link = linkType(handle.LinkType())
	if d.name == anyDevice && setCooked2(handle) {
		d.link = capture.LinkLinuxSLL2
	}
	handle.Close()
	return nil
}

// Count counts the packets that an interface shows in a while, whatever they are.
func Count(name string, during time.Duration) (int, error) {
	d := device{name: name, o: &Options{Buffer: 4 << 20}}
	inactive, err := pcap.NewInactiveHandle(name)
	if err != nil {
		return 0, fmt.Errorf("interface %s: %w", name, err)
	}
	defer inactive.CleanUp()
	if err := d.configure(inactive); err != nil {
		return 0, fmt.Errorf("interface %s: %w", name, err)
	}
	handle, err := inactive.Activate()
	if err != nil {
		return 0, openError(name, err)
	}
	defer handle.Close()
	n := 0
	for end := time.Now().Add(during); time.Now().Before(end); {
		if _, _, err := handle.ZeroCopyReadPacketData(); err == nil {
			n++
		} else if !errors.Is(err, pcap.NextErrorTimeoutExpired) {
			return n, fmt.Errorf("interface %s: %w", name, err)
		}
	}
	return n, nil
}
