package analyzer

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	facts "github.com/handshark/handshark/analyzer/tls"
	"github.com/handshark/handshark/reassembly"
)

// sealed is a TLS session between two ends in memory, of which every octet that is sent
// is taken down.
type sealed struct {
	t       *testing.T
	version uint16
	keys    *facts.KeyLog // gets the secrets; nil = nobody does
	ends    [2]*tls.Conn
	wire    *wire
	cert    tls.Certificate
	log     strings.Builder  // key log of the session
	spoil   func(log string) // gets it, too; may be nil
}

// wire takes down what both ends send, in order.
type wire struct {
	mu   sync.Mutex
	sent []flight
}

type flight struct {
	from reassembly.Side
	data string
}

// tap is one end of a wire.
type tap struct {
	net.Conn
	from reassembly.Side
	wire *wire
}

func (p tap) Write(b []byte) (int, error) {
	p.wire.mu.Lock()
	p.wire.sent = append(p.wire.sent, flight{p.from, string(b)})
	p.wire.mu.Unlock()
	return p.Conn.Write(b)
}

func (w *wire) take() []flight {
	w.mu.Lock()
	defer w.mu.Unlock()
	sent := w.sent
	w.sent = nil
	return sent
}

func newSealed(t *testing.T, version uint16, keys *facts.KeyLog) *sealed {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"a.test"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return &sealed{t: t, version: version, keys: keys, cert: tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}}
}

// open begins a session of its own, and feeds its handshake to a rig.
func (s *sealed) open(r *rig) {
	s.close()
	s.log.Reset()
	a, b := net.Pipe()
	s.wire = &wire{}
	s.ends[client] = tls.Client(tap{a, client, s.wire}, &tls.Config{
		InsecureSkipVerify: true, ServerName: "a.test", KeyLogWriter: &s.log, MaxVersion: s.version, DynamicRecordSizingDisabled: true,
	})
	s.ends[server] = tls.Server(tap{b, server, s.wire}, &tls.Config{
		Certificates: []tls.Certificate{s.cert}, MaxVersion: s.version, DynamicRecordSizingDisabled: true,
	})
	var done sync.WaitGroup
	for side, end := range s.ends {
		done.Go(func() {
			if err := end.Handshake(); err != nil {
				s.t.Error(side, err)
			}
			go io.Copy(io.Discard, []net.Conn{a, b}[side]) // what is sent is taken down, and of no more use
		})
	}
	done.Wait()
	if s.keys != nil {
		s.keys.Add([]byte(s.log.String()))
	}
	if s.spoil != nil {
		s.spoil(s.log.String())
	}
	for _, f := range s.wire.take() {
		r.octets(f.from, r.off[f.from.Other()], f.data)
	}
}

func (s *sealed) close() {
	for _, end := range s.ends {
		if end != nil {
			end.NetConn().Close()
		}
	}
}

// newInside gives a rig in which all is said inside of TLS; keys get the secrets, nil = nobody
// does.
func newInside(t *testing.T, version uint16, o Options, keys *facts.KeyLog) *rig {
	t.Helper()
	r := newRig(t, o)
	r.inner = newSealed(t, version, keys)
	t.Cleanup(r.inner.close)
	return r
}

// seal gives the records in which a side says something.
func (s *sealed) seal(from reassembly.Side, data string) string {
	if _, err := io.WriteString(s.ends[from], data); err != nil {
		s.t.Fatal(err)
	}
	var b strings.Builder
	for _, f := range s.wire.take() {
		b.WriteString(f.data)
	}
	return b.String()
}

// inClear are stories that are not about what is inside of TLS.
var inClear = []string{
	"connect failed", "a probe", "TLS answered in plain", "TLS alert", "PROXY v1", "PROXY v2",
	"a response before its request", // the handshake orders the two
}

// TestInsideTLS tells every story inside of TLS: with the secrets it ends the same.
func TestInsideTLS(t *testing.T) {
	for version, name := range map[uint16]string{tls.VersionTLS12: "TLS 1.2 ", tls.VersionTLS13: "TLS 1.3 "} {
		for _, stories := range []map[string]story{outcomes(), wholes()} {
			for title, s := range stories {
				if !slices.Contains(inClear, title) {
					t.Run(name+title, func(t *testing.T) { insideTLS(t, version, s) })
				}
			}
		}
	}
}

