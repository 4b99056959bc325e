"""WebSocket inside HTTP/2 with other servers and proxies as its end, in clear."""

from lab import HERE, hs, ok, scenario
from scenarios.http2_node import ask, refused, story


APACHE = ("http2", "proxy", "proxy_http", "proxy_wstunnel")
H2 = "Protocols h2c http/1.1\nProtocolsHonorOrder On\nH2WebSockets %s\n%s"
PROXIED = "ProxyPass / ws://127.0.0.1:9001/\n"
LEGS = "tcp port 8080 or tcp port 9001"


TLS = "pcapng with a Decryption Secrets Block, written by editcap; the session keys are worthless"


def tls_client(lab, *requests):
    """The client over TLS; the recording gets its session keys."""
    keys = lab.dir / "keys.log"
    with lab.capture("tcp port 8443"):
        lab.h2_client(8443, *requests, keys=str(keys))
    lab.to_pcapng("--inject-secrets", f"tls,{keys}")


def front(lab, path="/chat", legs="tcp port 8080", **fields):
    with lab.capture(legs):
        lab.h2_client(8080, {"set": {":path": path, **fields}})


def tunnel(lab, directives=PROXIED, switch="on"):
    lab.apache(H2 % (switch, directives), APACHE)


@story("Apache httpd with H2WebSockets takes extended CONNECT and its mod_proxy_wstunnel upgrades by HTTP/1.1; both legs",
       [ok("H2WebSockets on: announced, and answered with 200", server=8080, status=200), ok("mod_proxy makes the upgrade of it")],
       server="apache gorilla")
def healthy_h2_apache_both_legs(lab):
    lab.gorilla()
    tunnel(lab, "ProxyPreserveHost On\n" + PROXIED)
    front(lab, legs=LEGS)


@story("Apache httpd puts the address of its upstream into Host, and gorilla's CheckOrigin refuses a page of the proxy; both legs",
       [hs("rejected", "origin-host-rewritten", "intermediary", 403, server=8080, accept=["origin-rejected"],
           why="Origin is the :authority that the client asked; ProxyPreserveHost is off"),
        hs("rejected", "origin-host-rewritten", "intermediary", 403, why="Host has the port of the upstream, X-Forwarded-Host that of Origin")],
       server="apache gorilla")
def h2_apache_host_rewritten_403_both_legs(lab):
    lab.gorilla()
    tunnel(lab)
    front(lab, legs=LEGS)


@story("The server behind Apache httpd has no such path; both legs",
       [hs("rejected", "http-wrong-path", "server", 404, server=8080, target="/caht", why="The 404 of the server behind comes back in HTTP/2"),
        hs("rejected", "http-wrong-path", "server", 404, target="/caht", why="No route /caht")],
       server="apache gorilla")
def h2_apache_wrong_path_404_both_legs(lab):
    lab.gorilla()
    tunnel(lab)
    front(lab, "/caht", legs=LEGS)


@story("Nothing listens behind Apache httpd; client leg only",
       hs("rejected", "response-503", "server", 503, server=8080, why="mod_proxy cannot connect"), server="apache")
def h2_apache_503_no_server(lab):
    tunnel(lab)
    front(lab)


@story("The server behind Apache httpd asks for a token; client leg only",
       hs("rejected", "auth-missing-credentials", "client", 401, server=8080, target="/bearer", why="A challenge, and no Authorization in the request",
          accept=["response-401"]),
       server="apache gorilla")
def h2_apache_no_token_401(lab):
    lab.gorilla()
    tunnel(lab)
    front(lab, "/bearer")


@story("H2WebSockets is off in Apache httpd, and the client sends extended CONNECT all the same",
       hs("reset", "h2-extended-connect-without-setting", "client", server=8080, why="The SETTINGS of the server lack 0x8"),
       server="apache")
def h2_apache_websockets_off(lab):
    tunnel(lab, switch="off")
    front(lab)


@story("H2WebSockets is on in Apache httpd, and no proxy is configured for the path: files are served",
       hs("rejected", "http-wrong-path", "server", 404, server=8080, why="No file of this name, and no handler for WebSocket", accept=["http-h2-extended-connect"]),
       server="apache")
def h2_apache_no_handler(lab):
    lab.file("htdocs/index.html", "<!doctype html><title>lab</title>")
    lab.run("chmod", "-R", "a+rX", lab.dir)
    tunnel(lab, f"DocumentRoot {lab.dir}/htdocs\n")
    front(lab)


