// Command gorilla is a WebSocket server and client on gorilla/websocket.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"log"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/gorilla/websocket"
)

func main() {
	switch os.Args[1] {
	case "serve":
		serve(os.Args[2:])
	case "dial":
		dial(os.Args[2:])
	}
}

func echo(w http.ResponseWriter, r *http.Request, upgrader websocket.Upgrader, answer http.Header) {
	conn, err := upgrader.Upgrade(w, r, answer)
	if err != nil {
		log.Print(err)
		return
	}
	defer conn.Close()
	for {
		kind, data, err := conn.ReadMessage()
		if err != nil {
			return
		}
		if conn.WriteMessage(kind, data) != nil {
			return
		}
	}
}

// hidden wraps a ResponseWriter without passing on http.Hijacker, as many
// logging and compression middlewares do.
type hidden struct{ inner http.ResponseWriter }

func (h hidden) Header() http.Header         { return h.inner.Header() }
func (h hidden) Write(b []byte) (int, error) { return h.inner.Write(b) }
func (h hidden) WriteHeader(status int)      { h.inner.WriteHeader(status) }

func serve(args []string) {
	flags := flag.NewFlagSet("serve", flag.ExitOnError)
	cert := flags.String("cert", "", "certificate file: serve over TLS")
	key := flags.String("key", "", "key file")
	name := flags.String("name", "", "the only server name that there is a certificate for")
	clients := flags.String("clients", "", "file of the authority that clients need a certificate of")
	h2c := flags.Bool("h2c", false, "HTTP/2 in clear, too")
	_ = flags.Parse(args)

	var plain websocket.Upgrader
	mux := http.NewServeMux()
	mux.HandleFunc("/chat", func(w http.ResponseWriter, r *http.Request) { echo(w, r, plain, nil) })
	mux.HandleFunc("/wrapped", func(w http.ResponseWriter, r *http.Request) { echo(hidden{w}, r, plain, nil) })
	mux.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(1500 * time.Millisecond)
		echo(w, r, plain, nil)
	})
	mux.HandleFunc("/v1-only", func(w http.ResponseWriter, r *http.Request) {
		echo(w, r, plain, http.Header{"Sec-Websocket-Protocol": {"chat.v1"}})
	})
	mux.HandleFunc("/bearer", func(w http.ResponseWriter, r *http.Request) {
		switch r.Header.Get("Authorization") {
		case "Bearer good-made-up-token":
			echo(w, r, plain, nil)
		case "":
			w.Header().Set("WWW-Authenticate", `Bearer realm="lab"`)
			http.Error(w, "authentication required", http.StatusUnauthorized)
		default:
			w.Header().Set("WWW-Authenticate", `Bearer realm="lab", error="invalid_token", error_description="unknown token"`)
			http.Error(w, "invalid token", http.StatusUnauthorized)
		}
	})
	mux.HandleFunc("/jwt", func(w http.ResponseWriter, r *http.Request) {
		// The lab only ever sends tokens that have expired.
		http.Error(w, "unauthorized", http.StatusUnauthorized)
	})
	mux.HandleFunc("/private", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/login?next=/private", http.StatusFound)
	})
	mux.HandleFunc("/broken", func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "database is not reachable", http.StatusInternalServerError)
	})
	mux.HandleFunc("/busy", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", "120")
		http.Error(w, "draining", http.StatusServiceUnavailable)
	})
	mux.HandleFunc("/old-only", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Upgrade", "websocket")
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Sec-WebSocket-Version", "7, 8")
		http.Error(w, "Upgrade Required", http.StatusUpgradeRequired)
	})
	mux.HandleFunc("POST /hook", func(w http.ResponseWriter, r *http.Request) {})

	server := &http.Server{Addr: flags.Arg(0), Handler: mux}
	if *h2c {
		server.Protocols = new(http.Protocols)
		server.Protocols.SetHTTP1(true)
		server.Protocols.SetUnencryptedHTTP2(true)
	}
	if *clients != "" {
		pem, err := os.ReadFile(*clients)
		if err != nil {
			log.Fatal(err)
		}
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(pem)
		server.TLSConfig = &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool}
	}
	if *name != "" {
		server.TLSConfig = named(*name, *cert, *key)
		log.Fatal(server.ListenAndServeTLS("", ""))
	}
	if *cert != "" {
		log.Fatal(server.ListenAndServeTLS(*cert, *key))
	}
	log.Fatal(server.ListenAndServe())
}

// named is a configuration with a certificate for one name, which has to be asked for.
func named(name, cert, key string) *tls.Config {
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		log.Fatal(err)
	}
	return &tls.Config{GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		if hello.ServerName != name {
			return nil, fmt.Errorf("no certificate for the name %q", hello.ServerName)
		}
		return &pair, nil
	}}
}

func dial(args []string) {
	flags := flag.NewFlagSet("dial", flag.ExitOnError)
	proxy := flags.String("proxy", "", "URL of a forward proxy")
	header := flags.String("header", "", "extra field, Name: value")
	wait := flags.Duration("timeout", 10*time.Second, "handshake timeout")
	insecure := flags.Bool("insecure", false, "do not verify the certificate")
	stay := flags.Duration("stay", 0, "wait after the echo before closing")
	protocols := flags.String("protocols", "", "comma-separated subprotocols")
	alpn := flags.String("alpn", "", "comma-separated application protocols to offer")
	name := flags.String("name", "", "TLS server name")
	keyLog := flags.String("keylog", "", "file that gets the TLS session keys")
	_ = flags.Parse(args)

	dialer := websocket.Dialer{HandshakeTimeout: *wait, TLSClientConfig: &tls.Config{InsecureSkipVerify: *insecure, ServerName: *name}}
	if *alpn != "" {
		dialer.TLSClientConfig.NextProtos = strings.Split(*alpn, ",")
	}
	if *keyLog != "" {
		file, err := os.Create(*keyLog)
		if err != nil {
			log.Fatal(err)
		}
		dialer.TLSClientConfig.KeyLogWriter = file
	}
	if *protocols != "" {
		dialer.Subprotocols = strings.Split(*protocols, ",")
	}
	if *proxy != "" {
		u, err := url.Parse(*proxy)
		if err != nil {
			log.Fatal(err)
		}
		dialer.Proxy = http.ProxyURL(u)
	}
	fields := http.Header{}
	if name, value, ok := strings.Cut(*header, ": "); ok {
		fields.Set(name, value)
	}
	conn, response, err := dialer.Dial(flags.Arg(0), fields)
	if err != nil {
		if response != nil {
			fmt.Println(response.Status)
		}
		log.Fatal(err)
	}
	if err := conn.WriteMessage(websocket.TextMessage, []byte("hello from the lab")); err != nil {
		log.Fatal(err)
	}
	_, data, err := conn.ReadMessage()
	fmt.Println(string(data), err)
	if *stay > 0 {
		_ = conn.SetReadDeadline(time.Now().Add(*stay))
		_, _, err = conn.ReadMessage()
		fmt.Println(err)
	}
	_ = conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(1000, ""), time.Now().Add(time.Second))
	_, _, err = conn.ReadMessage()
	fmt.Println(err)
	_ = conn.Close()
}
