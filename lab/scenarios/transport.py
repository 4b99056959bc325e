"""Connections that fail below HTTP."""

from lab import hs, ok, scenario

SILENT = "The server reads the request and never answers"


def two_hosts(lab):
    """Two namespaces on one cable: 192.0.2.1 (client) and 192.0.2.2 (server)."""
    client, server = lab.netns("client"), lab.netns("server")
    lab.veth(client, "192.0.2.1/24", server, "192.0.2.2/24")
    return client, server


def refused(why, **more):
    return hs("connect-failed", "tcp-connect-refused", "server", target="", why=why, **more)


@scenario("Nothing listens on the port",
          [refused("SYN answered by RST; nothing shows that the connection was meant for WebSocket", unknown=True)],
          "gorilla")
def port_refused(lab):
    with lab.capture("tcp port 9001"):
        lab.gorilla_client("ws://127.0.0.1:9001/chat")


@scenario("The server is down for a moment: one refused connection, then the same client succeeds",
          [refused("Nothing listens on port 9001 yet; the same client gets through a second later", superseded=True),
           ok("The server is up now")],
          "node-ws")
def port_refused_then_up(lab):
    with lab.capture("tcp port 9001"):
        lab.node_client("ws://127.0.0.1:9001/chat")
        lab.node_ws()
        lab.node_client("ws://127.0.0.1:9001/chat")


@scenario("The server goes away: one good handshake, then the port refuses connections",
          [ok("The server is still up"),
           refused("The server was stopped; the port carried WebSocket before, so the attempt was meant for it")],
          "node-ws")
def port_refused_after_good(lab):
    server = lab.node_ws()
    with lab.capture("tcp port 9001"):
        lab.node_client("ws://127.0.0.1:9001/chat")
        lab.stop(server)
        lab.node_client("ws://127.0.0.1:9001/chat")


@scenario("A firewall in the server's namespace drops every SYN to the port",
          [hs("connect-failed", "tcp-connect-timeout", "network", client="192.0.2.1", server="192.0.2.2:9001",
              target="", unknown=True, why="iptables -j DROP: the SYN is repeated and never answered")],
          "gorilla iptables", note="Recorded in the client's namespace; the client gives up after 8 seconds")
def connect_timeout(lab):
    client, server = two_hosts(lab)
    lab.gorilla(host="192.0.2.2", ns=server)
    lab.run("iptables", "-A", "INPUT", "-p", "tcp", "--dport", "9001", "-j", "DROP", ns=server)
    with lab.capture("tcp port 9001", iface="eth0", ns=client):
        lab.gorilla_client("ws://192.0.2.2:9001/chat", "-timeout", "8s", ns=client)


@scenario("A firewall answers every SYN to the port with ICMP administratively prohibited",
          [hs("connect-failed", "tcp-icmp-unreachable", "network", client="192.0.2.1", server="192.0.2.2:9001",
              target="", unknown=True, why="iptables -j REJECT --reject-with icmp-admin-prohibited")],
          "gorilla iptables", note="Recorded in the client's namespace, TCP and ICMP")
def icmp_unreachable(lab):
    client, server = two_hosts(lab)
    lab.gorilla(host="192.0.2.2", ns=server)
    lab.run("iptables", "-A", "INPUT", "-p", "tcp", "--dport", "9001", "-j", "REJECT",
            "--reject-with", "icmp-admin-prohibited", ns=server)
    with lab.capture("tcp port 9001 or icmp", iface="eth0", ns=client):
        lab.gorilla_client("ws://192.0.2.2:9001/chat", ns=client)


PAGE = """<!doctype html><title>lab</title><script>
const ws = new WebSocket('ws://localhost:9001/chat');
ws.onopen = () => ws.send('hello from the lab');
ws.onmessage = () => ws.close(1000);
</script>"""


@scenario("Chromium opens ws://localhost: ::1 is refused because the server listens on 127.0.0.1 only, which then succeeds",
          [hs("connect-failed", "tcp-localhost-family", "client", client="::1", server="[::1]:9001", target="",
              superseded=True, accept=["tcp-connect-refused"],
              why="The server listens on 127.0.0.1 only; the browser tries ::1 first and gets over it"),
           ok("The second address of localhost")],
          "chromium node-ws", note="The page comes from 127.0.0.1:9000, outside the capture")
