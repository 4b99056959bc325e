package report

// AppendJSON appends the JSON object of h to b. Lists are never null.
// Redactions still carry their provisional names; a Writer numbers them.
func (h *Handshake) AppendJSON(b []byte) []byte {
	e := emitter{b: b}
	e.record(h)
	return e.bytes()
}

func (e *emitter) record(h *Handshake) {
	e.open('{')
	e.handshake(h)
	e.close('}')
}

func (e *emitter) handshake(h *Handshake) {
	e.identity(h)
	e.wire(h)
	e.verdict(h)
}

func (e *emitter) identity(h *Handshake) {
	e.name(`"id":`, h.ID)
	e.str(`"websocket":`, h.WebSocket)
	e.name(`"client":`, h.Client)
	e.name(`"server":`, h.Server)
	e.text(`"url":`, h.URL)
	e.index(`"capture":`, h.Capture)
	e.optInt(`"stream":`, h.Stream)
	object(e, `"frames":`, &h.Frames, (*emitter).frames)
	e.name(`"filter":`, h.Filter)
	e.strs(`"seen_on":`, h.SeenOn)
	e.strs(`"path":`, h.Path)
	e.time(`"time":`, h.Time)
	e.str(`"http_version":`, h.HTTPVersion)
}

func (e *emitter) wire(h *Handshake) {
	object(e, `"tunnel":`, h.Tunnel, (*emitter).tunnel)
	e.label(`"answered_by":`, h.AnsweredBy)
	object(e, `"tls":`, h.TLS, (*emitter).tls)
	e.str(`"outcome":`, h.Outcome)
	e.str(`"ended_by":`, h.EndedBy)
	e.optStr(`"superseded_by":`, h.SupersededBy)
	object(e, `"request":`, h.Request, (*emitter).request)
	list(e, `"interim":`, h.Interim, (*emitter).response)
	object(e, `"response":`, h.Response, (*emitter).response)
	object(e, `"timing_ms":`, &h.Timing, (*emitter).timing)
	object(e, `"session":`, h.Session, (*emitter).session)
}

func (e *emitter) verdict(h *Handshake) {
	object(e, `"root_cause":`, h.RootCause, (*emitter).rootCause)
	list(e, `"findings":`, h.Findings, (*emitter).finding)
	list(e, `"inconclusive":`, h.Inconclusive, (*emitter).inconclusive)
	e.strs(`"legs":`, h.Legs)
	list(e, `"client_views":`, h.ClientViews, (*emitter).clientView)
}

func (e *emitter) clientView(v *ClientView) {
	e.str(`"client":`, v.Client)
	e.str(`"version":`, v.Version)
	e.text(`"text":`, v.Text)
}

func (e *emitter) frames(f *FrameRange) {
	e.uint(`"first":`, f.First)
	e.uint(`"last":`, f.Last)
}

func (e *emitter) at(a *At) {
	e.index(`"capture":`, a.Capture)
	e.uint(`"frame":`, a.Frame)
}

func (e *emitter) fields(fields []Field) {
	var hd head
	if len(e.heads) > 0 {
		hd, e.heads = e.heads[0], e.heads[1:]
	}
	e.chooseNumber(len(fields))
	if e.brief && hd.formed != nil {
		e.chooseNumber(hd.formed.number)
		for _, i := range hd.formed.varies {
			e.field(&fields[i])
		}
		return
	}
	e.chooseNumber(0)
	e.key(`"fields":`)
	e.open('[')
	for i := range fields {
		if hd.lines != nil && hd.lines[i] != nil {
			e.chooseNumber(hd.lines[i].number)
			e.key(hd.lines[i].json)
			continue
		}
		e.chooseNumber(0)
		e.open('{')
		e.field(&fields[i])
		e.close('}')
	}
	e.close(']')
}

func (e *emitter) field(f *Field) {
	e.label(`"name":`, f.Name)
	e.text(`"value":`, f.Value)
}