LIGHTTPD = """
server.document-root = "{dir}"
server.bind = "127.0.0.1"
server.port = 8080
server.modules = ( "mod_proxy", "mod_wstunnel" )
server.feature-flags = ( "server.h2proto" => "enable", "server.h2c" => "enable" )
{rest}
"""
RELAY = """proxy.server = ( "" => (( "host" => "127.0.0.1", "port" => 9001 )) )
proxy.header = ( "upgrade" => "enable" )
"""


def lighttpd(lab, rest=RELAY):
    config = lab.file("lighttpd.conf", LIGHTTPD.format(dir=lab.dir, rest=rest))
    return lab.start(["lighttpd", "-D", "-f", config], port=8080)


@story("lighttpd takes extended CONNECT and its mod_proxy upgrades by HTTP/1.1; both legs",
       [ok("Announced and answered with 200", server=8080, status=200), ok("mod_proxy makes the upgrade of it")],
       server="lighttpd gorilla")
def healthy_h2_lighttpd_both_legs(lab):
    lab.gorilla()
    lighttpd(lab)
    front(lab, legs=LEGS)


@story("lighttpd announces extended CONNECT, and nobody told its mod_proxy to relay upgrades: lighttpd itself answers 405",
       hs("rejected", "http-h2-extended-connect", "server", 405, server=8080, why="The setting is on, proxy.header has no upgrade", accept=["response-405"]),
       server="lighttpd gorilla")
def h2_lighttpd_no_upgrade_405(lab):
    lab.gorilla()
    lighttpd(lab, 'proxy.server = ( "" => (( "host" => "127.0.0.1", "port" => 9001 )) )')
    front(lab)


@story("The server behind lighttpd has no such path; client leg only",
       hs("rejected", "http-wrong-path", "server", 404, server=8080, target="/caht", why="The 404 of the server behind comes back in HTTP/2"),
       server="lighttpd gorilla")
def h2_lighttpd_wrong_path_404(lab):
    lab.gorilla()
    lighttpd(lab)
    front(lab, "/caht")


@story("Nothing listens behind lighttpd; client leg only",
       hs("rejected", "response-503", "server", 503, server=8080, why="mod_proxy cannot connect"), server="lighttpd")
def h2_lighttpd_503_no_server(lab):
    lighttpd(lab)
    front(lab)


def nghttpx(lab, backend="127.0.0.1,9001", *options):
    return lab.start(["nghttpx", "--conf=/dev/null", "-f127.0.0.1,8080;no-tls", f"-b{backend}", "--workers=1", "--no-ocsp", *options], port=8080)


@story("nghttpx takes extended CONNECT and upgrades by HTTP/1.1; both legs",
       [ok("Announced and answered with 200", server=8080, status=200), ok("The upgrade that nghttpx makes of it")],
       server="nghttpx gorilla")
def healthy_h2_nghttpx_both_legs(lab):
    lab.gorilla()
    nghttpx(lab)
    front(lab, legs=LEGS)


@story("Nothing listens behind nghttpx; client leg only",
       hs("rejected", "response-502", "intermediary", 502, server=8080, why="nghttpx cannot connect"),
       server="nghttpx")
def h2_nghttpx_502_no_server(lab):
    nghttpx(lab)
    front(lab)


def hypercorn(lab):
    lab.start(["env", f"PYTHONPATH={HERE}/programs", "/usr/bin/python3", "-m", "hypercorn", "-b", "127.0.0.1:9001", "asgi_applications:bare"], port=9001)


@story("Hypercorn takes extended CONNECT for an ASGI application",
       ok("Announced and answered with 200", status=200), server="hypercorn")
def healthy_h2_hypercorn(lab):
    hypercorn(lab)
    ask(lab)


@story("An ASGI application on Hypercorn closes before it accepts",
       hs("rejected", "auth-forbidden", "server", 403, target="/private", why="websocket.close instead of websocket.accept is a 403",
          accept=["response-403", "auth-missing-credentials"]), server="hypercorn")
def h2_hypercorn_refused_403(lab):
    hypercorn(lab)
    ask(lab, "/private")


@story("Extended CONNECT without sec-websocket-version to Hypercorn",
       hs("rejected", "h2-version-missing", "client", 400, why="The one field that the handshake needs is not there"), server="hypercorn")
def h2_hypercorn_no_version(lab):
    hypercorn(lab)
    with lab.capture("tcp port 9001"):
        lab.h2_client(9001, {"drop": ["sec-websocket-version"]})


