"""More proxies and server frameworks, for the way in which each of them refuses."""

from lab import HERE, UPGRADE, hs, ok, scenario

LEGS = "tcp port 8080 or tcp port 9001"
NGINX_BARE = """
        listen 127.0.0.1:8080;
        location / {
            proxy_pass http://127.0.0.1:9001;
            proxy_http_version 1.1;
            proxy_set_header X-Forwarded-For $remote_addr;
        }"""


def stripped(status, server, product, **more):
    why = f"The client sent Upgrade and Connection; the leg behind {product} shows them gone"
    return hs("rejected", "proxy-stripped-upgrade", "intermediary", status, server=server, why=why, **more)


@scenario("Apache httpd with a plain ProxyPass in front of a ws server; both legs",
          [stripped(426, 8080, "Apache"), stripped(426, 9001, "Apache")],
          "apache node-ws")
def apache_stripped_both_legs(lab):
    lab.node_ws()
    lab.apache("ProxyPass / http://127.0.0.1:9001/")
    with lab.capture(LEGS):
        lab.node_client("ws://127.0.0.1:8080/chat")


def incomplete(lab, *without, path="/chat"):
    lab.gorilla()
    lab.apache("ProxyPass / http://127.0.0.1:9001/ upgrade=websocket")
    with lab.capture(LEGS):
        lab.curl(f"http://127.0.0.1:8080{path}", {k: v for k, v in UPGRADE.items() if k not in without})


@scenario("A request without Upgrade passes Apache httpd, which relays upgrades; both legs",
          [hs("rejected", "request-upgrade-missing", "client", 400, server=8080,
              why="curl is told to send Connection: Upgrade without Upgrade"),
           hs("rejected", "request-upgrade-missing", "client", 400,
              why="The leg in front of Apache shows that there was no Upgrade to drop")],
          "apache gorilla curl")
def apache_upgrade_missing_both_legs(lab):
    incomplete(lab, "Upgrade")


@scenario("A request without Upgrade and Connection: Upgrade passes Apache httpd, which relays upgrades; both legs",
          [hs("rejected", "request-missing-upgrade-tokens", "client", 400, server=8080,
              why="curl is told to send neither"),
           hs("rejected", "request-missing-upgrade-tokens", "client", 400,
              why="The leg in front of Apache shows that there was nothing to drop")],
          "apache gorilla curl")
def apache_upgrade_tokens_missing_both_legs(lab):
    incomplete(lab, "Upgrade", "Connection")


@scenario("A request without Upgrade passes Apache httpd, and the server answers 404; both legs",
          [hs("rejected", "request-upgrade-missing", "client", 404, server=8080, target="/nowhere",
              accept=["http-wrong-path"], why="curl is told to send Connection: Upgrade without Upgrade, to a path that is not there"),
           hs("rejected", "request-upgrade-missing", "client", 404, target="/nowhere",
              accept=["http-wrong-path"], why="Not proxy-stripped-upgrade: there was no Upgrade to drop")],
          "apache gorilla curl")
def apache_upgrade_missing_404_both_legs(lab):
    incomplete(lab, "Upgrade", path="/nowhere")


@scenario("Apache httpd with ProxyPass ... upgrade=websocket in front of a gorilla/websocket server; both legs",
          [ok("upgrade=websocket lets mod_proxy_http pass the upgrade on", server=8080),
           ok("Upgrade and Connection arrive at the server")],
          "apache gorilla")
def healthy_apache_both_legs(lab):
    lab.gorilla()
    lab.apache("ProxyPass / http://127.0.0.1:9001/ upgrade=websocket")
    with lab.capture(LEGS):
        lab.gorilla_client("ws://127.0.0.1:8080/chat")


@scenario("Varnish with its built-in configuration, which has no pipe for upgrades, in front of a ws server; both legs",
          [stripped(426, 8080, "Varnish"), stripped(426, 9001, "Varnish")],
          "varnish node-ws")
def varnish_stripped_both_legs(lab):
    lab.node_ws()
    lab.varnish()
    with lab.capture(LEGS):
        lab.node_client("ws://127.0.0.1:8080/chat")


@scenario("Varnish has cached the page that a plain GET of the path returned, and answers the upgrade request from its cache",
          [hs("rejected", "proxy-cached-response", "intermediary", 200, server=8080,
              accept=["response-200-instead-of-101"],
              why="The answer carries X-Varnish with two ids and repeats the page of the request before")],
          "varnish node curl node-ws", note="The plain GET by curl is in the capture as well")
def varnish_cached_200(lab):
    lab.node_ws(page="<!doctype html><title>chat</title>")
    lab.varnish()
    with lab.capture("tcp port 8080"):
        lab.curl("http://127.0.0.1:8080/chat", {})
        lab.node_client("ws://127.0.0.1:8080/chat")


