"""Opens WebSockets inside one HTTP/2 connection with the library h2, which is told to check nothing. One JSON argument:
  port        of 127.0.0.1
  keys        file for the session keys: speak TLS, and check no certificate
  name        the server name of the TLS handshake
  upgrade     begin with GET / and Upgrade: h2c in HTTP/1.1
  hasty       send the requests at once, without a look at the server's settings
  seconds     the most to wait (3)
  requests    what to send, in order, {} = one right extended CONNECT for /chat:
    set         fields to change or to add; [name, value, ...]: several lines
    drop        names of fields to leave out
    order       names of fields to send last
    end         END_STREAM on the request
    early       a frame (and its DATA) before there is an answer
    cancel      RST_STREAM with CANCEL after so many seconds without an answer
    idle        say nothing on the WebSocket
    after       wait for the end of the request before this one
A stream answered with 200 sends a masked text, waits for the echo, sends Close, and ends."""

import json
import select
import socket
import ssl
import sys
import time

import h2.config
import h2.connection
import h2.events
import h2.settings

o = json.loads(sys.argv[1])
MASK = bytes([1, 2, 3, 4])


def frame(first, body):
    return bytes([first, 0x80 | len(body)]) + MASK + bytes(b ^ MASK[i % 4] for i, b in enumerate(body))


def fields(request):
    all_fields = {
        ":method": "CONNECT",
        ":protocol": "websocket",
        ":scheme": "https" if "keys" in o else "http",
        ":path": "/chat",
        ":authority": f"127.0.0.1:{o['port']}",
        "sec-websocket-version": "13",
        "origin": f"{'https' if 'keys' in o else 'http'}://127.0.0.1:{o['port']}",
    }
    all_fields.update(request.get("set", {}))
    for name in request.get("drop", ()):
        all_fields.pop(name, None)
    for name in request.get("order", ()):
        all_fields[name] = all_fields.pop(name)
    return [(n, v) for n, values in all_fields.items() for v in (values if isinstance(values, list) else [values])]


raw = socket.create_connection(("127.0.0.1", o["port"]))
raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
if "keys" in o:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.keylog_filename = o["keys"]
    context.set_alpn_protocols(["h2"])
    raw = context.wrap_socket(raw, server_hostname=o.get("name"))
    print("ALPN", raw.selected_alpn_protocol())

h = h2.connection.H2Connection(h2.config.H2Configuration(
    client_side=True, header_encoding="utf-8", validate_outbound_headers=False,
    normalize_outbound_headers=False, validate_inbound_headers=False))
h.local_settings = h2.settings.Settings(client=True, initial_values={h2.settings.SettingCodes.ENABLE_PUSH: 0})
if o.get("upgrade"):
    offered = h.initiate_upgrade_connection().decode()
    raw.sendall(f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{o['port']}\r\nConnection: Upgrade, HTTP2-Settings\r\n"
                f"Upgrade: h2c\r\nHTTP2-Settings: {offered}\r\n\r\n".encode())
    head = b""
    while b"\r\n\r\n" not in head:
        head += raw.recv(1)
    print(head)
else:
    h.initiate_connection()
raw.sendall(h.data_to_send())

# The frames that come in on a WebSocket are counted; a stream that is none counts nothing.
waiting, open_streams, cancels, idle = list(o["requests"]), {}, {}, set()
end = time.monotonic() + o.get("seconds", 3)
settled = o.get("hasty", False)


def ask():
    while waiting and settled and not (waiting[0].get("after") and open_streams):
        request = waiting.pop(0)
        stream = h.get_next_available_stream_id()
        h.send_headers(stream, fields(request), end_stream=request.get("end", False))
        talks = dict(fields(request)).get(":method") == "CONNECT" and not request.get("end")
        open_streams[stream] = 0 if talks else None
        if request.get("early"):
            h.send_data(stream, frame(0x81, b"hello before the answer"))
        if request.get("idle"):
            idle.add(stream)
        if "cancel" in request:
            cancels[stream] = time.monotonic() + request["cancel"]


def take(event):
    global settled
    print(event)
    stream = getattr(event, "stream_id", None)
    if isinstance(event, h2.events.RemoteSettingsChanged):
        settled = True
    elif isinstance(event, h2.events.ResponseReceived):
        cancels.pop(stream, None)
        if dict(event.headers)[":status"] == "200" and event.stream_ended is None and open_streams.get(stream) is not None \
                and stream not in idle:
            h.send_data(stream, frame(0x81, b"hello from the lab"))
    elif isinstance(event, h2.events.DataReceived):
        h.acknowledge_received_data(event.flow_controlled_length, stream)
        if event.data and open_streams.get(stream) is not None and event.data[0] & 0x80:
            open_streams[stream] += 1
            if open_streams[stream] == 1 and event.data[0] & 0x0F != 8:
                h.send_data(stream, frame(0x88, b"\x03\xe8"))
    elif isinstance(event, (h2.events.StreamEnded, h2.events.StreamReset)):
        if open_streams.pop(stream, None) is not None and isinstance(event, h2.events.StreamEnded):
            try:
                h.end_stream(stream)
            except h2.exceptions.ProtocolError as error:
                print("end:", error)
    elif isinstance(event, h2.events.ConnectionTerminated):
        open_streams.clear()
        waiting.clear()


try:
    while time.monotonic() < end and (waiting or open_streams):
        ask()
        for stream, at in list(cancels.items()):
            if time.monotonic() >= at:
                h.reset_stream(stream, 8)
                cancels.pop(stream)
                open_streams.pop(stream, None)
        raw.sendall(h.data_to_send())
        if not (hasattr(raw, "pending") and raw.pending()) and not select.select([raw], [], [], 0.05)[0]:
            continue
        data = raw.recv(65536)
        if not data:
            print("end of the connection")
            break
        for event in h.receive_data(data):
            take(event)
        raw.sendall(h.data_to_send())
    h.close_connection()
    raw.sendall(h.data_to_send())
except (OSError, h2.exceptions.ProtocolError) as error:
    print(repr(error))
    if isinstance(error, h2.exceptions.ProtocolError):
        raw.sendall(h.data_to_send())
time.sleep(0.1)
raw.close()
