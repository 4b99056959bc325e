"""WebSocket over HTTP/2 inside TLS: browsers and undici, with the session keys in the recordings."""

from lab import HERE, hs, ok, scenario
from scenarios import http2_servers
from scenarios.http2 import trust

NOTE = "pcapng with a Decryption Secrets Block, written by editcap; the session keys are worthless"
PORT = 8443
PAGE = """<!doctype html><title>lab</title><link rel=icon href=data:,><body></body><script>
const ws = new WebSocket('wss://127.0.0.1:8443%s', %s);
ws.onopen = () => ws.send('hello from the lab');
ws.onmessage = () => ws.close(1000);
ws.onclose = () => { document.title = 'ALL DONE'; };
</script>"""


def page(path="/chat", protocols="[]"):
    return PAGE % (path, protocols)


def story(title, expect, software):
    return scenario(title, expect if isinstance(expect, list) else [expect], software, note=NOTE, checked=False)


def opened(why, **more):
    return ok(why, server=PORT, status=200, **more)


def failed(outcome, cause, actor, status, why, **more):
    return hs(outcome, cause, actor, status, server=PORT, why=why, **more)


def certificate(lab):
    return lab.certificate("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1")


def keyed(lab, run):
    keys = lab.dir / "keys.log"
    with lab.capture(f"tcp port {PORT}"):
        run(keys)
    lab.to_pcapng("--inject-secrets", f"tls,{keys}")


def chromium(lab, cert):
    flags = trust(lab, cert)
    keyed(lab, lambda keys: lab.chromium(f"https://127.0.0.1:{PORT}/", flags=[f"--ssl-key-log-file={keys}", *flags]))


def firefox(lab):
    keyed(lab, lambda keys: lab.run("env", f"SSLKEYLOGFILE={keys}", "/usr/bin/python3", HERE / "programs/firefox_console.py",
                                    lab.dir / "profile", f"https://127.0.0.1:{PORT}/", 10, timeout=90))


def undici(lab, path, *protocols):
    keyed(lab, lambda keys: lab.run("node", f"--tls-keylog={keys}", HERE / "programs/h2_undici.js", f"wss://127.0.0.1:{PORT}{path}", *protocols))


def node(lab, **options):
    cert, key = certificate(lab)
    lab.h2_server(PORT, tls={"cert": str(cert), "key": str(key)}, **options)
    return cert


def haproxy(lab, page=None):
    cert, key = certificate(lab)
    both = lab.file("both.pem", cert.read_text() + key.read_text())
    lab.node_ws(page=page)
    lab.haproxy(f"listen app\n    bind 127.0.0.1:8443 ssl crt {both} alpn h2,http/1.1\n    server s1 127.0.0.1:9001\n", port=PORT)
    return cert


def hypercorn(lab):
    cert, key = certificate(lab)
    lab.start(["env", f"PYTHONPATH={HERE}/programs", "/usr/bin/python3", "-m", "hypercorn", "--certfile", cert, "--keyfile", key,
               "-b", f"127.0.0.1:{PORT}", "asgi_applications:bare"], port=PORT)


def nginx(lab, locations):
    cert, key = certificate(lab)
    lab.file("pages/index.html", page())
    lab.nginx(f"listen 127.0.0.1:8443 ssl http2; ssl_certificate {cert}; ssl_certificate_key {key}; root {lab.dir}/pages; {locations}", port=PORT)
    return cert


@story("undici agrees on HTTP/2 with HAProxy and opens its socket by extended CONNECT, with a key, which HAProxy hands on",
       opened("The Accept of the server behind comes back with the 200"), "undici haproxy node-ws")
def healthy_h2_undici_haproxy_tls(lab):
    haproxy(lab)
    undici(lab, "/chat")


@story("undici opens its socket by extended CONNECT on Hypercorn",
       opened("A key in the request, and an Accept beside the 200"), "undici hypercorn")
def healthy_h2_undici_hypercorn_tls(lab):
    hypercorn(lab)
    undici(lab, "/chat")


