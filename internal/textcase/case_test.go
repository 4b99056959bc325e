package textcase

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const folder = "../../testdata/pcaps"

// cases reads all case files of the repository.
func cases(t *testing.T) []*Case {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases in %s (%v)", folder, err)
	}
	var out []*Case
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		c, err := Parse(f, data)
		if err != nil {
			t.Error(err)
			continue
		}
		out = append(out, c)
	}
	return out
}

// TestCapturesAreCurrent fails where a committed capture is not what its case
// gives.
func TestCapturesAreCurrent(t *testing.T) {
	for _, c := range cases(t) {
		built, err := c.Build(Variant{})
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
			continue
		}
		have, err := os.ReadFile(filepath.Join(folder, c.Name+".pcap"))
		if err != nil {
			t.Error(err)
		} else if string(have) != string(built.File()) {
			t.Errorf("%s.pcap is not what its case gives; run: go run ./internal/cmd/gencases", c.Name)
		}
	}
}

func TestEveryCaptureHasACase(t *testing.T) {
	captures, err := filepath.Glob(filepath.Join(folder, "*.pcap"))
	if err != nil || len(captures) == 0 {
		t.Fatalf("no captures in %s (%v)", folder, err)
	}
	for _, p := range captures {
		if _, err := os.Stat(strings.TrimSuffix(p, ".pcap") + ".txtar"); err != nil {
			t.Errorf("%s has no case beside it: %v", p, err)
		}
	}
}

// TestReadmeExamples keeps the reference of the language true.
func TestReadmeExamples(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(folder, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(string(data), "```\n")
	if len(parts) < 9 {
		t.Fatalf("got %d code blocks; want at least 4", len(parts)/2)
	}
	for i := 1; i < len(parts); i += 2 {
		text := parts[i]
		if !strings.Contains(text, "\n-- ") {
			text = "-- example --\n" + text
		}
		if _, err := Parse("request-key-missing.txtar", []byte(text)); err != nil {
			t.Errorf("%v in:\n%s", err, parts[i])
		}
	}
}

func TestParseErrors(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"empty", "", "x.txtar: 0 scenarios"},
		{"no scenario", "prose\n", "x.txtar: 0 scenarios"},
		{"empty scenario", "-- a --\n# nothing\n", "x.txtar:1: scenario a is empty"},
		{"name", "-- Bad Name --\n>\n", "x.txtar:1: scenario name"},
		{"twice", "-- a --\n>\n-- a --\n>\n", "x.txtar:3: scenario a is there twice"},
		{"directive", "-- a --\n>\nclos client\n", `x.txtar:3: directive "clos"`},
		{"kind", "-- a --\n>fram text\n", `x.txtar:2: data of kind "fram"`},
		{"escape", "-- a --\n> X: \\q\n", "x.txtar:2: escape"},
		{"trailing blank", "-- a --\n> X: y \n", "x.txtar:2: blank at the end"},
		{"start line inside", "-- a --\n> X: y\n> GET / HTTP/1.1\n", "x.txtar:3: start line in the middle"},
		{"misspelt field", "-- a --\n> Sec WebSocket Key: x\n", "x.txtar:2: first line"},
		{"removes nothing", "-- a --\n> !Origin\n", "x.txtar:2: !origin removes nothing"},
		{"body alone", "-- a --\n>\n\n>body x\n", "x.txtar:4: body without a head"},
		{"glue alone", "-- a --\n>\n<+x 00\n", "x.txtar:3: nothing to glue to"},
		{"h2 option", "-- a --\n>h2 headers 1 pad=256\n", "x.txtar:2: h2 headers: \"256\""},
		{"h2 table alone", "-- a --\n>h2 headers 1 table=0\n", "x.txtar:2: h2 headers: table without packed"},
		{"h2 long head", "-- a --\n>h2 headers 1 a=" + strings.Repeat("x", 16384) + "\n", "x.txtar:2: h2 headers: field section"},
		{"h2 frame", "-- a --\n>h2 ws 1 end\n", "x.txtar:2: h2 ws: want text"},
		{"h2 debug data", "-- a --\n<h2 goaway 1 2 x\n", "x.txtar:2: h2 goaway: want two numbers"},
		{"early want", "-- a --\nwant b\n>\n", "x.txtar:2: expectation before any packet"},
		{"severity", "-- a --\n>\nwant b fatal\n", "x.txtar:3: want: \"fatal\""},
		{"outcome", "-- a --\n>\noutcome fine\n", "x.txtar:3: outcome: want one of established"},
		{"two causes", "-- a --\n>\ncause b\ncause d\n", "x.txtar:4: cause: this handshake has one"},
		{"address", "-- a --\nopen client=10.0.0.1\n", "x.txtar:2: client=10.0.0.1: address"},
		{"families", "-- a --\nopen client=2001:db8::1 server=192.0.2.9\n", "both be IPv4"},
		{"no data", "-- a --\nsplit 5\n", "without data after it"},
		{"closed", "-- a --\n>\nclose client\n>frame ping\n", "x.txtar:4: connection c1"},
		{"refused", "-- a --\nopen refused\n>\n", "x.txtar:3: connection c1 cannot carry data: it was refused"},
		{"lose too many", "-- a --\nlose 3\n>\n", "x.txtar:3: lose 3"},
		{"own rule", "-- fires --\n>\n", "x.txtar:1: scenario fires expects nothing of x"},
		{"own rule silent", "-- near-miss --\n>\nwant x\n", "must stay silent"},
		{"links", "-- a --\nopen link=raw\nopen\n", "one case"},
		{"time", "-- a --\n>\ntime 2026-01-01T00:00:00Z\n", "x.txtar:3: time"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse("some/x.txtar", []byte(tt.text))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v; want an error with %q", err, tt.want)
			}
		})
	}
}

