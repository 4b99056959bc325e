"""More proxies and server frameworks, for the way in which each of them refuses."""

from lab import HERE, hs, ok, scenario

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


def apache(lab, proxy_pass):
    modules = "".join(f"LoadModule {m}_module /usr/lib/apache2/modules/mod_{m}.so\n"
                      for m in ("mpm_event", "authz_core", "proxy", "proxy_http"))
    lab.start(["apache2", "-D", "FOREGROUND", "-f", lab.file("apache.conf", f"""
ServerRoot {lab.dir}
DefaultRuntimeDir {lab.dir}
PidFile {lab.dir}/apache.pid
ErrorLog {lab.dir}/apache.log
ServerName 127.0.0.1
User www-data
Group www-data
{modules}
Listen 127.0.0.1:8080
{proxy_pass}
""")], port=8080)


@scenario("Apache httpd with a plain ProxyPass in front of a ws server; both legs",
          [stripped(426, 8080, "Apache"), stripped(426, 9001, "Apache")],
          "apache node-ws")
def apache_stripped_both_legs(lab):
    lab.node_ws()
    apache(lab, "ProxyPass / http://127.0.0.1:9001/")
    with lab.capture(LEGS):
        lab.node_client("ws://127.0.0.1:8080/chat")


@scenario("Apache httpd with ProxyPass ... upgrade=websocket in front of a gorilla/websocket server; both legs",
          [ok("upgrade=websocket lets mod_proxy_http pass the upgrade on", server=8080),
           ok("Upgrade and Connection arrive at the server")],
          "apache gorilla")
def healthy_apache_both_legs(lab):
    lab.gorilla()
    apache(lab, "ProxyPass / http://127.0.0.1:9001/ upgrade=websocket")
    with lab.capture(LEGS):
        lab.gorilla_client("ws://127.0.0.1:8080/chat")


@scenario("Varnish with its built-in configuration, which has no pipe for upgrades, in front of a ws server; both legs",
          [stripped(426, 8080, "Varnish"), stripped(426, 9001, "Varnish")],
          "varnish node-ws")
def varnish_stripped_both_legs(lab):
    lab.node_ws()
    lab.start(["varnishd", "-F", "-j", "none", "-n", lab.dir / "varnish", "-a", "127.0.0.1:8080",
               "-b", "127.0.0.1:9001", "-s", "malloc,16m"], ready="Child launched OK", port=8080)
    with lab.capture(LEGS):
        lab.node_client("ws://127.0.0.1:8080/chat")


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