func insideTLS(t *testing.T, version uint16, s story) {
	keys := facts.NewKeyLog()
	r := newInside(t, version, Options{Keys: keys}, keys)
	r.look = func(h *Handshake) {
		if h.TLS == nil || !h.TLS.Decrypted {
			t.Errorf("%v is not told to have been inside of TLS", h.Outcome)
		}
	}
	for _, r.size = range []int{0, 1, 29, 1400} {
		t.Log("size", r.size)
		s.do(r.open())
		if r.c.User != nil { // the story left the end open
			r.end(reassembly.EndCapture)
		}
		r.want(s.want...)
	}
}

// TestLateKeys has the secrets come after the whole conversation, as far as its end.
func TestLateKeys(t *testing.T) {
	keys, late := facts.NewKeyLog(), facts.NewKeyLog()
	r := newInside(t, tls.VersionTLS13, Options{Keys: keys, LateKeys: true, Live: true}, late)
	var at []uint64
	r.look = func(h *Handshake) { at = []uint64{h.Request.First.Frame, h.Response.First.Frame} }
	r.open().from(client, ask)
	asked := r.frame
	r.from(server, accept+hello)
	if len(r.got) > 0 {
		t.Error("something is known without secrets")
	}
	keys.Add([]byte(r.inner.log.String()))
	r.from(client, masked).end(reassembly.EndCapture)
	r.want(est(1, 1))
	if want := []uint64{asked, asked + 1}; !slices.Equal(at, want) {
		t.Errorf("heads are in packets %v, want %v: those that carried them, not those that came with the secrets", at, want)
	}
}

// TestLastMinuteKeys has the secrets come when all was said: before the connection ends, or
// its capture does, or while time goes by.
func TestLastMinuteKeys(t *testing.T) {
	for name, last := range map[string]func(*rig){
		"end":  func(r *rig) { r.end(reassembly.EndCapture) },
		"FIN":  func(r *rig) { r.fin(server).fin(client).end(reassembly.EndFinished) },
		"RST":  func(r *rig) { r.rst(server).end(reassembly.EndFinished) },
		"tick": func(r *rig) { r.a.Tick(r.now + 300*ms); r.fin(server).end(reassembly.EndCapture) },
	} {
		t.Run(name, func(t *testing.T) {
			keys := facts.NewKeyLog()
			r := newInside(t, tls.VersionTLS13, Options{Keys: keys, LateKeys: true, Live: true}, nil)
			r.open().from(client, ask).from(server, refuse)
			keys.Add([]byte(r.inner.log.String()))
			last(r)
			r.want(said{Outcome: Rejected, By: ByServer, Kind: EndingStatus, Status: 403, Target: "/chat"})
		})
	}
}

// TestLateGoodbye has the server take its leave in a record that waits for its secrets, and
// the client end the connection upon it.
func TestLateGoodbye(t *testing.T) {
	keys := facts.NewKeyLog()
	r := newInside(t, tls.VersionTLS13, Options{Keys: keys, LateKeys: true, Live: true}, nil)
	r.open().from(client, ask).notify(server)
	keys.Add([]byte(r.inner.log.String()))
	r.fin(client).fin(server).end(reassembly.EndFinished)
	r.want(said{Outcome: Closed, By: ByServer, Kind: EndingNoStatus, Target: "/chat"})
}

// TestNoKeys waits in vain, or not at all: nothing is made of what is inside.
func TestNoKeys(t *testing.T) {
	for _, wait := range []bool{false, true} {
		r := newRig(t, Options{Keys: facts.NewKeyLog(), LateKeys: wait, Live: wait})
		r.inner = newSealed(t, tls.VersionTLS13, nil)
		r.open().from(client, ask).from(server, accept+hello)
		for range 6 {
			r.wait(1000*ms).from(client, masked)
		}
		if !r.c.Ignored() {
			t.Errorf("wait %v: the connection is still followed", wait)
		}
		r.end(reassembly.EndCapture).want()
		if n := r.a.Stats().NotJudged[TLSOpaque].Conversations; n != 1 {
			t.Errorf("wait %v: %d connections are told not to be readable, want 1", wait, n)
		}
		r.inner.close()
	}
}

// TestWrongKeys has secrets that are of another session.
func TestWrongKeys(t *testing.T) {
	keys := facts.NewKeyLog()
	r := newInside(t, tls.VersionTLS13, Options{Keys: keys}, nil)
	r.inner.spoil = func(log string) {
		for line := range strings.Lines(log) {
			f := strings.Fields(line)
			keys.Add([]byte(f[0] + " " + f[1] + " " + strings.Repeat("0", len(f[2]))))
		}
	}
	r.open().from(client, ask).from(server, accept+hello).end(reassembly.EndCapture).want()
	if n := r.a.Stats().NotJudged[TLSLocked].Conversations; n != 1 {
		t.Errorf("%d connections are told not to be opened by their keys, want 1", n)
	}
}

