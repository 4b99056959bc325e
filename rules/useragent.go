package rules

import (
	"slices"
	"strings"
)

// UserAgent names the program that made a request (the user agent of RFC 9110 s3.5) by
// what it calls itself, or by the order and the spelling of the fields that it alone
// writes so; "" = unknown. names are those of all fields, as they were sent and in their
// order, agent is the value of User-Agent. A proxy that sorts fields anew leaves nothing
// to go by but that value, which is still of the program in front of it.
func UserAgent(names []string, agent string) string {
	for i := range fieldOrders {
		if o := &fieldOrders[i]; o.in(names) {
			return o.product
		}
	}
	for i := range agents {
		if strings.Contains(agent, agents[i].word) {
			return agents[i].product
		}
	}
	switch {
	case agent == "node":
		return "Node.js"
	case strings.HasPrefix(agent, "Go-http-client/"):
		return goLibrary(names)
	}
	return ""
}

// ViewOf gives the ClientView.Client that speaks for a program that UserAgent named;
// "" = its words are not known. For a program in Go it is the library that most use.
func ViewOf(program string) string {
	name, _, _ := strings.Cut(program, " (")
	if name == "Go" {
		name = "gorilla/websocket"
	}
	for i := range clients {
		if clients[i].name == name {
			return name
		}
	}
	return ""
}

// fieldOrder is a run of field names that one library writes. Names are compared as they are
// spelled.
type fieldOrder struct {
	product string
	names   []string
	atStart bool   // nothing comes before
	then    string // comes somewhere behind; empty = nothing need be
}

// fieldOrders are those that more than one library cannot have: none is part of another.
var fieldOrders = [...]fieldOrder{
	{product: "ws (npm)", then: "Host",
		names: []string{"Sec-WebSocket-Version", "Sec-WebSocket-Key", "Connection", "Upgrade"}},
	{product: "WebSocket-Node (npm)",
		names: []string{"Upgrade", "Connection", "Sec-WebSocket-Version", "Sec-WebSocket-Key", "Host"}},
	{product: "websocket-client (Python)", atStart: true,
		names: []string{"Upgrade", "Host", "Origin", "Sec-WebSocket-Key", "Sec-WebSocket-Version", "Connection"}},
	{product: "websocket-client (Python)", atStart: true,
		names: []string{"Upgrade", "Host", "Sec-WebSocket-Key", "Sec-WebSocket-Version", "Connection"}},
	{product: "x/net/websocket (Go)", atStart: true,
		names: []string{"Host", "Upgrade", "Connection", "Sec-WebSocket-Key", "Origin"}},
	{product: "libwebsockets", atStart: true,
		names: []string{"Pragma", "Cache-Control", "Host", "Origin", "Upgrade", "Connection", "Sec-WebSocket-Key"}},
}

// in reports whether the run is in names.
func (o *fieldOrder) in(names []string) bool {
	from := slices.Index(names, o.names[0])
	if from < 0 || o.atStart && from > 0 || len(names)-from < len(o.names) {
		return false
	}
	end := from + len(o.names)
	return slices.Equal(names[from:end], o.names) && (o.then == "" || slices.Contains(names[end:], o.then))
}

// agents are words of User-Agent and who writes them, the most telling first: browsers
// name each other.
var agents = [...]struct{ word, product string }{
	{"websockets/", "websockets (Python)"}, {"aiohttp/", "aiohttp"}, {"Tornado/", "Tornado"},
	{"AutobahnPython/", "Autobahn"}, {"curl/", "curl"}, {"okhttp/", "OkHttp"}, {"Dart/", "Dart"},
	{"Java-http-client/", "Java HttpClient"}, {"undici", "Node.js"},
	{"Firefox/", "Firefox"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"},
}

// goLibrary tells the libraries apart that leave User-Agent to Go: gorilla/websocket
// spells the names itself and writes the request alone, coder/websocket leaves both to
// net/http, which asks for gzip.
func goLibrary(names []string) string {
	gzip := slices.Contains(names, "Accept-Encoding")
	switch {
	case slices.Contains(names, "Sec-WebSocket-Key") && !gzip:
		return "gorilla/websocket"
	case slices.Contains(names, "Sec-Websocket-Key") && gzip:
		return "coder/websocket"
	}
	return "Go"
}
