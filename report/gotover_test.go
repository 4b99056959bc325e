package report

import "testing"

// TestGroupsApart keeps failures that the clients got over apart from those that
// they did not: both in how they are counted and in what the table calls them.
func TestGroupsApart(t *testing.T) {
	id := "000000000001"
	failed := &Handshake{WebSocket: "yes", Server: "192.0.2.2:80", Outcome: "rejected", Response: &Response{Status: 401}}
	over, unanswered := *failed, *failed
	over.SupersededBy, unanswered.SupersededBy = &id, &id
	unanswered.Outcome, unanswered.Response = "no-response", nil
	if GroupKey(failed) == GroupKey(&over) {
		t.Error("a failure and one that the client got over are one group")
	}
	for _, test := range []struct {
		h    *Handshake
		want string
	}{{failed, "rejected 401"}, {&over, "got over 401"}, {&unanswered, "got over"}} {
		if got := groupRow(rowOf(test.h)).outcome; got != test.want {
			t.Errorf("outcome of a group: %q, want %q", got, test.want)
		}
	}
}