def cowboy(lab, *options):
    lab.start(["escript", HERE / "programs/cowboy_server.escript", "9001", *options], port=9001)


@story("Cowboy with enable_connect_protocol takes extended CONNECT",
       ok("Announced and answered with 200", status=200), server="cowboy")
def healthy_h2_cowboy(lab):
    cowboy(lab, "connect")
    ask(lab)


@story("Cowboy without enable_connect_protocol gets extended CONNECT",
       hs("reset", "h2-extended-connect-without-setting", "client", why="The SETTINGS of the server lack 0x8"), server="cowboy")
def h2_cowboy_without_setting(lab):
    cowboy(lab)
    ask(lab)


@story("Extended CONNECT to a path that Cowboy has no route for",
       refused("http-wrong-path", "server", 404, "/caht", "No such route"), server="cowboy")
def h2_cowboy_wrong_path_404(lab):
    cowboy(lab, "connect")
    ask(lab, "/caht")


@story("A handler of Cowboy that serves pages gets extended CONNECT: the server announced it for all of its routes",
       refused("http-h2-extended-connect", "server", 405, "/page", "The handler takes GET only", accept=["response-405"]), server="cowboy")
def h2_cowboy_page_405(lab):
    cowboy(lab, "connect")
    ask(lab, "/page")


@story("libwebsockets takes extended CONNECT",
       ok("Announced and answered with 200", server=8443, status=200, target="/"), server="libwebsockets", note=TLS)
def healthy_h2_libwebsockets(lab):
    cert, key = lab.certificate("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1")
    lab.start(["libwebsockets-test-server", "--port", "8443", "-i", "lo", "--ssl", "--ssl-cert", cert, "--ssl-key", key], port=8443)
    tls_client(lab, {"set": {":path": "/", "sec-websocket-protocol": "lws-mirror-protocol"}})


@story("gorilla/websocket on Go's net/http, which was told by GODEBUG to announce extended CONNECT: gorilla knows the HTTP/1.1 upgrade only",
       refused("http-h2-extended-connect", "server", 400, "/chat", "The setting is on, and the library behind wants GET with Connection: Upgrade",
               accept=["response-400-unexplained"]), server="go gorilla")
def h2_gorilla_xconnect_400(lab):
    lab.start(["env", "GODEBUG=http2xconnect=1", HERE / "bin/gorilla", "serve", "-h2c", "127.0.0.1:9001"], port=9001)
    ask(lab)


@story("coder/websocket on Go's net/http, which was told by GODEBUG to announce extended CONNECT: coder knows the HTTP/1.1 upgrade only",
       refused("http-h2-extended-connect", "server", 426, "/chat", "The setting is on, and the library behind wants GET with Connection: Upgrade",
               accept=["response-426"]), server="go coder")
def h2_coder_xconnect_426(lab):
    lab.start(["env", "GODEBUG=http2xconnect=1", HERE / "bin/coder", "serve", "-h2c", "127.0.0.1:9001"], port=9001)
    ask(lab)


@story("Go's net/http does not announce extended CONNECT, and gets it all the same",
       hs("reset", "h2-extended-connect-without-setting", "client", why="The SETTINGS of the server lack 0x8"), server="go gorilla")
def h2_go_without_setting(lab):
    lab.gorilla(9001, "127.0.0.1", "-h2c")
    ask(lab)


@story("nginx with http2 does not know extended CONNECT, and gets it all the same",
       hs("rejected", "h2-extended-connect-without-setting", "client", 400, server=8080, why="The SETTINGS of the server lack 0x8"), server="nginx gorilla")
def h2_nginx_without_setting(lab):
    lab.gorilla()
    lab.nginx("listen 127.0.0.1:8080 http2; location / { proxy_pass http://127.0.0.1:9001; }")
    front(lab)


@story("nghttpd, a server of files, gets extended CONNECT all the same",
       hs("reset", "h2-extended-connect-without-setting", "client", server=9001, why="The SETTINGS of the server lack 0x8"), server="nghttpd")
def h2_nghttpd_without_setting(lab):
    lab.start(["nghttpd", "--no-tls", "-a", "127.0.0.1", "-d", lab.dir, "9001"], port=9001)
    ask(lab)


@story("Varnish with http2 does not know extended CONNECT, and gets it all the same",
       hs("reset", "h2-extended-connect-without-setting", "client", server=8080, why="The SETTINGS of the server lack 0x8"), server="varnish")
