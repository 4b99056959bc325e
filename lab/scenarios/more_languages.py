"""Servers and clients in C++, Erlang, Perl and Ruby, and what nginx does in front of them."""

from lab import HERE, UPGRADE, hs, ok, scenario

LEGS = "tcp port 8080 or tcp port 9001"
LARGE = {**UPGRADE, "Cookie": "session=" + "x" * 9000}


def without(name):
    return {key: value for key, value in UPGRADE.items() if key != name}


def program(lab, name, *arguments):
    lab.start([HERE / "bin" / name, *arguments], port=9001)


def mojolicious(lab):
    lab.start(["perl", HERE / "programs/mojolicious_server.pl", "daemon", "-l", "http://127.0.0.1:9001"], port=9001)


def mojo_client(lab, url):
    lab.run("perl", HERE / "programs/mojolicious_client.pl", url)


def cowboy(lab):
    lab.start(["escript", HERE / "programs/cowboy_server.escript", "9001"], port=9001)


def ejabberd(lab):
    """ejabberd with nothing but its WebSocket listener, outside of any cluster."""
    config = lab.file("ejabberd.yml", """
hosts: [localhost]
listen:
  - port: 9001
    ip: "127.0.0.1"
    module: ejabberd_http
    request_handlers: { /websocket: ejabberd_http_ws }
""")
    lab.start(["sh", "-c", f"exec env HOME={lab.dir} SPOOL_DIR={lab.dir} EJABBERD_CONFIG_PATH={config} EJABBERD_LOG_PATH={lab.dir}/ejabberd.log "
               f"erl -noinput -mnesia dir '\"{lab.dir}\"' -pa /usr/lib/*/ejabberd-*/ebin -s ejabberd"], port=9001)


def closed_like_http(server, **more):
    return hs("closed-early", "post-101-closed-like-http", "intermediary", 101, server=server,
              why="Behind the proxy the request says Connection: close; the server switches and closes after its response", **more)


@scenario("nginx sets Upgrade and no more in front of Mojolicious, which answers 101 and closes; both legs",
          [closed_like_http(8080), closed_like_http(9001)], "nginx mojolicious mojo-client")
def nginx_connection_close_mojolicious_both_legs(lab):
    mojolicious(lab)
    lab.nginx("""
        listen 127.0.0.1:8080;
        location / { proxy_pass http://127.0.0.1:9001; proxy_set_header Upgrade $http_upgrade; }""")
    with lab.capture(LEGS):
        mojo_client(lab, "ws://127.0.0.1:8080/chat")


@scenario("Mojolicious answers 404 to a handshake with a field above MOJO_MAX_LINE_SIZE",
          [hs("rejected", "http-request-head-too-large", "server", 404,
              why="The route is there; a Cookie of 9000 octets is more than the server reads")],
          "mojolicious curl")
def mojolicious_head_too_large_404(lab):
    mojolicious(lab)
    with lab.capture("tcp port 9001"):
        lab.curl("http://127.0.0.1:9001/chat", LARGE)


@scenario("Mojo::UserAgent waits for another answer after a 101 without Upgrade and Connection, until the server hangs up",
          [hs("closed-early", "response-missing-upgrade-tokens", "server", 101,
              why="The client has to refuse such a 101, and never makes use of it")],
          "raw-server mojo-client")
def bare_101_mojo(lab):
    lab.raw_server("bare-101")
    with lab.capture("tcp port 9001"):
        mojo_client(lab, "ws://127.0.0.1:9001/chat")


@scenario("ejabberd has a page for a client that asks for version 8",
          [hs("rejected", "request-version-draft", "client", 200, target="/websocket",
              why="The page says that it is none of WebSocket; the version is all that the request lacks")],
          "ejabberd curl")
def ejabberd_version_8_page(lab):
    ejabberd(lab)
    with lab.capture("tcp port 9001"):
        lab.curl("http://127.0.0.1:9001/websocket",
                 {**UPGRADE, "Host": "localhost:9001", "Sec-WebSocket-Version": "8", "Sec-WebSocket-Protocol": "xmpp"})


