package tshark

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// streams find the request that an answer in HTTP/2 is for.
type streams map[stream2]int // index of a list of requests

// stream2 is a stream of HTTP/2 of a client.
type stream2 struct{ tcp, id string }

// fieldsHTTP2 is where what is asked of HTTP/2 begins in fields.
const fieldsHTTP2 = 7

// section is a field section, that of a HEADERS or PUSH_PROMISE frame.
type section struct {
	kind, stream  string // numbers
	names, values []string
}

// read takes the field sections of a packet.
func (s streams) read(list []Request, frame uint64, values []string) ([]Request, error) {
	if values[fieldsHTTP2+2] == "" {
		return list, nil
	}
	all, err := sections(values[fieldsHTTP2:])
	if err != nil {
		return nil, fmt.Errorf("read tshark's output of frame %d: %w", frame, err)
	}
	tcp, err := strconv.ParseInt(first(values[1]), 10, 64)
	if err != nil {
		tcp = -1
	}
	for _, h := range all {
		at := stream2{first(values[1]), h.stream}
		i, known := s[at]
		switch {
		case h.kind != headers: // a promise is not asked for
		case known:
			list[i].answered(h.first(":status"))
		case slices.ContainsFunc(h.names, func(n string) bool { return strings.HasPrefix(n, ":") }):
			s[at] = len(list)
			list = append(list, Request{Frame: frame, Stream: tcp, Target: h.first(":path"), Marked: h.marked()})
		}
	}
	return list, nil
}

// answered takes the status of an answer, unless it is interim; empty = it has none.
func (r *Request) answered(status string) {
	if code, err := strconv.Atoi(status); err == nil && code >= 200 && r.Status == 0 {
		r.Status = code
	}
}

// Types of frames that begin a field section.
const (
	headers     = "1"
	pushPromise = "5"
)

// sections tells apart what tshark gives in one list for a packet: types and streams of all
// frames, how many fields each section has, and all their names and values.
func sections(values []string) ([]section, error) {
	kinds, ids, names, texts := split(values[0]), split(values[1]), split(values[3]), split(values[4])
	counts, err := countsOf(split(values[2]), len(names))
	if err != nil {
		return nil, err
	}
	if len(ids) != len(kinds) || len(names) != len(texts) || counts[0] < 0 {
		return nil, fmt.Errorf("%d frames, %d streams, %d names, %d values", len(kinds), len(ids), len(names), len(texts))
	}
	var list []section
	for i, kind := range kinds {
		if (kind == headers || kind == pushPromise) && len(list) < len(counts) {
			n := min(counts[len(list)], len(names))
			list = append(list, section{kind, ids[i], names[:n], texts[:n]})
			names, texts = names[n:], texts[n:]
		}
	}
	return list, nil
}

// countsOf gives how many of n fields each section has. tshark counts what changes the size
// of the table with them, which as a rule is in the first one of a side.
func countsOf(texts []string, n int) ([]int, error) {
	counts, sum := make([]int, len(texts)), 0
	for i, text := range texts {
		var err error
		if counts[i], err = strconv.Atoi(text); err != nil {
			return nil, err
		}
		sum += counts[i]
	}
	counts[0] -= sum - n
	return counts, nil
}

func split(values string) []string { return strings.Split(values, separator) }

// first gives the value of the first field of a name.
func (h *section) first(name string) string {
	if i := slices.Index(h.names, name); i >= 0 {
		return h.values[i]
	}
	return ""
}

// marked reports whether a request asks for a WebSocket.
func (h *section) marked() bool {
	for i, name := range h.names {
		name = strings.ToLower(name)
		if strings.HasPrefix(name, "sec-websocket-") || name == "upgrade" && strings.Contains(strings.ToLower(h.values[i]), "websocket") {
			return true
		}
	}
	return strings.Contains(strings.ToLower(h.first(":protocol")), "websocket")
}