def h2_varnish_without_setting(lab):
    lab.gorilla()
    lab.varnish("-p", "feature=+http2")
    front(lab)


def caddy2(lab, *sites, port=8080):
    """The newer Caddy of lab/setup with HTTP/2 in clear, told by GODEBUG to announce extended CONNECT."""
    config = lab.file("Caddyfile", "{\n admin off\n auto_https off\n servers {\n  protocols h1 h2 h2c\n }\n}\n"
                      + "".join(sites or ["http://127.0.0.1:8080 {\n reverse_proxy 127.0.0.1:9001\n}\n"]))
    return lab.start(["env", f"HOME={lab.dir}", "GODEBUG=http2xconnect=1", HERE / "bin/caddy", "run", "--adapter", "caddyfile", "--config", config], port=port)


@story("Caddy, told by GODEBUG to announce extended CONNECT, takes it and upgrades by HTTP/1.1; both legs",
       [ok("Announced and answered with 200", server=8080, status=200), ok("The upgrade that Caddy makes of it")],
       server="caddy2 gorilla")
def healthy_h2_caddy_both_legs(lab):
    lab.gorilla()
    caddy2(lab)
    front(lab, legs=LEGS)


@story("Nothing listens behind Caddy; client leg only",
       hs("rejected", "response-502", "intermediary", 502, server=8080, why="reverse_proxy cannot connect"), server="caddy2")
def h2_caddy_502_no_server(lab):
    caddy2(lab)
    front(lab)


@story("A site of Caddy that has no reverse_proxy for the path; client leg only",
       hs("rejected", "http-wrong-path", "server", 404, server=8080, why="respond 404 for all other paths", accept=["http-h2-extended-connect"]), server="caddy2")
def h2_caddy_404(lab):
    caddy2(lab, "http://127.0.0.1:8080 {\n reverse_proxy /ws 127.0.0.1:9001\n respond 404\n}\n")
    front(lab)


@story("Caddy as it comes does not announce extended CONNECT, and gets it all the same",
       hs("reset", "h2-extended-connect-without-setting", "client", server=8080, why="The SETTINGS of the server lack 0x8"), server="caddy2")
def h2_caddy_without_setting(lab):
    config = lab.file("Caddyfile", "{\n admin off\n auto_https off\n servers {\n  protocols h1 h2 h2c\n }\n}\nhttp://127.0.0.1:8080 {\n reverse_proxy 127.0.0.1:9001\n}\n")
    lab.start(["env", f"HOME={lab.dir}", HERE / "bin/caddy", "run", "--adapter", "caddyfile", "--config", config], port=8080)
    front(lab)


def behind_haproxy(lab, more, defaults=""):
    lab.haproxy(f"{defaults}listen app\n    bind 127.0.0.1:8080 proto h2\n    {more}\n    server s1 127.0.0.1:9001\n")


@story("HAProxy denies the path by a rule of its own",
       hs("rejected", "response-403", "intermediary", 403, server=8080, why="http-request deny", accept=["auth-missing-credentials"]), server="haproxy")
def h2_haproxy_deny_403(lab):
    behind_haproxy(lab, "http-request deny")
    front(lab)


@story("HAProxy lets one connection in a minute through, and the client comes twice",
       [ok("The first one", server=8080, status=200), hs("rejected", "http-rate-limited", "intermediary", 429, server=8080, why="The second within a minute")],
       server="haproxy gorilla")
def h2_haproxy_rate_429(lab):
    lab.gorilla()
    behind_haproxy(lab, "stick-table type ip size 100 expire 1m store http_req_rate(1m)\n    http-request track-sc0 src\n"
                   "    http-request deny deny_status 429 if { sc_http_req_rate(0) gt 1 }")
    with lab.capture("tcp port 8080"):
        lab.h2_client(8080, {}, {"after": True})


@story("HAProxy wants Basic credentials",
       hs("rejected", "auth-missing-credentials", "client", 401, server=8080, why="A challenge, and no Authorization in the request", accept=["response-401"]),
       server="haproxy")
def h2_haproxy_basic_401(lab):
    behind_haproxy(lab, "http-request auth realm lab")
    front(lab)


@story("HAProxy sends what comes in clear to https; both sides speak HTTP/2",
       hs("redirected", "http-redirect-canonical", "server", 302, server=8080, why="Location has another scheme and port"), server="haproxy")
def h2_haproxy_redirect_https(lab):
    behind_haproxy(lab, "http-request redirect location https://127.0.0.1:8443/chat")
    front(lab)


