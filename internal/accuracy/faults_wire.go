package accuracy

import (
	"fmt"
	"slices"
)

// wireFault is a fault of what carries the handshake: the scene is a plain one.
func wireFault(rule string, do func(r rng, s *Scene), same ...string) Fault {
	return Fault{Rule: rule, Same: same, Wish: Wish{NoLead: true, NoDamage: true, Plain: true, NoCredentials: true}, Do: do}
}

// only leaves nothing but these statements of the scene.
func (s *Scene) only(open string, statements ...string) {
	s.Open, s.Lead, s.Request, s.Answer, s.Tail = open, statements, Head{}, Head{}, nil
}

// unanswered keeps the request and takes the answer away.
func (s *Scene) unanswered(tail ...string) { s.Answer, s.Tail = Head{}, tail }

// wireFaults lists the faults below HTTP, and those of proxies that never get to it.
func wireFaults() []Fault {
	return slices.Concat(connectFaults(), octetFaults(), alertFaults(), tlsFaults(), pathFaults())
}

// connectFaults are about connections that do not come about, or end before an answer.
func connectFaults() []Fault {
	return []Fault{
		wireFault("tcp-connect-refused", func(_ rng, s *Scene) { s.only(s.Open + " refused") }),
		wireFault("tcp-connect-timeout", func(r rng, s *Scene) { s.only(s.Open + fmt.Sprintf(" unanswered=%d", 3+r.IntN(3))) }),
		wireFault("tcp-icmp-unreachable", func(r rng, s *Scene) {
			s.only("unanswered=1", pick(r, "icmp 3 1", "icmp 3 13", "icmp 3 0"))
		}),
		wireFault("tcp-accept-then-close", func(r rng, s *Scene) {
			s.only("-", "open", "close server", "wait 1s", "open", "close server", "wait 1s", "open", pick(r, "close server", "rst server"))
		}),
		wireFault("tcp-closed-before-response", func(r rng, s *Scene) { s.unanswered(pick(r, "wait 5ms", "wait 300ms"), "close server") }),
		wireFault("tcp-reset-before-response", func(r rng, s *Scene) { s.unanswered(pick(r, "wait 5ms", "wait 300ms"), "rst server") }),
		wireFault("response-timeout", func(_ rng, s *Scene) { s.unanswered("wait 40s", "ack client") }),
		wireFault("client-gave-up", func(r rng, s *Scene) {
			s.unanswered(pick(r, "wait 2s", "wait 5s"), pick(r, "close client", "rst client"))
		}),
	}
}

// octetFaults are about heads that are not whole, and octets that are no HTTP.
func octetFaults() []Fault {
	return []Fault{
		wireFault("request-head-incomplete", func(r rng, s *Scene) {
			text := s.Request.octets()
			s.Request.Raw = text[:len(text)-2-r.IntN(20)]
			s.unanswered(pick(r, "wait 30s", "wait 60s"), pick(r, "close server", "ack client"))
		}),
		wireFault("response-head-truncated", func(r rng, s *Scene) {
			text := s.Answer.octetsAt("Thu, 01 Jan 2026 00:00:00 GMT")
			s.Answer = Head{Raw: text[:20+r.IntN(len(text)-24)]}
			s.Tail = []string{pick(r, "close server", "rst server")}
		}),
		wireFault("response-not-http", func(r rng, s *Scene) {
			s.Answer = Head{Raw: pick(r, "SSH-2.0-OpenSSH_9.6\r\n", "220 mail.example.test ESMTP\r\n", "+OK ready\r\n")}
			s.Tail = []string{"close server"}
		}),
		wireFault("http-sent-to-tls-port", func(_ rng, s *Scene) {
			s.Answer = Head{Raw: "\x15\x03\x01\x00\x02\x02\x46"}
			s.Tail = []string{"close server"}
		}),
		wireFault("tls-sent-to-plaintext-port", func(_ rng, s *Scene) {
			s.only("server=:443", ">tls hello sni=ws.example.test", "<< HTTP/1.1 400 Bad Request", "<< Content-Length: 0", "", "close server")
		}),
	}
}

// pathFaults are about what lies between client and server.
func pathFaults() []Fault {
	return []Fault{
		wireFault("h2-preface-answered-by-http1", func(_ rng, s *Scene) {
			s.only("", ">h2 preface", ">+h2 settings 2=0", "<< HTTP/1.1 400 Bad Request", "<< Content-Length: 0", "", "close server")
		}),
		wireFault("proxy-protocol-header-unexpected", func(r rng, s *Scene) {
			s.Lead = []string{`>| PROXY TCP4 203.0.113.9 192.0.2.9 40000 80\r\n`, ""}
			s.refused(r, checkSyntax)
		}),
		wireFault("dns-failure", func(r rng, s *Scene) { s.only("-", "dns ws.example.test A "+pick(r, "nxdomain", "servfail")) }),
		wireFault("proxy-forward-connect-denied", func(r rng, s *Scene) {
			s.only("server=:3128", ">> CONNECT ws.example.test:443 HTTP/1.1", ">> Host: ws.example.test:443", ">> User-Agent: "+chrome, "",
				"<< HTTP/1.1 "+pick(r, "403 Forbidden", "502 Bad Gateway"), "<< Content-Length: 0", "", "close server")
		}),
		wireFault("proxy-connect-target-invalid", func(_ rng, s *Scene) {
			s.only("server=:3128", ">> CONNECT ws.example.test HTTP/1.1", ">> Host: ws.example.test", ">> User-Agent: "+chrome, "",
				"<< HTTP/1.1 400 Bad Request", "<< Content-Length: 0", "", "close server")
		}, "proxy-forward-connect-denied"),
		wireFault("tcp-mtu-blackhole", func(_ rng, s *Scene) {
			s.Request.set("Cookie", "blob="+longText(3000))
			s.Open, s.Request.Damage = "", []string{"blackhole 4"}
			s.unanswered()
		}),
	}
}

func longText(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = "abcdefghijklmnop"[i%16]
	}
	return string(b)
}