func (e *emitter) request(r *Request) {
	e.label(`"method":`, r.Method)
	e.text(`"target":`, r.Target)
	e.label(`"version":`, r.Version)
	e.fields(r.Fields)
	list(e, `"at":`, r.At, (*emitter).at)
	e.time(`"time":`, r.Time)
}

func (e *emitter) response(r *Response) {
	e.code(`"status":`, r.Status)
	e.label(`"reason":`, r.Reason)
	e.label(`"version":`, r.Version)
	e.fields(r.Fields)
	list(e, `"at":`, r.At, (*emitter).at)
	e.time(`"time":`, r.Time)
	e.text(`"body_prefix":`, r.BodyPrefix)
}

func (e *emitter) tunnel(t *Tunnel) {
	e.text(`"target":`, t.Target)
	e.code(`"status":`, t.Status)
	list(e, `"at":`, t.At, (*emitter).at)
}

func (e *emitter) tls(t *TLS) {
	e.str(`"version":`, t.Version)
	e.str(`"cipher":`, t.Cipher)
	e.text(`"sni":`, t.SNI)
	e.text(`"alpn":`, t.ALPN)
	e.bool(`"decrypted":`, t.Decrypted)
	e.bool(`"resumed":`, t.Resumed)
	object(e, `"alert":`, t.Alert, (*emitter).alert)
}

func (e *emitter) alert(a *Alert) {
	e.str(`"from":`, a.From)
	e.int(`"code":`, int64(a.Code))
	e.str(`"name":`, a.Name)
}

func (e *emitter) timing(t *Timing) {
	e.optFloat(`"connect":`, t.Connect)
	e.optFloat(`"tls":`, t.TLS)
	e.optFloat(`"response":`, t.Response)
	e.optFloat(`"total":`, t.Total)
}

func (e *emitter) session(s *Session) {
	e.int(`"client_frames":`, int64(s.ClientFrames))
	e.int(`"server_frames":`, int64(s.ServerFrames))
	e.float(`"lasted_ms":`, s.LastedMS)
	object(e, `"close":`, s.Close, (*emitter).closeFrame)
}

func (e *emitter) closeFrame(c *Close) {
	e.str(`"from":`, c.From)
	e.code(`"code":`, c.Code)
	e.text(`"reason":`, c.Reason)
}

func (e *emitter) rootCause(c *RootCause) {
	e.str(`"rule":`, c.Rule)
	e.str(`"actor":`, c.Actor)
	e.float(`"confidence":`, c.Confidence)
	e.str(`"label":`, c.Label)
	e.text(`"summary":`, c.Summary)
	e.phrase(`"fix":`, c.Fix)
	e.str(`"fix_for":`, c.FixFor)
	object(e, `"runner_up":`, c.RunnerUp, (*emitter).candidate)
	list(e, `"candidates":`, c.Candidates, (*emitter).candidate)
}

func (e *emitter) candidate(c *Candidate) {
	e.str(`"rule":`, c.Rule)
	e.float(`"confidence":`, c.Confidence)
}

func (e *emitter) finding(f *Finding) {
	e.str(`"rule":`, f.Rule)
	e.str(`"role":`, f.Role)
	e.str(`"severity":`, f.Severity)
	e.str(`"actor":`, f.Actor)
	e.text(`"message":`, f.Message)
	list(e, `"evidence":`, f.Evidence, (*emitter).evidence)
	e.phrase(`"reference":`, f.Reference)
	e.phrase(`"fix":`, f.Fix)
	e.str(`"fix_for":`, f.FixFor)
}

func (e *emitter) evidence(v *Evidence) {
	e.str(`"side":`, v.Side)
	list(e, `"at":`, v.At, (*emitter).at)
	e.uint(`"offset":`, v.Offset)
	e.uint(`"length":`, v.Length)
	e.label(`"field":`, v.Field)
	e.text(`"value":`, v.Value)
	e.bool(`"absent":`, v.Absent)
}

func (e *emitter) inconclusive(i *Inconclusive) {
	e.str(`"rule":`, i.Rule)
	e.phrase(`"because":`, i.Because)
}
