"""Caddy as the proxy, and as the server that knows no such site."""

from lab import hs, ok, scenario

LEGS = "tcp port 8080 or tcp port 9001"
PROXY = """
http://127.0.0.1:8080 {
    reverse_proxy 127.0.0.1:9001 {
        %s
    }
}
"""

# Caddy asks a site of its own for leave before it relays the handshake to port 9001.
ASKS = """
http://127.0.0.1:8080 {
    forward_auth 127.0.0.1:9002 {
        uri /verify
        copy_headers Remote-User
    }
    reverse_proxy 127.0.0.1:9001
}
http://127.0.0.1:9002 {
    bind 127.0.0.1
    header Remote-User made-up
    respond "%s" %d
}
"""


@scenario("Caddy asks an authorization service with forward_auth, which grants leave, and relays the handshake; all legs",
          [ok("Accepted", server=8080), ok("Accepted once leave was granted")], "caddy node-ws")
def healthy_caddy_forward_auth(lab):
    lab.node_ws()
    lab.caddy(ASKS % ("welcome", 200))
    with lab.capture(LEGS + " or tcp port 9002"):
        lab.node_client("ws://127.0.0.1:8080/chat", headers={"Cookie": "session=made-up"})


@scenario("Caddy asks an authorization service with forward_auth, which refuses a client without credentials; both legs",
          [hs("rejected", "auth-missing-credentials", "client", 401, server=8080,
              why="The 401 of the service, handed on; what the service was asked is no handshake, though it asks for the upgrade")],
          "caddy node-ws")
def caddy_forward_auth_401(lab):
    lab.node_ws()
    lab.caddy(ASKS % ("who are you", 401))
    with lab.capture(LEGS + " or tcp port 9002"):
        lab.node_client("ws://127.0.0.1:8080/chat")


@scenario("Caddy is told to delete Upgrade and Connection, in front of websockets; both legs",
          [hs("rejected", "proxy-stripped-upgrade", "intermediary", 426, server=8080,
              why="The client asked for the upgrade; behind Caddy, which leaves its name in the answer, both fields are gone"),
           hs("rejected", "proxy-stripped-upgrade", "intermediary", 426,
              why="X-Forwarded fields and a key, and no upgrade")],
          "caddy python-websockets node-ws")
def caddy_upgrade_deleted_both_legs(lab):
    lab.python_ws()
    lab.caddy(PROXY % "header_up -Connection\n        header_up -Upgrade")
    with lab.capture(LEGS):
        lab.node_client("ws://127.0.0.1:8080/chat")


@scenario("Caddy has no site for the Host of the request and answers an empty 200",
          [hs("rejected", "response-200-instead-of-101", "server", 200, server=8080,
              why="Caddy's answer where no site or no handler is for a request")],
          "caddy node-ws")
def caddy_no_such_site_200(lab):
    lab.node_ws()
    lab.caddy("http://app.example.test:8080 {\n    reverse_proxy 127.0.0.1:9001\n}\n")
    with lab.capture(LEGS):
        lab.node_client("ws://127.0.0.1:8080/chat")


@scenario("Caddy puts the address of its upstream into Host, and gorilla's CheckOrigin refuses a page of the proxy; both legs",
          [hs("rejected", "origin-host-rewritten", "intermediary", 403, server=8080,
              why="The page is of the host and port that the client asked, and X-Forwarded-Host says so behind Caddy"),
           hs("rejected", "origin-host-rewritten", "intermediary", 403,
              why="Host has the port of the upstream, X-Forwarded-Host that of Origin")],
          "caddy gorilla node-ws")
def caddy_host_rewritten_403_both_legs(lab):
    lab.gorilla()
    lab.caddy(PROXY % "header_up Host {upstream_hostport}")
    with lab.capture(LEGS):
        lab.node_client("ws://127.0.0.1:8080/chat", origin="http://127.0.0.1:8080")


@scenario("Caddy has no certificate for the server name of the ClientHello",
          [hs("tls-failed", "tls-alert-other", "server", server=8443, target="", unknown=True,
              why="internal_error right after the ClientHello: what Go sends where no certificate is for the name")],
          "caddy node-ws", checked=False)
def caddy_no_certificate_alert_80(lab):
    lab.caddy("https://ws.example.test {\n    tls internal\n    reverse_proxy 127.0.0.1:9001\n}\n",
              "skip_install_trust\nhttp_port 8080\nhttps_port 8443", port=8443)
    with lab.capture("tcp port 8443"):
        lab.node_client("wss://127.0.0.1:8443/chat", tls={"rejectUnauthorized": False, "servername": "shop.example.test"})
