"""nginx between client and server, with the usual mistakes in its configuration."""

from lab import HERE, UPGRADE, hs, ok, scenario

# What everybody forgets: no Upgrade, no Connection, HTTP/1.0 to the upstream.
BARE = """
        listen 127.0.0.1:8080;
        location / {
            proxy_pass http://127.0.0.1:9001;
        }"""
# The same with the usual logging fields added, which mark the request as forwarded.
FORWARDED = """
        listen 127.0.0.1:8080;
        location / {
            proxy_pass http://127.0.0.1:9001;
            proxy_http_version 1.1;
            proxy_set_header Host $host;
            proxy_set_header X-Real-IP $remote_addr;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        }"""
CORRECT = """
        listen 127.0.0.1:8080;
        location / {
            proxy_pass http://127.0.0.1:9001;
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection "upgrade";
            %s
        }"""
LEGS = "tcp port 8080 or tcp port 9001"
STRIPPED = "nginx sends neither Upgrade nor an upgrade token in Connection to the server; the client sent both"


def stripped_front(status, **more):
    return hs("rejected", "proxy-stripped-upgrade", "intermediary", status, server=8080,
              why="The client's request is complete; the leg behind nginx shows the fields gone", **more)


def stripped_back(status, **more):
    return hs("rejected", "proxy-stripped-upgrade", "intermediary", status, why=STRIPPED, **more)


@scenario("nginx without the Upgrade settings in front of a ws server, seen from the client side only",
          [hs("rejected", "proxy-stripped-upgrade", "intermediary", 426, server=8080,
              accept=["response-426", "version-rejected-by-server", "undetermined"],
              why="The request is complete, yet nginx relays a 426; the stripping itself is on the other leg, "
                  "so an answer that only names the status is as honest")],
          "nginx node-ws")
def nginx_stripped_front_leg(lab):
    lab.node_ws()
    lab.nginx(BARE)
    with lab.capture("tcp port 8080"):
        lab.node_client("ws://127.0.0.1:8080/chat")


@scenario("nginx without the Upgrade settings in front of a ws server, seen from the server side only",
          [stripped_back(426)],
          "nginx node-ws", note="nginx speaks HTTP/1.0 here and sends Connection: close, both its defaults")
def nginx_stripped_back_leg(lab):
    lab.node_ws()
    lab.nginx(BARE)
    with lab.capture("tcp port 9001"):
        lab.node_client("ws://127.0.0.1:8080/chat")


@scenario("nginx without the Upgrade settings in front of a ws server; both legs",
          [stripped_front(426), stripped_back(426)],
          "nginx node-ws")
def nginx_stripped_both_legs(lab):
    lab.node_ws()
    lab.nginx(FORWARDED)
    with lab.capture(LEGS):
        lab.node_client("ws://127.0.0.1:8080/chat")


@scenario("nginx without the Upgrade settings in front of a gorilla/websocket server; both legs",
          [stripped_front(400), stripped_back(400)],
          "nginx gorilla",
          note="gorilla adds Sec-Websocket-Version: 13 to the refusal; the request asked for 13, so it is no version fault")
def nginx_stripped_gorilla_both_legs(lab):
    lab.gorilla()
    lab.nginx(FORWARDED)
    with lab.capture(LEGS):
        lab.gorilla_client("ws://127.0.0.1:8080/chat")


@scenario("nginx without the Upgrade settings in front of a coder/websocket server; both legs",
          [stripped_front(426), stripped_back(426)],
          "nginx coder")
def nginx_stripped_coder_both_legs(lab):
    lab.coder()
    lab.nginx(FORWARDED)
    with lab.capture(LEGS):
        lab.coder_client("ws://127.0.0.1:8080/chat")


@scenario("nginx without the Upgrade settings in front of a Python websockets server, seen from the server side only",
          [stripped_back(426)],
          "nginx python-websockets")
def nginx_stripped_python_back_leg(lab):
    lab.python_ws()
    lab.nginx(FORWARDED)
    with lab.capture("tcp port 9001"):
        lab.python_client("ws://127.0.0.1:8080/chat")


