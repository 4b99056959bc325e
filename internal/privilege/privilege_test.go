package privilege

import (
	"slices"
	"testing"
)

// environment gives variables.
func environment(vars map[string]string) func(string) string {
	return func(name string) string { return vars[name] }
}

// TestInvoker holds whom sudo's environment names.
func TestInvoker(t *testing.T) {
	tests := []struct {
		name     string
		env      map[string]string
		uid, gid int // -1: nobody
		bad      bool
	}{
		{"no sudo", nil, -1, -1, false},
		{"root ran sudo", map[string]string{"SUDO_UID": "0", "SUDO_GID": "0"}, -1, -1, false},
		{"not in the database", map[string]string{"SUDO_UID": "54321", "SUDO_GID": "54322"}, 54321, 54322, false},
		{"no group", map[string]string{"SUDO_UID": "54321"}, 0, 0, true},
		{"no number", map[string]string{"SUDO_UID": "alice", "SUDO_GID": "1"}, 0, 0, true},
		{"means as it is", map[string]string{"SUDO_UID": "4294967295", "SUDO_GID": "1"}, 0, 0, true},
		{"group means as it is", map[string]string{"SUDO_UID": "54321", "SUDO_GID": "4294967295"}, 0, 0, true},
		{"more than 32 bits", map[string]string{"SUDO_UID": "4294967296", "SUDO_GID": "1"}, 0, 0, true},
		{"root in disguise", map[string]string{"SUDO_UID": "00", "SUDO_GID": "0"}, 0, 0, true},
		{"negative", map[string]string{"SUDO_UID": "-1", "SUDO_GID": "1"}, 0, 0, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a, err := Invoker(environment(test.env))
			switch {
			case (err != nil) != test.bad:
				t.Fatalf("error %v; want one: %t", err, test.bad)
			case test.bad:
			case (a == nil) != (test.uid < 0):
				t.Fatalf("account %+v", a)
			case a != nil && (a.UID != test.uid || a.GID != test.gid):
				t.Errorf("%d:%d; want %d:%d", a.UID, a.GID, test.uid, test.gid)
			}
		})
	}
}

// TestLookup finds root, by name and by number, and nobody else.
func TestLookup(t *testing.T) {
	for _, name := range []string{"root", "0"} {
		a, err := Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		if a.Name != "root" || a.UID != 0 || a.GID != 0 || !slices.Contains(a.Groups, 0) {
			t.Errorf("%s: %+v", name, a)
		}
	}
	for _, name := range []string{"", "no such user", "4294967296"} {
		if a, err := Lookup(name); err == nil {
			t.Errorf("%q: %+v; want an error", name, a)
		}
	}
}
