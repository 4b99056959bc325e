"""Requests that the server cannot accept, and requests to the wrong place."""

from lab import UPGRADE, hs, ok, scenario

URL = "http://127.0.0.1:9001/chat"


def without(*names, **change):
    fields = {name: value for name, value in UPGRADE.items() if name not in names}
    fields.update({name.replace("_", "-"): value for name, value in change.items()})
    return fields


@scenario("A ws client set to protocol version 8 meets a gorilla/websocket server, which speaks 13 only",
          [hs("rejected", "request-version-draft", "client", 400,
              why="The request asks for version 8; the answer lists version 13")],
          "node-ws gorilla")
def version_8_gorilla(lab):
    lab.gorilla()
    with lab.capture("tcp port 9001"):
        lab.node_client("ws://127.0.0.1:9001/chat", protocolVersion=8)


@scenario("A ws client set to protocol version 8 meets a Python websockets server, which speaks 13 only",
          [hs("rejected", "request-version-draft", "client", 400,
              why="The request asks for version 8, which Python websockets does not know")],
          "node-ws python-websockets", note="The refusal is a 400 that names the field in its body")
def version_8_python(lab):
    lab.python_ws()
    with lab.capture("tcp port 9001"):
        lab.node_client("ws://127.0.0.1:9001/chat", protocolVersion=8)


@scenario("A client asks for version 14; the coder/websocket server speaks 13 only",
          [hs("rejected", "request-version-unsupported", "client", 400,
              why="Version 14 does not exist; the answer lists 13")],
          "curl coder")
def version_14_coder(lab):
    lab.coder()
    with lab.capture("tcp port 9001"):
        lab.curl(URL, without(Sec_WebSocket_Version="14"))


@scenario("A server that still speaks versions 7 and 8 only refuses version 13 with 426",
          [hs("rejected", "version-rejected-by-server", "server", 426, target="/old-only",
              why="The request asks for 13; the answer lists 7 and 8")],
          "go gorilla")
def version_13_refused_426(lab):
    lab.gorilla()
    with lab.capture("tcp port 9001"):
        lab.gorilla_client("ws://127.0.0.1:9001/old-only")


@scenario("The request has no Sec-WebSocket-Version",
          [hs("rejected", "request-version-missing", "client", 400,
              why="Everything is there but the version; gorilla/websocket refuses with its version list")],
          "curl gorilla")
def version_missing(lab):
    lab.gorilla()
    with lab.capture("tcp port 9001"):
        lab.curl(URL, without("Sec-WebSocket-Version"))


@scenario("The request has no Sec-WebSocket-Key",
          [hs("rejected", "request-key-missing", "client", 400,
              why="Everything is there but the key; the body of the ws server names it")],
          "curl node-ws")
def key_missing(lab):
    lab.node_ws()
    with lab.capture("tcp port 9001"):
        lab.curl(URL, without("Sec-WebSocket-Key"))


@scenario("The Sec-WebSocket-Key has 8 octets instead of 16",
          [hs("rejected", "request-key-wrong-length", "client", 400,
              why="The key decodes to 8 octets; the body of the ws server names the field")],
          "curl node-ws")
def key_short(lab):
    lab.node_ws()
    with lab.capture("tcp port 9001"):
        lab.curl(URL, without(Sec_WebSocket_Key="AQIDBAUGBwg="))


@scenario("A request with key and version but without Upgrade and Connection, sent straight to a ws server",
          [hs("rejected", "request-missing-upgrade-tokens", "client", 426,
              why="No intermediary is involved: the client itself sent neither Upgrade nor Connection")],
          "curl node-ws")
def tokens_missing_426(lab):
    lab.node_ws()
    with lab.capture("tcp port 9001"):
        lab.curl(URL, without("Upgrade", "Connection"))


@scenario("The upgrade request is a POST",
          [hs("rejected", "request-method-not-get", "client", 405,
              why="Only GET can be upgraded; the ws server answers 405")],
          "curl node-ws")
def method_post_405(lab):
    lab.node_ws()
    with lab.capture("tcp port 9001"):
        lab.curl(URL, UPGRADE, "-X", "POST", "-d", "")


@scenario("The path exists for POST only: a correct upgrade request gets 405 with Allow: POST",
          [hs("rejected", "response-405", "server", 405, target="/hook",
              why="The request is a correct GET; the route is registered for POST")],
          "go gorilla")
def route_post_only_405(lab):
    lab.gorilla()
    with lab.capture("tcp port 9001"):
        lab.gorilla_client("ws://127.0.0.1:9001/hook")


@scenario("The path does not exist on a Go server; a second attempt to the right path succeeds",
          [hs("rejected", "http-wrong-path", "server", 404, target="/caht",
              why="No route for /caht; the same server accepts /chat in the same capture"),
           ok("The right path")],
          "gorilla")
def wrong_path_404(lab):
    lab.gorilla()
    with lab.capture("tcp port 9001"):
        lab.gorilla_client("ws://127.0.0.1:9001/caht")
        lab.gorilla_client("ws://127.0.0.1:9001/chat")


@scenario("The ws server is bound to the path /chat; the client asks for /socket and gets a bare 400",
          [hs("rejected", "http-wrong-path", "server", 400, target="/socket",
              why="The request is correct; a bare Bad Request from ws means that the path does not match")],
          "node-ws")
def wrong_path_400_ws(lab):
    lab.node_ws(path="/chat")
    with lab.capture("tcp port 9001"):
        lab.node_client("ws://127.0.0.1:9001/socket")


@scenario("The handler fails and answers 500 with a text of its own",
          [hs("rejected", "response-500", "server", 500, target="/broken",
              why="The application writes the 500 before any upgrade code runs")],
          "go gorilla")