// TestLostInside loses octets of records: what was in them is not there, and is not told
// to be absent.
func TestLostInside(t *testing.T) {
	for name, tc := range map[string]struct {
		do   func(*rig)
		want []said
	}{
		"frames": {func(r *rig) {
			r.from(client, ask).from(server, accept+hello).cut(server, hello).from(server, hello).from(client, masked)
		}, []said{est(1, 1)}},
		"request": {func(r *rig) { r.cut(client, ask).from(server, accept+hello) },
			[]said{{Outcome: Established, Frames: [2]int{0, 1}}}},
		"response": {func(r *rig) { r.from(client, ask).cut(server, refuse).from(client, get) },
			[]said{{Outcome: Incomplete, By: ByCaptureEnd, Target: "/chat"}}},
	} {
		t.Run(name, func(t *testing.T) {
			keys := facts.NewKeyLog()
			r := newInside(t, tls.VersionTLS13, Options{Keys: keys}, keys)
			tc.do(r.open())
			r.end(reassembly.EndCapture).want(tc.want...)
		})
	}
}

// cut says something of which not all octets were captured.
func (r *rig) cut(s reassembly.Side, data string) *rig {
	record := r.inner.seal(s, data)
	r.octets(s, r.off[s.Other()], record[:10])
	return r.lose(s, uint64(len(record)-10))
}

// TestOneSide has the secrets of one side only: what the other said is not taken for
// nothing.
func TestOneSide(t *testing.T) {
	for name, tc := range map[string]struct {
		label string
		do    func(*rig)
		want  []said
	}{
		"client, then the server closes": {"CLIENT_", func(r *rig) {
			r.from(client, ask).from(server, refuse).fin(server).fin(client).end(reassembly.EndFinished)
		}, []said{{Outcome: Incomplete, By: ByCaptureEnd, Target: "/chat"}}},
		"client, and the session goes on": {"CLIENT_", func(r *rig) {
			r.from(client, ask).from(server, accept).from(client, masked).from(server, hello).end(reassembly.EndCapture)
		}, []said{{Outcome: Incomplete, By: ByCaptureEnd, Target: "/chat"}}},
		"client, and nothing comes": {"CLIENT_", func(r *rig) {
			r.from(client, ask).wait(11e9).fin(client).fin(server).end(reassembly.EndFinished)
		}, []said{{Outcome: Incomplete, By: ByCaptureEnd, Target: "/chat"}}},
		"server": {"SERVER_", func(r *rig) {
			r.from(client, ask).from(server, accept+hello).from(client, masked).end(reassembly.EndCapture)
		}, []said{{Outcome: Established, Frames: [2]int{0, 1}}}},
		"server refuses": {"SERVER_", func(r *rig) {
			r.from(client, ask).from(server, refuse).fin(server).fin(client).end(reassembly.EndFinished)
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			keys := facts.NewKeyLog()
			r := newInside(t, tls.VersionTLS13, Options{Keys: keys}, nil)
			r.inner.spoil = func(log string) {
				for line := range strings.Lines(log) {
					if strings.HasPrefix(line, tc.label) {
						keys.Add([]byte(line))
					}
				}
			}
			tc.do(r.open())
			r.want(tc.want...)
			if n := r.a.Stats().NotJudged[TLSLocked].Conversations; len(tc.want) == 0 && n != 1 {
				t.Errorf("%d connections are told not to be opened by their keys, want 1", n)
			}
		})
	}
}

// TestTLSWithinTLS goes through a proxy that is itself reached by TLS: of the inner session
// no secrets are looked for.
func TestTLSWithinTLS(t *testing.T) {
	keys := facts.NewKeyLog()
	r := newInside(t, tls.VersionTLS13, Options{Keys: keys}, keys)
	r.open().from(client, "CONNECT far.test:443 HTTP/1.1\r\nHost: far.test:443\r\n\r\n").from(server, "HTTP/1.1 200 Connected\r\n\r\n")
	r.from(client, clientHello).from(server, "\x16\x03\x03\x00\x02\x02\x00").from(client, clientHello).end(reassembly.EndCapture).want()
	if n := r.a.Stats().NotJudged[TLSOpaque].Conversations; n != 1 {
		t.Errorf("%d connections are told not to be readable, want 1", n)
	}
}

