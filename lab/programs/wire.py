"""An Ethernet cable with faults: CLIENT_NS SERVER_NS [FAULT].

Makes a TAP device in each of the two namespaces (client0 with 192.0.2.1,
server0 with 192.0.2.2) and passes frames between them. Faults apply to TCP
segments with payload:

  --swap            holds a small segment from the client back until the next one has passed
  --lose-heads      loses the first data segment of each direction
  --lose-large N    loses frames from the client above N octets
  --double          delivers every frame to the server twice
  --mirror VLAN     copies every frame, tagged, to the device mirror0
  --tun             no fault, but TUN instead of TAP devices: packets without Ethernet header
"""

import fcntl
import os
import select
import struct
import subprocess
import sys
import time

TUNSETIFF, IFF_TUN, IFF_TAP, IFF_NO_PI = 0x400454CA, 0x0001, 0x0002, 0x1000
CLIENT, SERVER = sys.argv[1:3]
FAULT = sys.argv[3] if len(sys.argv) > 3 else ""
MODE = IFF_TUN if FAULT == "--tun" else IFF_TAP
VALUE = int(sys.argv[4]) if len(sys.argv) > 4 else 0


def tap(name):
    device = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH", name.encode(), MODE | IFF_NO_PI))
    return device


def place(name, ns, address):
    subprocess.run(["ip", "link", "set", name, "netns", ns], check=True)
    subprocess.run(["ip", "-n", ns, "addr", "add", address, "dev", name], check=True)
    subprocess.run(["ip", "-n", ns, "link", "set", name, "up"], check=True)


def payload(frame):
    """Octets of TCP payload in an Ethernet/IPv4 frame; 0 for anything else."""
    if frame[12:14] != b"\x08\x00" or frame[23] != 6:
        return 0
    header = (frame[14] & 15) * 4
    total = struct.unpack("!H", frame[16:18])[0]
    return total - header - (frame[14 + header + 12] >> 4) * 4


client, server = tap("client0"), tap("server0")
place("client0", CLIENT, "192.0.2.1/24")
place("server0", SERVER, "192.0.2.2/24")
mirror = None
if FAULT == "--mirror":
    mirror = tap("mirror0")
    subprocess.run(["ip", "link", "set", "mirror0", "up"], check=True)
print("up", flush=True)

lost = set()
held, held_at = None, 0.0
while True:
    ready, _, _ = select.select([client, server], [], [], 0.02)
    if held is not None and time.monotonic() - held_at > 0.1:
        os.write(server, held)
        held = None
    for source in ready:
        frame, target = os.read(source, 65536), server if source == client else client
        data = payload(frame)
        if mirror is not None:
            os.write(mirror, frame[:12] + struct.pack("!HH", 0x8100, VALUE) + frame[12:])
        if FAULT == "--lose-heads" and data and source not in lost:
            lost.add(source)
            continue
        if FAULT == "--lose-large" and source == client and len(frame) > VALUE:
            continue
        if FAULT == "--swap" and source == client and data:
            if held is None:
                held, held_at = frame, time.monotonic()
                continue
            os.write(server, frame)
            frame, held = held, None
        os.write(target, frame)
        if FAULT == "--double" and target == server:
            os.write(target, frame)