@scenario("nginx with the Upgrade settings but without proxy_http_version 1.1, in front of a coder/websocket server; both legs",
          [hs("rejected", "proxy-http10-upstream", "intermediary", 426, server=8080,
              why="The client spoke HTTP/1.1; the leg behind nginx shows HTTP/1.0"),
           hs("rejected", "proxy-http10-upstream", "intermediary", 426,
              why="Upgrade and Connection arrive, but nginx speaks HTTP/1.0 to the upstream by default")],
          "nginx coder")
def nginx_http10_upstream_both_legs(lab):
    lab.coder()
    lab.nginx((CORRECT % "").replace("proxy_http_version 1.1;", ""))
    with lab.capture(LEGS):
        lab.coder_client("ws://127.0.0.1:8080/chat")


@scenario("nginx passes Upgrade on but not Connection, in front of a gorilla/websocket server; both legs",
          [hs("rejected", "proxy-upgrade-mangled", "intermediary", 400, server=8080,
              why="The client's Connection: Upgrade is complete; the leg behind nginx shows Connection: close"),
           hs("rejected", "proxy-upgrade-mangled", "intermediary", 400,
              why="Upgrade: websocket arrives, but Connection is nginx's default close")],
          "nginx gorilla")
def nginx_connection_missing_both_legs(lab):
    lab.gorilla()
    lab.nginx((CORRECT % "proxy_set_header X-Forwarded-For $remote_addr;").replace(
        'proxy_set_header Connection "upgrade";', ""))
    with lab.capture(LEGS):
        lab.gorilla_client("ws://127.0.0.1:8080/chat")


@scenario("nginx does not pass the Host on; the gorilla/websocket server compares Origin with the upstream address; both legs",
          [hs("rejected", "origin-host-rewritten", "intermediary", 403, server=8080,
              why="Origin and Host agree on the front leg; the leg behind nginx shows another Host"),
           hs("rejected", "origin-host-rewritten", "intermediary", 403,
              why="Without proxy_set_header Host, nginx sends the upstream address, which differs from Origin")],
          "nginx gorilla")
def nginx_host_rewritten_both_legs(lab):
    lab.gorilla()
    lab.nginx(CORRECT % "")
    with lab.capture(LEGS):
        lab.gorilla_client("ws://127.0.0.1:8080/chat", "-header", "Origin: http://127.0.0.1:8080")


@scenario("nginx with correct settings, but nothing listens on the upstream port; both legs",
          [hs("rejected", "tcp-connect-refused", "server", 502, server=8080, accept=["response-502"],
              why="nginx answers 502 because its connection to the upstream was refused"),
           hs("connect-failed", "tcp-connect-refused", "server", target="", unknown=True,
              why="Nothing listens on port 9001; no HTTP was ever sent on this leg")],
          "nginx node-ws")
def nginx_502_refused_both_legs(lab):
    lab.nginx(CORRECT % "")
    with lab.capture(LEGS):
        lab.node_client("ws://127.0.0.1:8080/chat")


@scenario("nginx is told to speak TLS to an upstream that speaks plain HTTP; both legs",
          [hs("rejected", "tls-sent-to-plaintext-port", "intermediary", 502, server=8080, accept=["response-502"],
              why="proxy_pass says https:// and the ws server has no TLS: the settings of nginx are wrong"),
           hs("tls-failed", "tls-sent-to-plaintext-port", "client", target="", unknown=True,
              why="The ws server answers nginx's ClientHello with a plain 400")],
          "nginx node-ws")
def nginx_https_to_plain_both_legs(lab):
    lab.node_ws()
    lab.nginx((CORRECT % "").replace("http://127.0.0.1:9001", "https://127.0.0.1:9001"))
    with lab.capture(LEGS):
        lab.node_client("ws://127.0.0.1:8080/chat")


@scenario("nginx with correct settings, but nothing listens on the upstream port, seen from the client side only",
          [hs("rejected", "response-502", "intermediary", 502, server=8080,
              why="Only nginx's 502 is visible; why the upstream failed is on the other leg")],
          "nginx node-ws")
def nginx_502_front_leg(lab):
    lab.nginx(CORRECT % "")
    with lab.capture("tcp port 8080"):
        lab.node_client("ws://127.0.0.1:8080/chat")