@story("The server behind HAProxy accepts connections and never answers; client leg only",
       hs("rejected", "response-504", "intermediary", 504, server=8080, why="timeout server of one second"), server="haproxy raw-server")
def h2_haproxy_504(lab):
    lab.raw_server("silent")
    behind_haproxy(lab, "timeout server 1s")
    front(lab)


def eager(lab, port):
    """The request right behind the preface: a server that knows no HTTP/2 sends no settings to wait for."""
    with lab.capture(f"tcp port {port}"):
        lab.h2_client(port, hasty=True)


@story("The HTTP/2 preface and extended CONNECT go to gorilla/websocket on HTTP/1.1",
       hs("rejected", "h2-preface-answered-by-http1", "server", 400, why="Go takes the preface for a request and answers 400 in HTTP/1.1"), server="gorilla")
def h2_preface_gorilla(lab):
    lab.gorilla()
    eager(lab, 9001)


@story("The HTTP/2 preface and extended CONNECT go to ws on Node.js, which knows HTTP/1.1 only",
       hs("rejected", "h2-preface-answered-by-http1", "server", 400, why="The parser of HTTP/1.1 answers 400"), server="node-ws")
def h2_preface_node_ws(lab):
    lab.node_ws()
    eager(lab, 9001)


@story("The HTTP/2 preface and extended CONNECT go to nginx without http2",
       hs("rejected", "h2-preface-answered-by-http1", "server", 400, server=8080, why="nginx answers 400 in HTTP/1.1"), server="nginx")
def h2_preface_nginx(lab):
    lab.nginx("listen 127.0.0.1:8080; location / { proxy_pass http://127.0.0.1:9001; }")
    eager(lab, 8080)


@story("The HTTP/2 preface and extended CONNECT go to Apache httpd without mod_http2",
       hs("rejected", "h2-preface-answered-by-http1", "server", 400, server=8080, why="Apache httpd answers 400 in HTTP/1.1"), server="apache")
def h2_preface_apache(lab):
    lab.apache("")
    eager(lab, 8080)


@story("The HTTP/2 preface and extended CONNECT go to Python websockets, which knows HTTP/1.1 only",
       hs("rejected", "h2-preface-answered-by-http1", "server", 400, why="The server answers 400 in HTTP/1.1"), server="python-websockets")
def h2_preface_python_websockets(lab):
    lab.python_ws()
    eager(lab, 9001)


@story("HAProxy ends a WebSocket that was silent for two seconds; client leg only",
       hs("closed-early", "post-eof-after-101", "server", 200, server=8080, why="timeout tunnel of two seconds; no Close frame",
          accept=["closed-without-close-frame", "idle-timeout-after-upgrade"]), server="haproxy gorilla")
def h2_haproxy_tunnel_timeout(lab):
    lab.gorilla()
    behind_haproxy(lab, "timeout tunnel 2s")
    with lab.capture("tcp port 8080"):
        lab.h2_client(8080, {"idle": True}, seconds=5)


@story("The fields of the request do not fit into a buffer of HAProxy",
       hs("closed", "http-request-head-too-large", "client", server=8080, why="Twenty thousand octets of Cookie, and a buffer of 16384: GOAWAY",
          accept=["h2-goaway"]), server="haproxy gorilla")
def h2_haproxy_head_too_large(lab):
    lab.gorilla()
    behind_haproxy(lab, "")
    front(lab, cookie="cart=" + "made-up-" * 2500)


def raw(lab, behaviour, client="h2"):
    """The wrong server, and a client that checks nothing or one on nghttp2, which does."""
    lab.start(["/usr/bin/python3", HERE / "programs/h2_raw_server.py", "9001", behaviour], port=9001)
    with lab.capture("tcp port 9001"):
        if client == "h2":
            lab.h2_client(9001, seconds=2)
        else:
            lab.run("node", HERE / "programs/h2_client.js", "127.0.0.1:9001", "/chat", timeout=4)


@story("The server announces extended CONNECT with 2, and Node.js ends the connection for that",
       [], client="node", server="h2-raw-server")
def h2_setting_2_node(lab):
    raw(lab, "setting-2", "node")


@story("The server announces extended CONNECT with 2, and Python's h2, which has asked already, ends the connection for that",
       hs("closed", "h2-setting-invalid-value", "server", why="2 is not a value of this setting: GOAWAY of the client with PROTOCOL_ERROR",
          accept=["h2-extended-connect-without-setting", "client-gave-up"]), server="h2-raw-server")
