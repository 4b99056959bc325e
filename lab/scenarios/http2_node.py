"""WebSocket inside HTTP/2 as Node.js answers it, with what an application may do wrong."""

from lab import hs, ok, scenario

NOTE = "HTTP/2 in clear with prior knowledge"


def story(title, expect, server="node-h2-ws", client="python-h2", note=NOTE):
    return scenario(title, expect if isinstance(expect, list) else [expect], f"{client} {server}", note=note, checked=False)


def ask(lab, path="/chat", *more, seconds=3, **fields):
    with lab.capture("tcp port 9001"):
        lab.h2_client(9001, {"set": {":path": path, **fields}, **(more[0] if more else {})}, seconds=seconds)


def refused(cause, actor, status, target, why, **more):
    return hs("rejected", cause, actor, status, target=target, why=why, **more)


@story("Node.js answers extended CONNECT with 200 and ws speaks on the stream",
       ok("The server announced extended CONNECT", status=200))
def healthy_h2_node(lab):
    lab.h2_server()
    ask(lab)


@story("Two subprotocols are offered in HTTP/2, and the server selects one",
       ok("chat.v2 is one of those offered", status=200, target="/proto"))
def healthy_h2_node_subprotocol(lab):
    lab.h2_server()
    ask(lab, "/proto", **{"sec-websocket-protocol": "chat.v1, chat.v2"})


@story("A page, two WebSockets and a check of health on one HTTP/2 connection: one WebSocket opens, the other is refused, and a third opens",
       [ok("Nothing is wrong", status=200),
        refused("response-403", "server", 403, "/admin", "The application refuses this path to everybody",
                accept=["auth-missing-credentials", "auth-forbidden"]),
        ok("The connection goes on after a refusal on one of its streams", status=200, target="/proto")])
def h2_node_three_streams_one_403(lab):
    lab.h2_server(page="<!doctype html><title>lab</title>")
    page = {":method": "GET", ":path": "/"}
    with lab.capture("tcp port 9001"):
        lab.h2_client(9001, {"set": page, "drop": [":protocol", "sec-websocket-version", "origin"], "end": True}, {},
                      {"set": {":path": "/admin"}},
                      {"set": {**page, ":path": "/healthz"}, "drop": [":protocol", "sec-websocket-version", "origin"], "end": True},
                      {"set": {":path": "/proto", "sec-websocket-protocol": "chat.v2"}, "after": True})


@story("Extended CONNECT to a path that the application does not have",
       refused("http-wrong-path", "server", 404, "/caht", "No such route"))
def h2_node_wrong_path_404(lab):
    lab.h2_server()
    ask(lab, "/caht")


@story("An application wants a bearer token, and the client brings none",
       refused("auth-missing-credentials", "client", 401, "/private", "No Authorization, and a challenge in the answer",
               accept=["response-401"]))
def h2_node_no_token_401(lab):
    lab.h2_server()
    ask(lab, "/private")


@story("An application wants a bearer token, and does not know that of the client",
       refused("auth-rejected-credentials", "client", 401, "/private", "The token was sent and refused"))
def h2_node_wrong_token_401(lab):
    lab.h2_server()
    ask(lab, "/private", authorization="Bearer other-made-up-token")


@story("An application refuses the Origin of the page",
       refused("origin-rejected", "server", 403, "/origin", "The body says so, and Origin is a foreign one"))
def h2_node_origin_403(lab):
    lab.h2_server()
    ask(lab, "/origin", origin="https://shop.example.test")


@story("A session has ended, and the application sends the client to its login page",
       hs("redirected", "auth-redirect-login", "server", 302, target="/login", why="Location is a sign-in page of another host"))
def h2_node_redirect_login(lab):
    lab.h2_server()
    ask(lab, "/login")


@story("Node.js announces extended CONNECT, and an application that handles requests only knows nothing of it: Node.js itself answers 405",
       refused("http-h2-extended-connect", "server", 405, "/chat",
               "Without a listener for CONNECT, the compatibility layer of http2 answers 405", accept=["response-405"]),
       server="node-h2")
def h2_node_compat_405(lab):
    lab.h2_server(plain=True)
    ask(lab)


@story("Extended CONNECT is sent although the server did not announce it; Node.js resets the stream",
       hs("reset", "h2-extended-connect-without-setting", "client", why="The SETTINGS of the server lack 0x8, and the client saw them"),
       server="node-h2")
def h2_node_without_setting(lab):
    lab.h2_server(connect=False)
    ask(lab)


@story("The server selects a subprotocol that nobody offered",
       ok("sec-websocket-protocol in the 200, and none in the request; this client goes on all the same", status=200,
          target="/v1-only", accept=["response-subprotocol-without-offer"]))
def h2_node_subprotocol_without_offer(lab):
    lab.h2_server()
    ask(lab, "/v1-only")


@story("The server answers 201 to extended CONNECT, and nothing more",
       hs("aborted", "h2-status-2xx-not-200", "server", 201, target="/created", why="Only 200 opens a WebSocket",
          accept=["response-2xx-other"]))
def h2_node_status_201(lab):
    lab.h2_server()
    ask(lab, "/created", seconds=2)


@story("The 200 ends the stream in the same frame",
       hs("closed-early", "h2-response-end-stream", "server", 200, target="/ended", why="END_STREAM on the HEADERS of the answer: nothing can follow"))
