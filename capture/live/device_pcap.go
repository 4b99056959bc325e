//go:build cgo && !nopcap

package live

import (
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/pcap"

	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/capture/bpf"
)

// Available reports whether interfaces can be captured from.
const Available = true

// Open captures from interfaces. The filter is checked before any is opened. The
// error is ErrNoRights where the operating system denies it.
func Open(o Options) (*Source, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if o.Filter != "" {
		if _, err := bpf.CompileFilter(o.Filter); err != nil {
			return nil, err
		}
	}
	s := newSource("live", capture.FormatLive, len(o.Interfaces))
	devices := make([]*device, len(o.Interfaces))
	for i, name := range o.Interfaces {
		d := &device{name: name, o: &o, r: newReader(s, i), numbers: map[uint32]uint32{}}
		if err := d.open(); err != nil {
			closeAll(devices[:i])
			return nil, err
		}
		devices[i] = d
		s.info.Interfaces = append(s.info.Interfaces, d.describe())
	}
	if len(devices) == 1 {
		s.info.Name = devices[0].name
	}
	s.readers.Add(len(devices))
	for _, d := range devices {
		go d.run()
	}
	return s, nil
}

func closeAll(devices []*device) {
	for _, d := range devices {
		d.handle.Close()
	}
}

// device is an interface that is being read.
type device struct {
	name   string
	o      *Options
	r      *reader
	handle *pcap.Handle
	link   capture.LinkType
	index  int // of the network interface; 0 = none, as "any"
	up     bool

	numbers map[uint32]uint32 // of "any": interfaces of the Info by their numbers in the kernel

	polled          time.Time
	dropped, ifDrop uint32 // counters of the handle at the last look
}

// anyDevice is the name under which Linux gives the packets of all interfaces.
const anyDevice = "any"

func (d *device) open() error {
	inactive, err := pcap.NewInactiveHandle(d.name)
	if err != nil {
		return fmt.Errorf("interface %s: %w", d.name, err)
	}
	defer inactive.CleanUp()
	if err := d.configure(inactive); err != nil {
		return fmt.Errorf("interface %s: %w", d.name, err)
	}
	handle, err := inactive.Activate()
	if err != nil {
		return openError(d.name, err)
	}
	d.handle, d.link = handle, linkType(handle.LinkType())
	if d.name == anyDevice && d.link == capture.LinkLinuxSLL && setCooked2(handle) {
		d.link = capture.LinkLinuxSLL2
	}
	d.dropped, d.ifDrop, d.polled = 0, 0, time.Now()
	d.look()
	if err := d.filter(); err != nil {
		handle.Close()
		return fmt.Errorf("interface %s: filter: %w", d.name, err)
	}
	return nil
}

func (d *device) configure(h *pcap.InactiveHandle) error {
	set := []error{
		h.SetSnapLen(orElse(d.o.Snap, DefaultSnap)),
		h.SetBufferSize(orElse(d.o.Buffer, DefaultBuffer)),
		h.SetPromisc(d.o.Promiscuous && d.name != anyDevice),
		h.SetTimeout(idleAfter),
		h.SetImmediateMode(d.o.Immediate),
	}
	return errors.Join(set...)
}

func orElse(n, otherwise int) int {
	if n == 0 {
		return otherwise
	}
	return n
}

// openError says what activating an interface failed of. gopacket hides libpcap's
// status in an unexported type.
func openError(name string, err error) error {
	switch err.Error() {
	case "Permission Denied", "unknown activated error: -11":
		return fmt.Errorf("interface %s: %w", name, ErrNoRights)
	case "No Such Device":
		return fmt.Errorf("interface %s: no such interface", name)
	case "Interface Not Up":
		return fmt.Errorf("interface %s: is down", name)
	}
	return fmt.Errorf("interface %s: %w", name, err)
}

// linkType gives the LINKTYPE_ value of a DLT_ value. They differ for raw IP.
func linkType(t layers.LinkType) capture.LinkType {
	if int(t) == pcap.DatalinkNameToVal("RAW") {
		return capture.LinkRaw
	}
	return capture.LinkType(t)
}

// filter sets the filter.
func (d *device) filter() error {
	if d.o.Filter != "" {
		return d.handle.SetBPFFilter(d.o.Filter)
	}
	if d.handle.SetBPFFilter(DefaultFilter) == nil {
		return nil
	}
	return d.handle.SetBPFFilter(base)
}

func (d *device) describe() capture.Interface {
	return capture.Interface{Name: d.name, Link: d.link, Snap: uint32(orElse(d.o.Snap, DefaultSnap))}
}

