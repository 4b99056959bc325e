"""An HTTP/2 server on Python's h2, which is told to check nothing, for one connection: PORT BEHAVIOUR
What it does wrong stands in BEHAVIOURS. Where it opens a WebSocket, it echoes."""

import socket
import sys

import h2.config
import h2.connection
import h2.events
import h2.settings
from hyperframe.frame import SettingsFrame

# The settings of the server, the fields that it answers with, and the settings that follow them.
RIGHT = {8: 1}
OK = [(":status", "200")]
BEHAVIOURS = {
    "right": (RIGHT, OK, None),
    "setting-2": ({8: 2}, OK, None),
    "withdrawn": (RIGHT, None, {8: 0}),
    "status-101": (RIGHT, [(":status", "101"), ("sec-websocket-accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")], None),
    "upgrade-fields": (RIGHT, OK + [("upgrade", "websocket"), ("connection", "Upgrade")], None),
    "uppercase": (RIGHT, OK + [("Sec-WebSocket-Protocol", "chat.v1")], None),
    "content-length": (RIGHT, OK + [("content-length", "0")], None),
    "status-204": (RIGHT, [(":status", "204")], None),
    "unoffered-extension": (RIGHT, OK + [("sec-websocket-extensions", "permessage-deflate")], None),
}

settings, fields, after = BEHAVIOURS[sys.argv[2]]
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
connection = listener.accept()[0]
connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
h = h2.connection.H2Connection(h2.config.H2Configuration(
    client_side=False, header_encoding="utf-8", validate_outbound_headers=False,
    normalize_outbound_headers=False, validate_inbound_headers=False))
h.local_settings = h2.settings.Settings(client=False, initial_values={3: 100})
h.initiate_connection()
h.data_to_send()


def send_settings(values):
    connection.sendall(SettingsFrame(0, settings=values).serialize())


def unmask(data):
    return bytes(b ^ data[2 + i % 4] for i, b in enumerate(data[6:6 + (data[1] & 0x7F)]))


send_settings(settings)
while True:
    data = connection.recv(65536)
    if not data:
        break
    for event in h.receive_data(data):
        print(event, flush=True)
        stream = getattr(event, "stream_id", None)
        if isinstance(event, h2.events.RequestReceived):
            if after:
                send_settings(after)
                h.reset_stream(stream, 7)
            elif fields[0][1] == "101":
                # The library would not send 101 for the answer.
                block = h.encoder.encode(fields)
                connection.sendall(len(block).to_bytes(3, "big") + b"\x01\x04" + stream.to_bytes(4, "big") + block)
            else:
                h.send_headers(stream, fields, end_stream=fields[0][1] == "204")
        elif isinstance(event, h2.events.DataReceived) and len(event.data) > 6:
            h.acknowledge_received_data(event.flow_controlled_length, stream)
            body = unmask(event.data)
            h.send_data(stream, bytes([event.data[0], len(body)]) + body, end_stream=event.data[0] == 0x88)
    connection.sendall(h.data_to_send())