@scenario("lighttpd's mod_proxy without its upgrade setting in front of a ws server; both legs",
          [stripped(426, 8080, "lighttpd"), stripped(426, 9001, "lighttpd")],
          "lighttpd node-ws")
def lighttpd_stripped_both_legs(lab):
    lab.node_ws()
    lab.lighttpd()
    with lab.capture(LEGS):
        lab.node_client("ws://127.0.0.1:8080/chat")


@scenario("Privoxy, which leaves no mark, replaces Connection: Upgrade by close in front of a gorilla/websocket server; "
          "both legs",
          [hs("rejected", "proxy-upgrade-mangled", "intermediary", 400, server=8080,
              target="http://127.0.0.1:9001/chat", accept=["proxy-forward-no-tunnel"],
              why="The client's own request is complete; only the one behind the proxy lacks Connection: Upgrade"),
           hs("rejected", "proxy-upgrade-mangled", "intermediary", 400,
              why="The same key came with Connection: Upgrade in front of the proxy")],
          "privoxy curl gorilla", note="curl is told to use the proxy without a tunnel, as -x does for http://")
def privoxy_connection_both_legs(lab):
    lab.gorilla()
    config = lab.file("privoxy.conf", "listen-address 127.0.0.1:8080\n")
    lab.start(["privoxy", "--no-daemon", config], port=8080)
    with lab.capture(LEGS):
        lab.curl("http://127.0.0.1:9001/chat", UPGRADE, "-x", "http://127.0.0.1:8080")


@scenario("Autobahn's allowedOrigins refuse a cross-site Origin; the reason stands in the status line alone",
          [hs("rejected", "origin-rejected", "server", 400, why="allowedOrigins has another site; the status line says so")],
          "autobahn node-ws")
def origin_refused_autobahn(lab):
    python_stack(lab, "autobahn")
    with lab.capture("tcp port 9001"):
        lab.node_client("ws://127.0.0.1:9001/chat", origin="https://shop.example.test")


@scenario("curl asks Apache httpd for Upgrade: h2c and gets a 101 to HTTP/2, which has nothing to do with WebSocket",
          [], "apache curl", note="The analyzer must not take this 101 for a WebSocket handshake", checked=False)
def no_websocket_h2c_upgrade(lab):
    lab.apache("Protocols h2c http/1.1", modules=["http2"])
    with lab.capture("tcp port 8080"):
        lab.run("curl", "-sS", "--http2", "--max-time", "3", "http://127.0.0.1:8080/")


def python_stack(lab, name):
    lab.start(["/usr/bin/python3", HERE / "programs/python_stacks.py", name, "9001"], port=9001)


@scenario("nginx without the Upgrade settings in front of a Tornado server, seen from the server side only",
          [stripped(400, 9001, "nginx")], "nginx tornado node-ws")
def nginx_stripped_tornado_back_leg(lab):
    python_stack(lab, "tornado")
    lab.nginx(NGINX_BARE)
    with lab.capture("tcp port 9001"):
        lab.node_client("ws://127.0.0.1:8080/chat")


@scenario("Tornado's default check_origin refuses a cross-site Origin",
          [hs("rejected", "origin-rejected", "server", 403,
              why="Origin and Host differ; Tornado's text names the origin check")],
          "tornado gorilla")
def origin_refused_tornado(lab):
    python_stack(lab, "tornado")
    with lab.capture("tcp port 9001"):
        lab.gorilla_client("ws://127.0.0.1:9001/chat", "-header", "Origin: https://shop.example.test")


@scenario("nginx without the Upgrade settings in front of an aiohttp server, seen from the server side only",
          [stripped(400, 9001, "nginx")], "nginx aiohttp node-ws")
def nginx_stripped_aiohttp_back_leg(lab):
    python_stack(lab, "aiohttp")
    lab.nginx(NGINX_BARE)
    with lab.capture("tcp port 9001"):
        lab.node_client("ws://127.0.0.1:8080/chat")


def uvicorn(lab, *options):
    lab.start(["/usr/bin/python3", "-m", "uvicorn", "--app-dir", HERE / "programs", "--host", "127.0.0.1",
               "--port", "9001", *options, "python_stacks:asgi"], port=9001)


@scenario("uvicorn runs without a WebSocket library and refuses the upgrade request itself",
          [hs("rejected", "http-ws-library-missing", "server", 400, accept=["response-400-unexplained"],
              why="--ws none; a correct request, answered 400 Unsupported upgrade request")],
          "uvicorn node-ws", note="The answer has no Server field; only its text names the reason")
def uvicorn_without_library_400(lab):
    uvicorn(lab, "--ws", "none")
    with lab.capture("tcp port 9001"):
        lab.node_client("ws://127.0.0.1:9001/chat")


