"""101, and then the application lets the client in or refuses it."""

from lab import HERE, hs, ok, scenario

GOOD, BAD = "let-me-in", "made-up-and-wrong"


def application(lab, kind, url, token, *option):
    lab.start(["node", HERE / "programs/applications_server.js", kind, 9001], port=9001)
    with lab.capture("tcp port 9001"):
        lab.run("node", HERE / "programs/applications_client.js", kind, url, token, *option)


def refused(target, why, **more):
    return hs("closed-early", "post-refused-by-application", "server", 101, target=target, why=why, **more)


ENGINE, IO_URL = "/socket.io/", "http://127.0.0.1:9001"


@scenario("A middleware of Socket.IO refuses the client's token",
          [refused(ENGINE, "io.use() calls next() with an error; the client leaves when it is told")],
          "socket.io")
def socketio_refused(lab):
    application(lab, "socket.io", IO_URL, BAD)


@scenario("A middleware of Socket.IO refuses the client in the one namespace that it asks for",
          [refused(ENGINE, "The client asks for /admin alone, is refused, and leaves")],
          "socket.io")
def socketio_namespace_refused(lab):
    application(lab, "socket.io", IO_URL, GOOD, "/admin")


@scenario("A Socket.IO session: connected, one event with its acknowledgement, left",
          [ok("The middleware lets the client in", target=ENGINE)], "socket.io")
def healthy_socketio(lab):
    application(lab, "socket.io", IO_URL, GOOD)


def python_socketio(lab, token):
    lab.start(["/usr/bin/python3", "-m", "uvicorn", "--app-dir", HERE / "programs", "--host", "127.0.0.1",
               "--port", "9001", "python_socketio:app"], port=9001)
    with lab.capture("tcp port 9001"):
        lab.run("node", HERE / "programs/applications_client.js", "socket.io", IO_URL, token)


@scenario("python-socketio refuses the client's token in a compressed message",
          [refused(ENGINE, "connect raises ConnectionRefusedError; uvicorn compresses each message, and each may refer to those before it")],
          "python-socketio socket.io-client")
def socketio_python_refused(lab):
    python_socketio(lab, BAD)


@scenario("A session of python-socketio with compression: connected, one event with its acknowledgement, left",
          [ok("connect lets the client in", target=ENGINE)], "python-socketio socket.io-client")
def healthy_socketio_python(lab):
    python_socketio(lab, GOOD)


GRAPHQL = "ws://127.0.0.1:9001/graphql"


@scenario("onConnect of subscriptions-transport-ws throws",
          [refused("/graphql", "connection_error, then close 1011", accept=["post-close-other"])],
          "subscriptions-transport-ws")
def graphql_legacy_refused(lab):
    application(lab, "subscriptions-transport-ws", GRAPHQL, BAD)


@scenario("subscriptions-transport-ws lets the client in",
          [ok("connection_ack", target="/graphql")], "subscriptions-transport-ws")
def healthy_graphql_legacy(lab):
    application(lab, "subscriptions-transport-ws", GRAPHQL, GOOD)


@scenario("onConnect of graphql-ws returns false, which closes with 4403",
          [hs("closed-early", "post-close-policy", "server", 101, target="/graphql", accept=["post-close-other"],
              why="graphql-ws refuses with the close code 4403 and has no message for it")],
          "graphql-ws")
def graphql_ws_refused(lab):
    application(lab, "graphql-ws", GRAPHQL, BAD)


@scenario("graphql-ws lets the client in; one query", [ok("connection_ack", target="/graphql")], "graphql-ws")
def healthy_graphql_ws(lab):
    application(lab, "graphql-ws", GRAPHQL, GOOD)


STOMP = "ws://127.0.0.1:9001/stomp"


@scenario("A STOMP broker refuses CONNECT", [refused("/stomp", "An ERROR frame in the place of CONNECTED")], "stomp")
def stomp_refused(lab):
    application(lab, "stomp", STOMP, BAD)


@scenario("A STOMP broker lets the client in", [ok("CONNECTED", target="/stomp")], "stomp")
def healthy_stomp(lab):
    application(lab, "stomp", STOMP, GOOD)


def mqtt(lab, token, version=4):
    words = lab.file("passwords", "")
    lab.run("mosquitto_passwd", "-b", words, "lab", GOOD)
    config = lab.file("mosquitto.conf", f"""
user root
password_file {words}
listener 1883 127.0.0.1
listener 9001
protocol websockets
""")
    lab.start(["mosquitto", "-c", config], port=9001)
    with lab.capture("tcp port 9001"):
        lab.run("node", HERE / "programs/applications_client.js", "mqtt", "ws://127.0.0.1:9001/mqtt", token, version)


@scenario("mosquitto refuses a wrong password, MQTT 3.1.1",
          [refused("/mqtt", "CONNACK with code 5 instead of 0")], "mosquitto mqtt")
def mqtt_refused(lab):
    mqtt(lab, BAD)


@scenario("mosquitto refuses a wrong password, MQTT 5",
          [refused("/mqtt", "CONNACK with code 0x87 instead of 0")], "mosquitto mqtt")
def mqtt5_refused(lab):
    mqtt(lab, BAD, 5)


@scenario("mosquitto lets the client in; one message published and received",
          [ok("CONNACK with code 0", target="/mqtt")], "mosquitto mqtt")
def healthy_mqtt(lab):
    mqtt(lab, GOOD)


@scenario("mosquitto lets the client in over MQTT 5; one message published and received",
          [ok("CONNACK with code 0", target="/mqtt")], "mosquitto mqtt")
def healthy_mqtt5(lab):
    mqtt(lab, GOOD, 5)


def action_cable(lab, token):
    lab.start(["puma", "-q", "-b", "tcp://127.0.0.1:9001", HERE / "programs/action_cable.ru"], port=9001)
    with lab.capture("tcp port 9001"):
        lab.node_client("ws://127.0.0.1:9001/cable", protocols=["actioncable-v1-json", "actioncable-unsupported"],
                        headers={"Cookie": f"token={token}"}, origin="http://127.0.0.1:9001", receive=True, stay=token == BAD)


@scenario("Action Cable: connect calls reject_unauthorized_connection",
          [refused("/cable", "disconnect with reason unauthorized, then the server closes")],
          "action-cable node-ws")
def action_cable_refused(lab):
    action_cable(lab, BAD)


@scenario("Action Cable lets the client in", [ok("welcome", target="/cable")], "action-cable node-ws")
def healthy_action_cable(lab):
    action_cable(lab, GOOD)


@scenario("A client of Engine.IO protocol 3 asks python-socketio 5 for the upgrade",
          [hs("rejected", "version-engineio-mismatch", "client", 400, target=ENGINE + "?EIO=3&transport=websocket",
              why="The query says EIO=3; python-engineio 4 takes EIO=4 only and says so")],
          "python-socketio-wsgi curl")
def engineio_protocol_mismatch_python(lab):
    lab.start(["/usr/bin/python3", HERE / "programs/python_socketio_wsgi.py", 9001], port=9001)
    with lab.capture("tcp port 9001"):
        lab.curl(f"{IO_URL}/socket.io/?EIO=3&transport=websocket")