@scenario("The upstream accepts the request and never answers; nginx gives up after proxy_read_timeout 2s; both legs",
          [hs("rejected", "response-504", "intermediary", 504, server=8080,
              accept=["response-timeout", "client-gave-up"],
              why="nginx waited two seconds for the upstream and then answered 504"),
           hs("closed", "client-gave-up", "intermediary", accept=["response-timeout"],
              why="The server reads the request and stays silent; nginx, the client of this leg, closes after two seconds")],
          "nginx raw-server node-ws")
def nginx_504_silent_upstream_both_legs(lab):
    lab.raw_server("silent")
    lab.nginx(CORRECT % "proxy_read_timeout 2s;")
    with lab.capture(LEGS):
        lab.node_client("ws://127.0.0.1:8080/chat")


@scenario("nginx redirects plain HTTP to HTTPS, the upgrade request too",
          [hs("redirected", "http-redirect-canonical", "server", 301, server=8080,
              accept=["response-redirect"],
              why="return 301 https://$host$request_uri: the Location differs in scheme only")],
          "nginx node-ws")
def redirect_to_https(lab):
    lab.nginx("""
        listen 127.0.0.1:8080;
        return 301 https://$host$request_uri;""")
    with lab.capture("tcp port 8080"):
        lab.node_client("ws://127.0.0.1:8080/chat")


@scenario("nginx serves a single-page application: every unknown path is answered with index.html",
          [hs("rejected", "response-200-instead-of-101", "server", 200, server=8080,
              why="try_files falls back to index.html, so the upgrade request gets the page with status 200")],
          "nginx node-ws")
def spa_fallback_200(lab):
    lab.file("html/index.html", "<!doctype html><title>app</title><div id=app></div>\n")
    lab.nginx(f"""
        listen 127.0.0.1:8080;
        root {lab.dir}/html;
        default_type text/html;
        location / {{ try_files $uri /index.html; }}""")
    with lab.capture("tcp port 8080"):
        lab.node_client("ws://127.0.0.1:8080/chat")


@scenario("nginx limits each client to one request per minute with limit_req_status 429; the second handshake exceeds it",
          [ok("The first request is within the limit", server=8080),
           hs("rejected", "http-rate-limited", "server", 429, server=8080,
              why="The second request within the minute exceeds limit_req and gets the configured 429")],
          "nginx node-ws")
def rate_limited_429(lab):
    lab.node_ws()
    lab.nginx(CORRECT % "limit_req zone=perip;", port=8080,
              http="limit_req_zone $binary_remote_addr zone=perip:1m rate=1r/m; limit_req_status 429;")
    with lab.capture("tcp port 8080"):
        lab.node_client("ws://127.0.0.1:8080/chat")
        lab.node_client("ws://127.0.0.1:8080/chat")


@scenario("nginx denies the location to this client address",
          [hs("rejected", "response-403", "server", 403, server=8080,
              accept=["auth-missing-credentials", "auth-forbidden"],
              why="deny all: nginx's own 403 page; nothing in the request explains it")],
          "nginx node-ws")
def nginx_deny_403(lab):
    lab.node_ws()
    lab.nginx(CORRECT % "deny all;")
    with lab.capture("tcp port 8080"):
        lab.node_client("ws://127.0.0.1:8080/chat")


HTTP10 = (CORRECT % "").replace("proxy_http_version 1.1;", "")


@scenario("nginx with the Upgrade settings but without proxy_http_version 1.1, in front of a gorilla/websocket server; both legs",
          [ok("The front leg is HTTP/1.1 and gets its 101", server=8080),
           ok("gorilla accepts the HTTP/1.0 request, and nginx passes the 101 on; worth a warning and no more")],
          "nginx gorilla")
def healthy_nginx_http10_gorilla_both_legs(lab):
    lab.gorilla()
    lab.nginx(HTTP10)
    with lab.capture(LEGS):
        lab.gorilla_client("ws://127.0.0.1:8080/chat")


@scenario("nginx with the Upgrade settings but without proxy_http_version 1.1, in front of a ws server; both legs",
          [ok("The front leg is HTTP/1.1 and gets its 101", server=8080),
           ok("ws accepts the HTTP/1.0 request, and nginx passes the 101 on; worth a warning and no more")],
          "nginx node-ws")