// run reads until the Source is closed or the interface is gone for good.
func (d *device) run() {
	defer d.r.s.readers.Done()
	for {
		err := d.read()
		d.handle.Close()
		if err == nil {
			return
		}
		gone := d.why(err)
		if !d.o.Retry {
			d.r.tell(report{
				notice: &capture.Notice{Input: d.name, Text: "capture ended", Err: gone},
				ended:  true, err: fmt.Errorf("interface %s: %w", d.name, gone),
			})
			return
		}
		if !d.r.tell(report{notice: &capture.Notice{Input: d.name, Text: "waiting for it to come back", Err: gone}}) || !d.reopen() {
			return
		}
	}
}

// why says what became of the interface.
func (d *device) why(err error) error {
	if errors.Is(err, errReplaced) {
		return err
	}
	if d.index != 0 {
		if i, missing := net.InterfaceByName(d.name); missing != nil || i.Index != d.index {
			return errReplaced
		}
	}
	return err
}

var errReplaced = errors.New("the interface disappeared")

// retryEvery is how often an interface that is away is tried.
const retryEvery = 500 * time.Millisecond

// reopen waits until the interface is there again. It reports false when the
// Source was closed.
func (d *device) reopen() bool {
	for {
		select {
		case <-d.r.s.stop:
			return false
		case <-time.After(retryEvery):
		}
		if d.open() == nil {
			return d.r.tell(report{
				notice: &capture.Notice{Input: d.name, Text: "is back"},
				drops:  &Drops{From: d.polled.Add(-time.Minute).UnixNano(), To: time.Now().UnixNano()},
			})
		}
	}
}

// read hands on packets. It returns nil when the Source was closed.
func (d *device) read() error {
	for {
		data, ci, err := d.handle.ZeroCopyReadPacketData()
		switch {
		case err == nil:
			if !d.take(data, &ci) {
				return nil
			}
			if ci.Timestamp.Sub(d.polled) < pollEvery {
				continue
			}
		case errors.Is(err, pcap.NextErrorTimeoutExpired):
			if !d.r.flush() {
				return nil
			}
		default:
			return d.readError(err)
		}
		if d.r.stopped() {
			return nil
		}
		if err := d.poll(); err != nil {
			return err
		}
	}
}

// take hands on a packet. It reports false when the Source was closed.
func (d *device) take(data []byte, ci *gopacket.CaptureInfo) bool {
	p := packet{time: ci.Timestamp.UnixNano(), wire: ci.Length, iface: uint32(d.r.input), link: d.link}
	if d.link == capture.LinkLinuxSLL2 {
		var ok bool
		if p.iface, ok = d.on(data); !ok {
			return false
		}
	}
	return d.r.add(p, data)
}

func (d *device) readError(err error) error {
	if said := d.handle.Error(); said != nil && said.Error() != "" {
		return said
	}
	return err
}

// poll looks for drops and at the state of the interface.
func (d *device) poll() error {
	now := time.Now()
	if now.Sub(d.polled) < pollEvery {
		return nil
	}
	from := d.polled
	d.polled = now
	if err := d.count(from, now); err != nil {
		return nil // the counters are not worth giving up for
	}
	return d.state()
}

// count reports packets dropped since the last look.
func (d *device) count(from, to time.Time) error {
	st, err := d.handle.Stats()
	if err != nil {
		return err
	}
	kernel, iface := uint32(st.PacketsDropped)-d.dropped, uint32(st.PacketsIfDropped)-d.ifDrop
	d.dropped, d.ifDrop = uint32(st.PacketsDropped), uint32(st.PacketsIfDropped)
	if kernel == 0 && iface == 0 {
		return nil
	}
	d.r.s.kernel[d.r.input].Add(uint64(kernel))
	d.r.s.iface[d.r.input].Add(uint64(iface))
	// The kernel counts a drop when it happens, packets before it may still wait.
	d.r.tell(report{drops: &Drops{
		From: from.Add(-time.Second).UnixNano(), To: to.UnixNano(), Packets: uint64(kernel) + uint64(iface),
	}})
	return nil
}

// state reports an interface that went down or came up, and fails when it is no
// longer the one that was opened.
func (d *device) state() error {
	was, index := d.up, d.index
	d.look()
	switch {
	case index == 0 || d.name == anyDevice:
	case d.index != index:
		return errReplaced
	case was && !d.up:
		d.r.tell(report{notice: &capture.Notice{Input: d.name, Text: "went down"}})
	case !was && d.up:
		d.r.tell(report{notice: &capture.Notice{Input: d.name, Text: "is up"}})
	}
	return nil
}

// look notes the state of the interface.
func (d *device) look() {
	i, err := net.InterfaceByName(d.name)
	if err != nil {
		d.index, d.up = 0, false
		return
	}
	d.index, d.up = i.Index, i.Flags&net.FlagUp != 0
}
