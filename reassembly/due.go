package reassembly

import "time"

// visits bounds the overdue conversations that one packet looks after.
const visits = 4

// lingerTime is how long a conversation stays open after an RST, or after both
// FINs without the last ACK: packets out of order still find it.
const lingerTime = int64(time.Second)

// maxLingers bounds the conversations that linger.
const maxLingers = 4096

// never is a time that does not come.
const never = 1<<63 - 1

// expect notes that something is due after wait nanoseconds.
func (a *Assembler) expect(since, wait int64) {
	if wait = max(wait, 0); since <= never-wait {
		a.due = min(a.due, since+wait)
	}
}

// reckon finds out anew when something is due: both lists are in order of time. It
// may be too early, as when the first of a list left it, but not too late.
func (a *Assembler) reckon() {
	a.due = never
	if a.careful {
		a.due = -never
	}
	if c := a.holds.head; c != nil {
		a.expect(c.held.since, int64(a.opt.HoldTime))
	}
	if c := a.lingers.head; c != nil {
		a.expectEnd(c)
	}
}

// expectEnd notes when the first to linger is to be closed: at once if there are
// too many.
func (a *Assembler) expectEnd(first *conn) {
	wait := lingerTime
	if a.lingers.length > maxLingers {
		wait = 0
	}
	a.expect(first.ended, wait)
}

// attend does what is due by the clock. It gives how much that was.
func (a *Assembler) attend() int {
	done := 0
	for range visits {
		c := a.holds.head
		if c == nil || a.clock.now-c.held.since < int64(a.opt.HoldTime) {
			break
		}
		a.overdue(c)
		done++
	}
	for range visits {
		c := a.lingers.head
		if c == nil || a.clock.now-c.ended < lingerTime && a.lingers.length <= maxLingers {
			break
		}
		a.close(c, EndFinished)
		done++
	}
	done += a.idle(opening, a.openingLimit) + a.idle(establishedID, a.idleLimit)
	a.reckon()
	return done
}

// idle closes the oldest conversation of a list if its limit passed.
func (a *Assembler) idle(id listID, limit uint32) int {
	if a.clock.second <= limit {
		return 0
	}
	i := a.expired(id, limit)
	if i == 0 {
		return 0
	}
	a.stats.Expiries++
	a.end(i, EndIdle)
	return 1
}

// Tick moves capture time to now (nanoseconds since the Unix epoch) without a
// packet, so that waits and idle limits end on a quiet line.
func (a *Assembler) Tick(now int64) {
	a.clock.observe(now)
	for a.attend() > 0 {
	}
}
