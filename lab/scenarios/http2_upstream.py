"""A client of HTTP/1.1 in front of proxies that speak HTTP/2 to the server behind; both legs."""

from lab import hs, ok, scenario
from scenarios import http2_servers
from scenarios.http2_servers import LEGS

HAPROXY = "listen app\n    bind 127.0.0.1:8080\n    server s1 127.0.0.1:9001 proto h2\n"
NOTE = "HTTP/1.1 in front, HTTP/2 in clear behind"


def story(title, expect, software):
    return scenario(title, expect, "node-ws " + software, note=NOTE, checked=False)


def come(lab):
    with lab.capture(LEGS):
        lab.node_client("ws://127.0.0.1:8080/chat")


def upstream(status, why, *accept):
    return hs("rejected", "proxy-h2-upstream", "intermediary", status, server=8080, why=why, accept=accept)


@story("HAProxy makes an extended CONNECT of an HTTP/1.1 upgrade; Node.js accepts it",
       [ok("The 101 that HAProxy makes of the 200", server=8080), ok("The server announced extended CONNECT", status=200)], "haproxy node-h2-ws")
def healthy_h2_haproxy_upstream_node_both_legs(lab):
    lab.h2_server()
    lab.haproxy(HAPROXY)
    come(lab)


@story("HAProxy makes an extended CONNECT of an HTTP/1.1 upgrade and hands on the key; Hypercorn accepts it and computes an Accept of the key",
       [ok("The 101 that HAProxy makes of the 200", server=8080), ok("The server announced extended CONNECT", status=200)], "haproxy hypercorn")
def healthy_h2_haproxy_upstream_hypercorn_both_legs(lab):
    http2_servers.hypercorn(lab)
    lab.haproxy(HAPROXY)
    come(lab)


@story("nghttpx makes an extended CONNECT of an HTTP/1.1 upgrade; Cowboy accepts it",
       [ok("The 101 that nghttpx makes of the 200", server=8080), ok("The server announced extended CONNECT", status=200)], "nghttpx cowboy")
def healthy_h2_nghttpx_upstream_cowboy_both_legs(lab):
    http2_servers.cowboy(lab, "connect")
    http2_servers.nghttpx(lab, "127.0.0.1,9001;;proto=h2")
    come(lab)


@story("HAProxy speaks HTTP/2 to a Go server that does not announce extended CONNECT, and answers 502 without asking it",
       [upstream(502, "SETTINGS of the server without 0x8; no request goes out on the back leg")], "haproxy gorilla")
def h2_haproxy_upstream_without_setting_502_both_legs(lab):
    lab.gorilla(9001, "127.0.0.1", "-h2c")
    lab.haproxy(HAPROXY)
    come(lab)


@story("nghttpx speaks HTTP/2 to a Go server that does not announce extended CONNECT, and answers 400 without asking it",
       [upstream(400, "SETTINGS of the server without 0x8; no request goes out on the back leg")], "nghttpx gorilla")
def h2_nghttpx_upstream_without_setting_400_both_legs(lab):
    lab.gorilla(9001, "127.0.0.1", "-h2c")
    http2_servers.nghttpx(lab, "127.0.0.1,9001;;proto=h2")
    come(lab)


@story("HAProxy makes an extended CONNECT for Node.js, which announces it for an application that knows nothing of CONNECT",
       [upstream(405, "The 405 of the server to the CONNECT comes back", "http-h2-extended-connect", "response-405"),
        hs("rejected", "http-h2-extended-connect", "server", 405, why="Announced, and without a listener for CONNECT", accept=["response-405"])],
       "haproxy node-h2")
def h2_haproxy_upstream_405_both_legs(lab):
    lab.h2_server(plain=True)
    lab.haproxy(HAPROXY)
    come(lab)


@story("HAProxy is told to speak HTTP/2 to a server that knows HTTP/1.1 only",
       [hs("rejected", "h2-preface-answered-by-http1", "intermediary", 503, server=8080, why="The preface is answered in HTTP/1.1; HAProxy tries again three times"),
        *4 * [hs("rejected", "h2-preface-answered-by-http1", "server", 400, target="", unknown=True,
                 why="The preface and SETTINGS, before any request; by itself nothing shows that it is about WebSocket")]], "haproxy")
def h2_haproxy_upstream_http1_503_both_legs(lab):
    lab.node_ws()
    lab.haproxy(HAPROXY)
    come(lab)


@story("Apache httpd relays to h2c://: a GET with the key and without the upgrade, to Go in HTTP/2",
       [hs("rejected", "h2-get-with-upgrade", "intermediary", 400, server=8080, why="mod_proxy_http2 knows no WebSocket: it drops the upgrade and keeps GET"),
        hs("rejected", "h2-get-with-upgrade", "", 400, why="GET with sec-websocket-key and sec-websocket-version in HTTP/2", accept=["proxy-h2-upstream"])],
       "apache gorilla")
def h2_apache_upstream_400_both_legs(lab):
    lab.gorilla(9001, "127.0.0.1", "-h2c")
    lab.apache("ProxyPreserveHost On\nProxyPass / h2c://127.0.0.1:9001/\n", ("proxy", "proxy_http", "proxy_http2", "http2"))
    come(lab)


@story("Caddy relays to h2c://: its transport refuses an upgrade over HTTP/2 before it asks the server",
       [upstream(502, "The back leg is HTTP/2, and no request goes out on it")], "caddy2 gorilla")
def h2_caddy_upstream_502_both_legs(lab):
    lab.gorilla(9001, "127.0.0.1", "-h2c")
    http2_servers.caddy2(lab, "http://127.0.0.1:8080 {\n reverse_proxy h2c://127.0.0.1:9001\n}\n")
    come(lab)
