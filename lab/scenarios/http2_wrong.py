"""Requests inside HTTP/2 that are wrong, each to a few servers: what is refused, how, and what is let through."""

from lab import HERE, KEY, hs, ok
from scenarios import http2_servers
from scenarios.http2_node import story

UPGRADE = {"connection": "Upgrade", "upgrade": "websocket", "sec-websocket-key": KEY}
LISTEN = "listen app\n    bind 127.0.0.1:8080 proto h2\n    server s1 127.0.0.1:9001\n"
UPGRADING = """
    listen 127.0.0.1:8080 http2;
    location / {
        proxy_pass http://127.0.0.1:9001;
        proxy_http_version 1.1;
        proxy_set_header Host $http_host;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection upgrade;
    }"""


def haproxy(lab):
    lab.gorilla()
    lab.haproxy(LISTEN)


def nginx(lab):
    lab.gorilla()
    lab.nginx(UPGRADING)


def apache(lab):
    lab.gorilla()
    http2_servers.tunnel(lab, "ProxyPreserveHost On\n" + http2_servers.PROXIED)


def lighttpd(lab):
    lab.gorilla()
    http2_servers.lighttpd(lab)


def nghttpx(lab):
    lab.gorilla()
    http2_servers.nghttpx(lab)


def caddy(lab):
    lab.gorilla()
    http2_servers.caddy2(lab)


def go(lab):
    lab.start(["env", "GODEBUG=http2xconnect=1", HERE / "bin/gorilla", "serve", "-h2c", "127.0.0.1:9001"], port=9001)


# The port and the software of each server.
SERVERS = {
    haproxy: (8080, "HAProxy", "haproxy gorilla"),
    nginx: (8080, "nginx", "nginx gorilla"),
    apache: (8080, "Apache httpd", "apache gorilla"),
    lighttpd: (8080, "lighttpd", "lighttpd gorilla"),
    nghttpx: (8080, "nghttpx", "nghttpx gorilla"),
    caddy: (8080, "Caddy", "caddy2 gorilla"),
    go: (9001, "Go's net/http", "go gorilla"),
    lambda lab: lab.h2_server(): (9001, "Node.js", "node-h2-ws"),
    http2_servers.hypercorn: (9001, "Hypercorn", "hypercorn"),
    lambda lab: http2_servers.cowboy(lab, "connect"): (9001, "Cowboy", "cowboy"),
}
BY_NAME = {software.split()[0].removesuffix("2").split("-")[0]: (start, port, software) for start, (port, _, software) in SERVERS.items()}


def reset(cause, *accept, **more):
    return lambda port, why: hs("reset", cause, "client", server=port, why=why, accept=accept, **more)


def closed(cause, *accept, **more):
    return lambda port, why: hs("closed", cause, "client", server=port, why=why, accept=accept, **more)


def refused(status, cause, *accept, **more):
    return lambda port, why: hs("rejected", cause, "client", status, server=port, why=why, accept=accept, **more)


def let(*accept):
    """The server lets it through, and the connection is used."""
    return lambda port, why: ok(why, server=port, status=200, accept=accept)


def wrong(fault, what, why, request, expected, hasty=False):
    """One scenario for each server of `expected`, named h2-FAULT-SERVER."""
    for server, expect in expected.items():
        start, port, software = BY_NAME[server]

        def function(lab, start=start, port=port):
            start(lab)
            with lab.capture(f"tcp port {port}"):
                lab.h2_client(port, request, hasty=hasty)

        function.__name__ = f"h2_{fault}_{server}"
        story(f"{what}, to {SERVERS[start][1]}; client leg only" if port == 8080 else f"{what}, to {SERVERS[start][1]}",
              expect(port, why), server=software)(function)


CONNECTION = "h2-connection-specific-header"

wrong("get_with_upgrade", "GET with Upgrade, Connection and a key, the HTTP/1.1 handshake, inside HTTP/2",
      "HTTP/2 has no upgrade, and forbids these fields",
      {"set": {":method": "GET", **UPGRADE}, "drop": [":protocol"], "end": True},
      {"haproxy": reset("h2-get-with-upgrade", CONNECTION), "apache": reset("h2-get-with-upgrade", CONNECTION),
       "nginx": reset("h2-get-with-upgrade", CONNECTION, "h2-status-101"), "go": refused(400, "h2-get-with-upgrade", CONNECTION),
       "lighttpd": refused(400, "h2-get-with-upgrade", CONNECTION), "hypercorn": closed("h2-get-with-upgrade", CONNECTION)})

wrong("get_with_key", "GET with a key and a version, without the two fields that HTTP/2 forbids",
      "The handshake of HTTP/1.1 without its upgrade", {"set": {":method": "GET", "sec-websocket-key": KEY}, "drop": [":protocol"], "end": True},
      {"nginx": refused(400, "h2-get-with-upgrade"), "haproxy": refused(400, "h2-get-with-upgrade"),
       "node": refused(404, "h2-get-with-upgrade", "http-wrong-path")})

wrong("get_with_protocol", "GET instead of CONNECT, with :protocol",
      ":protocol is for CONNECT only", {"set": {":method": "GET"}, "end": True},
      {"haproxy": refused(400, "h2-get-with-upgrade"), "node": reset("h2-get-with-upgrade")})

