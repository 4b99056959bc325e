"""Answers that the client cannot accept, and connections that end right after the 101."""

from lab import hs, scenario


def left(cause, why, **more):
    """The server answered 101 and the client went away because of it."""
    return hs("aborted", cause, "server", 101, why=why, **more)


def after_101(cause, why, actor="server", **more):
    """The handshake worked and the server ended the connection at once."""
    return hs("closed-early", cause, actor, 101, why=why, **more)


@scenario("The server computes Sec-WebSocket-Accept without the GUID; a ws client closes",
          [left("response-accept-mismatch", "The Accept value is the digest of the bare key, and ws refuses it")],
          "raw-server node-ws")
def accept_wrong(lab):
    lab.raw_server("wrong-accept")
    with lab.capture("tcp port 9001"):
        lab.node_client("ws://127.0.0.1:9001/chat")


@scenario("The server sends a 101 without Sec-WebSocket-Accept; a gorilla/websocket client closes",
          [left("response-accept-missing", "The 101 has no Accept, and gorilla refuses it")],
          "raw-server gorilla")
def accept_missing(lab):
    lab.raw_server("no-accept")
    with lab.capture("tcp port 9001"):
        lab.gorilla_client("ws://127.0.0.1:9001/chat")


@scenario("The server sends a 101 without Upgrade and Connection; a coder/websocket client closes",
          [left("response-missing-upgrade-tokens", "The 101 lacks both fields, and coder refuses it")],
          "raw-server coder")
def bare_101_coder(lab):
    lab.raw_server("bare-101")
    with lab.capture("tcp port 9001"):
        lab.coder_client("ws://127.0.0.1:9001/chat")


@scenario("The server sends a 101 without Upgrade and Connection; a Python websockets client closes",
          [left("response-missing-upgrade-tokens", "The 101 lacks both fields, and websockets refuses it")],
          "raw-server python-websockets")
def bare_101_python(lab):
    lab.raw_server("bare-101")
    with lab.capture("tcp port 9001"):
        lab.python_client("ws://127.0.0.1:9001/chat")


@scenario("The server accepts an extension that a ws client did not offer; the client closes",
          [left("response-extension-unoffered", "Nothing was offered, x-webkit-deflate-frame was accepted")],
          "raw-server node-ws")
def extension_unoffered(lab):
    lab.raw_server("unoffered-extension")
    with lab.capture("tcp port 9001"):
        lab.node_client("ws://127.0.0.1:9001/chat")


@scenario("The gorilla/websocket handler always answers with subprotocol chat.v1; a ws client offered chat.v2 only",
          [left("response-subprotocol-unoffered", "chat.v1 was not among the offers, and ws refuses it",
                target="/v1-only")],
          "gorilla node-ws")
def subprotocol_unoffered(lab):
    lab.gorilla()
    with lab.capture("tcp port 9001"):
        lab.node_client("ws://127.0.0.1:9001/v1-only", protocols=["chat.v2"])


@scenario("The gorilla/websocket handler always answers with subprotocol chat.v1; a Python client offered none",
          [left("response-subprotocol-without-offer", "The request has no Sec-WebSocket-Protocol, the 101 has one",
                target="/v1-only")],
          "gorilla python-websockets")
def subprotocol_without_offer(lab):
    lab.gorilla()
    with lab.capture("tcp port 9001"):
        lab.python_client("ws://127.0.0.1:9001/v1-only")


PAGE = """<!doctype html><title>lab</title><script>
new WebSocket('ws://127.0.0.1:9001/chat', ['chat.v2', 'chat.v1']);
</script>"""


@scenario("Chromium offers two subprotocols and the ws server selects none; the browser closes",
          [left("subprotocol-not-selected", "Browsers end a connection whose offers were all ignored")],
          "chromium node-ws")
def subprotocol_not_selected_chromium(lab):
    lab.node_ws(page=PAGE, protocol="")
    with lab.capture("tcp port 9001"):
        lab.chromium("http://127.0.0.1:9001/")


@scenario("A ws client offers two subprotocols and the gorilla/websocket server knows none; the client closes",
          [left("subprotocol-not-selected", "ws ends a connection whose offers were all ignored")],
          "gorilla node-ws")
def subprotocol_not_selected_ws(lab):
    lab.gorilla()
    with lab.capture("tcp port 9001"):
        lab.node_client("ws://127.0.0.1:9001/chat", protocols=["chat.v2", "chat.v1"])


@scenario("The server accepts and closes at once with 1008 and a reason",
          [after_101("post-close-policy", "Close 1008 with the reason token required, right after the 101")],
          "node-ws")
def close_1008(lab):
    lab.node_ws(close=[1008, "token required"])
    with lab.capture("tcp port 9001"):
        lab.node_client("ws://127.0.0.1:9001/chat", receive=True)


@scenario("The server accepts and closes at once with 1011",
          [after_101("post-close-other", "Close 1011 right after the 101: the application failed",
                     accept=["early-close-protocol-error"])],
          "node-ws")
def close_1011(lab):
    lab.node_ws(close=[1011, "database is not reachable"])
    with lab.capture("tcp port 9001"):
        lab.node_client("ws://127.0.0.1:9001/chat", receive=True)


@scenario("The server accepts and closes at once with 4401, as GraphQL servers do",
          [after_101("post-close-policy", "Close 4401 Unauthorized right after the 101")],
          "node-ws")