@story("undici sends a key inside HTTP/2 and insists on an Accept, which HTTP/2 has no use for: it leaves after a 200 that is right",
       failed("aborted", "client-rejected-valid-101", "client", 200, "RFC 8441 has neither key nor Accept",
              accept=["h2-key-or-accept-present", "response-accept-missing"]), "undici node-h2-ws")
def h2_undici_wants_accept_tls(lab):
    node(lab)
    undici(lab, "/chat")


@story("undici offers a subprotocol that the server does not know and that it does not select",
       failed("aborted", "subprotocol-not-selected", "server", 200, "None selected, and the client leaves", target="/proto",
              accept=["client-rejected-valid-101"]), "undici node-h2-ws")
def h2_undici_subprotocol_not_selected_tls(lab):
    node(lab)
    undici(lab, "/proto", "chat.v1")


@story("undici asks for a path that the server does not have",
       failed("rejected", "http-wrong-path", "server", 404, "No such route", target="/caht"), "undici node-h2-ws")
def h2_undici_wrong_path_404_tls(lab):
    node(lab)
    undici(lab, "/caht")


@story("undici agrees on HTTP/2 with a server that does not announce extended CONNECT: it leaves without a request",
       [], "undici node-h2")
def h2_undici_without_setting_tls(lab):
    node(lab, connect="unsaid")
    undici(lab, "/chat")


@story("A page in Chromium opens its socket by extended CONNECT on Node.js and offers subprotocols",
       opened("chat.v2 is selected", target="/proto"), "chromium node-h2-ws")
def healthy_h2_chromium_node_subprotocol_tls(lab):
    chromium(lab, node(lab, page=page("/proto", "['chat.v1', 'chat.v2']")))


@story("A page in Chromium offers a subprotocol that the server does not select",
       failed("aborted", "subprotocol-not-selected", "server", 200, "Chromium gives up a socket without one of its subprotocols", target="/proto"),
       "chromium node-h2-ws")
def h2_chromium_subprotocol_not_selected_tls(lab):
    chromium(lab, node(lab, page=page("/proto", "['chat.v1']")))


@story("The server selects a subprotocol although the page in Chromium offered none",
       failed("aborted", "response-subprotocol-without-offer", "server", 200, "Chromium gives the socket up", target="/v1-only"), "chromium node-h2-ws")
def h2_chromium_subprotocol_without_offer_tls(lab):
    chromium(lab, node(lab, page=page("/v1-only")))


@story("A page in Chromium asks for a path that the server does not have",
       failed("rejected", "http-wrong-path", "server", 404, "No such route", target="/caht"), "chromium node-h2-ws")
def h2_chromium_wrong_path_404_tls(lab):
    chromium(lab, node(lab, page=page("/caht")))


@story("Chromium's extended CONNECT meets Node.js, which announces it for an application that knows nothing of CONNECT",
       failed("rejected", "http-h2-extended-connect", "server", 405, "The page came by HTTP/2, so the socket does", accept=["response-405"]),
       "chromium node-h2")
def h2_chromium_node_compat_405_tls(lab):
    chromium(lab, node(lab, plain=True, page=page()))


@story("The server resets Chromium's stream with HTTP_1_1_REQUIRED, and Chromium comes again by HTTP/1.1",
       [failed("reset", "h2-stream-reset", "server", 0, "RST_STREAM that asks for another version of HTTP", target="/http-1.1", superseded=True),
        ok("Accepted in HTTP/1.1", server=PORT, target="/http-1.1")], "chromium node-h2-ws")
def h2_chromium_http11_required_tls(lab):
    chromium(lab, node(lab, page=page("/http-1.1")))


@story("The 200 for Chromium ends the stream in the same frame",
       failed("closed-early", "h2-response-end-stream", "server", 200, "END_STREAM on the HEADERS of the answer", target="/ended"), "chromium node-h2-ws")
