"""Servers on Java: Jetty and Tomcat."""

from lab import UPGRADE, hs, ok, scenario


def tomcat(lab):
    """/chat, /origin for one Origin, /proto with the subprotocol chat.v2; see programs/TomcatServer.java."""
    lab.java("TomcatServer", "tomcat10-*")


def jetty(lab):
    """The same; see programs/JettyServer.java."""
    modules = "server servlet util util-ajax http io security websocket-api websocket-common websocket-server websocket-servlet"
    lab.java("JettyServer", *(f"jetty9-{module}" for module in modules.split()), "servlet-api")


@scenario("A client of Tomcat ends a used connection without a Close frame; Tomcat makes 1006 of that, and 1002 of 1006",
          [ok("Tomcat's Close frame with 1002 comes after the FIN of the client, and ends nothing")],
          "tomcat raw-client")
def healthy_tomcat_client_leaves(lab):
    tomcat(lab)
    with lab.capture("tcp port 9001"):
        lab.raw_client("leaving")


@scenario("Tomcat accepts; its 101 has no reason, which is legal",
          [ok("Negotiates permessage-deflate"), ok("Selects the subprotocol", target="/proto")],
          "tomcat node-ws")
def healthy_tomcat(lab):
    tomcat(lab)
    with lab.capture("tcp port 9001"):
        lab.node_client("ws://127.0.0.1:9001/chat", deflate=True)
        lab.node_client("ws://127.0.0.1:9001/proto", protocols=["chat.v1", "chat.v2"])


@scenario("Tomcat knows none of the subprotocols offered and selects none; ws gives up",
          [hs("aborted", "subprotocol-not-selected", "server", 101, target="/proto",
              why="The 101 selects none, and the client leaves at once")],
          "tomcat node-ws")
def tomcat_subprotocol_not_selected(lab):
    tomcat(lab)
    with lab.capture("tcp port 9001"):
        lab.node_client("ws://127.0.0.1:9001/proto", protocols=["chat.v1"])


@scenario("checkOrigin of a Configurator refuses the page's Origin in Tomcat",
          [hs("rejected", "origin-rejected", "server", 403, target="/origin",
              why="The Origin is of another host, and the configurator wants one of its own list")],
          "tomcat curl")
def tomcat_origin_403(lab):
    tomcat(lab)
    with lab.capture("tcp port 9001"):
        lab.curl("http://127.0.0.1:9001/origin", {**UPGRADE, "Origin": "https://shop.example.test"})


@scenario("A WebSocketCreator of Jetty returns null for a subprotocol that it does not know",
          [hs("rejected", "response-503", "server", 503, target="/proto",
              why="Jetty says Endpoint Creation Failed: the application refused the request, nothing is overloaded")],
          "jetty curl")
def jetty_endpoint_null_503(lab):
    jetty(lab)
    with lab.capture("tcp port 9001"):
        lab.curl("http://127.0.0.1:9001/proto", {**UPGRADE, "Sec-WebSocket-Protocol": "chat.v1"})