def localhost_family(lab):
    lab.node_ws()
    lab.node_ws(port=9000, page=PAGE)
    with lab.capture("tcp port 9001"):
        lab.chromium("http://127.0.0.1:9000/")


@scenario("The server listens on 127.0.0.1 only and the client knows ::1 only",
          [hs("connect-failed", "tcp-connect-refused", "server", client="::1", server="[::1]:9001", target="",
              unknown=True, accept=["tcp-localhost-family"],
              why="::1 refuses; no attempt over IPv4 follows, so nothing shows that the family is at fault")],
          "node-ws")
def localhost_family_only_v6(lab):
    lab.node_ws()
    with lab.capture("tcp port 9001"):
        lab.node_client("ws://[::1]:9001/chat")


@scenario("The server resets the connection after reading the request",
          [hs("reset", "tcp-reset-before-response", "server",
              why="SO_LINGER 0: RST instead of an answer")],
          "raw-server node-ws")
def reset_before_response(lab):
    lab.raw_server("reset")
    with lab.capture("tcp port 9001"):
        lab.node_client("ws://127.0.0.1:9001/chat")


@scenario("The server closes the connection after reading the request, without an answer",
          [hs("closed", "tcp-closed-before-response", "server", why="FIN instead of an answer")],
          "raw-server python-websockets")
def closed_before_response(lab):
    lab.raw_server("close")
    with lab.capture("tcp port 9001"):
        lab.python_client("ws://127.0.0.1:9001/chat")


@scenario("The server reads the request and stays silent; the client gives up after 11 seconds",
          [hs("no-response", "response-timeout", "server", accept=["client-gave-up"],
              why=SILENT + "; ten seconds pass before the client leaves")],
          "raw-server node-ws")
def no_response_11s(lab):
    lab.raw_server("silent")
    with lab.capture("tcp port 9001"):
        lab.node_client("ws://127.0.0.1:9001/chat", timeout=11000)


@scenario("The client's handshake timeout is 500 ms and the server is slower",
          [hs("closed", "client-gave-up", "client",
              why="The client leaves after half a second, long before any usual limit")],
          "raw-server gorilla")
def client_gave_up_500ms(lab):
    lab.raw_server("silent")
    with lab.capture("tcp port 9001"):
        lab.gorilla_client("ws://127.0.0.1:9001/chat", "-timeout", "500ms")


WIRE_NOTE = "The fault is made in user space by lab/programs/wire.py, between two unmodified TCP stacks"


@scenario("The network swaps neighbouring segments of the request head; recorded at the server",
          [ok("The head is correct once its segments are in order; the server accepts it",
              client="192.0.2.1", server="192.0.2.2:9001")],
          "raw-client gorilla wire", note=WIRE_NOTE)
def healthy_reordered(lab):
    client, server = lab.wire("--swap")
    lab.gorilla(host="192.0.2.2", ns=server)
    with lab.capture("tcp port 9001", iface="server0", ns=server):
        lab.raw_client("pieces", host="192.0.2.2", ns=client)


@scenario("The network loses the request and the first copy of the 101, which TCP repeats; recorded at the client",
          [ok("Both heads arrive in the end", client="192.0.2.1", server="192.0.2.2:9001")],
          "gorilla wire", note=WIRE_NOTE)
def healthy_retransmitted(lab):
    client, server = lab.wire("--lose-heads")
    lab.gorilla(host="192.0.2.2", ns=server)
    with lab.capture("tcp port 9001", iface="client0", ns=client, tail=0.8):
        lab.gorilla_client("ws://192.0.2.2:9001/chat", ns=client)


@scenario("Every frame arrives twice at the server",
          [ok("Copies change nothing", client="192.0.2.1", server="192.0.2.2:9001")],
          "gorilla wire", note=WIRE_NOTE)
def healthy_duplicated(lab):
    client, server = lab.wire("--double")
    lab.gorilla(host="192.0.2.2", ns=server)
    with lab.capture("tcp port 9001", iface="server0", ns=server):
        lab.gorilla_client("ws://192.0.2.2:9001/chat", ns=client)