wrong("no_protocol", "CONNECT with a path and a version, and no :protocol", ":protocol is missing", {"drop": [":protocol"]},
      {"haproxy": reset("h2-protocol-missing"), "nginx": refused(405, "h2-protocol-missing"), "hypercorn": let("h2-protocol-missing")})

wrong("protocol_misspelt", "Extended CONNECT with :protocol websockets", "The protocol is called websocket", {"set": {":protocol": "websockets"}},
      {"haproxy": refused(400, "h2-protocol-not-websocket"), "apache": refused(501, "h2-protocol-not-websocket"),
       "cowboy": refused(400, "h2-protocol-not-websocket"), "lighttpd": refused(405, "h2-protocol-not-websocket"),
       "caddy": refused(502, "h2-protocol-not-websocket"), "node": let("h2-protocol-not-websocket")})

wrong("scheme_ws", "Extended CONNECT with :scheme ws", ":scheme has to be http or https", {"set": {":scheme": "ws"}},
      {"apache": refused(400, "h2-scheme-invalid"), "haproxy": let("h2-scheme-invalid")})

wrong("no_path", "Extended CONNECT without :path", ":path is missing", {"drop": [":path"]},
      {"haproxy": reset("h2-pseudo-headers-missing", target=""), "hypercorn": closed("h2-pseudo-headers-missing", target="")})

wrong("no_authority", "Extended CONNECT without :authority", ":authority is missing", {"drop": [":authority"]},
      {"node": reset("h2-pseudo-headers-missing"), "lighttpd": refused(400, "h2-pseudo-headers-missing")})

wrong("no_scheme", "Extended CONNECT without :scheme", ":scheme is missing", {"drop": [":scheme"]},
      {"nghttpx": reset("h2-pseudo-headers-missing"), "caddy": let("h2-pseudo-headers-missing")})

wrong("pseudo_late", "Extended CONNECT whose :path comes behind the fields", "Pseudo-header fields come first", {"order": [":path"]},
      {"cowboy": reset("h2-pseudo-headers-missing"), "lighttpd": refused(400, "h2-pseudo-headers-missing")})

wrong("early_data", "Extended CONNECT with a WebSocket frame before there is an answer", "DATA before the answer", {"early": True},
      {"haproxy": refused(500, "h2-data-before-2xx"), "lighttpd": refused(500, "h2-data-before-2xx"),
       "nghttpx": refused(502, "h2-data-before-2xx"), "cowboy": let("h2-data-before-2xx")})

wrong("request_end_stream", "Extended CONNECT with END_STREAM", "The client has closed its direction with the request", {"end": True},
      {"lighttpd": reset("h2-request-end-stream"),
       "go": refused(400, "h2-request-end-stream", "http-h2-extended-connect"),
       **{name: lambda port, why: hs("aborted", "h2-request-end-stream", "client", 200, server=port, why=why)
          for name in ("haproxy", "cowboy", "caddy")}})

wrong("no_version", "Extended CONNECT without sec-websocket-version", "The version is missing", {"drop": ["sec-websocket-version"]},
      {"haproxy": refused(400, "h2-version-missing"), "cowboy": refused(400, "h2-version-missing"), "node": let("h2-version-missing")})

wrong("version_8", "Extended CONNECT with sec-websocket-version 8", "13 is the only version", {"set": {"sec-websocket-version": "8"}},
      {"apache": refused(400, "request-version-draft", "version-rejected-by-server"), "cowboy": let("h2-version-missing")})

wrong("connection_fields", "Extended CONNECT with Upgrade and Connection beside", "HTTP/2 forbids both fields",
      {"set": {"connection": "Upgrade", "upgrade": "websocket"}},
      {"haproxy": reset(CONNECTION), "nghttpx": reset(CONNECTION), "hypercorn": closed(CONNECTION),
       "lighttpd": refused(400, CONNECTION), "caddy": refused(400, CONNECTION)})

wrong("uppercase", "Extended CONNECT with a field name in mixed case", "Field names are in lower case in HTTP/2",
      {"set": {"Sec-WebSocket-Version": "13"}, "drop": ["sec-websocket-version"]},
      {"haproxy": reset("h2-uppercase-field-name"), "lighttpd": refused(400, "h2-uppercase-field-name"),
       "hypercorn": closed("h2-uppercase-field-name"), "go": reset("h2-uppercase-field-name")})

wrong("host_conflict", "Extended CONNECT with a Host that is not its :authority", "Two names for one server", {"set": {"host": "other.example.test"}},
      {"lighttpd": refused(400, "h2-host-authority-conflict"), "hypercorn": closed("h2-host-authority-conflict"),
       "caddy": reset("h2-host-authority-conflict"), "node": let("h2-host-authority-conflict")})

wrong("key", "Extended CONNECT with a Sec-WebSocket-Key", "Two keys reach the server behind, which answers to one of them; :status 101 comes before the 502",
      {"set": {"sec-websocket-key": KEY}},
      {"nghttpx": refused(502, "h2-key-or-accept-present", "h2-status-101", "response-502")})

wrong("key", "Extended CONNECT with a Sec-WebSocket-Key, which HTTP/2 has no use for", "The key is ignored", {"set": {"sec-websocket-key": KEY}},
      {"haproxy": let(), "hypercorn": let()})

wrong("hasty", "Extended CONNECT along with the preface, before the settings of the server came", "The client did not wait for SETTINGS", {},
      {"cowboy": reset("h2-extended-connect-without-setting"), "haproxy": let("h2-extended-connect-without-setting")}, hasty=True)
