// Package privilege gives up what a process no longer needs once its sockets are
// open: the user that it runs as, its groups and its capabilities, on every
// thread.
package privilege

import (
	"fmt"
	"os/user"
	"strconv"
)

// Account is a user to run as.
type Account struct {
	Name   string
	UID    int
	GID    int
	Groups []int
}

// Lookup finds a user by name or number.
func Lookup(name string) (*Account, error) {
	u, err := user.Lookup(name)
	if err != nil {
		byID, errID := byNumber(name)
		if errID != nil {
			return nil, fmt.Errorf("user %q: %w", name, err)
		}
		u = byID
	}
	return account(u)
}

// Invoker gives the user who ran sudo, by what sudo left in the environment; nil
// if there is none.
func Invoker(env func(string) string) (*Account, error) {
	uid := env("SUDO_UID")
	if uid == "" || uid == "0" {
		return nil, nil
	}
	u, err := byNumber(uid)
	if err == nil {
		return account(u)
	}
	// The user need not be in the database: containers often have a number only.
	n, err := strconv.Atoi(uid)
	gid, gidErr := strconv.Atoi(env("SUDO_GID"))
	if err != nil || gidErr != nil || n < 1 || n > maxID || gid < 0 || gid > maxID {
		return nil, fmt.Errorf("SUDO_UID %q and SUDO_GID %q name no user", uid, env("SUDO_GID"))
	}
	return &Account{Name: uid, UID: n, GID: gid}, nil
}

// maxID is the largest id: the one above it means "as it is" to setresuid(2).
const maxID = 1<<32 - 2

// byNumber finds a user by number. os/user cuts numbers to 32 bits, so that 1<<32
// would be root.
func byNumber(id string) (*user.User, error) {
	u, err := user.LookupId(id)
	if err == nil && u.Uid != id {
		return nil, fmt.Errorf("%q is no user id", id)
	}
	return u, err
}

func account(u *user.User) (*Account, error) {
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return nil, fmt.Errorf("user %q: id %q is no number", u.Username, u.Uid)
	}
	gid, err := strconv.Atoi(u.Gid)
	if err != nil {
		return nil, fmt.Errorf("user %q: group %q is no number", u.Username, u.Gid)
	}
	a := &Account{Name: u.Username, UID: uid, GID: gid}
	ids, err := u.GroupIds()
	if err != nil {
		return a, nil // the primary group is enough
	}
	for _, id := range ids {
		if n, err := strconv.Atoi(id); err == nil {
			a.Groups = append(a.Groups, n)
		}
	}
	return a, nil
}
