package diagnosis_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/diagnosis"
	"github.com/handshark/handshark/report"
)

// formats makes the writers of all formats.
func formats() map[string]func(io.Writer) report.Writer {
	tool := report.Tool{Name: "handshark", Version: "test"}
	return map[string]func(io.Writer) report.Writer{
		"table":      func(w io.Writer) report.Writer { return report.NewTable(w, report.TableOptions{}) },
		"table, all": func(w io.Writer) report.Writer { return report.NewTable(w, report.TableOptions{All: true, Width: 200}) },
		"json":       func(w io.Writer) report.Writer { return report.NewJSON(w, tool) },
		"ndjson":     func(w io.Writer) report.Writer { return report.NewNDJSON(w, tool) },
	}
}

// render gives the report about files.
func render(t testing.TB, files []string, o diagnosis.Options, format func(io.Writer) report.Writer) []byte {
	t.Helper()
	var b bytes.Buffer
	w := format(&b)
	tail, err := diagnosis.Analyze(context.Background(), files, o, func(r *report.Record) error { return w.Handshake(*r) })
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(tail); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func renderBytes(t testing.TB, data []byte, secrets bool, format func(io.Writer) report.Writer) []byte {
	o := diagnosis.Options{Open: capture.OpenOptions{Stdin: bytes.NewReader(data), Buffer: 1 << 14}, ShowSecrets: secrets}
	return render(t, []string{"-"}, o, format)
}

// invisible characters that JSON may hold as they are: they change nothing.
const invisible = "\u200b\ufeff"

// raw gives the first thing in a report that acts on a terminal: control
// characters, bidirectional and, in a table, invisible ones, octets that are not
// UTF-8.
func raw(out []byte, format string) string {
	for i, r := range string(out) {
		_, size := utf8.DecodeRune(out[i:])
		broken := r == utf8.RuneError && size == 1
		acts := unicode.IsControl(r) && r != '\n' || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029'
		if strings.ContainsRune(invisible, r) && strings.HasSuffix(format, "json") {
			continue
		}
		if broken || acts {
			return strings.ToValidUTF8(string(out[max(0, i-20):min(len(out), i+20)]), "?")
		}
	}
	return ""
}

// evil holds what must not reach a terminal. A line feed would end the line.
const evil = "\x1b[31mred\x1b]0;title\x07\x9b31m\x00\u202Ertl\u2066\u200b\u200f\ufeff\u0085\u2028\xff\xfe\xc3(\x7f\x08\t\x0b\r!"

// evilTalk has evil in every place where a report may quote from.
func evilTalk(t testing.TB, evil string) []byte {
	long := strings.Repeat(evil, 1000)
	lines := []func(f *flow){
		func(f *flow) { f.asks(upgrade("/"+evil, "")); f.answers(refused) },
		func(f *flow) { f.asks(upgrade("/"+long, "")); f.answers(refused) },
		func(f *flow) { f.asks(upgrade("/?token="+long+"&"+evil+"=1", "")); f.answers(refused) },
		func(f *flow) { f.asks(upgrade("ws://"+evil+"/", "")); f.answers(refused) },
		func(f *flow) { f.asks(upgrade("/", evil+": "+evil+"\r\n")); f.answers(refused) },
		func(f *flow) { f.asks(upgrade("/", "Upgrade: "+evil+"\r\n"+evil+"\r\n")); f.answers(refused) },
		func(f *flow) { f.asks(strings.Replace(upgrade("/", ""), "GET", evil, 1)); f.answers(refused) },
		func(f *flow) {
			f.asks(strings.Replace(upgrade("/", ""), "HTTP/1.1", "HTTP/1.1"+evil, 1))
			f.answers(refused)
		},
		func(f *flow) {
			f.asks(strings.Replace(upgrade("/", ""), "example.test", evil, 1))
			f.answers(refused)
		},
		func(f *flow) { f.asks(upgrade("/", "")); f.answers("HTTP/1.1 403 " + evil + "\r\n\r\n" + evil) },
		func(f *flow) { f.asks(upgrade("/", "")); f.answers(evil) },
		func(f *flow) { f.asks(upgrade("/", "")); f.answers(accepted); f.answers("\x88\x4e\x03\xf0" + evil) },
		func(f *flow) {
			f.asks(upgrade("/", ""))
			f.answers(strings.Replace(accepted, "\r\n\r\n", "\r\nSec-WebSocket-Protocol: "+evil+"\r\n\r\n", 1))
		},
		func(f *flow) {
			f.asks("CONNECT " + evil + ":443 HTTP/1.1\r\n\r\n")
			f.answers("HTTP/1.1 403 " + evil + "\r\n\r\n")
		},
	}
	for _, name := range []string{
		"Origin", "Host", "Cookie", "User-Agent", "Connection", "Authorization", "X-Forwarded-For", "Referer",
		"Sec-WebSocket-Key", "Sec-WebSocket-Version", "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions", "Transfer-Encoding", "Content-Length",
	} {
		lines = append(lines, func(f *flow) { f.asks(upgrade("/", name+": "+evil+"\r\n")); f.answers(refused) })
	}
	for _, name := range []string{
		"Server", "Via", "Location", "Upgrade", "Connection", "Set-Cookie", "WWW-Authenticate", "Content-Type", "Content-Length",
		"Sec-WebSocket-Accept", "Sec-WebSocket-Version", "Retry-After", "Date", "CF-RAY", "X-Cache",
	} {
		lines = append(lines, func(f *flow) {
			f.asks(upgrade("/", ""))
			f.answers("HTTP/1.1 302 Found\r\n" + name + ": " + evil + "\r\nContent-Length: 0\r\n\r\n")
		})
	}
	return newTalk(t, func(k *talk, i int) bool {
		f := k.flow(i).open()
		lines[i](f)
		f.closes()
		return i < len(lines)-1
	}).all()
}

// TestTerminal puts escape sequences everywhere: none comes out raw, in no
// format, with secrets hidden or shown.
func TestTerminal(t *testing.T) {
	for _, text := range []string{evil, strings.ToValidUTF8(evil, ""), "\x1b[2J", "\u202e", "\x9b1m", "\u009b1m", "\x00"} {
		data := evilTalk(t, text)
		for name, format := range formats() {
			for _, secrets := range []bool{false, true} {
				out := renderBytes(t, data, secrets, format)
				if len(out) < 2000 {
					t.Errorf("%s: only %d bytes", name, len(out))
				}
				if bad := raw(out, name); bad != "" {
					t.Errorf("%q: %s, secrets %t: %q", text, name, secrets, bad)
				}
			}
		}
	}
}

// TestTerminalNames has escape sequences in the names of files and interfaces
// and in damage.
func TestTerminalNames(t *testing.T) {
	list := readPackets(t, recordings(t)[0])
	w := &blocks{order: binary.LittleEndian}
	w.section()
	for range 2 {
		w.block(1, func() {
			w.u16(1)
			w.u16(0)
			w.u32(0)
			w.u16(2)
			w.u16(uint16(len(evil)))
			w.pad([]byte(evil))
			w.u32(0)
		})
	}
	for i, p := range list {
		w.enhanced(uint32(i%2), p, micro())
	}
	w.b = append(w.b, evil...)
	dir := t.TempDir()
	name := dir + "/" + strings.ReplaceAll(strings.ReplaceAll(evil, "\x00", ""), "/", "") + ".pcapng"
	writeFile(t, name, w.b)
	writeFile(t, dir+"/html\x1b[31m.pcap", []byte("<html>"+evil))
	for what, format := range formats() {
		for _, file := range []string{name, dir + "/html\x1b[31m.pcap", dir + "/none\x1b[31m"} {
			if bad := raw(render(t, []string{file}, diagnosis.Options{}, format), what); bad != "" {
				t.Errorf("%s: %q", what, bad)
			}
		}
	}
}

// TestTerminalMutated renders recordings whose streams were damaged at random,
// and reads the JSON back.
func TestTerminalMutated(t *testing.T) {
	files := recordings(t)
	r := rand.New(rand.NewPCG(5, 6))
	for range 500 {
		list := readPackets(t, files[r.IntN(len(files))])
		for range 1 + r.IntN(20) {
			_, ip := list[r.IntN(len(list))].network()
			if payload := tcpPayload(ip); len(payload) > 0 {
				payload[r.IntN(len(payload))] = byte(r.Uint32())
			}
		}
		data := pcapOf(t, list)
		for name, format := range formats() {
			out := renderBytes(t, data, r.IntN(2) == 0, format)
			if bad := raw(out, name); bad != "" {
				t.Fatalf("%s: %q", name, bad)
			}
			if name == "json" && !json.Valid(out) {
				t.Fatalf("not JSON: %s", out)
			}
		}
	}
}

// TestSameOutput renders recordings of all kinds twice in a row: byte for byte
// the same, in every format.
func TestSameOutput(t *testing.T) {
	files := recordings(t)
	for name, format := range formats() {
		for _, keep := range []diagnosis.KeepMode{diagnosis.KeepAll, diagnosis.KeepSample} {
			first := render(t, files, diagnosis.Options{Keep: keep}, format)
			for range 3 {
				if again := render(t, files, diagnosis.Options{Keep: keep}, format); !bytes.Equal(first, again) {
					t.Fatalf("%s: two runs differ:\n%s\n%s", name, first, again)
				}
			}
		}
	}
}
