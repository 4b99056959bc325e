package diagnosis_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/diagnosis"
	"github.com/handshark/handshark/report"
)

// FuzzAnalyze reads any bytes as a capture file: nothing panics or hangs, no rule
// breaks, and what is written acts on no terminal.
func FuzzAnalyze(f *testing.F) {
	for i, file := range recordings(f) {
		if i%8 != 0 {
			continue
		}
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
		list := readPackets(f, file)
		formats := containers()
		f.Add(formats[i/8%len(formats)].write(list))
	}
	cases, _ := filepath.Glob("../testdata/pcaps/*.pcap")
	for i, file := range cases {
		if data, err := os.ReadFile(file); err == nil && i%8 == 0 {
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<16 {
			return
		}
		fuzzed(t, data)
	})
}

func fuzzed(t *testing.T, data []byte) {
	var out bytes.Buffer
	w := report.NewTable(&out, report.TableOptions{All: true})
	tail, err := diagnosis.Analyze(t.Context(), []string{"-"}, diagnosis.Options{
		Open: capture.OpenOptions{Stdin: bytes.NewReader(data), Buffer: 1 << 12, MaxExpanded: 1 << 20, MaxMemory: 1 << 20},
	}, func(r *report.Record) error {
		if _, err := r.Load(); err != nil {
			return err
		}
		return w.Handshake(*r)
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range tail.RuleErrors {
		t.Error(e)
	}
	if err := w.Close(tail); err != nil {
		t.Fatal(err)
	}
	if bad := raw(out.Bytes(), "table"); bad != "" {
		t.Errorf("raw in a table: %q", bad)
	}
}

// FuzzStreams lets two sides of a connection say anything.
func FuzzStreams(f *testing.F) {
	f.Add([]byte(upgrade("/chat", "")), []byte(accepted+"\x81\x01a\x88\x02\x03\xe8"), uint8(7))
	f.Add([]byte(upgrade("/chat", "")), []byte(refused), uint8(1))
	f.Add([]byte("CONNECT a:443 HTTP/1.1\r\n\r\n"+upgrade("/", "")), []byte("HTTP/1.1 200 OK\r\n\r\n"+accepted), uint8(0))
	f.Add([]byte("\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03"), []byte("\x15\x03\x03\x00\x02\x02\x28"), uint8(3))
	f.Add([]byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"), []byte("\x00\x00\x00\x04\x00\x00\x00\x00\x00"), uint8(9))
	f.Add([]byte("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n"+upgrade("/", "Sec-WebSocket-Protocol: a, b\r\n")), []byte("HTTP/1.1 302 Found\r\nLocation: wss://b/\r\n\r\n"), uint8(5))
	f.Fuzz(func(t *testing.T, client, server []byte, mix uint8) {
		if len(client)+len(server) > 1<<14 {
			return
		}
		fuzzed(t, dialogue(t, client, server, int(mix)))
	})
}

// dialogue cuts what both sides say into segments in turns; mix says how.
func dialogue(t *testing.T, client, server []byte, mix int) []byte {
	return newTalk(t, func(k *talk, _ int) bool {
		f := k.flow(1)
		if mix&1 == 0 {
			f.open()
		}
		step := 1 + (mix>>1&0x1f)*40
		for len(client)+len(server) > 0 {
			n := min(len(client), step)
			f.asks(string(client[:n]))
			client = client[n:]
			if mix&0x40 != 0 && len(client) > 0 {
				continue // the server waits for everything
			}
			n = min(len(server), step)
			f.answers(string(server[:n]))
			server = server[n:]
		}
		if mix&0x80 != 0 {
			f.closes()
		}
		return false
	}).all()
}
