package report

import (
	"strconv"
	"strings"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/capture"
)

// appendURL appends the WebSocket URL (RFC 6455 section 3) that the client most
// likely opened.
func appendURL(b []byte, h *analyzer.Handshake) []byte {
	target := ""
	if h.Request != nil {
		target = h.Request.Text(h.Request.Target)
	}
	if scheme, rest, ok := absoluteForm(target); ok {
		return append(append(b, scheme...), rest...)
	}
	if h.Request != nil && !strings.HasPrefix(target, "/") && h.Request.Text(h.Request.Method) == "CONNECT" {
		return append(append(b, connectScheme(target)...), target...) // authority-form, RFC 9112 section 3.2.3
	}
	if secure(h) {
		b = append(b, "wss://"...)
	} else {
		b = append(b, "ws://"...)
	}
	b = appendAuthority(b, h)
	if target != "" && target[0] != '/' {
		b = append(b, '/')
	}
	return append(b, target...)
}

// connectScheme is the scheme for which a client asks a proxy to open a tunnel.
func connectScheme(target string) string {
	if strings.HasSuffix(target, ":443") {
		return "wss://"
	}
	return "ws://"
}

// secure reports whether the URL's scheme is wss: TLS was seen, or nothing was
// seen and the port is the one of wss.
func secure(h *analyzer.Handshake) bool {
	if h.TLS != nil {
		return true
	}
	if h.Request != nil {
		return false
	}
	if h.Tunnel != nil && h.Tunnel.Request != nil {
		return strings.HasSuffix(h.Tunnel.Request.Text(h.Tunnel.Request.Target), ":443")
	}
	return h.Conn.Server.Port == 443
}

// absoluteForm takes a target in absolute-form apart and gives the scheme of its
// WebSocket URL.
func absoluteForm(target string) (webSocket, rest string, ok bool) {
	scheme, rest, ok := strings.Cut(target, "://")
	if !ok {
		return "", "", false
	}
	switch strings.ToLower(scheme) {
	case "http", "ws":
		return "ws://", rest, true
	case "https", "wss":
		return "wss://", rest, true
	}
	return "", "", false
}

func appendAuthority(b []byte, h *analyzer.Handshake) []byte {
	if h.Lookup != nil {
		return append(b, h.Lookup.Name...)
	}
	if h.Request != nil {
		if host, ok := fieldValue(h.Request, "Host"); ok && host != "" {
			return append(b, host...)
		}
	}
	if h.Tunnel != nil && h.Tunnel.Request != nil {
		return append(b, h.Tunnel.Request.Text(h.Tunnel.Request.Target)...)
	}
	if name := serverName(h.TLS); name != "" {
		return appendPort(append(b, name...), h.Conn.Server.Port)
	}
	return append(b, h.Conn.Server.String()...)
}

func appendPort(b []byte, port uint16) []byte {
	if port == 443 {
		return b
	}
	return strconv.AppendUint(append(b, ':'), uint64(port), 10)
}

// fieldValue gives the value of the first field of that name as it was sent.
func fieldValue(m *analyzer.Message, name string) (string, bool) {
	if i := m.Message.First(name); i >= 0 {
		return m.Text(m.Fields[i].Value), true
	}
	return "", false
}

// filterOf gives a Wireshark display filter that shows the packets of the
// attempt: by stream number where Wireshark counts alike, else by addresses,
// ports and frames, which holds for any set of captures. Frames are left out
// where the attempt crosses files, in each of which they are counted from 1, and
// where no file has them.
func filterOf(h *analyzer.Handshake, rec *Handshake, env Env) string {
	if rec.Stream != nil {
		return "tcp.stream eq " + strconv.FormatInt(*rec.Stream, 10)
	}
	if h.Lookup != nil && env.Unnumbered {
		return "dns.qry.name==" + strconv.Quote(h.Lookup.Name)
	}
	if h.Lookup != nil {
		return "dns && frame.number==" + strconv.FormatUint(h.Lookup.Ref.Frame, 10)
	}
	c, s := h.Conn.Client, h.Conn.Server
	terms := make([]string, 0, 6)
	terms = append(terms, addrTerm(c.Addr))
	if s.Addr != c.Addr {
		terms = append(terms, addrTerm(s.Addr))
	}
	terms = append(terms, "tcp.port=="+strconv.Itoa(int(c.Port)))
	if s.Port != c.Port {
		terms = append(terms, "tcp.port=="+strconv.Itoa(int(s.Port)))
	}
	if !crosses(h) && !env.Unnumbered {
		terms = append(terms,
			"frame.number>="+strconv.FormatUint(rec.Frames.First, 10),
			"frame.number<="+strconv.FormatUint(rec.Frames.Last, 10))
	}
	return strings.Join(terms, " && ")
}

func addrTerm(a capture.Addr) string {
	if a.Is4() {
		return "ip.addr==" + a.String()
	}
	return "ipv6.addr==" + a.String()
}
