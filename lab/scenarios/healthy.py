"""Handshakes that succeed; the analyzer must not blame anybody."""

from lab import hs, ok, scenario

PAGE = """<!doctype html><title>lab</title><script>
const ws = new WebSocket('ws://127.0.0.1:9001/chat');
ws.onopen = () => ws.send('hello from the lab');
ws.onmessage = () => ws.close(1000);
</script>"""


@scenario("A ws client talks to a ws server: one text message each way, then Close 1000",
          [ok("Both sides are an unmodified current library on their defaults")],
          "node-ws")
def healthy_node_ws(lab):
    lab.node_ws()
    with lab.capture("tcp port 9001"):
        lab.node_client("ws://127.0.0.1:9001/chat")


@scenario("A Python websockets client talks to a Python websockets server with permessage-deflate by default",
          [ok("Both sides are an unmodified library on their defaults")],
          "python-websockets")
def healthy_python_websockets(lab):
    lab.python_ws()
    with lab.capture("tcp port 9001"):
        lab.python_client("ws://127.0.0.1:9001/chat")


@scenario("A gorilla/websocket client talks to a gorilla/websocket server",
          [ok("Both sides are an unmodified library on their defaults")],
          "gorilla")
def healthy_gorilla(lab):
    lab.gorilla()
    with lab.capture("tcp port 9001"):
        lab.gorilla_client("ws://127.0.0.1:9001/chat")


@scenario("A coder/websocket client talks to a coder/websocket server",
          [ok("Both sides are an unmodified library on their defaults")],
          "coder")
def healthy_coder(lab):
    lab.coder()
    with lab.capture("tcp port 9001"):
        lab.coder_client("ws://127.0.0.1:9001/chat")


@scenario("nginx forwards Upgrade and Connection over HTTP/1.1 to a ws server; both legs are in the capture",
          [ok("nginx is configured as its manual says for WebSocket; the front leg gets the 101", server=8080),
           ok("nginx passes both fields on over HTTP/1.1; the back leg gets the 101", server=9001)],
          "nginx node-ws")
def healthy_nginx_both_legs(lab):
    lab.node_ws()
    lab.nginx("""
        listen 127.0.0.1:8080;
        location / {
            proxy_pass http://127.0.0.1:9001;
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection "upgrade";
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        }""")
    with lab.capture("tcp port 8080 or tcp port 9001"):
        lab.node_client("ws://127.0.0.1:8080/chat")


@scenario("HAProxy in HTTP mode with option forwardfor in front of a gorilla/websocket server; both legs",
          [ok("HAProxy passes upgrades through without further settings; the front leg gets the 101", server=8080),
           ok("HAProxy passes the upgrade to the server; the back leg gets the 101", server=9001)],
          "haproxy gorilla python-websockets")
def healthy_haproxy_both_legs(lab):
    lab.gorilla()
    lab.haproxy("""
listen app
    bind 127.0.0.1:8080
    option forwardfor
    server s1 127.0.0.1:9001
""")
    with lab.capture("tcp port 8080 or tcp port 9001"):
        lab.python_client("ws://127.0.0.1:8080/chat")


@scenario("A page in headless Chromium opens a socket to the ws server that served the page",
          [ok("Same origin, current browser, unmodified library; the page's own requests are ordinary HTTP")],
          "chromium node-ws")
def healthy_chromium(lab):
    lab.node_ws(page=PAGE, deflate=True)
    with lab.capture("tcp port 9001"):
        lab.chromium("http://127.0.0.1:9001/")


@scenario("A ws client offers chat.v2 and chat.v1 and permessage-deflate; the server selects chat.v2 and accepts",
          [ok("The server is told to select chat.v2, which was offered, and has permessage-deflate switched on")],
          "node-ws")
def healthy_subprotocol_deflate(lab):
    lab.node_ws(protocol="chat.v2", deflate=True)
    with lab.capture("tcp port 9001"):
        lab.node_client("ws://127.0.0.1:9001/chat", protocols=["chat.v2", "chat.v1"], deflate=True)


@scenario("Three ordinary requests, then the upgrade, on one keep-alive connection",
          [ok("The ws client gets the same keep-alive agent as the requests before; only the fourth asks for an upgrade")],
          "node-ws")
def healthy_keep_alive(lab):
    lab.node_ws(page="ok")
    with lab.capture("tcp port 9001"):
        lab.node_client("ws://127.0.0.1:9001/chat", before=3)


@scenario("A handshake without credentials gets 401, the client repeats it with credentials on the same connection",
          [hs("rejected", "auth-missing-credentials", "client", 401, target="/basic", superseded=True,
              why="The server asks for Basic credentials and the first request has none; the client got over it"),
           ok("The repeated request carries the password that the server knows", target="/basic")],
          "coder")
def healthy_401_then_retry(lab):
    lab.coder()
    with lab.capture("tcp port 9001"):
        lab.coder_client("ws://127.0.0.1:9001/basic", "-retry", "Basic ZGVtbzptYWRlLXVw")


@scenario("The server's first message travels in the same segment as the 101",
          [ok("The ws server corks the socket around the 101 and its greeting, which is legal")],
          "node-ws")
def healthy_glued_101(lab):
    lab.node_ws(greet="welcome", glue=True)
    with lab.capture("tcp port 9001"):
        lab.node_client("ws://127.0.0.1:9001/chat", receive=True)


