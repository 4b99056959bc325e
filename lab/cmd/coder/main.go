// Command coder is a WebSocket server and client on coder/websocket.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/coder/websocket"
)

func main() {
	switch os.Args[1] {
	case "serve":
		serve(os.Args[2:])
	case "dial":
		dial(os.Args[2:])
	}
}

func serve(args []string) {
	flags := flag.NewFlagSet("serve", flag.ExitOnError)
	h2c := flags.Bool("h2c", false, "HTTP/2 in clear, too")
	_ = flags.Parse(args)
	server := &http.Server{Addr: flags.Arg(0), Handler: routes()}
	if *h2c {
		server.Protocols = new(http.Protocols)
		server.Protocols.SetHTTP1(true)
		server.Protocols.SetUnencryptedHTTP2(true)
	}
	log.Fatal(server.ListenAndServe())
}

// hidden wraps a ResponseWriter without passing on http.Hijacker.
type hidden struct{ inner http.ResponseWriter }

func (h hidden) Header() http.Header         { return h.inner.Header() }
func (h hidden) Write(b []byte) (int, error) { return h.inner.Write(b) }
func (h hidden) WriteHeader(status int)      { h.inner.WriteHeader(status) }

func echo(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		log.Print(err)
		return
	}
	defer conn.CloseNow()
	for {
		kind, data, err := conn.Read(r.Context())
		if err != nil {
			return
		}
		if conn.Write(r.Context(), kind, data) != nil {
			return
		}
	}
}

func routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/chat", echo)
	mux.HandleFunc("/wrapped", func(w http.ResponseWriter, r *http.Request) { echo(hidden{w}, r) })
	mux.HandleFunc("/basic", func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "demo" || password != "made-up" {
			w.Header().Set("WWW-Authenticate", `Basic realm="lab"`)
			http.Error(w, "authentication required", http.StatusUnauthorized)
			return
		}
		echo(w, r)
	})
	return mux
}

func dial(args []string) {
	flags := flag.NewFlagSet("dial", flag.ExitOnError)
	retry := flags.String("retry", "", "after a refusal, dial again with this Authorization value")
	origin := flags.String("origin", "", "Origin to send")
	protocols := flags.String("protocols", "", "comma-separated subprotocols")
	_ = flags.Parse(args)
	target := flags.Arg(0)

	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	options := &websocket.DialOptions{HTTPClient: &http.Client{Transport: &http.Transport{}}, HTTPHeader: http.Header{}}
	if *origin != "" {
		options.HTTPHeader.Set("Origin", *origin)
	}
	if *protocols != "" {
		options.Subprotocols = strings.Split(*protocols, ",")
	}
	conn, response, err := websocket.Dial(ctx, target, options)
	if err != nil && *retry != "" && response != nil {
		log.Print(err)
		options.HTTPHeader.Set("Authorization", *retry)
		conn, response, err = websocket.Dial(ctx, target, options)
	}
	if err != nil {
		if response != nil {
			body, _ := io.ReadAll(response.Body)
			fmt.Printf("%s %s\n", response.Status, body)
		}
		log.Fatal(err)
	}
	if err := conn.Write(ctx, websocket.MessageText, []byte("hello from the lab")); err != nil {
		log.Fatal(err)
	}
	_, data, err := conn.Read(ctx)
	fmt.Println(string(data), err)
	fmt.Println(conn.Close(websocket.StatusNormalClosure, ""))
}
