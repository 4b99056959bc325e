package report

import "strings"

// secretName reports whether the values of parameters and fields of that name are
// credentials.
func secretName(name string) bool {
	if !maySecretEnd(name) {
		return false
	}
	var room [plainRoom]byte
	plain := appendPlain(room[:0], name)
	switch string(plain) {
	case "token", "key", "jwt", "auth", "password", "passwd", "pwd", "pass",
		"session", "sid", "sig", "hmac", "bearer", "credentials", "ticket":
		return true
	}
	return hasSecretSuffix(plain)
}

// secretField reports whether the whole value of a field of that plain name is a
// credential; Authorization, Cookie and the like have rules of their own.
func secretField(plain []byte) bool {
	switch string(plain) {
	case "xauth", "xkey", "xsession", "xsid", "apikey":
		return true
	}
	return hasSecretSuffix(plain)
}

func hasSecretSuffix(plain []byte) bool {
	for _, suffix := range [...]string{
		"token", "apikey", "secret", "password", "passwd", "signature", "credential",
		"sessionid", "sessionkey", "accesskey", "authorization", "jwt", "jwtassertion", "ticket",
		"secretkey", "subscriptionkey", "functionskey", "accountkey", "privatekey", "authkey",
	} {
		if n := len(plain) - len(suffix); n >= 0 && plain[len(plain)-1] == suffix[len(suffix)-1] && string(plain[n:]) == suffix {
			return true
		}
	}
	return false
}

// maySecretEnd reports whether a name ends like one of those that secretName and
// secretField know: false is certain, and costs little.
func maySecretEnd(name string) bool {
	for i := len(name) - 1; i >= 0; i-- {
		if !isSeparator(name[i]) {
			return mayEndSecret(name[i])
		}
	}
	return false
}

func isSeparator(c byte) bool { return c == '-' || c == '_' || c == '.' }

// mayEndSecret reports whether a name of a secret may end in c: false is certain.
func mayEndSecret(c byte) bool {
	switch c {
	case '-', '_', '.',
		'c', 'd', 'e', 'g', 'h', 'l', 'n', 'r', 's', 't', 'y', 'C', 'D', 'E', 'G', 'H', 'L', 'N', 'R', 'S', 'T', 'Y':
		return true
	}
	return false
}

// plainRoom is room for most plain names.
const plainRoom = 64

// appendPlain appends name in lower case without the separators that spellings
// differ in: Access-Token, access_token and accessToken are one name.
func appendPlain(plain []byte, name string) []byte {
	for i := 0; i < len(name); i++ {
		switch c := name[i]; {
		case c == '-' || c == '_' || c == '.':
		case c >= 'A' && c <= 'Z':
			plain = append(plain, c|0x20)
		default:
			plain = append(plain, c)
		}
	}
	return plain
}

const longestCommonWord = len("connection")

// commonWord reports whether s stands in reports for reasons other than being
// somebody's secret: it is hidden where it is a credential, not elsewhere.
func commonWord(s string) bool {
	if len(s) > longestCommonWord {
		return false
	}
	switch strings.ToLower(s) {
	case "websocket", "upgrade", "close", "keep-alive", "http/1.1", "https", "http", "true",
		"false", "null", "none", "undefined", "bearer", "basic", "digest", "client", "server",
		"connection", "host", "origin", "cookie", "localhost", "127.0.0.1", "gzip", "deflate":
		return true
	}
	return false
}
