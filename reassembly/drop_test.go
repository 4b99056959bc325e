package reassembly

import "testing"

// keeper remembers the conversation that has data.
type keeper struct {
	*recorder
	open *Conversation
}

func (k *keeper) Data(c *Conversation, ch *Chunk) {
	k.open = c
	k.recorder.Data(c, ch)
}

// TestDrop gives a conversation up: its memory comes back at once, what goes on is
// late, another connection on the five-tuple is followed, and a conversation that
// was not abandoned, or is closed, stays as it is.
func TestDrop(t *testing.T) {
	k := &keeper{recorder: &recorder{t: t}}
	a := New(k, Options{})
	feed := func(script string) {
		for _, s := range segments(t, script) {
			a.Segment(&s)
		}
	}
	feed("c:S:100 s:SA:500,101 c:A:101,501 c:A:101,501=\"GET\"")
	a.Drop(k.open)
	if st := a.Stats(); st.Open != 1 {
		t.Fatalf("%d open: dropped, but not abandoned", st.Open)
	}
	k.open.Abandon()
	dropped := k.open
	a.Drop(dropped)
	a.Drop(dropped)
	if st := a.Stats(); st.Open != 0 || len(k.convs) != 1 {
		t.Fatalf("%d open, %d closed; want 0 and 1", st.Open, len(k.convs))
	}
	late := a.Stats().Late
	feed("c:A:104,501=\"/\"")
	if st := a.Stats(); st.Open != 0 || st.Late != late+1 {
		t.Errorf("%d open, %d late; want 0 and %d", st.Open, st.Late, late+1)
	}
	feed("c:S:90000000 s:SA:600,90000001 c:A:90000001,601=\"x\"")
	a.Drop(dropped)
	if st := a.Stats(); st.Open != 1 {
		t.Errorf("%d open after another SYN; want 1", st.Open)
	}
	a.Finish()
}

// TestDroppedGoesOn: a conversation that was dropped and sends on for as long as it
// likes begins no other one.
func TestDroppedGoesOn(t *testing.T) {
	k := &keeper{recorder: &recorder{t: t}}
	a := New(k, Options{})
	opening := segments(t, "c:S:100 s:SA:500,101 c:A:101,501 c:A:101,501=\"GET\"")
	for _, s := range opening {
		a.Segment(&s)
	}
	k.open.Abandon()
	a.Drop(k.open)
	s, began := opening[len(opening)-1], a.Stats().Conversations
	const step = 4 << 20
	for range 3 * foreignDistance / step {
		s.Seq += step
		a.Segment(&s)
	}
	s.Seq -= foreignDistance / 2 // sent again
	a.Segment(&s)
	s.Seq += foreignDistance/2 + step
	a.Segment(&s)
	if st := a.Stats(); st.Open != 0 || st.Conversations != began {
		t.Errorf("%d open, %d began; want 0 and %d", st.Open, st.Conversations, began)
	}
	s.Seq += 2 * foreignDistance
	a.Segment(&s)
	if st := a.Stats(); st.Open != 1 {
		t.Errorf("%d open far from the end of the one that was dropped; want 1", st.Open)
	}
	a.Finish()
}
