package accuracy

import "fmt"

// alertFaults are about TLS handshakes that end with an alert.
func alertFaults() []Fault {
	return []Fault{
		tlsAlert("tls-alert-handshake-failure", "server", 40, "tls-version-cipher-mismatch"),
		tlsAlert("tls-alert-protocol-version", "server", 70, "tls-version-cipher-mismatch"),
		tlsAlert("tls-alert-no-application-protocol", "server", 120),
		tlsAlert("tls-alert-other", "server", 80),
		tlsAlert("tls-sni-problem", "server", 112),
		tlsAlert("tls-client-cert-required", "server", 116),
		clientAlert("tls-unknown-ca", "issuer=self", 48),
		clientAlert("tls-name-mismatch", "cn=www.other.test san=www.other.test", 42),
		clientAlert("tls-cert-expired", "notbefore=2024-01-01 notafter=2025-01-01", 45),
		clientAlert("tls-interception", `issuer="Avast Web/Mail Shield Root"`, 48),
	}
}

// tlsFaults are about TLS handshakes that end in other ways.
func tlsFaults() []Fault {
	return []Fault{
		wireFault("tls-reset-after-clienthello", func(r rng, s *Scene) {
			s.only("server=:443", ">tls hello sni=ws.example.test", pick(r, "close server", "rst server", "rst server ttl=250"))
		}),
		wireFault("tls-handshake-aborted-silently", func(r rng, s *Scene) {
			s.only("server=:443", ">tls hello sni=ws.example.test max=1.2", "<tls hello version=1.2", "<tls certificate", "<tls done",
				pick(r, "close server", "rst server"))
		}),
		wireFault("tls-sni-missing", func(r rng, s *Scene) {
			s.only("-", "dns ws.example.test A server", "open server=:443", ">tls hello", pick(r, "<tls alert fatal 80", "<tls alert fatal 40"), "close server")
		}, "tls-sni-problem"),
		wireFault("tls-alpn-unoffered-selection", func(r rng, s *Scene) {
			s.only("server=:443", ">tls hello sni=ws.example.test alpn=http/1.1 max=1.2", "<tls hello version=1.2 alpn=h2",
				fmt.Sprintf(">tls alert fatal %d", pick(r, 47, 110)), "close client")
		}),
		wireFault("tls-alpn-h2-selected", func(r rng, s *Scene) {
			s.only("server=:443", ">tls hello sni=ws.example.test alpn=h2,http/1.1 max=1.2", "<tls hello version=1.2 alpn=h2",
				"<tls certificate", "<tls done", ">tls ccs", ">+tls finished", "<tls ccs", "<+tls finished", "<tls appdata 64",
				fmt.Sprintf(">tls appdata %d", 180+r.IntN(200)), "<tls appdata 41", "close server")
		}),
	}
}

func tlsAlert(rule, from string, code int, same ...string) Fault {
	return wireFault(rule, func(r rng, s *Scene) {
		mark := map[string]string{"client": ">", "server": "<"}[from]
		s.only("server=:443", ">tls hello sni=ws.example.test", fmt.Sprintf("%stls alert fatal %d", mark, code), "close "+from)
	}, same...)
}

func clientAlert(rule, certificate string, code int) Fault {
	return wireFault(rule, func(_ rng, s *Scene) {
		s.only("server=:443", ">tls hello sni=ws.example.test max=1.2", "<tls hello version=1.2", "<tls certificate "+certificate, "<tls done",
			fmt.Sprintf(">tls alert fatal %d", code), "close client")
	}, "tls-alert-certificate")
}
