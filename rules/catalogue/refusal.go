package catalogue

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/handshark/handshark/rules"
)

// rejectReason is the field in which the npm package websocket says why it refuses.
const rejectReason = "X-WebSocket-Reject-Reason"

// squidError is the field in which Squid names its error page.
const squidError = "X-Squid-Error"

// usualReasons are the reason phrases and bodies that say no more than the status.
var usualReasons = [...]string{"", "bad request", "forbidden", "error", "upgrade required"}

// headWords gives what the head of a refusal says in words of its own: Autobahn and
// Daphne write the reason into the status line, Squid the name of its page into a field. where is empty if it says nothing.
func headWords(p *rules.Pass) (words, where string) {
	if s := p.Response.Get(rejectReason); s != "" {
		return s, rejectReason
	}
	if s := p.Response.Get(squidError); s != "" {
		return s, squidError
	}
	if s := p.Response.Text(p.Response.Reason); telling(p, s) {
		return s, "the status line"
	}
	return "", ""
}

// bodyWords gives a body of one short line, as applications and Engine.IO write it.
func bodyWords(p *rules.Pass) (words, where string) {
	const shortest, longest = 4, 160
	s := stated(strings.TrimSpace(p.BodyText()))
	if len(s) < shortest || len(s) > longest || s[0] == '<' || strings.ContainsAny(s, "\r\n") || !telling(p, s) {
		return "", ""
	}
	return s, "the body"
}

// stated gives the message in a JSON object, as Engine.IO and others write it, else
// all of the body.
func stated(body string) string {
	var said struct{ Message, Error string }
	if json.Unmarshal([]byte(body), &said) != nil {
		return body
	}
	return cmp.Or(said.Message, said.Error, body)
}

// standsInFront reports whether the maker of the response is a product that only
// stands in front of servers; nginx and Apache may be the server themselves.
func standsInFront(p *rules.Pass) bool {
	switch p.Answerer.Product {
	case "nginx", "openresty", "Apache":
		return false
	}
	return p.Answerer.Hop
}

// byAPIGateway reports whether AWS API Gateway refused by itself: what runs behind it was
// not asked, or not heard.
func byAPIGateway(p *rules.Pass) bool {
	return p.Answerer.Hop && p.Answerer.Product == "AWS API Gateway"
}

// refuse reports a refusal, of which its maker is the cause unless it names another.
func refuse(p *rules.Pass, f *rules.Finding) {
	if f.Actor == rules.Any && standsInFront(p) {
		f.Actor = rules.Intermediary
	}
	p.Report(*f)
}

// telling reports whether words say more than the status.
func telling(p *rules.Pass, words string) bool {
	s := strings.ReplaceAll(strings.ToLower(strings.Trim(words, " \t\"")), "_", " ")
	s = strings.TrimPrefix(s, strconv.Itoa(p.Status()))
	return !slices.Contains(usualReasons[:], strings.Trim(s, " :.()"))
}

// refusalWords quotes what a refusal says of its reason and where, in the form of a
// clause; empty if it says nothing.
func refusalWords(p *rules.Pass) string {
	words, where := headWords(p)
	if where == "" {
		words, where = bodyWords(p)
	}
	if where == "" {
		return ""
	}
	return where + " says " + rules.Quote(words)
}
