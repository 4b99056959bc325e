"""A server for faults that no library produces: PORT BEHAVIOUR.

Serves one connection after another; each BEHAVIOUR is one function.
"""

import base64
import hashlib
import re
import socket
import struct
import sys
import time

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TLS = b"\x16"  # a ClientHello has no end that a program like this could find


def accept_of(head, suffix=GUID):
    key = re.search(rb"(?im)^sec-websocket-key:[ \t]*(\S+)", head)[1]
    return base64.b64encode(hashlib.sha1(key + suffix).digest()).decode()


def send(connection, *lines):
    connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())


def switch(connection, head, **change):
    """A correct 101, apart from `change`: a value replaces a field, None leaves it out."""
    fields = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": accept_of(head)}
    fields.update({name.replace("_", "-"): value for name, value in change.items()})
    send(connection, "HTTP/1.1 101 Switching Protocols",
         *(f"{name}: {value}" for name, value in fields.items() if value is not None))


def linger(connection, seconds=1.5):
    """Read until the client leaves."""
    connection.settimeout(seconds)
    try:
        while connection.recv(4096):
            pass
    except OSError:
        pass


def wrong_accept(connection, head):
    """Forgets the GUID: the digest is taken over the bare key."""
    switch(connection, head, Sec_WebSocket_Accept=accept_of(head, b""))
    linger(connection)


def no_accept(connection, head):
    switch(connection, head, Sec_WebSocket_Accept=None)
    linger(connection)


def bare_101(connection, head):
    """101 with Accept, but without Upgrade and Connection."""
    switch(connection, head, Upgrade=None, Connection=None)
    linger(connection)


def no_connection(connection, head):
    switch(connection, head, Connection=None)
    linger(connection)


def wrong_upgrade(connection, head):
    """Names another protocol."""
    switch(connection, head, Upgrade="tcp")
    linger(connection)


def unoffered_extension(connection, head):
    switch(connection, head, Sec_WebSocket_Extensions="x-webkit-deflate-frame")
    linger(connection)


def silent(connection, head):
    """Reads the request and never answers."""
    linger(connection, 30)


def reset(connection, head):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def close(connection, head):
    pass


def half_head(connection, head):
    """Dies in the middle of the response head."""
    connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConn")


def not_http(connection, head):
    connection.sendall(b"220 mail.example.test ESMTP ready\r\n")
    linger(connection)


def http_text_after_101(connection, head):
    switch(connection, head)
    connection.sendall(b"<html><body>chat is down for maintenance</body></html>")
    linger(connection)


def masked_frames(connection, head):
    """Masks its frames, which only clients do."""
    switch(connection, head)
    mask = b"\x11\x22\x33\x44"
    text = b"hello"
    connection.sendall(bytes([0x81, 0x80 | len(text)]) + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(text)))
    linger(connection)


def hixie76(connection, head):
    """The handshake of draft-ietf-hybi-thewebsocketprotocol-00."""
    head, _, body = head.partition(b"\r\n\r\n")
    while len(body) < 8:
        body += connection.recv(8)
    numbers = []
    for name in (b"Key1", b"Key2"):
        value = re.search(rb"(?m)^Sec-WebSocket-" + name + rb": (.*)$", head)[1].rstrip(b"\r")
        numbers.append(int(re.sub(rb"\D", b"", value)) // value.count(b" "))
    digest = hashlib.md5(struct.pack(">II", *numbers) + body).digest()
    origin = re.search(rb"(?m)^Origin: (\S+)", head)[1].decode()
    host = re.search(rb"(?m)^Host: (\S+)", head)[1].decode()
    send(connection, "HTTP/1.1 101 WebSocket Protocol Handshake", "Upgrade: WebSocket", "Connection: Upgrade",
         f"Sec-WebSocket-Origin: {origin}", f"Sec-WebSocket-Location: ws://{host}/chat")
    connection.sendall(digest)
    frame = connection.recv(200)
    connection.sendall(frame)
    connection.recv(2)
    connection.sendall(b"\xff\x00")


def main():
    port, behaviour = int(sys.argv[1]), globals()[sys.argv[2].replace("-", "_")]
    with socket.create_server(("127.0.0.1", port)) as listener:
        while True:
            connection, _ = listener.accept()
            with connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                head = b""
                try:
                    while b"\r\n\r\n" not in head and head[:1] != TLS:
                        data = connection.recv(65536)
                        if not data:
                            break
                        head += data
                    if head:
                        time.sleep(0.01)
                        behaviour(connection, head)
                except OSError:
                    pass


main()