@scenario("The client sends its request head in twelve small segments with TCP_NODELAY",
          [ok("The head is correct once it is put together; the server accepts it")],
          "raw-client node-ws")
def healthy_segmented_head(lab):
    lab.node_ws()
    with lab.capture("tcp port 9001"):
        lab.raw_client("pieces")


@scenario("A handshake over the IPv6 loopback address",
          [ok("Nothing differs from the IPv4 case but the address", client="::1", server="[::1]:9001")],
          "node-ws")
def healthy_ipv6(lab):
    lab.node_ws(host="::1")
    with lab.capture("tcp port 9001"):
        lab.node_client("ws://[::1]:9001/chat")


@scenario("A handshake recorded on the Linux `any` pseudo-interface",
          [ok("An ordinary handshake; only the link type differs")],
          "node-ws", link="LINUX_SLL2", note="tcpdump -i any; link type 276")
def healthy_any_interface(lab):
    lab.node_ws()
    with lab.capture("tcp port 9001", iface="any"):
        lab.node_client("ws://127.0.0.1:9001/chat")


@scenario("gorilla/websocket opens a CONNECT tunnel through tinyproxy and shakes hands inside it",
          [ok("tinyproxy allows CONNECT to port 9001 and answers 200; the handshake follows on the same connection",
              server=8888)],
          "gorilla tinyproxy", note="Only the leg between client and proxy; the server behind it is 127.0.0.1:9001")
def healthy_connect_tunnel(lab):
    lab.gorilla()
    lab.start(["tinyproxy", "-d", "-c", lab.file("tinyproxy.conf", """
Port 8888
Listen 127.0.0.1
Allow 127.0.0.1
ConnectPort 9001
""")], port=8888)
    with lab.capture("tcp port 8888"):
        lab.gorilla_client("ws://127.0.0.1:9001/chat", "-proxy", "http://127.0.0.1:8888")


def proxy_protocol(lab, keyword):
    lab.node_ws()
    lab.nginx("""
        listen 127.0.0.1:8081 proxy_protocol;
        location / {
            proxy_pass http://127.0.0.1:9001;
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection "upgrade";
        }""", port=8081)
    lab.haproxy(f"""
listen app
    bind 127.0.0.1:8080
    server s1 127.0.0.1:8081 {keyword}
""")
    with lab.capture("tcp port 8081"):
        lab.node_client("ws://127.0.0.1:8080/chat")


@scenario("HAProxy puts a PROXY v1 line before the request, and nginx expects it",
          [ok("HAProxy has send-proxy and nginx listens with proxy_protocol, so the prefix is understood", server=8081)],
          "haproxy nginx node-ws", note="Only the leg between HAProxy and nginx")
def healthy_proxy_protocol_v1(lab):
    proxy_protocol(lab, "send-proxy")


@scenario("HAProxy puts a binary PROXY v2 header before the request, and nginx expects it",
          [ok("HAProxy has send-proxy-v2 and nginx listens with proxy_protocol, so the prefix is understood", server=8081)],
          "haproxy nginx node-ws", note="Only the leg between HAProxy and nginx")
def healthy_proxy_protocol_v2(lab):
    proxy_protocol(lab, "send-proxy-v2")


@scenario("The server takes 1.5 seconds to answer the handshake",
          [ok("Slow, but it succeeds", target="/slow")],
          "gorilla")
def healthy_slow_server(lab):
    lab.gorilla()
    with lab.capture("tcp port 9001"):
        lab.gorilla_client("ws://127.0.0.1:9001/slow")


@scenario("The client ends its lines with LF alone, and Go's server accepts that",
          [ok("RFC 9112 lets a server accept it; worth a note at most")],
          "raw-client gorilla", checked=False)
def healthy_bare_lf(lab):
    lab.gorilla()
    with lab.capture("tcp port 9001"):
        lab.raw_client("bare-lf")


@scenario("nginx redirects the old path, and the Python websockets client follows to the new one",
          [hs("redirected", "response-redirect", "server", 301, server=8080, target="/old", superseded=True,
              accept=["http-redirect-canonical"],
              why="return 301 /chat; the client got over it"),
           ok("The client followed the redirect", server=8080)],
          "nginx python-websockets")
def healthy_redirect_followed(lab):
    lab.python_ws()
    lab.nginx("""
        listen 127.0.0.1:8080;
        absolute_redirect off;
        location = /old { return 301 /chat; }
        location / {
            proxy_pass http://127.0.0.1:9001;
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection "upgrade";
        }""")
    with lab.capture("tcp port 8080"):
        lab.python_client("ws://127.0.0.1:8080/old")


@scenario("A capture file with nanosecond timestamps",
          [ok("An ordinary handshake; only the file format differs")],
          "node-ws", note="tcpdump --time-stamp-precision=nano")
def healthy_nanoseconds(lab):
    lab.node_ws()
    with lab.capture("tcp port 9001", options=["--time-stamp-precision=nano"]):
        lab.node_client("ws://127.0.0.1:9001/chat")


@scenario("A client uses the same source port for two connections, one right after the other",
          [ok("The first connection, which the client resets after the closing handshake"),
           ok("The second connection with the same addresses and ports, but another initial sequence number")],
          "raw-client gorilla")
def healthy_port_reuse(lab):
    lab.gorilla()
    with lab.capture("tcp port 9001"):
        lab.raw_client("whole-from-port-40000")
        lab.raw_client("whole-from-port-40000")
