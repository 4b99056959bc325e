package diagnosis_test

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/diagnosis"
	"github.com/handshark/handshark/internal/tshark"
	"github.com/handshark/handshark/report"
)

// differences are files in which tshark and this project read different
// requests, with the reason.
func differences() map[string]string {
	const (
		bodyCut  = "tshark shows no response whose end was not captured"
		headCut  = "tshark shows no request whose end was not captured"
		interim  = "tshark takes the interim 100 for the response"
		question = "what the authorization service is asked is no handshake"
		preface  = "tshark joins no answer in HTTP/1.1 to a request in HTTP/2"
	)
	return map[string]string{
		"head-unfinished":                       headCut,
		"snaplen-160-rejected":                  headCut,
		"response-head-truncated":               bodyCut,
		"uvicorn-without-library-400":           bodyCut + " (chunks without the last one)",
		"healthy-100-then-101":                  interim,
		"healthy-100-lighttpd-both-legs":        interim,
		"h2-preface-apache":                     preface,
		"h2-preface-gorilla":                    preface,
		"h2-preface-nginx":                      preface,
		"h2-preface-node-ws":                    preface,
		"h2-preface-python-websockets":          preface,
		"nginx-grpc-pass-both-legs":             preface,
		"healthy-h2-chromium-connect-proxy-tls": "tshark reads no HTTP/1.1 in a tunnel of HTTP/2",
		"wss-alpn-h2-selected":                  "TLS agreed on HTTP/2, and tshark reads nothing else then",
		"caddy-forward-auth-401":                question,
		"healthy-caddy-forward-auth":            question,
		"wss-tls13-client-certificate-required": "what was asked of a server that had refused TLS is no handshake",
		"proxy-protocol-v2-unexpected-go":       "the response was sent before the request, and tshark joins no such pair",
	}
}

// asked is one request with a mark of WebSocket, as both read it.
type asked struct {
	Frame  uint64
	Target string
	Status int
}

func (a asked) String() string { return fmt.Sprintf("frame %d %s %d", a.Frame, a.Target, a.Status) }

// oracle gives tshark's requests with a mark of WebSocket, and its streams by
// frame.
func oracle(t *testing.T, file string) (list []asked, streams map[uint64]int64) {
	t.Helper()
	if _, err := tshark.Find(); err != nil {
		t.Skip("not compared with tshark: ", err)
	}
	all, err := tshark.Requests(t.Context(), file, "9001", "9002", "8081") // as recordings have them
	if err != nil {
		t.Fatal(err)
	}
	streams = map[uint64]int64{}
	for _, r := range all {
		streams[r.Frame] = r.Stream
		if r.Marked {
			list = append(list, asked{r.Frame, r.Target, r.Status})
		}
	}
	return list, streams
}

// compared gives the requests of a run by the frame that completed them, and
// checks the streams that the run claims.
func compared(t *testing.T, got []*report.Handshake, streams map[uint64]int64) []asked {
	t.Helper()
	var list []asked
	for _, h := range got {
		if h.Request == nil || len(h.Request.At) == 0 || h.WebSocket != "yes" || !markedRequest(h.Request) {
			continue
		}
		a := asked{Target: string(h.Request.Target)}
		for _, at := range h.Request.At {
			a.Frame = max(a.Frame, at.Frame)
		}
		if h.Response != nil {
			a.Status = h.Response.Status
		}
		if want, known := streams[a.Frame]; known && h.Stream != nil && *h.Stream != want {
			t.Errorf("%v: stream %d; tshark has %d", a, *h.Stream, want)
		}
		list = append(list, a)
	}
	return list
}

// markedRequest reports whether a request has the marks that tshark is asked for.
func markedRequest(r *report.Request) bool {
	return slices.ContainsFunc(r.Fields, func(f report.Field) bool {
		name, value := strings.ToLower(string(f.Name)), strings.ToLower(string(f.Value))
		return strings.HasPrefix(name, "sec-websocket-") || (name == "upgrade" || name == ":protocol") && strings.Contains(value, "websocket")
	})
}