def h2_chromium_response_end_stream_tls(lab):
    chromium(lab, node(lab, page=page("/ended")))


@story("Chromium gets its page by HTTP/2 from nginx, which does not announce extended CONNECT, and opens its socket on a connection of HTTP/1.1",
       ok("Upgrade and Connection are relayed", server=PORT), "chromium nginx gorilla")
def healthy_h2_chromium_nginx_http11_tls(lab):
    lab.gorilla()
    chromium(lab, nginx(lab, """location /chat {
        proxy_pass http://127.0.0.1:9001; proxy_http_version 1.1; proxy_set_header Host $http_host;
        proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;
    }"""))


@story("Chromium gets its page by HTTP/2 from nginx and opens its socket on a connection of HTTP/1.1, where nginx was not told to relay the upgrade",
       failed("rejected", "proxy-stripped-upgrade", "intermediary", 400, "proxy_pass without Upgrade and Connection; gorilla's 400 behind nginx",
              accept=["response-400-unexplained"]), "chromium nginx gorilla")
def h2_chromium_nginx_no_upgrade_400_tls(lab):
    lab.gorilla()
    chromium(lab, nginx(lab, "location /chat { proxy_pass http://127.0.0.1:9001; proxy_set_header Host $http_host; }"))


@story("A page in Chromium opens its socket by extended CONNECT on Apache httpd, which upgrades by HTTP/1.1",
       opened("H2WebSockets is on"), "chromium apache gorilla")
def healthy_h2_chromium_apache_tls(lab):
    cert, key = certificate(lab)
    lab.gorilla()
    lab.file("pages/index.html", page())
    lab.run("chmod", "-R", "a+rX", lab.dir)
    lab.apache(f"""Listen 127.0.0.1:8443
<VirtualHost 127.0.0.1:8443>
    SSLEngine on
    SSLCertificateFile {cert}
    SSLCertificateKeyFile {key}
    Protocols h2 http/1.1
    H2WebSockets on
    DocumentRoot {lab.dir}/pages
    DirectoryIndex index.html
    ProxyPreserveHost On
    ProxyPass /chat ws://127.0.0.1:9001/chat
</VirtualHost>""", ("http2", "proxy", "proxy_http", "proxy_wstunnel", "ssl", "dir", "socache_shmcb"))
    chromium(lab, cert)


def caddy(lab):
    cert, key = certificate(lab)
    lab.gorilla()
    lab.file("pages/index.html", page())
    http2_servers.caddy2(lab, f"https://127.0.0.1:8443 {{\n tls {cert} {key}\n root * {lab.dir}/pages\n reverse_proxy /chat 127.0.0.1:9001\n file_server\n}}\n", port=PORT)
    return cert


@story("A page in Chromium opens its socket by extended CONNECT on Caddy, told by GODEBUG to announce it",
       opened("Caddy upgrades by HTTP/1.1 behind"), "chromium caddy2 gorilla")
def healthy_h2_chromium_caddy_tls(lab):
    chromium(lab, caddy(lab))


@story("A page in Firefox opens its socket by extended CONNECT on HAProxy",
       opened("HAProxy announces it, so Firefox uses it"), "firefox haproxy node-ws")
def healthy_h2_firefox_haproxy_tls(lab):
    haproxy(lab, page=page())
    firefox(lab)


@story("Firefox's extended CONNECT meets Node.js, which announces it for an application that knows nothing of CONNECT",
       failed("rejected", "http-h2-extended-connect", "server", 405, "The page came by HTTP/2, so the socket does", accept=["response-405"]),
       "firefox node-h2")
def h2_firefox_node_compat_405_tls(lab):
    node(lab, plain=True, page=page())
    firefox(lab)


@story("Firefox gets its page by HTTP/2 from nginx, which does not announce extended CONNECT, and opens its socket on a connection of HTTP/1.1",
       ok("Upgrade and Connection are relayed", server=PORT), "firefox nginx gorilla")
