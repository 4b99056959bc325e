package catalogue

import (
	"slices"
	"strings"

	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/rules"
)

// originRules lists the rules of family Origin.
var originRules = []*rules.Rule{
	&originCrossSite,
	&originHiddenAs404,
	&originHostNotAllowed,
	&originHostRewritten,
	&originMissingRequired,
	&originOpaque,
	&originPortSchemeMismatch,
	&originRejected,
	&requestOriginDefaultPort,
	&requestOriginDuplicate,
	&requestOriginList,
	&requestOriginMalformed,
	&requestOriginMissingBrowser,
	&requestOriginNull,
	&response403,
}

// originOf gives the origin of the first Origin line; ok if there is one that
// names a host.
func originOf(p *rules.Pass) (o field.Origin, ok bool) { return p.Origin() }

// hostOf gives what the request names as its host: the authority of an absolute
// target, else Host.
func hostOf(p *rules.Pass) field.Host { return p.Host() }

// sameHost compares names without regard to letter case.
func sameHost(a, b field.Host) bool { return field.EqualFold(a.Name, b.Name) }

// samePort compares the ports of an origin and a host; a port left out is the
// default one of the origin's scheme.
func samePort(o field.Origin, h field.Host) bool {
	port := h.PortNumber
	if !h.HasPort {
		port = field.DefaultPort(o.Scheme)
	}
	return o.PortNumber() == port
}

// foreignOrigin reports whether the request comes from a page of another host or
// port than the one it asks.
func foreignOrigin(p *rules.Pass) bool {
	o, ok := originOf(p)
	host := hostOf(p)
	return ok && webScheme(o.Scheme) && host.Fault == field.HostValid && (!sameHost(o.Host, host) || !samePort(o, host))
}

// webScheme reports whether an origin is that of a page from the web.
func webScheme(scheme string) bool {
	return field.EqualFold(scheme, "http") || field.EqualFold(scheme, "https")
}

// opaqueOrigin reports whether an Origin value names no site: null, a file, an
// application or a browser extension, or nothing.
func opaqueOrigin(value string) bool {
	scheme, _, ok := strings.Cut(value, "://")
	return value == "" || value == "null" || ok && !webScheme(scheme) && scheme != "ws" && scheme != "wss" && field.IsToken(scheme)
}

// originStated reports whether a refusal says by itself that it is about the
// origin: in its body or head, or as the one thing for which its maker answers 403.
func originStated(p *rules.Pass) bool {
	if p.Points("origin-rejected") {
		return true
	}
	if words, _ := headWords(p); deniesOrigin(strings.ToLower(words)) {
		return true
	}
	return p.Status() == statusForbidden && p.Answerer.Product == "gorilla/websocket"
}

// deniesOrigin reports whether words say that an origin is refused; an origin server
// is no origin.
func deniesOrigin(words string) bool {
	return slices.ContainsFunc(strings.FieldsFunc(words, notLetter), isOrigin) && !strings.Contains(words, "origin server") &&
		slices.ContainsFunc(refusingWords[:], func(w string) bool { return strings.Contains(words, w) })
}

func notLetter(r rune) bool { return r < 'a' || r > 'z' }

func isOrigin(word string) bool { return word == "origin" }

var refusingWords = [...]string{"not allowed", "denied", "invalid", "disallowed", "not permitted", "not accepted", "rejected", "mismatch", "bad origin"}

// originSuspect reports whether a 403 may well be about the origin.
func originSuspect(p *rules.Pass) bool {
	return originStated(p) || foreignOrigin(p) || p.Request.Has("Origin") && opaqueOrigin(p.Request.Get("Origin"))
}

// originEvidence gives what an origin check looks at, and the answer.
func originEvidence(p *rules.Pass, more ...string) []rules.Evidence {
	all := []rules.Evidence{p.FieldOrAbsent(p.Request, "Origin"), p.FieldOrAbsent(p.Request, "Host")}
	for _, name := range more {
		all = append(all, p.Fields(p.Request, name)...)
	}
	return append(all, p.StartLine(p.Response))
}