func byFrame(a, b asked) int {
	return cmp.Or(cmp.Compare(a.Frame, b.Frame), cmp.Compare(a.Target, b.Target), cmp.Compare(a.Status, b.Status))
}

// checkOracle compares the requests of one file.
func checkOracle(t *testing.T, file, name string) {
	t.Helper()
	want, streams := oracle(t, file)
	got := compared(t, analyzeWith(t, []string{file}, diagnosis.Options{ShowSecrets: true}).handshakes, streams)
	slices.SortFunc(want, byFrame)
	slices.SortFunc(got, byFrame)
	d := gocmp.Diff(want, got)
	why, known := differences()[name]
	switch {
	case d != "" && !known:
		t.Errorf("requests differ (-tshark +handshark):\n%s", d)
	case d == "" && known:
		t.Errorf("no difference any more: %s", why)
	case known:
		t.Logf("differs from tshark: %s", why)
	}
}

// TestTsharkTogether compares all recordings as one capture: one call of tshark.
func TestTsharkTogether(t *testing.T) {
	var b bytes.Buffer
	w, err := capture.NewPcapngWriter(&b)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range recordings(t) {
		if differences()[recordingName(file)] != "" {
			continue
		}
		list := readPackets(t, file)
		id, err := w.AddInterface(capture.Interface{Link: list[0].link})
		if keys := secretsOf(t, file); err == nil && len(keys) > 0 {
			err = w.WriteSecrets(keys)
		}
		for i := 0; i < len(list) && err == nil; i++ {
			err = w.WritePacket(id, list[i].time, list[i].wire, list[i].data, "")
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	name := filepath.Join(t.TempDir(), "together.pcapng")
	writeFile(t, name, b.Bytes())
	checkOracle(t, name, "together")
	enoughInHTTP2(t, name)
}

// enoughInHTTP2 holds that requests in HTTP/2, in clear and inside of TLS, are among those that
// are compared.
func enoughInHTTP2(t *testing.T, file string) {
	t.Helper()
	clear, inside := 0, 0
	for _, h := range analyzeWith(t, []string{file}, diagnosis.Options{}).handshakes {
		switch {
		case h.HTTPVersion != "2" || h.Request == nil || !markedRequest(h.Request):
		case h.TLS != nil:
			inside++
		default:
			clear++
		}
	}
	if t.Logf("%d requests in HTTP/2 in clear, %d inside of TLS", clear, inside); clear < 100 || inside < 1 {
		t.Error("hardly any requests in HTTP/2")
	}
}

// secretsOf gives the secrets of TLS that a capture holds.
func secretsOf(t *testing.T, file string) (keys []byte) {
	t.Helper()
	s, err := capture.Open(file, 0, capture.OpenOptions{Secrets: func(s capture.Secrets) { keys = append(append(keys, s.KeyLog...), '\n') }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for p := (capture.Packet{}); err == nil; {
		err = s.Next(&p)
	}
	if !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	return keys
}

func recordingName(file string) string { return strings.TrimSuffix(filepath.Base(file), ".pcap") }

// sampled reports whether file i of a long list is compared: every one only if
// HANDSHARK_TSHARK is set, since each takes a quarter of a second.
func sampled(i, every int) bool { return os.Getenv("HANDSHARK_TSHARK") != "" || i%every == 0 }

// TestTsharkRecordings compares recordings one by one: only so are the stream
// numbers those of the file.
func TestTsharkRecordings(t *testing.T) {
	for i, file := range recordings(t) {
		if sampled(i, 6) {
			name := recordingName(file)
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				if why := notReadYet(name); why != "" {
					t.Skip(why)
				}
				checkOracle(t, file, name)
			})
		}
	}
}

// TestTsharkCorpus compares captures that others recorded.
func TestTsharkCorpus(t *testing.T) {
	dir := corpus(t)
	for i, f := range manifest(t, dir) {
		if sampled(i, 6) {
			t.Run(f.File, func(t *testing.T) {
				t.Parallel()
				checkOracle(t, filepath.Join(dir, f.File), f.File)
			})
		}
	}
}