def h2_setting_2(lab):
    lab.start(["/usr/bin/python3", HERE / "programs/h2_raw_server.py", "9001", "setting-2"], port=9001)
    eager(lab, 9001)


@story("The server takes its announcement of extended CONNECT back and resets the stream",
       hs("reset", "h2-setting-withdrawn", "server", why="0x8=1, and then 0x8=0", accept=["h2-stream-reset"]), server="h2-raw-server")
def h2_setting_withdrawn(lab):
    raw(lab, "withdrawn")


@story("The server answers extended CONNECT with :status 101, to a client that waits for the answer",
       hs("no-response", "h2-status-101", "server", why="101 does not exist in HTTP/2, and no final status follows", accept=["response-timeout"]),
       server="h2-raw-server")
def h2_status_101(lab):
    lab.start(["/usr/bin/python3", HERE / "programs/h2_raw_server.py", "9001", "status-101"], port=9001)
    with lab.capture("tcp port 9001"):
        lab.h2_client(9001, seconds=12)


@story("The server answers extended CONNECT with :status 101, to Node.js",
       hs("reset", "h2-status-101", "server", why="101 does not exist in HTTP/2; nghttp2 refuses it"), client="node", server="h2-raw-server")
def h2_status_101_node(lab):
    raw(lab, "status-101", "node")


@story("The 200 has Upgrade and Connection, and Node.js resets the stream",
       hs("aborted", "h2-connection-specific-header", "server", 200, why="HTTP/2 forbids both fields; nghttp2 refuses them"), client="node", server="h2-raw-server")
def h2_upgrade_fields_in_200_node(lab):
    raw(lab, "upgrade-fields", "node")


@story("The 200 has a field name in mixed case, and Node.js resets the stream",
       hs("aborted", "h2-uppercase-field-name", "server", 200, why="Field names are in lower case in HTTP/2"), client="node", server="h2-raw-server")
def h2_uppercase_in_200_node(lab):
    raw(lab, "uppercase", "node")


@story("The 200 has content-length 0, and the connection is used all the same",
       ok("A length has no meaning here", status=200, accept=["h2-connect-2xx-content-length"]), server="h2-raw-server")
def h2_content_length_in_200(lab):
    raw(lab, "content-length")


@story("The server answers 204",
       hs("closed-early", "h2-status-2xx-not-200", "server", 204, why="204 ends the stream, and opens nothing", accept=["response-2xx-other", "h2-response-end-stream"]),
       server="h2-raw-server")
def h2_status_204(lab):
    raw(lab, "status-204")


@story("The connection begins in HTTP/1.1 and is upgraded to h2c by nghttpx; the WebSocket follows on its third stream",
       ok("Upgrade: h2c, 101, and extended CONNECT", server=8080, status=200), server="nghttpx gorilla", note="HTTP/2 in clear after Upgrade: h2c")
def healthy_h2_nghttpx_after_h2c_upgrade(lab):
    lab.gorilla()
    nghttpx(lab)
    with lab.capture("tcp port 8080"):
        lab.h2_client(8080, upgrade=True)


@story("The :authority is one that this connection to Apache httpd was not made for",
       hs("rejected", "response-421", "server", 421, server=8443, why="The server name of TLS is that of another virtual host", accept=["h2-host-authority-conflict"]),
       server="apache gorilla", note=TLS)
def h2_apache_misdirected_421_tls(lab):
    hosts = ""
    for name in ("app.example.test", "shop.example.test"):
        cert, key = lab.certificate("-subj", f"/CN={name}", name=name)
        hosts += f"""<VirtualHost 127.0.0.1:8443>
    ServerName {name}
    SSLEngine on
    SSLCertificateFile {cert}
    SSLCertificateKeyFile {key}
    SSLProtocol {'all -TLSv1.2' if name == 'shop.example.test' else 'all'}
    Protocols h2 http/1.1
    H2WebSockets on
    ProxyPass / ws://127.0.0.1:9001/
</VirtualHost>
"""
    lab.gorilla()
    lab.apache("Listen 127.0.0.1:8443\n" + hosts, (*APACHE, "ssl", "socache_shmcb"))
    keys = lab.dir / "keys.log"
    with lab.capture("tcp port 8443"):
        lab.h2_client(8443, {"set": {":authority": "shop.example.test"}}, keys=str(keys), name="app.example.test")
    lab.to_pcapng("--inject-secrets", f"tls,{keys}")
