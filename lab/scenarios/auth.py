"""Credentials and origins that the server does not accept."""

import time

from lab import hs, jwt, ok, scenario


@scenario("A gorilla/websocket handler asks for a bearer token; the request has no credentials",
          [hs("rejected", "auth-missing-credentials", "client", 401, target="/bearer",
              why="The server challenges with Bearer and the request carries no credentials of any kind")],
          "gorilla node-ws")
def auth_missing_401(lab):
    lab.gorilla()
    with lab.capture("tcp port 9001"):
        lab.node_client("ws://127.0.0.1:9001/bearer")


@scenario("A bearer token that the server does not know is refused with error=\"invalid_token\"",
          [hs("rejected", "auth-bearer-challenge-error", "client", 401, target="/bearer",
              accept=["auth-rejected-credentials"],
              why="A token was sent and the challenge says invalid_token")],
          "gorilla")
def auth_bearer_refused_401(lab):
    lab.gorilla()
    with lab.capture("tcp port 9001"):
        lab.gorilla_client("ws://127.0.0.1:9001/bearer", "-header", "Authorization: Bearer wrong-made-up-token")


@scenario("The server knows the user but not the right: 403 with an application error in JSON",
          [hs("rejected", "auth-forbidden", "server", 403,
              accept=["auth-rejected-credentials", "response-403"],
              why="Credentials were sent, no origin is involved, and the body is the application's own error")],
          "node node-ws")
def auth_forbidden_403(lab):
    lab.node_ws(refuse=[403, '{"error":"forbidden","message":"role viewer may not open /chat"}', "application/json"])
    with lab.capture("tcp port 9001"):
        lab.node_client("ws://127.0.0.1:9001/chat", headers={"Authorization": "Bearer viewer-made-up-token"})


JWT_NOTE = "The token is signed with a made-up secret and expired one hour before the recording"


def expired_token():
    now = int(time.time())
    return jwt(iss="https://login.example.test", sub="demo", iat=now - 7200, exp=now - 3600)


@scenario("A JWT that expired an hour ago is sent as Authorization: Bearer; the server answers 401",
          [hs("rejected", "auth-token-expired", "client", 401, target="/jwt",
              why="The exp claim is one hour before the time of the packets, and the answer is 401")],
          "gorilla", note=JWT_NOTE)
def auth_jwt_expired_header(lab):
    lab.gorilla()
    with lab.capture("tcp port 9001"):
        lab.gorilla_client("ws://127.0.0.1:9001/jwt", "-header", f"Authorization: Bearer {expired_token()}")


@scenario("A JWT that expired an hour ago is sent in the query; the server answers 401",
          [hs("rejected", "auth-token-expired", "client", 401, target="/jwt",
              why="The exp claim is one hour before the time of the packets, and the answer is 401")],
          "gorilla node-ws", note=JWT_NOTE + "; target is the path, the query holds access_token")
def auth_jwt_expired_query(lab):
    lab.gorilla()
    with lab.capture("tcp port 9001"):
        lab.node_client(f"ws://127.0.0.1:9001/jwt?access_token={expired_token()}")


LOGIN_PAGE = """<!doctype html><title>lab</title><script>
new WebSocket('ws://127.0.0.1:9001/chat');
</script>"""


@scenario("Chromium logs in under /app, which sets a session cookie with Path=/app; the socket at /chat is opened without it",
          [hs("rejected", "auth-cookie-missing", "client", 401,
              accept=["auth-missing-credentials"],
              why="The login answer in the same capture sets the cookie with a Path that does not cover /chat")],
          "chromium node-ws")
def auth_session_cookie_missing(lab):
    lab.node_ws(page=LOGIN_PAGE, cookie="session")
    with lab.capture("tcp port 9001"):
        lab.chromium("http://127.0.0.1:9001/app/login")


@scenario("A handler sends clients without a session to the login page, the upgrade request too",
          [hs("redirected", "auth-redirect-login", "server", 302, target="/private",
              accept=["auth-missing-credentials"],
              why="302 to /login, and the request has no cookie")],
          "gorilla")
def auth_redirect_login_302(lab):
    lab.gorilla()
    with lab.capture("tcp port 9001"):
        lab.gorilla_client("ws://127.0.0.1:9001/private")


TINYPROXY = """
Port 8888
Listen 127.0.0.1
Allow 127.0.0.1
ConnectPort 9001
"""


@scenario("tinyproxy asks for a password; gorilla/websocket sends CONNECT without one",
          [hs("rejected", "proxy-forward-auth-407", "intermediary", 407, server=8888, target="127.0.0.1:9001",
              unknown=True,
              why="The proxy has BasicAuth configured and answers the CONNECT with 407; "
                  "the handshake was never sent, so nothing shows that the tunnel was meant for WebSocket")],
          "gorilla tinyproxy")
def proxy_auth_407(lab):
    lab.gorilla()
    lab.start(["tinyproxy", "-d", "-c", lab.file("tinyproxy.conf", TINYPROXY + "BasicAuth demo made-up\n")], port=8888)
    with lab.capture("tcp port 8888"):
        lab.gorilla_client("ws://127.0.0.1:9001/chat", "-proxy", "http://127.0.0.1:8888")


@scenario("tinyproxy refuses the first CONNECT with 407; the client repeats it with the password and shakes hands inside",
          [hs("rejected", "proxy-forward-auth-407", "intermediary", 407, server=8888, target="127.0.0.1:9001",
              superseded=True, why="The first CONNECT has no password; the client got over it"),
           ok("The second CONNECT carries the password, gets 200, and the handshake inside the tunnel gets 101", server=8888)],
          "gorilla tinyproxy")
