package report

// columnID names a column of the overview.
type columnID uint8

const (
	colNumber columnID = iota
	colTime
	colPeers
	colTarget
	colOutcome
	colCause
)

// column is a column with its width in terminal columns.
type column struct {
	id      columnID
	title   string
	natural int // width of its widest cell
	width   int
}

// gap is the blank space between columns.
const gap = 2

// layout is how the overview fits into the width at hand.
type layout struct {
	columns []column
	plan    plan
	days    bool // the rows span more than a day
}

// plan says what a layout leaves out and how far it may shorten.
type plan struct {
	client, port, millis bool
	peers, target, cause int // narrowest width; 0 = never shortened
}

// plans, widest first: the client's port goes first, then the client (the
// blocks below have both), then milliseconds.
var plans = [...]plan{
	{client: true, port: true, millis: true, target: 18, cause: 28},
	{client: true, millis: true, target: 16, cause: 26},
	{millis: true, target: 10, cause: 20},
	{millis: true, peers: 15, target: 8, cause: 14},
	{peers: 8, target: 4, cause: 6},
}

// layoutOf takes the first plan that fits.
func layoutOf(rows []row, width int) layout {
	days := !sameDay(rows[0].time, rows[len(rows)-1].time)
	var l layout
	for _, p := range plans {
		l = layout{plan: p, days: days}
		l.measure(rows)
		if l.fit(width) {
			return l
		}
	}
	for i, w := range forced(l.widths(), width) {
		l.columns[i].width = w
	}
	return l
}

func (l *layout) measure(rows []row) {
	peers := "Server"
	if l.plan.client {
		peers = "Client → server"
	}
	for id, title := range [...]string{"#", "Time", peers, "Target", "Outcome", "Cause"} {
		l.columns = append(l.columns, column{id: columnID(id), title: title, natural: textWidth(title)})
	}
	for _, r := range rows {
		for i, cell := range l.natural(r) {
			l.columns[i].natural = max(l.columns[i].natural, textWidth(cell))
		}
	}
}

// fit sets the widths and reports whether they fit.
func (l *layout) fit(width int) bool {
	room := width - gap*(len(l.columns)-1)
	for i := range l.columns {
		c := &l.columns[i]
		c.width = c.natural
		if least := l.plan.least(c.id); least > 0 {
			c.width = min(c.natural, least)
		}
		room -= c.width
	}
	for _, id := range [...]columnID{colCause, colPeers, colTarget} {
		c := &l.columns[id]
		more := max(min(room, c.natural-c.width), 0)
		c.width += more
		room -= more
	}
	return room >= 0
}

func (p plan) least(id columnID) int {
	switch id {
	case colPeers:
		return p.peers
	case colTarget:
		return p.target
	case colCause:
		return p.cause
	}
	return 0
}

// natural gives the cells of r at full length.
func (l *layout) natural(r row) []string {
	peers := r.server
	if l.plan.client {
		client := r.client
		if !l.plan.port {
			client = address(client)
		}
		peers = client + " → " + r.server
	}
	return []string{number(r.number), r.time.Format(l.clock()), peers, r.target, r.outcome, r.cause}
}

func (l *layout) clock() string {
	clock := "15:04:05"
	if l.plan.millis {
		clock += ".000"
	}
	if l.days {
		clock = "01-02 " + clock
	}
	return clock
}

// cells gives the cells of r, shortened to the widths.
func (l *layout) cells(r row) []string {
	cells := l.natural(r)
	for i := range cells {
		cells[i] = shorten(cells[i], l.columns[i].width)
	}
	return cells
}

func (l *layout) titles() []string {
	titles := make([]string, len(l.columns))
	for i, c := range l.columns {
		titles[i] = shorten(c.title, c.width)
	}
	return titles
}

func (l *layout) widths() []int {
	widths := make([]int, len(l.columns))
	for i, c := range l.columns {
		widths[i] = c.width
	}
	return widths
}
