"""A client for requests that no library sends: HOST PORT KIND."""

import socket
import struct
import sys
import time

HOST, PORT, KIND = sys.argv[1], int(sys.argv[2]), sys.argv[3]
AUTHORITY = f"{HOST}:{PORT}"
KEY = "AQIDBAUGBwgJCgsMDQ4PEA=="
REQUEST = (f"GET /chat HTTP/1.1\r\nHost: {AUTHORITY}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           f"Sec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\nUser-Agent: lab-raw-client/1\r\n\r\n").encode()
HELLO = bytes([0x81, 0x85, 1, 2, 3, 4]) + bytes(b ^ m for b, m in zip(b"hello", (1, 2, 3, 4, 1)))
BYE = bytes([0x88, 0x82, 1, 2, 3, 4, 0x03 ^ 1, 0xE8 ^ 2])


def session(connection):
    """After the 101: one message each way, then Close 1000."""
    connection.recv(4096)
    connection.sendall(HELLO)
    connection.recv(4096)
    connection.sendall(BYE)
    connection.recv(4096)


def pieces(connection):
    """The request head in twelve segments."""
    step = -(-len(REQUEST) // 12)
    for start in range(0, len(REQUEST), step):
        connection.sendall(REQUEST[start:start + step])
        time.sleep(0.005)
    session(connection)


def whole(connection):
    connection.sendall(REQUEST)
    session(connection)


def keep_alive_whole(connection):
    """An ordinary request, a pause in which the capture can start, then the upgrade."""
    connection.sendall(f"GET /healthz HTTP/1.1\r\nHost: {AUTHORITY}\r\n\r\n".encode())
    connection.recv(4096)
    time.sleep(2)
    whole(connection)


def long_session(connection):
    """The upgrade, a pause in which the capture can start, then a message."""
    connection.sendall(REQUEST)
    connection.recv(4096)
    time.sleep(2)
    connection.sendall(HELLO)
    connection.recv(4096)
    connection.sendall(BYE)
    connection.recv(4096)


def leaving(connection):
    """One message each way, then the end without a Close frame."""
    connection.sendall(REQUEST)
    connection.recv(4096)
    connection.sendall(HELLO)
    connection.recv(4096)
    time.sleep(0.3)
    connection.shutdown(socket.SHUT_WR)
    time.sleep(0.3)


def unmasked(connection):
    """Forgets to mask its frames."""
    connection.sendall(REQUEST)
    connection.recv(4096)
    connection.sendall(b"\x81\x05hello")
    connection.recv(4096)


def eager(connection):
    """Sends the first frame together with the request, before the 101."""
    connection.sendall(REQUEST + HELLO)
    connection.recv(4096)


def bare_lf(connection):
    """Ends its lines with LF alone."""
    connection.sendall(REQUEST.replace(b"\r\n", b"\n"))
    session(connection)


def two_hosts(connection):
    connection.sendall(REQUEST.replace(b"Upgrade:", b"Host: other.example.test\r\nUpgrade:", 1))
    connection.recv(4096)


def no_host(connection):
    connection.sendall(REQUEST.replace(f"Host: {AUTHORITY}\r\n".encode(), b""))
    connection.recv(4096)


def unfinished(connection):
    """Leaves out the empty line that ends the head, then closes."""
    connection.sendall(REQUEST[:-2])
    time.sleep(0.3)


def hixie76(connection):
    connection.sendall((
        f"GET /chat HTTP/1.1\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\nHost: {AUTHORITY}\r\n"
        f"Origin: http://{AUTHORITY}\r\nSec-WebSocket-Key1: 18x 6]8vM;54 *(5:  {{   U1]8  z [  8\r\n"
        f"Sec-WebSocket-Key2: 1_ tx7X d  <  nw  334J702) 7]o}}` 0\r\n\r\nTm[K T2u").encode())
    answer = b""
    while len(answer.partition(b"\r\n\r\n")[2]) < 16:
        answer += connection.recv(4096)
    connection.sendall(b"\x00hello\xff")
    connection.recv(100)
    connection.sendall(b"\xff\x00")
    connection.recv(2)


def whole_from_port_40000(connection):
    """Like whole, but ends with RST, so that the port is free at once."""
    whole(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


SOURCE = ("", int(KIND.rsplit("-", 1)[1])) if "-from-port-" in KIND else None
with socket.create_connection((HOST, PORT), timeout=15, source_address=SOURCE) as connection:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    globals()[KIND.replace("-", "_")](connection)
