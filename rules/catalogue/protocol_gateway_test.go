package catalogue

import "testing"

func TestGatewayOf(t *testing.T) {
	for data, want := range map[string]string{
		"\x01\x01\x00\x01\x00\x08\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01\x04": "FastCGI",
		"\x00\xe0\x02\x00\x0c\x00QUERY_STRING\x00\x00":                             "the uwsgi protocol",
		"693:CONTENT_LENGTH\x000\x00SCGI\x001\x00":                                 "SCGI",
		"":                                             "",
		"\x00\x00\x12\x04\x00\x00\x00\x00\x00":         "", // SETTINGS of HTTP/2
		"\x00\xe0\x02\x00\x0c\x00QUERY_":               "", // the name is not there in whole
		"\x00\xe0\x02\x00\x00\x00":                     "",
		"\x00\xe0\x02\x00\x04\x00abcd":                 "",
		"\x00\x02\x00\x00\x04\x00ABCD":                 "", // a name longer than all of it
		"16:content":                                   "", // a netstring of something else
		":CONTENT_LENGTH\x00":                          "",
		"\x01\x01\x00\x00\x00\x08\x00\x00\x00\x01\x00": "", // request 0 does not exist
	} {
		if got := gatewayOf([]byte(data)).name; got != want {
			t.Errorf("%q: got %q, want %q", data, got, want)
		}
	}
}