def healthy_h2_firefox_nginx_http11_tls(lab):
    lab.gorilla()
    nginx(lab, """location /chat {
        proxy_pass http://127.0.0.1:9001; proxy_http_version 1.1; proxy_set_header Host $http_host;
        proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;
    }""")
    firefox(lab)


@story("The server resets Firefox's stream with HTTP_1_1_REQUIRED",
       failed("reset", "h2-stream-reset", "server", 0, "RST_STREAM that asks for another version of HTTP", target="/http-1.1"), "firefox node-h2-ws")
def h2_firefox_http11_required_tls(lab):
    node(lab, page=page("/http-1.1"))
    firefox(lab)


@story("The application refuses the Origin of a page in Firefox",
       failed("rejected", "origin-rejected", "server", 403, "The body says so", target="/origin"), "firefox node-h2-ws")
def h2_firefox_origin_403_tls(lab):
    node(lab, page=page("/origin"))
    firefox(lab)


@story("A page in Chromium has two cookies, which its extended CONNECT carries in two fields",
       opened("The session cookie is there", target="/session"), "chromium node-h2-ws")
def healthy_h2_chromium_cookies_tls(lab):
    chromium(lab, node(lab, page=page("/session")))


@story("A page in Firefox has two cookies, which its extended CONNECT carries",
       opened("The session cookie is there", target="/session"), "firefox node-h2-ws")
def healthy_h2_firefox_cookies_tls(lab):
    node(lab, page=page("/session"))
    firefox(lab)


@story("The server resets Chromium's stream with REFUSED_STREAM, and the two with which Chromium tries again",
       [failed("reset", "h2-stream-reset", "server", 0, "RST_STREAM instead of an answer", target="/refused") for _ in range(3)], "chromium node-h2-ws")
def h2_chromium_refused_stream_tls(lab):
    chromium(lab, node(lab, page=page("/refused")))


@story("The server resets Firefox's stream with REFUSED_STREAM",
       failed("reset", "h2-stream-reset", "server", 0, "RST_STREAM instead of an answer", target="/refused"), "firefox node-h2-ws")
def h2_firefox_refused_stream_tls(lab):
    node(lab, page=page("/refused"))
    firefox(lab)


@story("The server ends Chromium's connection with ENHANCE_YOUR_CALM while the handshake waits, and Chromium comes again by HTTP/1.1",
       [failed("closed", "h2-goaway", "server", 0, "GOAWAY with an error", target="/calm", superseded=True),
        ok("Accepted in HTTP/1.1", server=PORT, target="/calm")], "chromium node-h2-ws")
def h2_chromium_goaway_tls(lab):
    chromium(lab, node(lab, page=page("/calm")))


@story("Chromium reaches a server of HTTP/1.1 through a proxy that it speaks HTTP/2 to: CONNECT without :protocol, a tunnel",
       ok("A plain CONNECT is right for a proxy; the upgrade is inside the tunnel", server=PORT), "chromium nghttpx tinyproxy node-ws")
def healthy_h2_chromium_connect_proxy_tls(lab):
    cert, key = certificate(lab)
    lab.node_ws(page=PAGE.replace("wss:", "ws:").replace("8443", "9001") % ("/chat", "[]"))
    config = lab.file("tinyproxy.conf", "Port 8888\nListen 127.0.0.1\nTimeout 20\nAllow 127.0.0.1\n")
    lab.start(["tinyproxy", "-d", "-c", config], port=8888)
    lab.start(["nghttpx", "--conf=/dev/null", f"-f127.0.0.1,{PORT}", "-b127.0.0.1,8888", "--http2-proxy", "--workers=1", "--no-ocsp", key, cert], port=PORT)
    flags = trust(lab, cert)
    keyed(lab, lambda keys: lab.chromium("http://127.0.0.1:9001/", flags=[
        f"--ssl-key-log-file={keys}", f"--proxy-server=https://127.0.0.1:{PORT}", "--proxy-bypass-list=<-loopback>;*.google.com;*.googleapis.com;*.gvt1.com", *flags]))