def application_500(lab):
    lab.gorilla()
    with lab.capture("tcp port 9001"):
        lab.gorilla_client("ws://127.0.0.1:9001/broken")


@scenario("A middleware hides http.Hijacker from gorilla/websocket, which answers 500",
          [hs("rejected", "http-hijack-unsupported", "server", 500, target="/wrapped",
              accept=["response-500"],
              why="gorilla's own 500 (with Sec-Websocket-Version) to a correct request: the writer cannot be hijacked")],
          "gorilla")
def hijack_unsupported_500(lab):
    lab.gorilla()
    with lab.capture("tcp port 9001"):
        lab.gorilla_client("ws://127.0.0.1:9001/wrapped")


@scenario("A middleware hides http.Hijacker from coder/websocket, which answers 501",
          [hs("rejected", "http-hijack-unsupported", "server", 501, target="/wrapped",
              accept=["response-501"],
              why="coder's 501 to a correct request: the writer cannot be hijacked")],
          "coder")
def hijack_unsupported_501(lab):
    lab.coder()
    with lab.capture("tcp port 9001"):
        lab.coder_client("ws://127.0.0.1:9001/wrapped")


@scenario("The application is draining and answers 503 with Retry-After",
          [hs("rejected", "response-503", "server", 503, target="/busy",
              why="The handler sheds load on purpose")],
          "go gorilla")
def draining_503(lab):
    lab.gorilla()
    with lab.capture("tcp port 9001"):
        lab.gorilla_client("ws://127.0.0.1:9001/busy")


@scenario("The client leaves out the empty line after its request head and closes",
          [hs("rejected", "request-head-incomplete", "client", 400,
              why="The head is never terminated; when the client closes, the server answers the fragment with 400")],
          "raw-client node", checked=False)
def head_unfinished(lab):
    lab.node_ws()
    with lab.capture("tcp port 9001"):
        lab.raw_client("unfinished")


@scenario("A request head of 20 KB meets nginx's limit for one field",
          [hs("rejected", "http-request-head-too-large", "server", 400, server=8080,
              accept=["response-400-unexplained"],
              why="The cookie is larger than large_client_header_buffers; nginx says so in its body")],
          "curl nginx")
def head_too_large_400(lab):
    lab.nginx("listen 127.0.0.1:8080; location / { proxy_pass http://127.0.0.1:9001; }")
    with lab.capture("tcp port 8080"):
        lab.curl("http://127.0.0.1:8080/chat", without(Cookie="session=" + "x" * 20000))


@scenario("The request has two different Host fields; Go's server refuses it",
          [hs("rejected", "request-host-duplicate", "client", 400, why="Two Host lines, which Go answers with a bare 400")],
          "raw-client gorilla")
def host_duplicate_400(lab):
    lab.gorilla()
    with lab.capture("tcp port 9001"):
        lab.raw_client("two-hosts")


@scenario("The request has no Host; Go's server refuses it",
          [hs("rejected", "request-host-missing", "client", 400, why="No Host line; Go names it in the reason phrase and the body of its 400")],
          "raw-client gorilla")
def host_missing_400(lab):
    lab.gorilla()
    with lab.capture("tcp port 9001"):
        lab.raw_client("no-host")


@scenario("The client sends its first frame together with the request; gorilla/websocket closes the connection",
          [hs("closed", "client-data-before-101", "client",
              accept=["tcp-closed-before-response"],
              why="A frame follows the request head in the same segment, which gorilla refuses by closing")],
          "raw-client gorilla")
def client_data_before_101(lab):
    lab.gorilla()
    with lab.capture("tcp port 9001"):
        lab.raw_client("eager")


@scenario("The client does not mask its frames; the ws server closes with 1002",
          [hs("closed-early", "frame-client-unmasked", "client", 101,
              why="The first client frame has no MASK bit, and the server answers Close 1002")],
          "raw-client node-ws")
def client_unmasked(lab):
    lab.node_ws()
    with lab.capture("tcp port 9001"):
        lab.raw_client("unmasked")


@scenario("The request has Upgrade but no Connection field",
          [hs("rejected", "request-connection-missing", "client", 400,
              why="curl sent Upgrade alone; no intermediary is involved")],
          "curl gorilla")
def connection_missing(lab):
    lab.gorilla()
    with lab.capture("tcp port 9001"):
        lab.curl(URL, without("Connection"))


@scenario("The request has Connection: Upgrade but no Upgrade field",
          [hs("rejected", "request-upgrade-missing", "client", 426,
              why="curl sent Connection alone; no intermediary is involved")],
          "curl coder")
def upgrade_missing(lab):
    lab.coder()
    with lab.capture("tcp port 9001"):
        lab.curl(URL, without("Upgrade"))


@scenario("The Sec-WebSocket-Key is not base64",
          [hs("rejected", "request-key-invalid-base64", "client", 400,
              why="The key has characters outside the alphabet; the body of the ws server names the field")],
          "curl node-ws")
def key_not_base64(lab):
    lab.node_ws()
    with lab.capture("tcp port 9001"):
        lab.curl(URL, without(Sec_WebSocket_Key="this-is_not*base64!!!!!!"))


@scenario("The client speaks HTTP/1.0 and meets a coder/websocket server",
          [hs("rejected", "request-http-version-too-low", "client", 426,
              why="Both upgrade tokens are there and nothing shows an intermediary; the body asks for HTTP/1.1")],
          "curl coder")
def http10_client_426(lab):
    lab.coder()
    with lab.capture("tcp port 9001"):
        lab.curl(URL, UPGRADE, "--http1.0")
