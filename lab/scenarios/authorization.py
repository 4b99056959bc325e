"""Proxies that ask others than the server of the handshake, and clients that offer more than it wants."""

from lab import UPGRADE, hs, ok, scenario

# nginx asks port 9002 for leave before it relays the handshake to port 9001.
ASKS = """
        listen 127.0.0.1:8080;
        location / {
            auth_request /ask;
            proxy_pass http://%s;
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection "upgrade";
            %s
        }
        location = /ask {
            internal;
            proxy_pass http://127.0.0.1:9002/bearer;
        }"""
LEGS = "tcp port 8080 or tcp port 9001 or tcp port 9002"


@scenario("nginx asks an authorization service, which refuses a client without credentials; both legs",
          [hs("rejected", "auth-missing-credentials", "client", 401, server=8080,
              why="nginx hands the 401 of the service on, with its challenge; the request has no credentials"),
           hs("rejected", "auth-missing-credentials", "client", 401, server=9002, target="/bearer",
              accept=["proxy-stripped-upgrade"],
              why="The question for leave has the fields of the client's request and another path, on purpose")],
          "nginx gorilla node-ws")
def nginx_auth_request_401_both_legs(lab):
    lab.node_ws()
    lab.gorilla(port=9002)
    lab.nginx(ASKS % ("127.0.0.1:9001", ""))
    with lab.capture(LEGS):
        lab.node_client("ws://127.0.0.1:8080/chat")


@scenario("nginx asks an authorization service, which grants leave, and relays the handshake; all legs",
          [ok("Accepted", server=8080),
           hs("rejected", "proxy-stripped-upgrade", "intermediary", 200, server=9002, target="/bearer",
              accept=["response-200-instead-of-101"], superseded=True,
              why="The answer to a question, not to a handshake; what it was for was accepted"),
           ok("Accepted once leave was granted")],
          "nginx node-ws")
def healthy_nginx_auth_request(lab):
    lab.node_ws()
    lab.node_ws(port=9002, page="welcome")
    lab.nginx(ASKS % ("127.0.0.1:9001", ""))
    with lab.capture(LEGS):
        lab.node_client("ws://127.0.0.1:8080/chat", headers={"Cookie": "session=made-up"})


@scenario("nginx is refused with 503 by one server and accepted by the next; all legs",
          [ok("Accepted", server=8080),
           hs("rejected", "response-503", "server", 503, superseded=True,
              why="proxy_next_upstream got over it"),
           ok("The next server of the upstream block accepts", server=9002)],
          "nginx node-ws")
def healthy_nginx_next_upstream(lab):
    lab.node_ws(refuse=[503, "draining"])
    lab.node_ws(port=9002)
    relay = (ASKS % ("chat", "proxy_next_upstream error http_503;")).replace("auth_request /ask;", "")
    lab.nginx(relay, http="upstream chat { server 127.0.0.1:9001; server 127.0.0.1:9002; }")
    with lab.capture(LEGS):
        lab.node_client("ws://127.0.0.1:8080/chat")


@scenario("curl --http2 puts h2c into Upgrade beside websocket; ws wants websocket alone",
          [hs("rejected", "request-upgrade-extra-protocols", "client", 400,
              why="The body complains of Upgrade, which the client itself filled with h2c, websocket")],
          "curl node-ws")
def upgrade_offers_h2c(lab):
    lab.node_ws()
    with lab.capture("tcp port 9001"):
        lab.curl("http://127.0.0.1:9001/chat", UPGRADE, "--http2")