// play gives the octets that each side of the only connection sends.
func play(t *testing.T, text string) [2]string {
	t.Helper()
	c, err := Parse("x.txtar", []byte("-- a --\n"+text))
	if err != nil {
		t.Fatal(err)
	}
	events, _, err := c.play()
	if err != nil {
		t.Fatal(err)
	}
	var out [2]string
	for _, e := range events {
		out[e.from] += string(e.data)
	}
	return out
}

func TestHeads(t *testing.T) {
	const (
		start = "GET /chat HTTP/1.1\r\n"
		host  = "Host: ws.example.test\r\n"
		up    = "Upgrade: websocket\r\nConnection: Upgrade\r\n"
		key   = "Sec-WebSocket-Key: aGFuZHNoYXJrLW5vbmNlIQ==\r\n"
		vers  = "Sec-WebSocket-Version: 13\r\n"
		ok    = "HTTP/1.1 101 Switching Protocols\r\n" + up
		base  = start + host + up + key + vers + "\r\n"
	)
	for _, tt := range []struct{ name, text, client, server string }{
		{"base", ">\n<\n", base, ok + "Sec-WebSocket-Accept: dw4dLLrGesZlGNtwt61cFvT17Ik=\r\n\r\n"},
		{"replace", "> host: a\n", start + "host: a\r\n" + up + key + vers + "\r\n", ""},
		{"twice", "> Host: a\n> Host: b\n", start + "Host: a\r\nHost: b\r\n" + up + key + vers + "\r\n", ""},
		{"append", "> Origin: null\n", start + host + up + key + vers + "Origin: null\r\n\r\n", ""},
		{"remove", "> !Host\n", start + up + key + vers + "\r\n", ""},
		{"fold", "> Host: a\n>  b\n", start + "Host: a\r\n b\r\n" + up + key + vers + "\r\n", ""},
		{"blank before colon", "> Host : a\n", start + "Host : a\r\n" + up + key + vers + "\r\n", ""},
		{"start line", "> GET ws://h/ HTTP/1.1\n", "GET ws://h/ HTTP/1.1\r\n" + host + up + key + vers + "\r\n", ""},
		{"escape", "> Host: a\\x00\\s\n", start + "Host: a\x00 \r\n" + up + key + vers + "\r\n", ""},
		{"exact", ">> OPTIONS * HTTP/1.1\n>> Host: a\n", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", ""},
		{"raw", ">| GET / HTTP/1.1\\n\n>| \\n\n", "GET / HTTP/1.1\n\n", ""},
		{"other key", "> Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n<\n", strings.Replace(base, key, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", 1), ok + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"},
		{"status", ">\n< HTTP/1.1 404 Not Found\n< A: b\n", base, "HTTP/1.1 404 Not Found\r\nA: b\r\nContent-Length: 0\r\n\r\n"},
		{"body", ">\n< HTTP/1.1 404 Not Found\n<body a\\n\n<body b\n", base, "HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\na\nb"},
		{"no length", ">\n< HTTP/1.1 404 Not Found\n< !Content-Length\n", base, "HTTP/1.1 404 Not Found\r\n\r\n"},
		{"date", "> Date: {date}\n> Date: {date -1h}\n", start + host + up + key + vers + "Date: Fri, 02 Jan 2026 03:04:05 GMT\r\nDate: Fri, 02 Jan 2026 02:04:05 GMT\r\n\r\n", ""},
		{"glued", ">\n<\n<+frame text \"Hello\"\n", base, ok + "Sec-WebSocket-Accept: dw4dLLrGesZlGNtwt61cFvT17Ik=\r\n\r\n\x81\x05Hello"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := play(t, tt.text)
			if got[client] != tt.client {
				t.Errorf("client:\ngot  %q\nwant %q", got[client], tt.client)
			}
			if got[server] != tt.server {
				t.Errorf("server:\ngot  %q\nwant %q", got[server], tt.server)
			}
		})
	}
}

func TestFrames(t *testing.T) {
	for _, tt := range []struct{ args, want string }{
		{`>frame text "Hello"`, "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"}, // RFC 6455 section 5.7
		{`>frame text "Hello" unmasked`, "\x81\x05Hello"},
		{`>frame close 1008 "no" unmasked`, "\x88\x04\x03\xf0no"},
		{`>frame close unmasked`, "\x88\x00"},
		{`>frame ping 0102 unmasked nofin rsv1 rsv2 rsv3`, "\x79\x02\x01\x02"},
		{`>frame opcode=3 unmasked`, "\x83\x00"},
		{`>frame text "a" unmasked len16`, "\x81\x7e\x00\x01a"},
		{`>frame text "a" unmasked len64`, "\x81\x7f\x00\x00\x00\x00\x00\x00\x00\x01a"},
		{`>frame text "a" unmasked claim=9`, "\x81\x09a"},
		{`>frame text "a" mask=00000000`, "\x81\x81\x00\x00\x00\x00a"},
	} {
		if got := play(t, tt.args+"\n")[client]; got != tt.want {
			t.Errorf("%s: got %x; want %x", tt.args, got, tt.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("-- a --\n> !Host\n< HTTP/1.1 400 X\n<body b\nclose server\nwant b error \"c\"\n")
	f.Add("-- a --\nopen ip6 name=b unanswered=2\nicmp 3 1 from=2001:db8::9\ncause b network\n")
	f.Add("-- a --\nsplit 3\nlose 2\ndup 2\n>| GET /\\r\\n\\r\\n\nswap\n<tls alert fatal 70\nblackhole\n>\nrst server ttl=9\n")
	f.Add("-- a --\n>tls hello sni=a alpn=b,c max=1.2\n<tls hello version=1.2 alpn=b\n<tls certificate san=a,192.0.2.1 issuer=self\n")
	f.Add("-- a --\n>h2 preface\n<h2 settings 8=1\n>h2 headers 1 x=\"y z\" !:path\n<h2 goaway 0 1\ndns a.b A server\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Parse("x.txtar", []byte(text))
		if err != nil {
			return
		}
		for _, v := range append(Variants(), Lost(0)) {
			if !c.Applies(v) {
				continue
			}
			if b, err := c.Build(v); err != nil || len(b.File()) == 0 {
				t.Errorf("%s: %v", v.Name, err)
			}
		}
	})
}