@scenario("Cowboy answers a POST that asks for the upgrade with 426",
          [hs("rejected", "request-method-not-get", "client", 426, why="The handshake is a GET")],
          "cowboy curl")
def cowboy_post_426(lab):
    cowboy(lab)
    with lab.capture("tcp port 9001"):
        lab.curl("http://127.0.0.1:9001/chat", UPGRADE, "-X", "POST")


@scenario("WebSocket++ answers 500 to a request without a version",
          [hs("rejected", "request-version-missing", "client", 500, why="Sec-WebSocket-Version is missing, the rest is right")],
          "websocketpp curl")
def websocketpp_version_missing_500(lab):
    program(lab, "websocketpp_server", 9001)
    with lab.capture("tcp port 9001"):
        lab.curl("http://127.0.0.1:9001/chat", without("Sec-WebSocket-Version"))


@scenario("A client on Boost.Beast and a server on WebSocket++; one message, then Close 1000",
          [ok("A correct handshake and a session")], "websocketpp beast-client")
def healthy_beast_websocketpp(lab):
    program(lab, "websocketpp_server", 9001)
    with lab.capture("tcp port 9001"):
        lab.run(HERE / "bin/beast_client", "127.0.0.1", 9001, "/chat")


@scenario("Boost.Beast says which field is missing",
          [hs("rejected", "request-key-missing", "client", 400, why="Sec-WebSocket-Key is missing, and the body says so")],
          "beast curl")
def beast_key_missing_400(lab):
    program(lab, "beast_server", 9001)
    with lab.capture("tcp port 9001"):
        lab.curl("http://127.0.0.1:9001/chat", without("Sec-WebSocket-Key"))


@scenario("Boost.Beast resets the connection upon a head that is larger than the buffer of accept()",
          [hs("reset", "tcp-reset-before-response", "server",
              why="RST without a word; that the head is too large is likely, and not proved by the packets")],
          "beast curl")
def beast_head_too_large_reset(lab):
    program(lab, "beast_server", 9001)
    with lab.capture("tcp port 9001"):
        lab.curl("http://127.0.0.1:9001/chat", LARGE)


@scenario("faye-websocket for Ruby fails upon a request without a key, and Puma answers 500",
          [hs("rejected", "request-key-missing", "client", 500, why="The key is missing; the exception is what the server makes of it")],
          "faye-ruby curl")
def faye_key_missing_500(lab):
    lab.start(["puma", "-q", "-b", "tcp://127.0.0.1:9001", HERE / "programs/faye.ru"], port=9001)
    with lab.capture("tcp port 9001"):
        lab.curl("http://127.0.0.1:9001/chat", without("Sec-WebSocket-Key"))


def gateway(lab, directive):
    lab.node_ws()
    lab.nginx(f"""
        listen 127.0.0.1:8080;
        location / {{ {directive} }}""")
    with lab.capture(LEGS):
        lab.run(HERE / "bin/beast_client", "127.0.0.1", 8080, "/chat")


def misspoken(cause):
    return [hs("rejected", cause, "intermediary", 502, server=8080, why="nginx speaks another protocol than HTTP/1.1 to a server of WebSocket"),
            hs("rejected", cause, "intermediary", 400, server=9001, target="", unknown=True,
               why="What the server says of it; by itself nothing shows that it is about WebSocket")
            if cause == "request-not-http" else
            hs("rejected", cause, "server", 400, server=9001,
               why="nginx sends the request in HTTP/2, fields of the upgrade included; the server takes the preface for a request")]


@scenario("nginx with fastcgi_pass in front of a WebSocket server; both legs",
          misspoken("request-not-http"), "nginx node-ws beast-client", checked=False)
def nginx_fastcgi_pass_both_legs(lab):
    gateway(lab, "include /etc/nginx/fastcgi_params; fastcgi_pass 127.0.0.1:9001;")


@scenario("nginx with grpc_pass in front of a WebSocket server; both legs",
          misspoken("h2-preface-answered-by-http1"), "nginx node-ws beast-client", checked=False)
def nginx_grpc_pass_both_legs(lab):
    gateway(lab, "grpc_pass grpc://127.0.0.1:9001;")
