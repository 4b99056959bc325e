package textcase

import (
	"errors"
	"fmt"
	"time"
)

// parseNone is for directives without arguments.
func parseNone(args []word, play func(*timeline) error) (func(*timeline) error, error) {
	if len(args) > 0 {
		return nil, fmt.Errorf("takes no arguments; got %q", args[0])
	}
	return play, nil
}

// parseCount reads an optional number, 1 by default.
func parseCount(args []word, high int) (int, error) {
	switch len(args) {
	case 0:
		return 1, nil
	case 1:
		return number(args[0].String(), 1, high)
	}
	return 0, errors.New("want at most one number")
}

func parseOn(_ *Scenario, args []word) (func(*timeline) error, error) {
	if len(args) != 1 {
		return nil, errors.New("want the name of a connection")
	}
	name := args[0].String()
	return func(t *timeline) error {
		if t.conns[name] == nil {
			return fmt.Errorf("on: no connection %q; name one with open name=%s", name, name)
		}
		t.cur = t.conns[name]
		return nil
	}, nil
}

func parseWait(_ *Scenario, args []word) (func(*timeline) error, error) {
	if len(args) != 1 {
		return nil, errors.New("want a duration, like 5s or 20ms")
	}
	d, err := time.ParseDuration(args[0].String())
	if err != nil || d <= 0 {
		return nil, fmt.Errorf("%q; want a positive duration, like 5s or 20ms", args[0])
	}
	return func(t *timeline) error { return t.advance(int64(d)) }, nil
}

func parseTime(_ *Scenario, args []word) (func(*timeline) error, error) {
	if len(args) != 1 {
		return nil, errors.New("want a time, like 2026-01-02T03:04:05Z")
	}
	at, err := time.Parse(time.RFC3339, args[0].String())
	if err != nil || at.Year() < 2026 || at.After(lastTime()) {
		return nil, fmt.Errorf("%q; want a time from 2026 to 2100 like 2026-01-02T03:04:05Z", args[0])
	}
	return func(t *timeline) error {
		if at.UnixNano() < t.now {
			return fmt.Errorf("time: %s lies before the packet above, at %s", args[0], time.Unix(0, t.now).UTC().Format(time.RFC3339Nano))
		}
		t.now = at.UnixNano()
		return nil
	}, nil
}

func parseLose(_ *Scenario, args []word) (func(*timeline) error, error) {
	k, err := parseCount(args, 10000)
	return func(t *timeline) error { t.next.lose = append(t.next.lose, k); return nil }, err
}

func parseDup(_ *Scenario, args []word) (func(*timeline) error, error) {
	n, err := parseCount(args, 10)
	return func(t *timeline) error { t.next.dup = n; return nil }, err
}

func parseSwap(_ *Scenario, args []word) (func(*timeline) error, error) {
	return parseNone(args, func(t *timeline) error { t.next.swap = true; return nil })
}

func parseUnacked(_ *Scenario, args []word) (func(*timeline) error, error) {
	return parseNone(args, func(t *timeline) error { t.next.unacked = true; return nil })
}

func parseOverlap(_ *Scenario, args []word) (func(*timeline) error, error) {
	return parseNone(args, func(t *timeline) error { t.next.overlap = true; return nil })
}

func parseBlackhole(_ *Scenario, args []word) (func(*timeline) error, error) {
	n := 4
	var err error
	if len(args) > 0 {
		n, err = parseCount(args, 8)
	}
	return func(t *timeline) error { t.next.blackhole = n; return nil }, err
}

func parseSplit(_ *Scenario, args []word) (func(*timeline) error, error) {
	if len(args) != 1 {
		return nil, errors.New("want the length of the segments in octets")
	}
	n, err := number(args[0].String(), 1, 60000)
	return func(t *timeline) error { t.next.split = n; return nil }, err
}

func parseCut(_ *Scenario, args []word) (func(*timeline) error, error) {
	if len(args) == 1 && args[0].isFlag("off") {
		return func(t *timeline) error { t.snap = 0; return nil }, nil
	}
	if len(args) != 1 {
		return nil, errors.New("want a snap length in octets, or off")
	}
	n, err := number(args[0].String(), 14, 65535)
	return func(t *timeline) error { t.snap = n; return nil }, err
}

func parseOneWay(_ *Scenario, args []word) (func(*timeline) error, error) {
	if len(args) == 1 && args[0].isFlag("off") {
		return onCurrent(func(_ *timeline, c *conn) { c.only = nil }), nil
	}
	if len(args) != 1 {
		return nil, errors.New("want the side whose packets are captured, client or server, or off")
	}
	s, err := sideOf(args[0].String())
	return onCurrent(func(_ *timeline, c *conn) { c.only = &s }), err
}

