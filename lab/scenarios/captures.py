"""Captures that do not show everything, and how much can be said about them."""

import time

from lab import HERE, hs, ok, scenario


def cannot_tell(why, **more):
    return hs("incomplete", why=why, **more)


def later(lab, kind):
    """Start the raw client now and the capture while it pauses."""
    client = lab.start(["/usr/bin/python3", HERE / "programs/raw_client.py", "127.0.0.1", "9001", kind])
    time.sleep(0.7)
    with lab.capture("tcp port 9001"):
        client.wait(10)


@scenario("The capture filter keeps SYN segments out; the handshake itself is there",
          [ok("Both heads are complete; only the opening of the connection is missing")],
          "node-ws", note="Capture filter: tcp port 9001 and tcp[tcpflags] & tcp-syn = 0")
def midstream_without_syn(lab):
    lab.node_ws()
    with lab.capture("tcp port 9001 and tcp[tcpflags] & tcp-syn = 0"):
        lab.node_client("ws://127.0.0.1:9001/chat")


@scenario("The capture starts during a keep-alive connection: an ordinary request came before, the upgrade is there",
          [ok("Both heads of the upgrade are complete")],
          "raw-client node-ws", note="tcpdump was started between the two requests")
def midstream_keep_alive(lab):
    lab.node_ws(page="ok")
    later(lab, "keep-alive-whole")


@scenario("The capture starts after the upgrade: frames only",
          [],
          "raw-client node-ws", note="tcpdump was started after the 101", checked=False)
def midstream_after_upgrade(lab):
    lab.node_ws()
    later(lab, "long-session")


@scenario("tcpdump -s 96 cuts every head after about 30 octets; the handshake succeeded",
          [cannot_tell("The status line with 101 is there, but neither head can be read to its end, "
                       "and no field that names WebSocket is visible", status=101,
                       accept=["capture-incomplete", "meta-capture-gap"], unknown=True)],
          "node-ws gorilla", note="Snapshot length 96", checked=False)
def snaplen_96(lab):
    lab.node_ws()
    with lab.capture("tcp port 9001", snaplen=96):
        lab.gorilla_client("ws://127.0.0.1:9001/chat")


@scenario("tcpdump -s 160 cuts the request inside its key; the status 403 can be read, the reason cannot",
          [hs("rejected", "response-403", "server", 403,
              accept=["undetermined", "capture-incomplete", "meta-capture-gap", "auth-forbidden",
                      "auth-missing-credentials"],
              why="Sec-WebSocket-Version and the status are visible; the request is cut inside its key, the answer in its body")],
          "node-ws", note="Snapshot length 160", checked=False)
def snaplen_160_rejected(lab):
    lab.node_ws(refuse=[403, "not today"])
    with lab.capture("tcp port 9001", snaplen=160):
        lab.node_client("ws://127.0.0.1:9001/chat")


@scenario("Only packets from the client were captured; the handshake succeeded",
          [cannot_tell("The request is complete, the answer is not in the capture; the client's frames show "
                       "that it was accepted",
                       accept=["capture-incomplete", "meta-one-direction-only"])],
          "node-ws", note="Capture filter: tcp dst port 9001")
def one_direction_client(lab):
    lab.node_ws()
    with lab.capture("tcp dst port 9001"):
        lab.node_client("ws://127.0.0.1:9001/chat")


@scenario("Only packets from the server were captured; it answers 101",
          [cannot_tell("The 101 to websocket is there, the request is not, so the Accept value cannot be checked",
                       status=101, target="", accept=["capture-incomplete", "meta-one-direction-only"])],
          "node-ws", note="Capture filter: tcp src port 9001")
def one_direction_server(lab):
    lab.node_ws()
    with lab.capture("tcp src port 9001"):
        lab.node_client("ws://127.0.0.1:9001/chat")


@scenario("Fifteen handshakes of different clients at one server, written as pcapng; one of them is refused",
          [*[ok("An ordinary client") for _ in range(9)],
           hs("rejected", "http-wrong-path", "server", 404, target="/caht",
              why="No route for /caht; the server accepts /chat from everybody else"),
           *[ok("An ordinary client") for _ in range(5)]],
          "gorilla coder python-websockets", note="Converted to pcapng by editcap")
def crowd_with_one_refused(lab):
    lab.gorilla()
    with lab.capture("tcp port 9001"):
        for _ in range(3):
            lab.gorilla_client("ws://127.0.0.1:9001/chat")
            lab.coder_client("ws://127.0.0.1:9001/chat")
            lab.python_client("ws://127.0.0.1:9001/chat")
        lab.gorilla_client("ws://127.0.0.1:9001/caht")
        for _ in range(5):
            lab.coder_client("ws://127.0.0.1:9001/chat")
    lab.to_pcapng()


@scenario("Ordinary web traffic only: Chromium loads a page, curl reads it, nothing asks for WebSocket",
          [],
          "chromium curl node", note="The analyzer must say why it found nothing")
def no_websocket_at_all(lab):
    lab.node_ws(page="<!doctype html><title>lab</title><p>no socket here")
    with lab.capture("tcp port 9001"):
        lab.chromium("http://127.0.0.1:9001/", seconds=3)
        lab.curl("http://127.0.0.1:9001/", {})


@scenario("A load balancer's health check opens and closes connections without a byte, next to one good handshake",
          [ok("An ordinary client")],
          "haproxy node-ws", note="HAProxy's TCP check every 300 ms; the check connections are no failures")
def health_checks(lab):
    lab.node_ws()
    lab.haproxy("\nlisten app\n    bind 127.0.0.1:8080\n    server s1 127.0.0.1:9001 check inter 300ms\n")
    with lab.capture("tcp port 9001"):
        time.sleep(1)
        lab.node_client("ws://127.0.0.1:9001/chat")
