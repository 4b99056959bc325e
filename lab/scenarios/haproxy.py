"""HAProxy between client and server."""

from lab import hs, scenario

LISTEN = """
listen app
    bind 127.0.0.1:8080
    option forwardfor
    %s
    server s1 127.0.0.1:9001
"""
LEGS = "tcp port 8080 or tcp port 9001"


@scenario("HAProxy's only server refuses connections; after its retries HAProxy answers 503; both legs",
          [hs("rejected", "tcp-connect-refused", "server", 503, server=8080, accept=["response-503"],
              why="HAProxy answers 503 because every connection to the server was refused"),
           *[hs("connect-failed", "tcp-connect-refused", "server", target="", unknown=True,
                why="Nothing listens on port 9001; no HTTP was ever sent on this leg") for _ in range(4)]],
          "haproxy node-ws", note="HAProxy retries three times, one second apart")
def haproxy_503_refused_both_legs(lab):
    lab.haproxy(LISTEN % "")
    with lab.capture(LEGS):
        lab.node_client("ws://127.0.0.1:8080/chat")


@scenario("HAProxy has taken its only server out of rotation and answers 503, seen from the client side",
          [hs("rejected", "response-503", "server", 503, server=8080,
              why="The health check marked the server down; only HAProxy's 503 is visible")],
          "haproxy node-ws")
def haproxy_503_server_down(lab):
    lab.haproxy((LISTEN % "").replace("9001", "9001 check inter 100ms fall 1"))
    lab.run("sleep", "1")
    with lab.capture("tcp port 8080"):
        lab.node_client("ws://127.0.0.1:8080/chat")


@scenario("The server never answers; HAProxy gives up after timeout server 2s and answers 504, seen from the client side",
          [hs("rejected", "response-504", "intermediary", 504, server=8080,
              why="timeout server 2s ran out; only HAProxy's 504 is visible")],
          "haproxy raw-server node-ws")
def haproxy_504_timeout(lab):
    lab.raw_server("silent")
    lab.haproxy(LISTEN % "timeout server 2s")
    with lab.capture("tcp port 8080"):
        lab.node_client("ws://127.0.0.1:8080/chat")


@scenario("HAProxy denies the path with http-request deny",
          [hs("rejected", "response-403", "intermediary", 403, server=8080,
              accept=["auth-missing-credentials", "auth-forbidden"],
              why="http-request deny: HAProxy's own 403 page; nothing in the request explains it")],
          "haproxy node-ws")
def haproxy_deny_403(lab):
    lab.node_ws()
    lab.haproxy(LISTEN % "http-request deny if { path_beg /chat }")
    with lab.capture("tcp port 8080"):
        lab.node_client("ws://127.0.0.1:8080/chat")


@scenario("HAProxy removes Upgrade with http-request del-header, in front of a gorilla/websocket server; both legs",
          [hs("rejected", "proxy-stripped-upgrade", "intermediary", 400, server=8080,
              why="The client's request is complete; the leg behind HAProxy shows Upgrade gone"),
           hs("rejected", "proxy-stripped-upgrade", "intermediary", 400,
              why="HAProxy deletes Upgrade and Connection; the client sent both")],
          "haproxy gorilla")
def haproxy_stripped_both_legs(lab):
    lab.gorilla()
    lab.haproxy(LISTEN % "http-request del-header Upgrade\n    http-request del-header Connection")
    with lab.capture(LEGS):
        lab.gorilla_client("ws://127.0.0.1:8080/chat")


@scenario("A request without Sec-WebSocket-Key meets HAProxy, which refuses it itself",
          [hs("rejected", "request-key-missing", "client", 400, server=8080,
              why="HAProxy requires a key on WebSocket upgrades and answers its own 400 page")],
          "haproxy gorilla curl")
def haproxy_key_missing_400(lab):
    lab.gorilla()
    lab.haproxy(LISTEN % "")
    with lab.capture("tcp port 8080"):
        lab.curl("http://127.0.0.1:8080/chat",
                 {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"})


@scenario("HAProxy sends a PROXY v1 line to a ws server that does not expect it",
          [hs("rejected", "proxy-protocol-header-unexpected", "intermediary", 400,
              why="send-proxy is set, the server is plain HTTP: its parser stops at the PROXY line")],
          "haproxy node-ws", note="Only the leg between HAProxy and the server", checked=False)
def proxy_protocol_unexpected_ws(lab):
    lab.node_ws()
    lab.haproxy((LISTEN % "").replace("9001", "9001 send-proxy"))
    with lab.capture("tcp port 9001"):
        lab.node_client("ws://127.0.0.1:8080/chat")


@scenario("HAProxy sends a binary PROXY v2 header to a Go server that does not expect it",
          [hs("rejected", "proxy-protocol-header-unexpected", "intermediary", 400,
              why="send-proxy-v2 is set, the server is plain HTTP: it answers 400 to the binary header")],
          "haproxy gorilla", note="Only the leg between HAProxy and the server", checked=False)
def proxy_protocol_v2_unexpected_go(lab):
    lab.gorilla()
    lab.haproxy((LISTEN % "").replace("9001", "9001 send-proxy-v2"))
    with lab.capture("tcp port 9001"):
        lab.gorilla_client("ws://127.0.0.1:8080/chat")


@scenario("HAProxy rejects the connection before reading a byte (tcp-request connection reject)",
          [hs("reset", "tcp-accept-then-close", "server", server=8080, target="", unknown=True,
              accept=["tcp-reset-before-response", "tcp-closed-before-response"],
              why="HAProxy resets the connection right after accepting it, before the client sends")],
          "haproxy node-ws", checked=False)
def haproxy_connection_reject(lab):
    lab.haproxy(LISTEN % "tcp-request connection reject")
    with lab.capture("tcp port 8080"):
        lab.node_client("ws://127.0.0.1:8080/chat")


@scenario("HAProxy deletes Upgrade and Sec-WebSocket-Accept from every answer (http-response del-header); both legs",
          [hs("aborted", "proxy-101-rewritten", "intermediary", 101, server=8080,
              accept=["response-missing-upgrade-tokens", "response-upgrade-missing", "response-accept-missing"],
              why="The 101 of the server is complete and the one that HAProxy passes on is not"),
           hs("aborted", "proxy-101-rewritten", "intermediary", 101,
              accept=["client-rejected-valid-101", "closed-without-close-frame"],
              why="The 101 on this leg is complete; HAProxy spoils it on the other leg and then closes")],
          "haproxy gorilla")
def haproxy_101_rewritten_both_legs(lab):
    lab.gorilla()
    lab.haproxy(LISTEN % "http-response del-header Upgrade\n    http-response del-header Sec-WebSocket-Accept")
    with lab.capture(LEGS):
        lab.gorilla_client("ws://127.0.0.1:8080/chat")
