"""A path between two hosts on which a request or a 101 is lost."""

import time

from lab import HERE, hs, ok, scenario

CLIENT, SERVER = "192.0.2.1", "198.51.100.2:9001"
URL = f"ws://{SERVER}/chat"
COOKIES = "session=" + "made-up-" * 500


def across(outcome, cause, why, **more):
    return hs(outcome, cause, "network", client=CLIENT, server=SERVER, why=why, **more)


def arrived_not(*verdict, **more):
    """The 101 is in the capture, and did not reach the client."""
    return across(*verdict, status=101, **more)


def healthy(why):
    return ok(why, client=CLIENT, server=SERVER)


def routed(lab):
    """A client, a router and a server, each a namespace with a Linux TCP/IP of its own."""
    client, router, server = lab.netns("client"), lab.netns("router"), lab.netns("server")
    lab.veth(client, "192.0.2.1/24", router, "192.0.2.254/24", b_dev="left")
    lab.veth(server, "198.51.100.2/24", router, "198.51.100.254/24", b_dev="right")
    lab.run("sysctl", "-w", "net.ipv4.ip_forward=1", ns=router)
    lab.ip("-n", client, "route", "add", "default", "via", "192.0.2.254")
    lab.ip("-n", server, "route", "add", "default", "via", "198.51.100.254")
    return client, router, server


def drop(lab, router, text, *limit):
    """The router drops what holds the text, as an inspecting firewall does."""
    lab.run("iptables", "-A", "FORWARD", "-p", "tcp", "-m", "string", "--algo", "bm", "--string", text,
            *limit, "-j", "DROP", ns=router)


def narrow(lab, router, device):
    """Beyond a device of the router passes 1300 octets only, and nobody is told."""
    lab.ip("-n", router, "link", "set", device, "mtu", "1300")
    lab.run("iptables", "-A", "OUTPUT", "-p", "icmp", "-j", "DROP", ns=router)


FIRST = ("-m", "statistic", "--mode", "nth", "--every", "1000", "--packet", "0")
DROPS_101 = "iptables in the router drops every packet with \"101 Switching Protocols\""
DROPS_REQUEST = "iptables in the router drops every packet with Sec-WebSocket-Key"
AT_SERVER, AT_CLIENT = "Recorded at the server", "Recorded at the client"


@scenario("A firewall on the path drops the 101; recorded at the server",
          [arrived_not("no-response", "response-undelivered", "The server repeats its 101; " + DROPS_101)],
          "gorilla iptables", note=AT_SERVER + "; the client gives up after 8 seconds")
def response_dropped_at_server(lab):
    client, router, server = routed(lab)
    lab.gorilla(host="198.51.100.2", ns=server)
    drop(lab, router, "101 Switching")
    with lab.capture("tcp port 9001", iface="eth0", ns=server):
        lab.gorilla_client(URL, "-timeout", "8s", ns=client)


@scenario("A firewall on the path drops the 101; recorded at the client",
          [across("closed", "response-undelivered",
                  "No octet of the server arrives, and the numbers in its acknowledgements say that it sent some: " + DROPS_101,
                  accept=["client-gave-up"])],
          "gorilla iptables", note=AT_CLIENT + ", which gives up after 8 seconds")
def response_dropped_at_client(lab):
    client, router, server = routed(lab)
    lab.gorilla(host="198.51.100.2", ns=server)
    drop(lab, router, "101 Switching")
    with lab.capture("tcp port 9001", iface="eth0", ns=client):
        lab.gorilla_client(URL, "-timeout", "8s", ns=client)


@scenario("A 101 with large cookies does not fit through a narrow link, and ICMP is filtered; recorded at the server",
          [arrived_not("no-response", "tcp-mtu-blackhole", "Full-size segments of the 101 are repeated and the small last one is "
                  "acknowledged (SACK); the link takes 1300 octets", accept=["response-undelivered"])],
          "node-ws gorilla iptables", note=AT_SERVER + "; the 101 has 3.2 KB of Set-Cookie")
def response_large_at_server(lab):
    client, router, server = routed(lab)
    lab.node_ws(host="198.51.100.2", cookies=3200, ns=server)
    narrow(lab, router, "left")
    with lab.capture("tcp port 9001", iface="eth0", ns=server):
        lab.gorilla_client(URL, "-timeout", "8s", ns=client)


@scenario("A 101 with large cookies does not fit through a narrow link, and ICMP is filtered; recorded at the client",
          [across("no-response", "tcp-mtu-blackhole", "Only the small last segment of the 101 arrives, and the client never acknowledges "
                  "the full-size ones before it; the link takes 1300 octets")],
          "node-ws gorilla iptables", note=AT_CLIENT + "; the 101 has 3.2 KB of Set-Cookie")
def response_large_at_client(lab):
    client, router, server = routed(lab)
    lab.node_ws(host="198.51.100.2", cookies=3200, ns=server)
    narrow(lab, router, "left")
    with lab.capture("tcp port 9001", iface="eth0", ns=client):
        lab.gorilla_client(URL, "-timeout", "8s", ns=client)


@scenario("A 101 of one full-size segment does not fit through a narrow link, and ICMP is filtered; recorded at the server",
          [arrived_not("no-response", "response-undelivered", "One segment is the whole 101: it is repeated and never acknowledged",
                  accept=["tcp-mtu-blackhole"])],
          "node-ws gorilla iptables", note=AT_SERVER + "; the 101 has 1.2 KB of Set-Cookie")
def response_one_segment_at_server(lab):
    client, router, server = routed(lab)
    lab.node_ws(host="198.51.100.2", cookies=1200, ns=server)
    narrow(lab, router, "left")
    with lab.capture("tcp port 9001", iface="eth0", ns=server):
        lab.gorilla_client(URL, "-timeout", "8s", ns=client)


