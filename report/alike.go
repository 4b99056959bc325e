package report

// alikeKept is how many kinds of brief records a table remembers.
const alikeKept = 64

// alike remembers the groups of brief records: those in which all stands alike that
// a row goes by are counted without making one.
type alike [alikeKept]struct {
	key   alikeKey
	group *group
}

// alikeKey is what the row of a brief record goes by, its time aside. The texts are
// mostly the same ones, not only equal, so that they are quickly compared.
type alikeKey struct {
	url, server, outcome, webSocket, cause string
	status                                 int
	superseded                             bool
}

// alikeOf gives the key of a record; not ok if it has what brief records have
// seldom or never: a redaction in it may have to be numbered. Those of a URL are
// when it is first seen.
func alikeOf(h *Handshake) (k alikeKey, ok bool) {
	if len(h.Findings) > 0 || h.Session != nil || h.TLS != nil || h.Tunnel != nil || h.Request != nil ||
		h.AnsweredBy != "" || len(h.Interim) > 0 || len(h.Inconclusive) > 0 || len(h.ClientViews) > 0 {
		return k, false
	}
	k = alikeKey{url: string(h.URL), server: h.Server, outcome: h.Outcome, webSocket: h.WebSocket, superseded: h.SupersededBy != nil}
	if r := h.Response; r != nil {
		if r.Reason != "" || r.Version != "" || len(r.Fields) > 0 || r.BodyPrefix != "" {
			return k, false
		}
		k.status = r.Status
	}
	if c := h.RootCause; c != nil {
		k.cause = c.Rule
		return k, c.Rule != "" && c.Summary == "" && c.Fix == ""
	}
	return k, true
}

// slot gives a slot for the key: mostly one of its own.
func (k *alikeKey) slot() int {
	n := len(k.url) + 5*len(k.cause) + 7*k.status + 11*len(k.outcome)
	for i := max(0, len(k.server)-8); i < len(k.server); i++ {
		n = 3*n + int(k.server[i])
	}
	return n & (alikeKept - 1)
}

// find gives the group of the records of a key; nil if it is not known.
func (a *alike) find(k *alikeKey) *group {
	if x := &a[k.slot()]; x.group != nil && x.key == *k {
		return x.group
	}
	return nil
}
