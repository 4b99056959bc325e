package textcase

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// parser reads the statements of one scenario.
type parser struct {
	scenario *Scenario
	line     int
	open     *write // message block that further lines may extend; nil = none
	last     *write // data that a glued statement ("<+frame") extends; nil = none
}

// statement reads one line.
func (p *parser) statement(text string) error {
	text = strings.TrimSuffix(text, "\r")
	trimmed := strings.TrimSpace(text)
	switch {
	case strings.HasPrefix(trimmed, "#"):
		return nil
	case trimmed == "":
		p.open = nil
		return nil
	case text[0] == '>' || text[0] == '<':
		return p.data(text)
	}
	p.open, p.last = nil, nil
	return p.directive(trimmed)
}

func (p *parser) add(play func(*timeline) error) {
	p.scenario.steps = append(p.scenario.steps, step{p.line, play})
}

// dataLine is ">", side mark; "+", glue; kind of data; the rest.
var dataLine = regexp.MustCompile(`^([<>])(\+?)([<>|]|[a-z][a-z0-9]*)?(?:[ \t](.*))?$`)

func (p *parser) data(text string) error {
	if strings.TrimRight(text, " \t") != text && len(text) > 2 {
		return errors.New(`blank at the end of the line cannot be seen; write \s or \t`)
	}
	m := dataLine.FindStringSubmatch(text)
	if m == nil {
		return fmt.Errorf(`%.20q; want "> field", ">> exact line", ">| raw text", ">body text", ">x hex", ">frame ...", ">tls ..." or ">h2 ..." (or the same with <)`, text)
	}
	from := client
	if m[1] == "<" {
		from = server
	}
	glue := m[2] == "+"
	switch kind := m[3]; {
	case kind == "" && !glue:
		return p.headLine(from, overlay, m[4])
	case kind == m[1] && !glue:
		return p.headLine(from, exact, m[4])
	case kind == "|" && !glue && p.open != nil && p.open.from == from && p.open.mode == raw:
		return p.appendRaw(m[4])
	case kind == "body" && !glue:
		return p.body(from, m[4])
	default:
		return p.octets(from, glue, kind, m[4])
	}
}

// headLine extends the open message block, or begins one.
func (p *parser) headLine(from side, mode writeMode, text string) error {
	if p.open == nil || p.open.from != from || p.open.mode != mode || p.open.hasBody {
		p.begin(&write{from: from, mode: mode, request: from == client, line: p.line})
	} else if len(p.open.lines) > 0 && startLine.MatchString(text) {
		return errors.New("start line in the middle of a head; put an empty line before a new message")
	}
	if text == "" && mode == overlay {
		return nil
	}
	b, err := unescape(text)
	p.open.lines = append(p.open.lines, string(b))
	return err
}

var startLine = regexp.MustCompile(`^(?:[A-Za-z]+ +\S* +HTTP/\d\.\d|HTTP/\d\.\d +\d{3}\b.*)$`)

func (p *parser) begin(w *write) {
	p.open, p.last = w, w
	p.add(w.play)
}

func (p *parser) appendRaw(text string) error {
	b, err := unescape(text)
	p.open.tail = append(p.open.tail, piece{octets: b})
	return err
}

func (p *parser) body(from side, text string) error {
	w := p.open
	if w == nil || w.from != from || w.mode == raw {
		return errors.New("body without a head; it must follow the lines of its head directly")
	}
	b, err := unescape(text)
	w.hasBody, w.bodyText = true, append(w.bodyText, b...)
	return err
}

// octets reads data that is complete in one line. Glued, it extends the write
// before it and so shares its segment.
func (p *parser) octets(from side, glue bool, kind, args string) error {
	out, request, err := p.octetsOf(from, kind, args)
	if err != nil {
		return err
	}
	if glue {
		if p.last == nil || p.last.from != from {
			return errors.New("nothing to glue to; the statement before must be data of the same side")
		}
		p.last.tail = append(p.last.tail, out)
		p.last.request = p.last.request || request
		return nil
	}
	p.begin(&write{from: from, mode: raw, tail: []piece{out}, request: request, line: p.line})
	if kind != "|" {
		p.open = nil
	}
	return nil
}

// octetsOf also reports whether the octets are a request of their own, even if
// others were on the connection before.
func (p *parser) octetsOf(from side, kind, args string) (out piece, request bool, err error) {
	b := &out.octets
	switch kind {
	case "|":
		*b, err = unescape(args)
	case "x":
		*b, err = hexOctets(args)
	case "frame":
		p.scenario.frames++
		*b, err = frameOctets(from, p.scenario.frames, args)
	case "tls":
		*b, err = tlsOctets(from, args)
	case "h2":
		p.scenario.frames++
		return h2Octets(from, p.scenario.frames, args)
	default:
		err = fmt.Errorf("data of kind %q; want body, x, frame, tls, h2, |, or a blank before a head line", kind)
	}
	return out, false, err
}

func (p *parser) directive(text string) error {
	words, err := splitWords(text)
	if err != nil {
		return err
	}
	name := words[0].String()
	parse, ok := directives()[name]
	if !ok {
		known := slices.Sorted(maps.Keys(directives()))
		return fmt.Errorf("directive %q; want one of %s, or data that begins with > or <", name, strings.Join(known, ", "))
	}
	play, err := parse(p.scenario, words[1:])
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	p.add(play)
	return nil
}

type directive func(*Scenario, []word) (func(*timeline) error, error)

func directives() map[string]directive {
	return map[string]directive{
		"open": parseOpen, "on": parseOn, "close": parseClose, "rst": parseReset, "ack": parseAck, "synack": parseSYNACK,
		"wait": parseWait, "time": parseTime,
		"lose": parseLose, "dup": parseDup, "swap": parseSwap, "split": parseSplit, "unacked": parseUnacked,
		"overlap": parseOverlap, "blackhole": parseBlackhole, "cut": parseCut, "oneway": parseOneWay,
		"icmp": parseICMP, "dns": parseDNS,
		"want": parseWant, "cause": parseCause, "outcome": parseOutcome, "inconclusive": parseInconclusive,
		"superseded": parseSuperseded, "handshakes": parseHandshakes, "strict": parseStrict,
	}
}