@scenario("The first copy of the 101 is lost and TCP repeats it; recorded at the server",
          [healthy("The second copy arrives")], "gorilla iptables", note=AT_SERVER)
def healthy_101_lost_once(lab):
    client, router, server = routed(lab)
    lab.gorilla(host="198.51.100.2", ns=server)
    drop(lab, router, "101 Switching", *FIRST)
    with lab.capture("tcp port 9001", iface="eth0", ns=server):
        lab.gorilla_client(URL, ns=client)


@scenario("The 101 is lost for two seconds, then the path is whole again; recorded at the server",
          [healthy("Late, but it arrives, and the session works")], "gorilla iptables", note=AT_SERVER)
def healthy_101_lost_for_seconds(lab):
    client, router, server = routed(lab)
    lab.gorilla(host="198.51.100.2", ns=server)
    drop(lab, router, "101 Switching")
    with lab.capture("tcp port 9001", iface="eth0", ns=server):
        dial = lab.start([HERE / "bin/gorilla", "dial", URL], ns=client)
        time.sleep(2)
        lab.run("iptables", "-F", "FORWARD", ns=router)
        dial.wait(10)


@scenario("A firewall on the path drops the upgrade request; recorded at the client",
          [across("no-response", "request-undelivered", "The TCP handshake passes, the request is repeated: " + DROPS_REQUEST,
                  accept=["client-gave-up"])],
          "gorilla iptables", note=AT_CLIENT + ", which gives up after 8 seconds")
def request_dropped_at_client(lab):
    client, router, server = routed(lab)
    lab.gorilla(host="198.51.100.2", ns=server)
    drop(lab, router, "Sec-WebSocket-Key")
    with lab.capture("tcp port 9001", iface="eth0", ns=client):
        lab.gorilla_client(URL, "-timeout", "8s", ns=client)


@scenario("A firewall on the path drops the upgrade request; recorded at the server",
          [],
          "gorilla iptables", note=AT_SERVER + ": no octet of the client arrives, so nothing tells of WebSocket")
def request_dropped_at_server(lab):
    client, router, server = routed(lab)
    lab.gorilla(host="198.51.100.2", ns=server)
    drop(lab, router, "Sec-WebSocket-Key")
    with lab.capture("tcp port 9001", iface="eth0", ns=server):
        lab.gorilla_client(URL, "-timeout", "8s", ns=client)


@scenario("A request with large cookies does not fit through a narrow link, and ICMP is filtered; recorded at the client",
          [across("no-response", "tcp-mtu-blackhole", "Full-size segments are repeated, the small last one arrives (SACK)",
                  accept=["request-undelivered"])],
          "gorilla iptables", note=AT_CLIENT + "; 4 KB of cookies, the link takes 1300 octets")
def request_large_at_client(lab):
    client, router, server = routed(lab)
    lab.gorilla(host="198.51.100.2", ns=server)
    narrow(lab, router, "right")
    with lab.capture("tcp port 9001", iface="eth0", ns=client):
        lab.gorilla_client(URL, "-timeout", "8s", "-header", "Cookie: " + COOKIES, ns=client)


@scenario("A request with large cookies does not fit through a narrow link, and ICMP is filtered; recorded at the server",
          [],
          "gorilla iptables", note=AT_SERVER + ": only the end of 4 KB of cookies arrives, so nothing tells of WebSocket")
def request_large_at_server(lab):
    client, router, server = routed(lab)
    lab.gorilla(host="198.51.100.2", ns=server)
    narrow(lab, router, "right")
    with lab.capture("tcp port 9001", iface="eth0", ns=server):
        lab.gorilla_client(URL, "-timeout", "8s", "-header", "Cookie: " + COOKIES, ns=client)


@scenario("A request of one full-size segment does not fit through a narrow link, and ICMP is filtered; recorded at the client",
          [across("no-response", "request-undelivered", "One segment is the whole request: it is repeated and never acknowledged",
                  accept=["tcp-mtu-blackhole"])],
          "gorilla iptables", note=AT_CLIENT + "; 1.2 KB of cookies, the link takes 1300 octets")
def request_one_segment_at_client(lab):
    client, router, server = routed(lab)
    lab.gorilla(host="198.51.100.2", ns=server)
    narrow(lab, router, "right")
    with lab.capture("tcp port 9001", iface="eth0", ns=client):
        lab.gorilla_client(URL, "-timeout", "8s", "-header", "Cookie: " + COOKIES[:1200], ns=client)


@scenario("The first copy of the request is lost and TCP repeats it; recorded at the client",
          [healthy("The second copy arrives")], "gorilla iptables", note=AT_CLIENT)
def healthy_request_lost_once(lab):
    client, router, server = routed(lab)
    lab.gorilla(host="198.51.100.2", ns=server)
    drop(lab, router, "Sec-WebSocket-Key", *FIRST)
    with lab.capture("tcp port 9001", iface="eth0", ns=client):
        lab.gorilla_client(URL, ns=client)


@scenario("A path that takes 1300 octets and says so: large cookies both ways arrive; recorded at the server",
          [healthy("The router's ICMP message lowers the segment size, and the handshake goes on")],
          "node-ws gorilla", note=AT_SERVER + ", TCP and ICMP")
def healthy_path_mtu(lab):
    client, router, server = routed(lab)
    lab.node_ws(host="198.51.100.2", cookies=3200, ns=server)
    lab.ip("-n", router, "link", "set", "left", "mtu", "1300")
    with lab.capture("tcp port 9001 or icmp", iface="eth0", ns=server):
        lab.gorilla_client(URL, ns=client)