def close_4401(lab):
    lab.node_ws(close=[4401, "Unauthorized"])
    with lab.capture("tcp port 9001"):
        lab.node_client("ws://127.0.0.1:9001/chat", receive=True)


@scenario("The server accepts and ends the TCP connection without a Close frame",
          [after_101("post-eof-after-101", "FIN right after the 101, and no frame from the server",
                     accept=["closed-without-close-frame"])],
          "node-ws")
def eof_after_101(lab):
    lab.node_ws(drop=True)
    with lab.capture("tcp port 9001"):
        lab.node_client("ws://127.0.0.1:9001/chat", receive=True)


@scenario("Two WebSocketServers share one HTTP server: the second answers 400 into the upgraded connection of the first",
          [after_101("post-second-http-response",
                     "ws writes its 400 for the path that did not match behind the 101 that was already sent",
                     accept=["post-101-not-frames"])],
          "node-ws", note="A well-known mistake with ws: {server, path} used twice on one server")
def second_response_after_101(lab):
    lab.node_ws(twice=True)
    with lab.capture("tcp port 9001"):
        lab.node_client("ws://127.0.0.1:9001/chat", receive=True)


@scenario("The server switches protocols and then sends HTML instead of frames; a ws client closes",
          [after_101("post-101-not-frames", "The octets after the 101 are an HTML page")],
          "raw-server node-ws", note="The client ends the connection with Close 1002")
def html_after_101(lab):
    lab.raw_server("http-text-after-101")
    with lab.capture("tcp port 9001"):
        lab.node_client("ws://127.0.0.1:9001/chat", receive=True)


@scenario("The server masks its frames; a gorilla/websocket client closes with 1002",
          [after_101("frame-server-masked", "The first server frame has the MASK bit, and the client answers Close 1002")],
          "raw-server gorilla")
def server_masks_frames(lab):
    lab.raw_server("masked-frames")
    with lab.capture("tcp port 9001"):
        lab.gorilla_client("ws://127.0.0.1:9001/chat")


@scenario("The server dies in the middle of its response head",
          [hs("closed", "response-head-truncated", "server",
              accept=["tcp-closed-before-response"],
              why="FIN before the empty line of the response head")],
          "raw-server node-ws", checked=False)
def response_head_truncated(lab):
    lab.raw_server("half-head")
    with lab.capture("tcp port 9001"):
        lab.node_client("ws://127.0.0.1:9001/chat")


@scenario("The port belongs to a mail server, which answers 220",
          [hs("malformed", "response-not-http", "server",
              why="The first octets of the answer are an SMTP greeting")],
          "raw-server python-websockets")
def response_not_http(lab):
    lab.raw_server("not-http")
    with lab.capture("tcp port 9001"):
        lab.python_client("ws://127.0.0.1:9001/chat")


@scenario("The handshake of the Hixie-76 draft from 2010, correct on both sides",
          [hs("established", "", "", 101,
              why="Keys, body and digest follow the draft, and both sides exchange frames of its format; "
                  "the version is long dead, which is worth a note and no more")],
          "raw-client raw-server", note="No real server speaks it any more; both ends are small scripts")
def hixie_76(lab):
    lab.raw_server("hixie76")
    with lab.capture("tcp port 9001"):
        lab.raw_client("hixie76")


@scenario("The client speaks graphql-transport-ws and the server answers with graphql-ws, the older dialect",
          [left("subprotocol-graphql-mismatch", "The one offer and the one answer are the two GraphQL dialects",
                accept=["response-subprotocol-unoffered"])],
          "node-ws")
def subprotocol_graphql_mismatch(lab):
    lab.node_ws(protocol="graphql-ws")
    with lab.capture("tcp port 9001"):
        lab.node_client("ws://127.0.0.1:9001/chat", protocols=["graphql-transport-ws"])


def in_chromium(lab, behaviour):
    """The page comes from port 9000, outside the capture."""
    lab.raw_server(behaviour)
    lab.node_ws(port=9000, page="<script>new WebSocket('ws://127.0.0.1:9001/chat')</script>")
    with lab.capture("tcp port 9001"):
        lab.chromium("http://127.0.0.1:9000/")


@scenario("The server computes Sec-WebSocket-Accept without the GUID; Chromium closes",
          [left("response-accept-mismatch", "The Accept value is the digest of the bare key, and the browser refuses it")],
          "raw-server chromium")
def accept_wrong_chromium(lab):
    in_chromium(lab, "wrong-accept")


@scenario("The server sends a 101 without Upgrade and Connection; Chromium closes",
          [left("response-missing-upgrade-tokens", "The 101 lacks both fields, and the browser refuses it")],
          "raw-server chromium")
def bare_101_chromium(lab):
    in_chromium(lab, "bare-101")


@scenario("The server sends a 101 without Connection; a gorilla/websocket client closes",
          [left("response-connection-missing", "Upgrade and Accept are there, Connection is not")],
          "raw-server gorilla")
def connection_missing_in_101(lab):
    lab.raw_server("no-connection")
    with lab.capture("tcp port 9001"):
        lab.gorilla_client("ws://127.0.0.1:9001/chat")


@scenario("The server sends a 101 with Upgrade: tcp; a ws client closes",
          [left("response-upgrade-mismatch", "The 101 switches to something other than websocket",
                accept=["response-101-unsolicited"])],
          "raw-server node-ws")
def upgrade_wrong_in_101(lab):
    lab.raw_server("wrong-upgrade")
    with lab.capture("tcp port 9001"):
        lab.node_client("ws://127.0.0.1:9001/chat")