@scenario("Full-size segments vanish on the way to the server while small ones get through",
          [hs("no-response", "tcp-mtu-blackhole", "network", client="192.0.2.1", server="192.0.2.2:9001",
              accept=["response-timeout", "request-head-incomplete", "client-gave-up"],
              why="The wire loses every frame above 1400 octets, without an ICMP message; the request head has 4 KB")],
          "gorilla wire", note=WIRE_NOTE + "; recorded at the client, which gives up after 12 seconds")
def mtu_blackhole(lab):
    client, server = lab.wire("--lose-large", "1400")
    lab.gorilla(host="192.0.2.2", ns=server)
    with lab.capture("tcp port 9001", iface="client0", ns=client):
        lab.gorilla_client("ws://192.0.2.2:9001/chat", "-timeout", "12s", "-header",
                           "Cookie: session=" + "made-up-" * 500, ns=client)


@scenario("Two hosts on VLAN 42, recorded on the mirror port of a switch",
          [ok("An ordinary handshake; every frame carries an 802.1Q tag", client="192.0.2.1", server="192.0.2.2:9001")],
          "gorilla wire",
          note="lab/programs/wire.py plays the switch: it copies each frame with a tag to the mirror port")
def healthy_vlan_mirror(lab):
    client, server = lab.wire("--mirror", "42")
    lab.gorilla(host="192.0.2.2", ns=server)
    with lab.capture("vlan and tcp port 9001", iface="mirror0"):
        lab.gorilla_client("ws://192.0.2.2:9001/chat", ns=client)


@scenario("A router forwards the connection; recorded on all of its interfaces at once, so each packet is there twice",
          [ok("One handshake, seen on both interfaces of the router", client="192.0.2.1", server="198.51.100.2:9001")],
          "gorilla", link="LINUX_SLL2", note="tcpdump -i any in the router's namespace")
def healthy_router_any(lab):
    client, router, server = lab.netns("client"), lab.netns("router"), lab.netns("server")
    lab.veth(client, "192.0.2.1/24", router, "192.0.2.254/24", b_dev="left")
    lab.veth(server, "198.51.100.2/24", router, "198.51.100.254/24", b_dev="right")
    lab.run("sysctl", "-w", "net.ipv4.ip_forward=1", ns=router)
    lab.ip("-n", client, "route", "add", "default", "via", "192.0.2.254")
    lab.ip("-n", server, "route", "add", "default", "via", "198.51.100.254")
    lab.gorilla(host="198.51.100.2", ns=server)
    with lab.capture("tcp port 9001", iface="any", ns=router):
        lab.gorilla_client("ws://198.51.100.2:9001/chat", ns=client)


@scenario("Two hosts on a VXLAN overlay, recorded on the underlay",
          [ok("The inner connection is an ordinary handshake", client="198.51.100.1", server="198.51.100.2:9001")],
          "gorilla", note="VXLAN network 42 on UDP port 4789, made by the Linux kernel", checked=False)
def healthy_vxlan(lab):
    client, server = two_hosts(lab)
    for ns, far, address in ((client, "192.0.2.2", "198.51.100.1/24"), (server, "192.0.2.1", "198.51.100.2/24")):
        lab.ip("-n", ns, "link", "add", "vxlan42", "type", "vxlan", "id", "42", "remote", far,
               "dstport", "4789", "dev", "eth0")
        lab.ip("-n", ns, "addr", "add", address, "dev", "vxlan42")
        lab.ip("-n", ns, "link", "set", "vxlan42", "up")
    lab.gorilla(host="198.51.100.2", ns=server)
    with lab.capture("udp port 4789", iface="eth0", ns=client):
        lab.gorilla_client("ws://198.51.100.2:9001/chat", ns=client)


@scenario("A handshake over a TUN device: the packets have no link-layer header",
          [ok("An ordinary handshake; only the link type differs", client="192.0.2.1", server="192.0.2.2:9001")],
          "gorilla wire", link="RAW")
def healthy_tun_raw(lab):
    client, server = lab.wire("--tun")
    lab.gorilla(host="192.0.2.2", ns=server)
    with lab.capture("tcp port 9001", iface="client0", ns=client):
        lab.gorilla_client("ws://192.0.2.2:9001/chat", ns=client)
