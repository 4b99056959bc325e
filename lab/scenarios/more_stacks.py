"""Servers and proxies whose refusals say little, or something else than they seem to."""

from lab import HERE, UPGRADE, hs, ok, scenario

LEGS = "tcp port 8080 or tcp port 9001"


def asgi(lab, *command):
    lab.start(["env", f"PYTHONPATH={HERE / 'programs'}", "PYTHONDONTWRITEBYTECODE=1", "/usr/bin/python3", *command], port=9001)


def hypercorn(lab):
    asgi(lab, "-m", "hypercorn", "-b", "127.0.0.1:9001", "asgi_applications:bare")


def daphne(lab):
    asgi(lab, "/usr/bin/daphne", "-b", "127.0.0.1", "-p", "9001", "asgi_applications:channels")


def mangled(server, **more):
    return hs("rejected", "proxy-upgrade-mangled", "intermediary", 404, server=server,
              why="The client asked for the upgrade; behind the proxy one of the two fields is not there any more", **more)


@scenario("nginx sets Connection: close in front of Hypercorn, which takes the request for one of a page; both legs",
          [mangled(8080), mangled(9001)], "nginx hypercorn curl")
def nginx_connection_close_404_both_legs(lab):
    hypercorn(lab)
    lab.nginx("""
        listen 127.0.0.1:8080;
        location / {
            proxy_pass http://127.0.0.1:9001;
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
        }""")
    with lab.capture(LEGS):
        lab.curl("http://127.0.0.1:8080/chat")


@scenario("HAProxy deletes Upgrade and changes the path, as it is meant to, in front of Hypercorn; both legs",
          [mangled(8080, target="/live/chat"), mangled(9001)], "haproxy hypercorn curl")
def haproxy_upgrade_deleted_404_both_legs(lab):
    hypercorn(lab)
    lab.haproxy("""
frontend f
    bind 127.0.0.1:8080
    default_backend b
backend b
    http-request del-header Upgrade
    http-request set-path /chat
    server s 127.0.0.1:9001
""")
    with lab.capture(LEGS):
        lab.curl("http://127.0.0.1:8080/live/chat")


@scenario("HAProxy with a timeout tunnel of two seconds ends a session in which nobody said anything",
          [hs("closed-early", "post-eof-after-101", "server", 101, server=8080,
              why="FIN two seconds after the 101, without a frame of either side: what the front leg alone shows of timeout tunnel")],
          "haproxy hypercorn curl")
def haproxy_tunnel_timeout_2s(lab):
    hypercorn(lab)
    lab.haproxy("""
frontend f
    bind 127.0.0.1:8080
    default_backend b
backend b
    timeout tunnel 2s
    server s 127.0.0.1:9001
""")
    with lab.capture("tcp port 8080"):
        lab.curl("http://127.0.0.1:8080/chat", UPGRADE, "--max-time", "5")


@scenario("Daphne with the AllowedHostsOriginValidator of Django Channels refuses a client that sends no Origin",
          [hs("rejected", "auth-forbidden", "server", 403, accept=["response-403", "origin-missing-required"],
              why="A status line and nothing else; the validator refuses what has no Origin, but the capture does not say so")],
          "daphne curl")
def daphne_origin_missing_403(lab):
    daphne(lab)
    with lab.capture("tcp port 9001"):
        lab.curl("http://127.0.0.1:9001/chat")


@scenario("Daphne and Django Channels accept an Origin of ALLOWED_HOSTS",
          [ok("The Origin is listed")], "daphne curl")
def healthy_daphne(lab):
    daphne(lab)
    with lab.capture("tcp port 9001"):
        lab.curl("http://127.0.0.1:9001/chat", {**UPGRADE, "Origin": "https://app.example.test"})


def websockify(lab):
    """websockify in front of a VNC server that is not there."""
    lab.start(["/usr/bin/python3", "-m", "websockify", "127.0.0.1:9001", "127.0.0.1:5999"], port=9001)


@scenario("websockify refuses version 6 in words that Engine.IO has for something else",
          [hs("rejected", "request-version-draft", "client", 400, target="/websockify",
              why="Sec-WebSocket-Version is 6; nobody speaks Engine.IO")],
          "websockify curl")
def websockify_version_6(lab):
    websockify(lab)
    with lab.capture("tcp port 9001"):
        lab.curl("http://127.0.0.1:9001/websockify", {**UPGRADE, "Sec-WebSocket-Version": "6"})


@scenario("websockify accepts and closes with 1011 since no VNC server listens at its target",
          [hs("closed-early", "post-close-other", "server", 101, target="/websockify",
              why="Close 1011, Failed to connect to downstream server")],
          "websockify curl")
def websockify_target_down_1011(lab):
    websockify(lab)
    with lab.capture("tcp port 9001"):
        lab.curl("http://127.0.0.1:9001/websockify", {**UPGRADE, "Sec-WebSocket-Protocol": "binary"})


@scenario("Prosody answers 501 to an upgrade that does not offer xmpp",
          [hs("rejected", "subprotocol-required-missing", "client", 501, target="/xmpp-websocket",
              why="mod_websocket demands the subprotocol xmpp (RFC 7395 section 3.1)")],
          "prosody curl")
def prosody_subprotocol_missing_501(lab):
    config = lab.file("prosody.cfg.lua", f"""
daemonize = false; run_as_root = true; pidfile = "{lab.dir}/prosody.pid"; data_path = "{lab.dir}"
modules_enabled = {{ "websocket" }}; consider_websocket_secure = true
http_ports = {{ 9001 }}; http_interfaces = {{ "127.0.0.1" }}; https_ports = {{}}; c2s_ports = {{}}; s2s_ports = {{}}
log = {{ info = "*console" }}
VirtualHost "localhost"
""")
    lab.start(["prosody", "--config", config], port=9001)
    with lab.capture("tcp port 9001"):
        lab.curl("http://127.0.0.1:9001/xmpp-websocket", {**UPGRADE, "Host": "localhost:9001"})


@scenario("A server on libwebsockets hangs up since it knows none of the subprotocols offered",
          [hs("closed", "tcp-closed-before-response", "server", why="lws: no protocol of the list is one of the server's")],
          "libwebsockets curl")
def libwebsockets_subprotocol_unknown(lab):
    lab.start(["libwebsockets-test-server", "--port", "9001", "-i", "lo"], port=9001)
    with lab.capture("tcp port 9001"):
        lab.curl("http://127.0.0.1:9001/chat", {**UPGRADE, "Sec-WebSocket-Protocol": "chat"})


@scenario("lighttpd's mod_wstunnel refuses an Origin that wstunnel.origins does not list",
          [hs("rejected", "origin-rejected", "server", 403, server=8080, why="wstunnel.origins has another site")],
          "lighttpd curl")
def lighttpd_wstunnel_origin_403(lab):
    config = lab.file("lighttpd.conf", f"""
server.document-root = "{lab.dir}"
server.bind = "127.0.0.1"
server.port = 8080
server.modules = ( "mod_wstunnel" )
wstunnel.server = ( "" => (( "host" => "127.0.0.1", "port" => 9001 )) )
wstunnel.origins = ( "https://app.example.test" )
""")
    lab.python_ws()
    lab.start(["lighttpd", "-D", "-f", config], port=8080)
    with lab.capture("tcp port 8080"):
        lab.curl("http://127.0.0.1:8080/chat", {**UPGRADE, "Origin": "https://shop.example.test"})
