package rules_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/handshark/handshark"
	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/internal/textcase"
	"github.com/handshark/handshark/report"
)

// recorded is what a real client said of an answer: see lab/programs/client_text.py.
type recorded struct {
	Case, Client, Text, End, From, To string
	Request, Answer                   string
	RequestBase64                     []byte `json:"request_base64"`
	AnswerBase64                      []byte `json:"answer_base64"`
}

func readRecorded(t *testing.T) []recorded {
	t.Helper()
	data, err := os.ReadFile("testdata/client_texts.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Records []recorded }
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	return file.Records
}

// scenario makes the recorded octets a connection that ends as the server ended it.
func (r *recorded) scenario() string {
	if r.End == "refused" {
		return "open " + r.ends() + " refused\n"
	}
	s := "open " + r.ends() + "\n>x " + hex(r.Request, r.RequestBase64) + "\n"
	if a := hex(r.Answer, r.AnswerBase64); a != "" {
		s += "<x " + a + "\n"
	}
	switch r.End {
	case "fin", "tls":
		return s + "close server\n"
	case "rst":
		return s + "rst server\n"
	}
	switch {
	case r.Case == "silence":
		return s + "wait 30s\nack client\n"
	case strings.HasPrefix(r.Case, "after-"):
		return s + ">frame close 1002\nclose client\n"
	}
	return s + "wait 1ms\nrst client\n"
}

// ends keeps the recorded addresses.
func (r *recorded) ends() string {
	if r.From == "" {
		return "server=" + r.To + " client=127.0.0.1:40000"
	}
	return "client=" + r.From + " server=" + r.To
}

func hex(text string, octets []byte) string {
	if octets == nil {
		octets = []byte(text)
	}
	return fmt.Sprintf("%x", octets)
}

func observe(t *testing.T, scenario string) *report.Handshake {
	t.Helper()
	c, err := textcase.Parse("client.txtar", []byte("-- s --\n"+scenario))
	if err != nil {
		t.Fatal(err)
	}
	built, err := c.Build(textcase.Variant{})
	if err != nil {
		t.Fatal(err)
	}
	var last *report.Handshake
	o := handshark.Options{Open: capture.OpenOptions{Stdin: bytes.NewReader(built.File())}, ShowSecrets: true}
	_, err = handshark.Analyze(context.Background(), []string{"-"}, o, func(r *report.Record) error {
		h, err := r.Load()
		last = h
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return last
}

// open is what a client that accepted the answer says in the recordings: its own
// timeout, or the close that the test of it made.
var open = regexp.MustCompile(`^(close 1006|TimeoutError|open|failed to get reader: context deadline exceeded|read tcp .*: i/o timeout|WebSocket is closed before the connection is established\.)$`)

// notKnown are recordings that no fact of a capture explains, and why.
var notKnown = map[string]string{
	"silence Chrome":                      "the page gave up before the browser did",
	"tls-self-signed":                     "the alert is protected",
	"tls-other-name":                      "the alert is protected",
	"after-masked coder/websocket":        "it takes masked frames",
	"after-masked websockets":             "it waits for the server to close",
	"after-rsv2 websockets":               "it waits for the server to close",
	"after-second-response websockets":    "it waits for the server to close",
	"status-301 coder/websocket":          "it followed",
	"status-301 websockets":               "it followed",
	"status-302-login coder/websocket":    "it followed",
	"extension-malformed coder/websocket": "it does not parse",
	"tls-alert-40 coder/websocket":        "the URL is not in the capture",
	"tls-alert-70 coder/websocket":        "the URL is not in the capture",
	"tls-alert-80 coder/websocket":        "the URL is not in the capture",
	"tls-alert-112 coder/websocket":       "the URL is not in the capture",
	"tls-to-http coder/websocket":         "the URL is not in the capture",
	"tls-closed coder/websocket":          "the URL is not in the capture",
	"refused coder/websocket":             "the URL is not in the capture",
	"after-masked Firefox":                "it takes masked frames",
	"after-second-response Firefox":       "it waits for the rest of what it takes for a frame",
}

func TestClientViewsAreWhatClientsPrint(t *testing.T) {
	for _, r := range readRecorded(t) {
		if notKnown[r.Case] != "" || notKnown[r.Case+" "+r.Client] != "" {
			continue
		}
		h := observe(t, r.scenario())
		if h == nil {
			t.Errorf("%s: no handshake", r.Case)
			continue
		}
		got := viewOf(h, r.Client)
		if got == "" && open.MatchString(r.Text) && r.Case != "silence" && !strings.HasPrefix(r.Case, "after-") {
			continue
		}
		if !alike(got, r.Text) {
			t.Errorf("%s: %s (%s)\n got %q\nwant %q", r.Case, r.Client, h.Outcome, got, r.Text)
		}
	}
}

func viewOf(h *report.Handshake, client string) string {
	for _, v := range h.ClientViews {
		if v.Client == client {
			return string(v.Text)
		}
	}
	return ""
}

// alike compares, … standing for anything.
func alike(pattern, text string) bool {
	parts := strings.Split(pattern, "…")
	for i := range parts {
		parts[i] = regexp.QuoteMeta(parts[i])
	}
	return regexp.MustCompile(`(?s)^` + strings.Join(parts, ".*") + `$`).MatchString(text)
}

// TestClientViewOfEncryptedAlert holds what gorilla/websocket printed when an alert
// came that only its length tells of: lab/record tls13-client-certificate-missing-go.
func TestClientViewOfEncryptedAlert(t *testing.T) {
	h := observe(t, `open server=:443
>tls hello sni=ws.example.test
<tls hello
<+tls ccs
<+tls appdata 700
>tls ccs
>+tls appdata 25
>+tls appdata 53
<tls appdata 19
close server
`)
	if got, want := viewOf(h, "gorilla/websocket"), "remote error: tls: certificate required"; got != want {
		t.Errorf("got %q; want %q", got, want)
	}
}

// TestFirefoxTellsEarlyFramesFromLaterOnes holds what Firefox 153 said of frames that
// came with the 101 and 0.4 s after it.
func TestFirefoxTellsEarlyFramesFromLaterOnes(t *testing.T) {
	const cannot = "Firefox can’t establish a connection to the server at ws://ws.example.test/chat."
	const interrupted = "The connection to ws://ws.example.test/chat was interrupted while the page was loading."
	for _, tt := range []struct{ name, after, want string }{
		{"reserved bit with the 101", "<+x a10548656c6c6f\nwait 1s\nrst client\n", cannot},
		{"reserved bit later", "wait 400ms\n<x a10548656c6c6f\nwait 1s\nrst client\n", interrupted},
		{"unknown opcode with the 101", "<+x 830548656c6c6f\nwait 1s\nrst client\n", interrupted},
		{"masked, then an unknown opcode", "<x 818537fa213d7f9f4d5158\n<x 830548656c6c6f\nwait 1s\nrst client\n", interrupted},
		{"incomplete", "<+x 485454502f312e31\nclose server\n", "close 1006"},
	} {
		h := observe(t, ">\n<\n"+tt.after)
		if got := viewOf(h, "Firefox"); got != tt.want {
			t.Errorf("%s: got %q; want %q", tt.name, got, tt.want)
		}
	}
}

// TestClientViewsInHTTP2: browsers alone speak there, of the status and of what follows it
// as they do in HTTP/1.1.
func TestClientViewsInHTTP2(t *testing.T) {
	const begin = ">h2 preface\n>+h2 settings\n<h2 settings 8=1\n"
	for _, tt := range []struct {
		name, answer    string
		chrome, firefox string
	}{
		{"refused", ">h2 headers 1\n<h2 headers 1 end :status=403\n", "Error during WebSocket handshake: Unexpected response code: 403", firefoxCannot},
		{"other 2xx", ">h2 headers 1\n<h2 headers 1 :status=201\n>h2 rst 1 8\n", "Error during WebSocket handshake: Unexpected response code: 201", firefoxCannot},
		{"reset", ">h2 headers 1\n<h2 rst 1 1\n", "", ""},
		{"silence", ">h2 headers 1\nwait 30s\nack client\n", "", ""},
		{"ended", ">h2 headers 1\n<h2 headers 1 end\n>h2 data 1 end\n", "close 1006", "close 1006"},
		{"reset later", ">h2 headers 1\n<h2 headers 1\n<h2 rst 1 2\n", "close 1006", ""},
		{"left", ">h2 headers 1 sec-websocket-protocol=a\n<h2 headers 1 sec-websocket-protocol=b\n>h2 rst 1 8\n", "Error during WebSocket handshake: 'Sec-WebSocket-Protocol' header value 'b' in response does not match any of sent values", firefoxCannot},
		{"closed", ">h2 headers 1\n<h2 headers 1\n<h2 ws 1 end close 1008 \"no\"\n", "close 1008 no", "close 1008 no"},
		{"HTTP/1.1", ">h2 headers 1\n<< HTTP/1.1 400 Bad Request\nclose server\n", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := observe(t, begin+tt.answer)
			if h == nil {
				t.Fatal("no handshake")
			}
			if got := viewOf(h, "Chrome"); got != tt.chrome {
				t.Errorf("%s: Chrome: got %q; want %q", h.Outcome, got, tt.chrome)
			}
			if got := viewOf(h, "Firefox"); got != tt.firefox {
				t.Errorf("%s: Firefox: got %q; want %q", h.Outcome, got, tt.firefox)
			}
			for _, other := range []string{"gorilla/websocket", "ws", "websockets", "coder/websocket"} {
				if got := viewOf(h, other); got != "" {
					t.Errorf("%s: %s: got %q; want nothing", h.Outcome, other, got)
				}
			}
		})
	}
}

const firefoxCannot = "Firefox can’t establish a connection to the server at ws://ws.example.test/chat."
