package report

// place says where a text of a record stands, as far as redaction cares.
type place struct {
	// field is the name of the field whose value the text is; may be empty.
	field string
	kind  placeKind
	// spoken is set for words of a server: see scanSpoken.
	spoken bool
}

type placeKind uint8

const (
	wholeText  placeKind = iota // as it was on the wire
	fieldName                   // of a field line; holds the whole line when it has no colon
	pieceText                   // may begin or end in the middle of something
	quotedText                  // our own words around quoted pieces
	fixedText                   // from the catalogue; holds no capture text as a rule
)

// texts calls f for every text of h that can hold octets of the capture.
func (h *Handshake) texts(f func(*Text, place)) {
	h.walk(f, func(fields []Field) { fieldTexts(fields, f) })
}

// walk does as texts, but hands the field lines of each head to fields.
func (h *Handshake) walk(f func(*Text, place), fields func([]Field)) {
	f(&h.URL, place{})
	f(&h.AnsweredBy, place{})
	if h.Tunnel != nil {
		f(&h.Tunnel.Target, place{})
	}
	if h.TLS != nil {
		f(&h.TLS.SNI, place{})
		f(&h.TLS.ALPN, place{})
	}
	if h.Session != nil && h.Session.Close != nil {
		f(&h.Session.Close.Reason, place{kind: pieceText, spoken: true})
	}
	h.headTexts(f, fields)
	h.verdictTexts(f)
}

func (h *Handshake) headTexts(f func(*Text, place), fields func([]Field)) {
	if r := h.Request; r != nil {
		f(&r.Method, place{})
		f(&r.Target, place{})
		f(&r.Version, place{})
		fields(r.Fields)
	}
	for i := range h.Interim {
		h.Interim[i].texts(f, fields)
	}
	if h.Response != nil {
		h.Response.texts(f, fields)
	}
}

func (r *Response) texts(f func(*Text, place), fields func([]Field)) {
	f(&r.Reason, place{spoken: true})
	f(&r.Version, place{})
	fields(r.Fields)
	f(&r.BodyPrefix, place{kind: pieceText, spoken: true})
}

func fieldTexts(fields []Field, f func(*Text, place)) {
	for i := range fields {
		name := string(fields[i].Name)
		f(&fields[i].Name, place{kind: fieldName})
		f(&fields[i].Value, place{field: name})
	}
}

func (h *Handshake) verdictTexts(f func(*Text, place)) {
	if c := h.RootCause; c != nil {
		f(&c.Summary, place{kind: quotedText})
		fixedString(&c.Fix, f)
	}
	for i := range h.Findings {
		h.Findings[i].texts(f)
	}
	for i := range h.Inconclusive {
		fixedString(&h.Inconclusive[i].Because, f)
	}
	for i := range h.ClientViews {
		f(&h.ClientViews[i].Text, place{kind: quotedText})
	}
}

func (v *Finding) texts(f func(*Text, place)) {
	f(&v.Message, place{kind: quotedText})
	fixedString(&v.Fix, f)
	for i := range v.Evidence {
		e := &v.Evidence[i]
		name := string(e.Field)
		f(&e.Field, place{kind: fieldName})
		f(&e.Value, place{field: name, kind: pieceText})
	}
}

func fixedString(s *string, f func(*Text, place)) { f((*Text)(s), place{kind: fixedText}) }
