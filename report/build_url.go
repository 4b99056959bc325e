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
	if h.Request != nil && h.HTTP2 == nil && !strings.HasPrefix(target, "/") && h.Request.Text(h.Request.Method) == "CONNECT" {
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
		return m.Text(m.Field(i).Value), true
	}
	return "", false
}

// appendFilter appends a Wireshark display filter that shows the packets of the
// attempt: by stream number where Wireshark counts alike, else by addresses,
// ports and frames, which holds for any set of captures. Frames are left out
// where the attempt crosses files, in each of which they are counted from 1, and
// where no file has them.
func appendFilter(b []byte, h *analyzer.Handshake, stream *int64, span FrameRange, env *Env) []byte {
	switch {
	case stream != nil:
		b = strconv.AppendInt(append(b, "tcp.stream eq "...), *stream, 10)
		if h.Idle != nil {
			b = strconv.AppendInt(append(b, " || tcp.stream eq "...), h.Idle.Stream, 10)
		}
		return b
	case h.Lookup != nil && env.Unnumbered:
		return strconv.AppendQuote(append(b, "dns.qry.name=="...), h.Lookup.Name)
	case h.Lookup != nil:
		return strconv.AppendUint(append(b, "dns && frame.number=="...), h.Lookup.Ref.Frame, 10)
	}
	c, s := h.Conn.Client, h.Conn.Server
	b = appendAddrTerm(b, c.Addr)
	if s.Addr != c.Addr {
		b = appendAddrTerm(append(b, and...), s.Addr)
	}
	b = strconv.AppendUint(append(b, and+"tcp.port=="...), uint64(c.Port), 10)
	if s.Port != c.Port {
		b = strconv.AppendUint(append(b, and+"tcp.port=="...), uint64(s.Port), 10)
	}
	if crosses(h) || env.Unnumbered {
		return b
	}
	b = strconv.AppendUint(append(b, and+"frame.number>="...), span.First, 10)
	return strconv.AppendUint(append(b, and+"frame.number<="...), span.Last, 10)
}

// and joins the terms of a filter.
const and = " && "

func appendAddrTerm(b []byte, a capture.Addr) []byte {
	if a.Is4() {
		return appendAddr(append(b, "ip.addr=="...), a)
	}
	return appendAddr(append(b, "ipv6.addr=="...), a)
}