def h2_node_response_end_stream(lab):
    lab.h2_server()
    ask(lab, "/ended")


@story("The server resets the stream with REFUSED_STREAM",
       hs("reset", "h2-stream-reset", "server", target="/refused", why="RST_STREAM of the server instead of an answer"))
def h2_node_rst_refused_stream(lab):
    lab.h2_server()
    ask(lab, "/refused")


@story("The server resets the stream with HTTP_1_1_REQUIRED",
       hs("reset", "h2-stream-reset", "server", target="/http-1.1", why="RST_STREAM that asks for another version of HTTP"))
def h2_node_rst_http11_required(lab):
    lab.h2_server()
    ask(lab, "/http-1.1")


@story("The server resets the stream with INTERNAL_ERROR",
       hs("reset", "h2-stream-reset", "server", target="/broken", why="RST_STREAM of the server instead of an answer"))
def h2_node_rst_internal_error(lab):
    lab.h2_server()
    ask(lab, "/broken")


@story("The server shuts the connection down with ENHANCE_YOUR_CALM while the handshake waits",
       hs("closed", "h2-goaway", "server", target="/calm", why="GOAWAY with an error while the stream waits, and then the end of the connection"))
def h2_node_goaway_calm(lab):
    lab.h2_server()
    ask(lab, "/calm")


@story("The server restarts while a handshake waits: GOAWAY with NO_ERROR that leaves its stream out",
       hs("reset", "h2-goaway", "server", target="/restart", why="The stream is above the last one that the server took"))
def h2_node_goaway_restart(lab):
    lab.h2_server()
    with lab.capture("tcp port 9001"):
        lab.h2_client(9001, {"set": {":method": "GET", ":path": "/healthz"}, "drop": [":protocol", "sec-websocket-version", "origin"], "end": True},
                      {"set": {":path": "/restart"}, "after": True})


@story("The server takes the request and never answers",
       hs("no-response", "response-timeout", "server", target="/silent", why="Twelve seconds without a frame on the stream"))
def h2_node_timeout(lab):
    lab.h2_server()
    ask(lab, "/silent", seconds=12)


@story("The client gives the stream up with CANCEL after a second without an answer",
       hs("reset", "client-gave-up", "client", target="/silent", why="RST_STREAM of the client before there is an answer"))
def h2_node_client_cancel(lab):
    lab.h2_server()
    ask(lab, "/silent", {"cancel": 1})


@story("An interim 103 comes before the 200",
       ok("103 is not the answer", status=200, target="/hints"))
def healthy_h2_node_early_hints(lab):
    lab.h2_server()
    ask(lab, "/hints")


@story("A request whose fields do not fit into one frame: HEADERS and CONTINUATION",
       ok("A large cookie, and nothing is wrong", status=200))
def healthy_h2_node_continuation(lab):
    lab.h2_server()
    ask(lab, cookie="cart=" + "made-up-" * 2100)


@story("The application accepts and closes at once with 1008",
       hs("closed-early", "post-close-policy", "server", 200, target="/policy", why="A Close frame of the server right after the 200"))
def h2_node_close_1008(lab):
    lab.h2_server()
    ask(lab, "/policy")


@story("The server accepts and resets the stream with INTERNAL_ERROR a moment later",
       hs("closed-early", "post-eof-after-101", "server", 200, target="/drop", why="RST_STREAM of the server without a Close frame",
          accept=["h2-stream-reset", "closed-without-close-frame"]))
def h2_node_reset_after_200(lab):
    lab.h2_server()
    ask(lab, "/drop", {"idle": True})


@story("The server accepts and ends the connection a moment later",
       hs("closed-early", "post-eof-after-101", "server", 200, target="/drain", why="The end of the connection without a Close frame",
          accept=["h2-goaway", "closed-without-close-frame"]))
def h2_node_connection_ends_after_200(lab):
    lab.h2_server()
    ask(lab, "/drain", {"idle": True})


@story("The server allows one stream at a time, and the client asks for two sockets before it knows",
       [ok("The first one", status=200),
        hs("reset", "h2-stream-reset", "server", target="/proto", why="REFUSED_STREAM: one stream too many")])
def h2_node_too_many_streams(lab):
    lab.h2_server(streams=1)
    with lab.capture("tcp port 9001"):
        lab.h2_client(9001, {}, {"set": {":path": "/proto"}}, hasty=True)


@story("A client without a token is refused, and comes again with one on the same connection",
       [hs("rejected", "auth-missing-credentials", "client", 401, target="/private", why="No Authorization", superseded=True, accept=["response-401"]),
        ok("The token is right", status=200, target="/private")])
def h2_node_401_then_token(lab):
    lab.h2_server()
    with lab.capture("tcp port 9001"):
        lab.h2_client(9001, {"set": {":path": "/private"}},
                      {"set": {":path": "/private", "authorization": "Bearer good-made-up-token"}, "after": True})


@story("Pages, an error and a form on one HTTP/2 connection, and no WebSocket", [])
def h2_node_no_websocket(lab):
    lab.h2_server(page="<!doctype html><title>lab</title>")
    def get(path, method="GET"):
        return {"set": {":method": method, ":path": path}, "drop": [":protocol", "sec-websocket-version"], "end": True}
    with lab.capture("tcp port 9001"):
        lab.h2_client(9001, get("/"), get("/healthz"), get("/caht"), get("/form", "POST"))