// TestSilentInside has a server that says nothing inside of TLS: the octets of TLS before
// are no answer.
func TestSilentInside(t *testing.T) {
	keys := facts.NewKeyLog()
	r := newInside(t, tls.VersionTLS12, Options{Keys: keys}, keys)
	r.look = func(h *Handshake) {
		if p := h.Prefix[server].Data; len(p) > 0 {
			t.Errorf("the server is said to have begun with %q", p[:5])
		}
	}
	r.open().from(client, ask).fin(server).end(reassembly.EndFinished)
	if len(r.got) != 1 {
		t.Errorf("%d handshakes, want 1", len(r.got))
	}
}

// TestCloseNotify has the server end its side of TLS, and the client its connection upon
// that: it was the server that left, as if it had ended TCP.
func TestCloseNotify(t *testing.T) {
	for name, do := range map[string]func(*rig, func(reassembly.Side) *rig){
		"before the answer": func(r *rig, bye func(reassembly.Side) *rig) { bye(server).fin(client) },
		"after the 101": func(r *rig, bye func(reassembly.Side) *rig) {
			r.from(server, accept)
			bye(server).from(client, masked).fin(client)
		},
		"in the 101": func(r *rig, bye func(reassembly.Side) *rig) {
			r.from(server, accept[:40])
			bye(server).fin(client)
		},
	} {
		clear := newRig(t, Options{})
		do(clear.open().from(client, ask), clear.fin)
		clear.end(reassembly.EndFinished)
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			t.Run(name, func(t *testing.T) {
				keys := facts.NewKeyLog()
				r := newInside(t, version, Options{Keys: keys}, keys)
				do(r.open().from(client, ask), r.notify)
				r.fin(server).end(reassembly.EndFinished).want(clear.got...)
			})
		}
	}
}

// notify makes a side say that it will say no more.
func (r *rig) notify(s reassembly.Side) *rig {
	if err := r.inner.ends[s].CloseWrite(); err != nil {
		r.t.Fatal(err)
	}
	for _, f := range r.inner.wire.take() {
		r.octets(s, r.off[s.Other()], f.data)
	}
	return r
}

// TestRefusedInside has the server of TLS 1.3 refuse the client with an alert, before or after
// it gets a request: TLS failed, and what was asked never counted.
func TestRefusedInside(t *testing.T) {
	for name, before := range map[string]bool{"before": true, "after": false} {
		t.Run(name, func(t *testing.T) {
			r := newInside(t, tls.VersionTLS13, Options{Keys: facts.NewKeyLog()}, nil)
			r.inner.keys = r.a.opts.Keys
			r.look = func(h *Handshake) {
				if h.WebSocket != Yes || h.TLS == nil {
					t.Errorf("WebSocket: %v, want yes", h.WebSocket)
				}
			}
			r.open()
			n := &r.c.User.(*conn).tls.inside
			alert := &facts.Alert{From: facts.Server, Level: facts.Fatal, Code: 116, Protected: true}
			if before {
				n.parts(alert)
			}
			r.from(client, ask)
			n.parts(alert)
			r.fin(server).fin(client).end(reassembly.EndFinished)
			if len(r.got) != 1 || r.got[0].Outcome != TLSFailed || r.got[0].Target != "" {
				t.Errorf("got %+v, want a failure of TLS", r.got)
			}
		})
	}
}

// TestNotRefusedInside has alerts that do not say that the server refused the client: TLS
// had come about, or something that the server said is not known.
func TestNotRefusedInside(t *testing.T) {
	for name, tc := range map[string]struct {
		version uint16
		from    facts.Side
		holed   bool
	}{
		"by the client": {tls.VersionTLS13, facts.Client, false},
		"TLS 1.2":       {tls.VersionTLS12, facts.Server, false},
		"after a hole":  {tls.VersionTLS13, facts.Server, true},
	} {
		t.Run(name, func(t *testing.T) {
			r := newInside(t, tc.version, Options{Keys: facts.NewKeyLog()}, nil)
			r.inner.keys = r.a.opts.Keys
			r.open().from(client, ask)
			n := &r.c.User.(*conn).tls.inside
			if tc.holed {
				n.unsaid(facts.Server, 0)
			}
			n.parts(&facts.Alert{From: tc.from, Level: facts.Fatal, Code: 80, Protected: true})
			r.fin(server).fin(client).end(reassembly.EndFinished)
			if len(r.got) != 1 || r.got[0].Outcome == TLSFailed || r.got[0].Target != "/chat" {
				t.Errorf("got %+v, want what became of the request", r.got)
			}
		})
	}
}
