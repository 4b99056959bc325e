package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/handshark/handshark/capture/live"
	"github.com/handshark/handshark/report"
)

func (p *program) interfacesCommand() *cobra.Command {
	var count time.Duration
	var all bool
	cmd := &cobra.Command{
		Use:   "interfaces [flags]",
		Short: "List the interfaces that live can capture from",
		Args:  exactly(0, "no arguments"),
		RunE:  func(*cobra.Command, []string) error { return p.interfaces(count, all) },
	}
	cmd.Flags().BoolVar(&all, "all", false, "also sources of libpcap that are no network interfaces, such as nflog")
	cmd.Flags().DurationVar(&count, "count", 0, "count the packets that each interface shows in this `TIME`")
	return cmd
}

func (p *program) interfaces(count time.Duration, all bool) error {
	devices, err := live.Devices()
	if err != nil {
		return err
	}
	if !all {
		devices = slices.DeleteFunc(devices, func(d live.Device) bool { return !d.Network })
	}
	width, err := p.columns(0)
	if err != nil {
		return err
	}
	titles := []string{"Name", "State", "Link type", "Addresses"}
	if count > 0 {
		titles = append(titles, "Packets")
	}
	counts := countPackets(devices, count)
	rows := make([][]string, len(devices))
	denied := false
	for i := range devices {
		rows[i] = interfaceRow(&devices[i])
		if count > 0 {
			rows[i] = append(rows[i], counts[i])
		}
		denied = denied || errors.Is(devices[i].Err, live.ErrNoRights)
	}
	if err := report.WriteList(p.stdout, width, titles, rows); err != nil {
		return err
	}
	return noteDenied(p.stderr, denied)
}

func noteDenied(w io.Writer, denied bool) error {
	if !denied {
		return nil
	}
	_, err := fmt.Fprintln(w, "handshark: link types are not known:", live.ErrNoRights)
	return err
}

func interfaceRow(d *live.Device) []string {
	state := "down"
	if d.Up {
		state = "up"
	}
	link := d.Link
	if link == "" {
		link = "?"
	}
	return []string{d.Name, state, link, strings.Join(d.Addresses, ", ")}
}

// countPackets counts on all interfaces at the same time.
func countPackets(devices []live.Device, during time.Duration) []string {
	out := make([]string, len(devices))
	if during <= 0 {
		return out
	}
	done := make(chan struct{})
	for i := range devices {
		go func() {
			defer func() { done <- struct{}{} }()
			n, err := live.Count(devices[i].Name, during)
			if out[i] = fmt.Sprint(n); err != nil {
				out[i] = "–"
			}
		}()
	}
	for range devices {
		<-done
	}
	return out
}