def healthy_nginx_http10_ws_both_legs(lab):
    lab.node_ws()
    lab.nginx(HTTP10)
    with lab.capture(LEGS):
        lab.node_client("ws://127.0.0.1:8080/chat")


@scenario("nginx with the Upgrade settings but without proxy_http_version 1.1, in front of a Python websockets server; both legs",
          [hs("rejected", "proxy-http10-upstream", "intermediary", 400, server=8080,
              why="The client spoke HTTP/1.1; the leg behind nginx shows HTTP/1.0"),
           hs("rejected", "proxy-http10-upstream", "intermediary", 400,
              why="nginx speaks HTTP/1.0 to the upstream by default; websockets reads HTTP/1.1 requests only")],
          "nginx python-websockets")
def nginx_http10_python_both_legs(lab):
    lab.python_ws()
    lab.nginx(HTTP10)
    with lab.capture(LEGS):
        lab.python_client("ws://127.0.0.1:8080/chat")


@scenario("proxy_pass with a trailing slash cuts the prefix off: /live/feed becomes /feed, which the Go server does not have; both legs",
          [hs("rejected", "http-path-prefix-rewritten", "intermediary", 404, server=8080, target="/live/feed",
              why="The client asks for /live/feed; the leg behind nginx shows /feed"),
           hs("rejected", "http-path-prefix-rewritten", "intermediary", 404, target="/feed", accept=["http-wrong-path"],
              why="location /live/ with proxy_pass ending in a slash replaces the prefix; the server has no /feed")],
          "nginx gorilla")
def nginx_prefix_rewritten_both_legs(lab):
    lab.gorilla()
    lab.nginx((CORRECT % "").replace("location /", "location /live/").replace("9001;", "9001/;"))
    with lab.capture(LEGS):
        lab.gorilla_client("ws://127.0.0.1:8080/live/feed")


@scenario("nginx cuts an established but idle connection after proxy_read_timeout 7s",
          [ok("The handshake succeeds and a message is echoed; the cut seven seconds later is worth a warning",
              server=8080)],
          "nginx gorilla")
def idle_timeout_7s(lab):
    lab.gorilla()
    lab.nginx(CORRECT % "proxy_read_timeout 7s;")
    with lab.capture("tcp port 8080"):
        lab.gorilla_client("ws://127.0.0.1:8080/chat", "-stay", "9s")


def underscored(lab, server=""):
    lab.start(["/usr/bin/python3", HERE / "programs/token_server.py", 9001], port=9001)
    lab.nginx(server + CORRECT % "")
    with lab.capture(LEGS):
        lab.curl("http://127.0.0.1:8080/chat", {**UPGRADE, "X_Auth_Token": "made-up-token-1"})


@scenario("nginx leaves out a token for the underscore in the name of its field; both legs",
          [hs("rejected", "auth-missing-credentials", "intermediary", 401, server=8080,
              why="The client sent X_Auth_Token; underscores_in_headers is off, as by default"),
           hs("rejected", "auth-missing-credentials", "intermediary", 401,
              why="The field is on the leg in front of nginx only")],
          "nginx python-websockets curl")
def nginx_underscore_dropped_both_legs(lab):
    underscored(lab)


@scenario("nginx passes a token on whose field has an underscore in its name; both legs",
          [ok("underscores_in_headers on", server=8080), ok("The server wants the field, and has it")],
          "nginx python-websockets curl")
def healthy_nginx_underscore_both_legs(lab):
    underscored(lab, "underscores_in_headers on;")


@scenario("nginx leaves out a token for the underscore in its name, but the server asks for Authorization; both legs",
          [hs("rejected", "auth-missing-credentials", "client", 401, server=8080, target="/bearer",
              why="With X_Auth_Token the server would refuse as well: it asks for Bearer"),
           hs("rejected", "auth-missing-credentials", "client", 401, target="/bearer", why="The same behind nginx")],
          "nginx gorilla curl")
def nginx_underscore_beside_bearer_both_legs(lab):
    lab.gorilla()
    lab.nginx(CORRECT % "")
    with lab.capture(LEGS):
        lab.curl("http://127.0.0.1:8080/bearer", {**UPGRADE, "X_Auth_Token": "made-up-token-1"})
