"""Expect in the request of the handshake."""

from lab import HERE, UPGRADE, hs, ok, scenario

LEGS = "tcp port 8080 or tcp port 9001"


def expecting(what):
    return {**UPGRADE, "Expect": what}


def unmet(why, server=9001, actor="client", **more):
    return hs("rejected", "response-417", actor, 417, server=server, why=why, **more)


def aiohttp(lab):
    lab.start(["/usr/bin/python3", HERE / "programs/python_stacks.py", "aiohttp", 9001], port=9001)


@scenario("Go's net/http does not know the expectation of the request", [unmet("Expect: 200-ok, which nobody defines")],
          "gorilla curl")
def expectation_unknown_go(lab):
    lab.gorilla()
    with lab.capture("tcp port 9001"):
        lab.curl("http://127.0.0.1:9001/chat", expecting("200-ok"))


@scenario("An aiohttp handler refuses Expect: 100-continue",
          [unmet("expect_handler raises HTTPExpectationFailed", target="/strict")], "aiohttp curl")
def expectation_refused_aiohttp(lab):
    aiohttp(lab)
    with lab.capture("tcp port 9001"):
        lab.curl("http://127.0.0.1:9001/strict", expecting("100-continue"))


@scenario("nginx adds an Expect that the Go server behind it does not know; both legs",
          [unmet("The client sent no Expect: nginx adds it on the other leg", 8080, "intermediary"),
           unmet("proxy_set_header Expect 200-ok, in a request that nginx passed on", 9001, "")],
          "nginx gorilla", note="proxy_set_header Expect 200-ok")
def expectation_added_both_legs(lab):
    lab.gorilla()
    lab.nginx("""
        listen 127.0.0.1:8080;
        location / {
            proxy_pass http://127.0.0.1:9001;
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection "upgrade";
            proxy_set_header Expect 200-ok;
        }""")
    with lab.capture(LEGS):
        lab.gorilla_client("ws://127.0.0.1:8080/chat")


@scenario("Expect: 100-continue to aiohttp, which answers 100 and then 101",
          [ok("100 is an interim answer; the 101 follows")], "aiohttp curl")
def healthy_100_then_101(lab):
    aiohttp(lab)
    with lab.capture("tcp port 9001"):
        lab.curl("http://127.0.0.1:9001/chat", expecting("100-continue"))


@scenario("Expect: 100-continue to lighttpd, which answers 100 itself, in front of a gorilla/websocket server; both legs",
          [ok("100 by lighttpd, then the 101 of the server", server=8080), ok("The server's 101")],
          "lighttpd gorilla curl")
def healthy_100_lighttpd_both_legs(lab):
    lab.gorilla()
    lab.lighttpd('proxy.header = ( "upgrade" => "enable" )')
    with lab.capture(LEGS):
        lab.curl("http://127.0.0.1:8080/chat", expecting("100-continue"))
