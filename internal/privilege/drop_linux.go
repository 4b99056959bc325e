package privilege

import (
	"fmt"
	"os"

	"kernel.org/pub/linux/libs/security/libcap/cap"
)

// Supported reports whether Drop works on this system.
const Supported = true

// prSetNoNewPrivs is PR_SET_NO_NEW_PRIVS of prctl(2).
const prSetNoNewPrivs = 38

// Capture reports whether this process may open packet sockets, as far as its
// capabilities tell.
func Capture() bool {
	have, err := cap.GetProc().GetFlag(cap.Effective, cap.NET_RAW)
	return err == nil && have
}

// Drop makes all threads of the process run as to (nil: as now) and takes every
// capability from them; with keepRaw CAP_NET_RAW stays. No program that the
// process executes can gain any. It must be called once, after everything that
// needs rights is open; files stay open.
func Drop(to *Account, keepRaw bool) error {
	if to != nil && os.Geteuid() == 0 && to.UID != 0 {
		if err := cap.SetGroups(to.GID, to.Groups...); err != nil {
			return fmt.Errorf("drop privileges: groups of %s: %w", to.Name, err)
		}
		if err := cap.SetUID(to.UID); err != nil {
			return fmt.Errorf("drop privileges: user %s: %w", to.Name, err)
		}
	}
	left := cap.NewSet()
	if keepRaw {
		if err := left.SetFlag(cap.Permitted, true, cap.NET_RAW); err != nil {
			return fmt.Errorf("drop privileges: %w", err)
		}
		if err := left.SetFlag(cap.Effective, true, cap.NET_RAW); err != nil {
			return fmt.Errorf("drop privileges: %w", err)
		}
	}
	if err := left.SetProc(); err != nil {
		return fmt.Errorf("drop privileges: capabilities: %w", err)
	}
	if _, err := cap.Prctlw(prSetNoNewPrivs, 1); err != nil {
		return fmt.Errorf("drop privileges: %w", err)
	}
	return nil
}