@scenario("An ASGI application closes before accepting, which uvicorn turns into an empty 403",
          [hs("rejected", "auth-forbidden", "server", 403, target="/private",
              accept=["auth-missing-credentials", "response-403"],
              why="websocket.close before websocket.accept; an empty 403, and nothing in the request explains it")],
          "uvicorn node-ws", note="The Server field names Python websockets, not uvicorn")
def uvicorn_closed_before_accept_403(lab):
    uvicorn(lab)
    with lab.capture("tcp port 9001"):
        lab.node_client("ws://127.0.0.1:9001/private")


@scenario("A healthy handshake with an ASGI application on uvicorn",
          [ok("Unmodified uvicorn with Python websockets")], "uvicorn node-ws")
def healthy_uvicorn(lab):
    uvicorn(lab)
    with lab.capture("tcp port 9001"):
        lab.node_client("ws://127.0.0.1:9001/chat")


def engineio(lab, port=9001):
    lab.start(["node", HERE / "programs/engineio_server.js", port], port=port)


@scenario("A client of Engine.IO protocol 3 opens a socket at a server of protocol 4: 101, then an HTTP 400 in the stream",
          [hs("closed-early", "version-engineio-mismatch", "client", 101,
              target="/socket.io/?EIO=3&transport=websocket",
              accept=["post-second-http-response", "post-101-not-frames"],
              why="The query says EIO=3; the server speaks 4 only and says Unsupported protocol version, "
                  "after it has switched protocols")],
          "engine.io node-ws")
def engineio_protocol_mismatch(lab):
    engineio(lab)
    with lab.capture("tcp port 9001"):
        lab.node_client("ws://127.0.0.1:9001/socket.io/?EIO=3&transport=websocket")


@scenario("A client of Engine.IO protocol 3 opens a session by polling at a server of protocol 4",
          [hs("rejected", "version-engineio-mismatch", "client", 400,
              target="/socket.io/?EIO=3&transport=polling", unknown=True,
              why="The query says EIO=3 and the JSON has code 5; the request itself is ordinary polling")],
          "engine.io curl")
def engineio_protocol_mismatch_polling(lab):
    engineio(lab)
    with lab.capture("tcp port 9001"):
        lab.curl("http://127.0.0.1:9001/socket.io/?EIO=3&transport=polling", {})


@scenario("nginx spreads requests over two Engine.IO servers without sticky sessions: the upgrade reaches the other server",
          [hs("rejected", "proxy-sticky-missing-socketio", "intermediary", 400, server=8080, target="/socket.io/",
              why="The session was opened by polling at one server, and the other does not know its sid")],
          "nginx engine.io node-ws", note="target without its query, which holds the session id")
def engineio_sticky_missing(lab):
    engineio(lab)
    engineio(lab, 9002)
    lab.nginx("""
        listen 127.0.0.1:8080;
        location / {
            proxy_pass http://app;
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection "upgrade";
        }""", http="upstream app { server 127.0.0.1:9001; server 127.0.0.1:9002; }")
    with lab.capture("tcp port 8080"):
        lab.run("node", HERE / "programs/engineio_client.js", "127.0.0.1:8080")


@scenario("A healthy Engine.IO session: polling first, then the upgrade",
          [ok("One server, protocol 4 on both sides", target="/socket.io/")],
          "engine.io node-ws", note="target without its query, which holds the session id")
def healthy_engineio(lab):
    engineio(lab)
    with lab.capture("tcp port 9001"):
        lab.run("node", HERE / "programs/engineio_client.js", "127.0.0.1:9001")


def mosquitto(lab):
    """Its WebSocket listener starts only next to an ordinary one."""
    lab.start(["mosquitto", "-c", lab.file("mosquitto.conf", """
user root
listener 1883 127.0.0.1
listener 9001
protocol websockets
""")], port=9001)


@scenario("A ws client offers subprotocol chat to the WebSocket listener of an MQTT broker, which closes without an answer",
          [hs("closed", "tcp-closed-before-response", "server", target="/mqtt", accept=["subprotocol-required-missing"],
              why="The broker speaks mqtt only and closes; the path hints at that, the packets do not say it")],
          "mosquitto node-ws")
def mqtt_wrong_subprotocol(lab):
    mosquitto(lab)
    with lab.capture("tcp port 9001"):
        lab.node_client("ws://127.0.0.1:9001/mqtt", protocols=["chat"])


@scenario("http-proxy (npm) ends the client's connection because nothing listens behind it; both legs",
          [hs("closed", "tcp-connect-refused", "server", server=8080,
              why="Nothing listens on port 9001; http-proxy says so in its log only"),
           hs("connect-failed", "tcp-connect-refused", "server", unknown=True, target="",
              why="The SYN of http-proxy is answered by RST")],
          "http-proxy curl")
def http_proxy_refused_both_legs(lab):
    lab.start(["node", HERE / "programs/http_proxy.js", 8080, 9001], port=8080)
    with lab.capture(LEGS):
        lab.curl("http://127.0.0.1:8080/chat")
