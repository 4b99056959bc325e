// Command clienttext dials one URL with gorilla/websocket or coder/websocket and
// prints what the library says: its error, or how the session ended.
//
//	clienttext gorilla|coder URL [PROTOCOL,PROTOCOL]
package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	coder "github.com/coder/websocket"
	"github.com/gorilla/websocket"
)

// patience is the handshake timeout; a library's own may be longer.
const patience = 2 * time.Second

func main() {
	var protocols []string
	if len(os.Args) > 3 && os.Args[3] != "" {
		protocols = strings.Split(os.Args[3], ",")
	}
	dial := gorilla
	if os.Args[1] == "coder" {
		dial = withCoder
	}
	if err := dial(os.Args[2], protocols); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("open")
}

func gorilla(url string, protocols []string) error {
	d := websocket.Dialer{HandshakeTimeout: patience, Subprotocols: protocols, EnableCompression: true}
	c, _, err := d.Dial(url, nil)
	if err != nil {
		return err
	}
	defer c.Close()
	_ = c.SetReadDeadline(time.Now().Add(patience))
	_, _, err = c.ReadMessage()
	return err
}

func withCoder(url string, protocols []string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, _, err := coder.Dial(ctx, url, &coder.DialOptions{
		Subprotocols: protocols, CompressionMode: coder.CompressionContextTakeover,
	})
	if err != nil {
		return err
	}
	defer c.CloseNow()
	_, _, err = c.Read(ctx)
	return err
}
