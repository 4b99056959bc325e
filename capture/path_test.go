package capture

import (
	"slices"
	"testing"
)

func TestPaths(t *testing.T) {
	table := newPathTable()
	a := table.push(0, encapVLAN, 7)
	b := table.push(a, encapGRE, 5)
	tests := []struct {
		id   PathID
		want []string
	}{{0, nil}, {a, []string{"vlan 7"}}, {b, []string{"vlan 7", "gre"}}, {99, nil}}
	for _, test := range tests {
		if got := (Paths{table.hops}).Path(test.id); !slices.Equal(got, test.want) {
			t.Errorf("path(%d) = %v; want %v", test.id, got, test.want)
		}
	}
	if c := table.push(a, encapGRE, 6); c != b {
		t.Errorf("the number of a GRE key makes path %d; want %d", c, b)
	}
	if c := table.push(0, encapVLAN, 7); c != a {
		t.Errorf("the same hop again is %d; want %d", c, a)
	}
}

func TestPathsAreBounded(t *testing.T) {
	table := newPathTable()
	var last PathID
	for id := range uint32(maxPaths + 10) {
		last = table.push(0, encapVXLAN, id)
	}
	if last != otherPath || table.push(last, encapVLAN, 1) != otherPath || len(table.hops) != maxPaths {
		t.Errorf("path %d of %d; want %d", last, len(table.hops), otherPath)
	}
	if got := (Paths{table.hops}).Path(last); !slices.Equal(got, []string{"other"}) {
		t.Errorf("path %v; want other", got)
	}
	if id := table.push(0, encapVXLAN, 5); (Paths{table.hops}).Path(id)[0] != "vxlan 5" {
		t.Errorf("an early path became %v", Paths{table.hops}.Path(id))
	}
}