def proxy_auth_407_then_tunnel(lab):
    lab.gorilla()
    lab.start(["tinyproxy", "-d", "-c", lab.file("tinyproxy.conf", TINYPROXY + "BasicAuth demo made-up\n")], port=8888)
    with lab.capture("tcp port 8888"):
        lab.gorilla_client("ws://127.0.0.1:9001/chat", "-proxy", "http://127.0.0.1:8888")
        lab.gorilla_client("ws://127.0.0.1:9001/chat", "-proxy", "http://demo:made-up@127.0.0.1:8888")


@scenario("HAProxy asks upgrade requests for proxy authentication",
          [hs("rejected", "proxy-forward-auth-407", "intermediary", 407, server=8080,
              why="The frontend answers 407 with Proxy-Authenticate to requests without Proxy-Authorization")],
          "haproxy node-ws")
def proxy_auth_407_get(lab):
    lab.haproxy("""
listen app
    bind 127.0.0.1:8080
    http-request return status 407 content-type text/plain string "proxy login needed" hdr Proxy-Authenticate 'Basic realm="lab"' if !{ req.hdr(Proxy-Authorization) -m found }
    server s1 127.0.0.1:9001
""")
    with lab.capture("tcp port 8080"):
        lab.node_client("ws://127.0.0.1:8080/chat")


@scenario("tinyproxy allows CONNECT to port 443 only; the tunnel to port 9001 is denied",
          [hs("rejected", "proxy-forward-connect-denied", "intermediary", 403, server=8888, target="127.0.0.1:9001",
              unknown=True,
              why="ConnectPort 443 is the only port allowed; the handshake was never sent")],
          "gorilla tinyproxy")
def proxy_connect_denied_403(lab):
    lab.gorilla()
    lab.start(["tinyproxy", "-d", "-c", lab.file("tinyproxy.conf", TINYPROXY.replace("9001", "443"))], port=8888)
    with lab.capture("tcp port 8888"):
        lab.gorilla_client("ws://127.0.0.1:9001/chat", "-proxy", "http://127.0.0.1:8888")


@scenario("gorilla/websocket's default CheckOrigin refuses a cross-site Origin",
          [hs("rejected", "origin-rejected", "server", 403,
              why="Origin and Host differ, which is what the default CheckOrigin refuses with 403")],
          "gorilla")
def origin_refused_gorilla(lab):
    lab.gorilla()
    with lab.capture("tcp port 9001"):
        lab.gorilla_client("ws://127.0.0.1:9001/chat", "-header", "Origin: https://shop.example.test")


@scenario("coder/websocket refuses a cross-site Origin and says so in the body",
          [hs("rejected", "origin-rejected", "server", 403,
              why="Origin and Host differ and no OriginPatterns are set; the body names the origin")],
          "coder")
def origin_refused_coder(lab):
    lab.coder()
    with lab.capture("tcp port 9001"):
        lab.coder_client("ws://127.0.0.1:9001/chat", "-origin", "https://shop.example.test")


@scenario("A page from 127.0.0.1:9000 opens a socket to a gorilla/websocket server on port 9001 in Chromium",
          [hs("rejected", "origin-rejected", "server", 403,
              accept=["origin-port-scheme-mismatch"],
              why="The page's origin has another port than the server, and the default CheckOrigin compares host and port")],
          "chromium gorilla node")
def origin_refused_chromium(lab):
    lab.gorilla()
    lab.node_ws(port=9000, page=LOGIN_PAGE)
    with lab.capture("tcp port 9001"):
        lab.chromium("http://127.0.0.1:9000/")


@scenario("A page from a data: URL opens a socket in Chromium: Origin is null, which gorilla/websocket refuses",
          [hs("rejected", "origin-opaque", "client", 403, accept=["origin-rejected"],
              why="Origin: null; the default CheckOrigin compares it with Host and answers 403")],
          "chromium gorilla")
def origin_null_chromium(lab):
    lab.gorilla()
    with lab.capture("tcp port 9001"):
        lab.chromium("data:text/html,<script>new WebSocket('ws://127.0.0.1:9001/chat')</script>")


@scenario("A client repeats the handshake four times with the same refused token",
          [hs("rejected", "auth-bearer-challenge-error", "client", 401, target="/bearer",
              accept=["auth-rejected-credentials"],
              why="The same token, refused with invalid_token each time") for _ in range(4)],
          "gorilla")
def auth_retry_loop(lab):
    lab.gorilla()
    with lab.capture("tcp port 9001"):
        for _ in range(4):
            lab.gorilla_client("ws://127.0.0.1:9001/bearer", "-header", "Authorization: Bearer wrong-made-up-token")


@scenario("A page in Chromium sends its token as a subprotocol; the ws server selects none, so the browser closes",
          [hs("aborted", "auth-token-subprotocol-not-echoed", "server", 101,
              accept=["subprotocol-not-selected"],
              why="The offers are bearer and a JWT; the 101 selects none of them")],
          "chromium node-ws", note="The token is signed with a made-up secret and valid for one hour after the recording")
def auth_token_as_subprotocol(lab):
    token = jwt(iss="https://login.example.test", sub="demo", exp=int(time.time()) + 3600)
    lab.node_ws(protocol="", page=f"<script>new WebSocket('ws://127.0.0.1:9001/chat', ['bearer', '{token}'])</script>")
    with lab.capture("tcp port 9001"):
        lab.chromium("http://127.0.0.1:9001/")
