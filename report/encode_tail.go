package report

func (e *emitter) capture(c *Capture) {
	e.int(`"index":`, int64(c.Index))
	e.text(`"file":`, c.File)
	e.str(`"format":`, c.Format)
	e.strs(`"link_types":`, c.LinkTypes)
	e.uint(`"packets":`, c.Packets)
	e.uint(`"bytes":`, c.Bytes)
	e.uint(`"conversations":`, c.Conversations)
	e.optTime(`"first":`, c.First)
	e.optTime(`"last":`, c.Last)
	e.uint(`"undecoded_packets":`, c.UndecodedPackets)
	e.uint(`"truncated_packets":`, c.TruncatedPackets)
	e.uint(`"interface_drops":`, c.InterfaceDrops)
	e.uint(`"evicted":`, c.Evicted)
	list(e, `"problems":`, c.Problems, (*emitter).problem)
}

func (e *emitter) optTime(k string, t *Time) {
	if t == nil {
		e.null(k)
		return
	}
	e.time(k, *t)
}

func (e *emitter) problem(p *Problem) {
	e.uint(`"frame":`, p.Frame)
	e.optInt(`"offset":`, p.Offset)
	e.text(`"message":`, p.Message)
}

func (e *emitter) summary(s *Summary) {
	e.int(`"handshakes":`, int64(s.Handshakes))
	e.int(`"established":`, int64(s.Established))
	e.int(`"failed":`, int64(s.Failed))
	e.int(`"incomplete":`, int64(s.Incomplete))
	e.int(`"superseded":`, int64(s.Superseded))
	e.int(`"unknown":`, int64(s.Unknown))
	list(e, `"by_cause":`, s.ByCause, (*emitter).causeCount)
	list(e, `"not_judged":`, s.NotJudged, (*emitter).notJudged)
}

func (e *emitter) causeCount(c *CauseCount) {
	e.str(`"rule":`, c.Rule)
	e.int(`"count":`, int64(c.Count))
}

func (e *emitter) notJudged(n *NotJudged) {
	e.str(`"because":`, n.Because)
	e.uint(`"conversations":`, n.Conversations)
	e.strs(`"servers":`, n.Servers)
}

func (e *emitter) tool(t *Tool) {
	e.str(`"name":`, t.Name)
	e.str(`"version":`, t.Version)
}
