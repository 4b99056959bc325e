package diagnosis_test

import (
	"strings"
	"testing"

	"github.com/handshark/handshark/internal/textcase"
)

// endless is a request head of more octets than are read of one, and what servers answer
// that have no status for that (Deno), or whose status says it (Cowboy).
const endless = `
-- fires --
> Cookie: session=SIXTYFIVE
< HTTP/1.1 400 Bad Request
< connection: close
cause http-request-head-too-large server medium
want http-request-head-too-large "its end is not among them"

-- fires-431 --
> Cookie: session=SIXTYFIVE
< HTTP/1.1 431 Request Header Fields Too Large
< connection: close
cause http-request-head-too-large server certain
want http-request-head-too-large "its end is not among them"

-- near-miss-reason --
> Cookie: session=SIXTYFIVE
< HTTP/1.1 400 Bad Request
<body no such room
cause undetermined

-- near-miss --
>
< HTTP/1.1 400 Bad Request
< connection: close
cause response-400-unexplained
`

func TestEndlessHead(t *testing.T) {
	text := strings.ReplaceAll(endless, "SIXTYFIVE", strings.Repeat("x", 66_000))
	c, err := textcase.Parse("http-request-head-too-large.txtar", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	built, err := c.Build(textcase.Variant{})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range built.Check(observe(t, built.File())) {
		t.Error(m)
	}
}