// onCurrent is a directive for the current connection; the default one is
// opened if there is none.
func onCurrent(do func(*timeline, *conn)) func(*timeline) error {
	return func(t *timeline) error {
		if t.cur == nil {
			if err := (opening{}).play(t); err != nil {
				return err
			}
		}
		do(t, t.cur)
		return nil
	}
}

func parseAck(_ *Scenario, args []word) (func(*timeline) error, error) {
	if len(args) != 1 {
		return nil, errors.New("want client or server")
	}
	s, err := sideOf(args[0].String())
	return func(t *timeline) error {
		c, err := t.sender(s)
		if err == nil {
			c.got[s] = c.seq[s.other()]
			t.tcp(c, s, flagACK, nil)
		}
		return err
	}, err
}

// parseSYNACK reads the SYN-ACK of a server that does not see what the client sends.
func parseSYNACK(_ *Scenario, args []word) (func(*timeline) error, error) {
	if len(args) != 0 {
		return nil, errors.New("want nothing after it")
	}
	return func(t *timeline) error {
		c, err := t.sender(server)
		if err == nil {
			seq, got := c.seq, c.got
			c.seq[server], c.got[server] = 0, 1
			t.syn(c, server)
			c.seq, c.got = seq, got
			t.tcp(c, client, flagACK, nil)
		}
		return err
	}, nil
}

func parseClose(_ *Scenario, args []word) (func(*timeline) error, error) {
	half := len(args) == 2 && args[1].isFlag("half")
	if len(args) == 0 || len(args) > 1 && !half {
		return nil, errors.New("want client or server, and perhaps half")
	}
	s, err := sideOf(args[0].String())
	return func(t *timeline) error {
		c, err := t.sender(s)
		if err == nil {
			t.closeSide(c, s, half)
		}
		return err
	}, err
}

// closeSide sends FIN; the other side answers with its own unless half.
func (t *timeline) closeSide(c *conn, s side, half bool) {
	o := s.other()
	t.fin(c, s)
	c.got[o] = c.seq[s]
	if half || c.gone[o] {
		t.tcp(c, o, flagACK, nil)
		return
	}
	t.fin(c, o)
	c.got[s] = c.seq[o]
	t.tcp(c, s, flagACK, nil)
}

func (t *timeline) fin(c *conn, s side) {
	t.tcp(c, s, flagFIN|flagACK, nil)
	c.seq[s]++
	c.gone[s] = true
}

func parseReset(_ *Scenario, args []word) (func(*timeline) error, error) {
	if len(args) == 0 || len(args) > 2 || len(args) == 2 && args[1].key != "ttl" {
		return nil, errors.New("want client or server, and perhaps ttl=N")
	}
	s, err := sideOf(args[0].String())
	ttl := 0
	if len(args) == 2 && err == nil {
		ttl, err = number(args[1].text, 1, 255)
	}
	return func(t *timeline) error {
		c, err := t.current()
		if err != nil {
			return err
		}
		if c.dead == deadRefused || c.dead == deadReset {
			return fmt.Errorf("connection %s cannot be reset: it %s", c.name, c.dead)
		}
		t.tcp(c, s, flagRST|flagACK, nil).ttl = ttl
		c.gone, c.dead = [2]bool{true, true}, deadReset
		return nil
	}, err
}

func parseICMP(_ *Scenario, args []word) (func(*timeline) error, error) {
	if len(args) < 2 {
		return nil, errors.New("want TYPE CODE [from=ADDR] [mtu=N] [quote=client|server]")
	}
	m := icmpError{}
	typ, err := number(args[0].String(), 0, 255)
	if err != nil {
		return nil, err
	}
	code, err := number(args[1].String(), 0, 255)
	if err != nil {
		return nil, err
	}
	m.typ, m.code = uint8(typ), uint8(code)
	quoted := client
	for _, w := range args[2:] {
		switch w.key {
		case "from":
			m.from, err = parseAddr(w.text)
		case "mtu":
			m.mtu, err = number(w.text, 68, 65535)
		case "quote":
			quoted, err = sideOf(w.text)
		default:
			err = fmt.Errorf("%q; want from=ADDR, mtu=N or quote=client|server", w)
		}
		if err != nil {
			return nil, err
		}
	}
	return func(t *timeline) error { return t.icmp(m, quoted) }, nil
}

// icmp quotes the last segment of the quoted side.
func (t *timeline) icmp(m icmpError, quoted side) error {
	c, err := t.current()
	if err != nil {
		return err
	}
	for i := len(t.events) - 1; i >= 0; i-- {
		if e := t.events[i]; e.conn == c && e.from == quoted && e.icmp == nil {
			m.quoted = e
			break
		}
	}
	if m.quoted == nil {
		return fmt.Errorf("the %s has sent nothing that could be quoted", quoted)
	}
	if !m.from.IsValid() {
		m.from = c.ends[quoted.other()].Addr()
	}
	t.emit(&event{conn: c, from: quoted.other(), icmp: &m})
	return nil
}
