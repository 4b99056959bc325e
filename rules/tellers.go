package rules

import (
	"bytes"

	"github.com/handshark/handshark/analyzer"
)

// toldBy has the fields whose values tell of the maker of a response.
const toldBy = 1<<fieldServer | 1<<fieldContentType | 1<<fieldConnection | 1<<fieldVersion | 1<<fieldOptions |
	1<<fieldCacheControl | 1<<fieldKeepAlive | 1<<fieldXCache

// teller is a pattern of responses with what else tells of their maker, and the
// maker.
type teller struct {
	pattern
	head uint64
	body []byte
	by   Answerer
}

// tellers remembers the last tellers.
type tellers struct {
	list [patternsKept]teller
	next int // the one to be given up next
}

// find gives the teller of the response of h, who has the same maker; nil if it is
// not remembered.
func (x *tellers) find(h *analyzer.Handshake) *teller {
	if h.Response.Form == nil {
		return nil
	}
	head := tellHead(h)
	for i := range x.list {
		if t := &x.list[i]; t.head == head && t.fits(h.Response) && bytes.Equal(t.body, h.Body.Data) {
			return t
		}
	}
	return nil
}

// enter remembers who made the response of h. It gives nil if that is not one to be
// remembered.
func (x *tellers) enter(h *analyzer.Handshake, by Answerer) *teller {
	t := &x.list[x.next]
	if !t.learn(h.Response, toldBy) {
		return nil
	}
	x.next = (x.next + 1) % patternsKept
	t.head, t.by, t.body = tellHead(h), by, append(t.body[:0], h.Body.Data...)
	return t
}
