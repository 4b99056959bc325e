"""Shared helpers of the capture lab.

A scenario is a function decorated with @scenario. It receives a Lab, starts
its servers with lab.start(...), and runs its client inside
`with lab.capture("tcp port 9001"):`. What the analyzer must say about the
capture stands in the decorator, written from the configuration.
"""

import base64
import contextlib
import hashlib
import hmac
import json
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
OUT = HERE.parent / "testdata" / "pcaps" / "real"
RUN = HERE / "run"

# A key for requests that are written by hand; the octets 1 to 16.
KEY = "AQIDBAUGBwgJCgsMDQ4PEA=="
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": KEY,
}

SCENARIOS = {}

# Names of capinfos and of libpcap.
LINKS = {"Ethernet": "EN10MB", "Linux cooked-mode capture v2": "LINUX_SLL2", "Raw IP": "RAW"}

# Outcomes after which nothing counts as a failure.
HARMLESS = {"established", "incomplete"}


# ---------------------------------------------------------------- expectation

def hs(outcome, cause="", actor="", status=0, server=9001, target="/chat", client="127.0.0.1",
       accept=(), superseded=False, unknown=False, why=""):
    """One expected handshake. An integer server means 127.0.0.1:server."""
    entry = {
        "client": client,
        "server": f"127.0.0.1:{server}" if isinstance(server, int) else server,
        "target": target,
        "outcome": outcome,
        "status": status,
        "cause": cause,
        "actor": actor,
    }
    if accept:
        entry["accept_causes"] = list(accept)
    entry["superseded"] = superseded
    if unknown:
        entry["unknown"] = True
    entry["why"] = why
    return entry


def ok(why, server=9001, status=101, **more):
    return hs("established", status=status, server=server, why=why, **more)


def exit_code(entries):
    counted = [e for e in entries
               if e["outcome"] not in HARMLESS and not e["superseded"] and not e.get("unknown")]
    return 1 if counted else 0


def scenario(title, expect, software, note="", link="EN10MB", checked=True):
    """checked=False: tshark cannot find the requests and statuses in this capture, by design."""
    def register(function):
        name = function.__name__.replace("_", "-")
        assert name not in SCENARIOS, name
        function.meta = {"title": title, "expect": expect, "software": software.split(),
                         "note": note, "link": link, "checked": checked}
        SCENARIOS[name] = function
        return function
    return register


# ------------------------------------------------------------------ versions

def output(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.stdout


def go_version(module):
    return re.search(rf"{module} (v[\d.]+)", (HERE / "go.mod").read_text())[1]


def npm_version(package):
    return json.loads((HERE / "node_modules" / package / "package.json").read_text())["version"]


def debian_version(package):
    """The version of a Debian package, without its epoch and what Debian added."""
    return re.search(r"(?:\d+:)?([\d.]+)", output("dpkg-query", "-W", "-f", "${Version}", package))[1]


def python_version(package):
    return output("/usr/bin/python3", "-c",
                  f"import importlib.metadata as m; print(m.version('{package}'))").strip()


VERSIONS = {
    "node-ws": lambda: f"ws {npm_version('ws')} (npm) on Node.js {output('node', '-v').strip()[1:]}",
    "node": lambda: f"Node.js {output('node', '-v').strip()[1:]} (http module)",
    "python-websockets": lambda: "Python websockets " + python_version("websockets"),
    "gorilla": lambda: "gorilla/websocket " + go_version("github.com/gorilla/websocket"),
    "coder": lambda: "coder/websocket " + go_version("github.com/coder/websocket"),
    "go": lambda: "Go net/http (" + output("go", "version").split()[2] + ")",
    "nginx": lambda: "nginx " + re.search(r"nginx/([\d.]+)", output("nginx", "-v"))[1],
    "haproxy": lambda: "HAProxy " + re.search(r"version (\S+)", output("haproxy", "-v"))[1],
    "tinyproxy": lambda: "tinyproxy " + re.search(r"[\d.]+", output("tinyproxy", "-v"))[0],
    "curl": lambda: "curl " + output("curl", "-V").split()[1],
    "chromium": lambda: "Chromium " + re.search(r"Chromium ([\d.]+)", output("chromium", "--version"))[1],
    "apache": lambda: "Apache httpd " + re.search(r"Apache/([\d.]+)", output("apache2", "-v"))[1],
    "openssl": lambda: "OpenSSL " + output("openssl", "version").split()[1] + " (s_server)",
    "varnish": lambda: "Varnish " + re.search(r"varnish-([\d.]+)", output("varnishd", "-V"))[1],
    "lighttpd": lambda: "lighttpd " + re.search(r"lighttpd/([\d.]+)", output("lighttpd", "-v"))[1],
    "privoxy": lambda: "Privoxy " + re.search(r"[\d.]+", output("privoxy", "--version"))[0],
    "autobahn": lambda: "Autobahn " + python_version("autobahn"),
    "mosquitto": lambda: "mosquitto " + re.search(r"version ([\d.]+)", output("mosquitto", "-h"))[1],
    "tornado": lambda: "Tornado " + python_version("tornado"),
    "aiohttp": lambda: "aiohttp " + python_version("aiohttp"),
    "uvicorn": lambda: f"uvicorn {python_version('uvicorn')} with websockets {python_version('websockets')}",
    "python-socketio": lambda: f"python-socketio {python_version('python-socketio')} on uvicorn {python_version('uvicorn')} with websockets {python_version('websockets')}",
    "python-socketio-wsgi": lambda: f"python-socketio {python_version('python-socketio')}, python-engineio {python_version('python-engineio')} on wsgiref",
    "socket.io-client": lambda: f"socket.io-client {npm_version('socket.io-client')} (npm)",
    "http-proxy": lambda: f"http-proxy {npm_version('http-proxy')} (npm) on Node.js {output('node', '-v').strip()[1:]}",
    "engine.io": lambda: f"engine.io {npm_version('engine.io')} (npm)",
    "socket.io": lambda: f"socket.io {npm_version('socket.io')} and socket.io-client {npm_version('socket.io-client')} (npm)",
    "subscriptions-transport-ws": lambda: f"subscriptions-transport-ws {npm_version('subscriptions-transport-ws')} (npm)",
    "graphql-ws": lambda: f"graphql-ws {npm_version('graphql-ws')} (npm)",
    "stomp": lambda: f"stomp-broker-js {npm_version('stomp-broker-js')} and @stomp/stompjs {npm_version('@stomp/stompjs')} (npm)",
    "mqtt": lambda: f"MQTT.js {npm_version('mqtt')} (npm)",
    "action-cable": lambda: "Action Cable " + output("ruby", "-e", "puts Gem::Specification.find_by_name('actioncable').version").strip() + " on Puma " + re.search(r"[\d.]+", output("puma", "-V"))[0],
    "hypercorn": lambda: f"Hypercorn {python_version('hypercorn')} with wsproto {python_version('wsproto')}",
    "daphne": lambda: f"Daphne {python_version('daphne')} with Django Channels {python_version('channels')}",
    "websockify": lambda: "websockify " + python_version("websockify"),
    "prosody": lambda: "Prosody " + re.search(r"[\d.]+", output("dpkg-query", "-W", "-f", "${Version}", "prosody"))[0],
    "libwebsockets": lambda: "libwebsockets " + re.search(r"[\d.]+", output("dpkg-query", "-W", "-f", "${Version}", "libwebsockets-test-server"))[0] + " (test server)",
    "mojolicious": lambda: "Mojolicious " + debian_version("libmojolicious-perl"),
    "mojo-client": lambda: "Mojo::UserAgent " + debian_version("libmojolicious-perl"),
    "ejabberd": lambda: "ejabberd " + debian_version("ejabberd"),
    "cowboy": lambda: "Cowboy of RabbitMQ " + debian_version("rabbitmq-server"),
    "websocketpp": lambda: "WebSocket++ " + debian_version("libwebsocketpp-dev"),
    "beast": lambda: "Boost.Beast of Boost " + debian_version("libboost-dev"),
    "beast-client": lambda: "a client on Boost.Beast of Boost " + debian_version("libboost-dev"),
    "faye-ruby": lambda: "faye-websocket " + debian_version("ruby-faye-websocket") + " on Puma " + re.search(r"[\d.]+", output("puma", "-V"))[0],
    "dnsmasq": lambda: "dnsmasq " + re.search(r"version ([\d.]+)", output("dnsmasq", "-v"))[1],
    "caddy": lambda: "Caddy " + re.search(r"[\d.]+", output("caddy", "version"))[0],
    "caddy2": lambda: "Caddy " + re.search(r"caddy/v2\s+v([\d.]+)", output("go", "version", "-m", str(HERE / "bin/caddy")))[1],
    "jetty": lambda: "Jetty " + re.search(r"[\d.]+", output("dpkg-query", "-W", "-f", "${Version}", "libjetty9-java"))[0],
    "tomcat": lambda: "Tomcat " + re.search(r"[\d.]+", output("dpkg-query", "-W", "-f", "${Version}", "libtomcat10-java"))[0],
    "firefox": lambda: "Firefox " + re.search(r"[\d.]+", output("firefox-esr", "--version"))[0],
    "node-h2": lambda: f"Node.js {output('node', '-v').strip()[1:]} (http2 module)",
    "node-h2-ws": lambda: f"Node.js {output('node', '-v').strip()[1:]} (http2 module) with ws {npm_version('ws')} (npm) on its streams",
    "python-h2": lambda: "a client on Python h2 " + python_version("h2") + " (lab/programs/h2_raw_client.py)",
    "nghttpx": lambda: "nghttpx " + re.search(r"nghttp2/([\d.]+)", output("nghttpx", "--version"))[1],
    "nghttpd": lambda: "nghttpd " + re.search(r"nghttp2/([\d.]+)", output("nghttpd", "--version"))[1],
    "h2-raw-server": lambda: "a server on Python h2 " + python_version("h2") + " (lab/programs/h2_raw_server.py)",
    "undici": lambda: f"undici {npm_version('undici')} (npm) on Node.js {output('node', '-v').strip()[1:]}",
    "raw-server": lambda: "raw socket server (lab/programs/raw_server.py)",
    "raw-client": lambda: "raw socket client (lab/programs/raw_client.py)",
    "wire": lambda: "user-space Ethernet wire between two TAP devices (lab/programs/wire.py)",
    "iptables": lambda: "iptables " + re.search(r"v([\d.]+)", output("iptables", "-V"))[1],
}


# ----------------------------------------------------------------------- lab

class Lab:
    """Processes, files and captures of one scenario; everything ends with it."""

    def __init__(self, name):
        self.name = name
        self.dir = RUN / name
        shutil.rmtree(self.dir, ignore_errors=True)
        self.dir.mkdir(parents=True)
        self.started = []
        self.namespaces = []
        self.pcap = OUT / f"{name}.pcap"

    # -- processes

    def start(self, command, port=None, ns=None, ready=None):
        """Start a server; return once it listens on port or printed ready."""
        log = self.dir / f"{len(self.started)}-{Path(str(command[0])).name}.log"
        process = subprocess.Popen(self._in(ns, command), cwd=self.dir, stdin=subprocess.DEVNULL,
                                   stdout=log.open("wb"), stderr=subprocess.STDOUT,
                                   start_new_session=True)
        process.log = log
        self.started.append(process)
        if port:
            self.wait(lambda: output(*self._in(ns, ["ss", "-ltnH", f"sport = :{port}"])).strip(),
                      f"port {port}", process)
        if ready:
            self.wait(lambda: ready in log.read_text(errors="replace"), ready, process)
        return process

    def run(self, *command, ns=None, timeout=30):
        """Run a client to its end. Failing is often the point, so the status is only logged."""
        with (self.dir / "clients.log").open("ab") as log:
            log.write(f"$ {' '.join(map(str, command))}\n".encode())
            log.flush()
            try:
                code = subprocess.run(self._in(ns, command), cwd=self.dir, stdin=subprocess.DEVNULL,
                                      stdout=log, stderr=subprocess.STDOUT, timeout=timeout).returncode
            except subprocess.TimeoutExpired:
                code = "timeout"
            log.write(f"= {code}\n".encode())

    def wait(self, condition, what, process=None, timeout=15):
        end = time.monotonic() + timeout
        while not condition():
            if process is not None and process.poll() is not None:
                raise RuntimeError(f"{process.args[0]} ended early:\n{process.log.read_text(errors='replace')}")
            if time.monotonic() > end:
                raise RuntimeError(f"waited {timeout} s for {what}")
            time.sleep(0.03)

    def stop(self, process, sig=signal.SIGTERM):
        if process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, sig)
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def close(self):
        for process in reversed(self.started):
            self.stop(process)
        for ns in self.namespaces:
            subprocess.run(["ip", "netns", "del", ns])

    def _in(self, ns, command):
        prefix = ["ip", "netns", "exec", ns] if ns else []
        return prefix + [str(part) for part in command]

    # -- network namespaces

    def netns(self, name):
        name = f"lab-{name}"
        subprocess.run(["ip", "netns", "del", name], stderr=subprocess.DEVNULL)
        self.ip("netns", "add", name)
        self.namespaces.append(name)
        self.ip("-n", name, "link", "set", "lo", "up")
        return name

    def ip(self, *arguments):
        subprocess.run(["ip", *arguments], check=True)

    def veth(self, a, a_address, b, b_address, a_dev="eth0", b_dev="eth0"):
        """Join two namespaces with a virtual Ethernet cable."""
        self.ip("link", "add", a_dev, "netns", a, "type", "veth", "peer", "name", b_dev, "netns", b)
        for ns, dev, address in ((a, a_dev, a_address), (b, b_dev, b_address)):
            self.ip("-n", ns, "addr", "add", address, "dev", dev)
            self.ip("-n", ns, "link", "set", dev, "up")

    def wire(self, *fault):
        """Two namespaces joined by a user-space wire: client0 with 192.0.2.1, server0 with 192.0.2.2."""
        client, server = self.netns("client"), self.netns("server")
        self.start(["/usr/bin/python3", HERE / "programs/wire.py", client, server, *fault], ready="up")
        return client, server

    # -- captures

    @contextlib.contextmanager
    def capture(self, filter, iface="lo", ns=None, snaplen=0, tail=0.4, options=()):
        """Record what passes while the body runs, and `tail` seconds more."""
        tcpdump = self.start(["tcpdump", "-i", iface, "-U", "--immediate-mode", "-B", "65536", "-n", "-s", snaplen,
                              "-Z", "root", "-w", self.pcap, *options, filter],
                             ns=ns, ready="listening on")
        time.sleep(0.15)
        yield
        time.sleep(tail)
        self.stop(tcpdump, signal.SIGINT)
        dropped = re.search(r"^(\d+) packets dropped by kernel", tcpdump.log.read_text(), re.M)
        if not dropped or dropped[1] != "0":
            raise RuntimeError(f"tcpdump lost packets, record again:\n{tcpdump.log.read_text()}")

    def to_pcapng(self, *options):
        """Convert the recording to pcapng; options go to editcap."""
        self.run("editcap", "-F", "pcapng", *options, self.pcap, self.dir / "out.pcapng")
        shutil.move(self.dir / "out.pcapng", self.pcap)

    # -- servers

    def file(self, name, text):
        path = self.dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def node_ws(self, port=9001, ns=None, **options):
        return self.start(["node", HERE / "programs/ws_server.js",
                           json.dumps({"port": port, **options})], port=port, ns=ns)

    def h2_server(self, port=9001, **options):
        """Node.js with http2, in clear or over TLS; see programs/h2_server.js."""
        return self.start(["node", HERE / "programs/h2_server.js", json.dumps({"port": port, **options})], port=port)

    def python_ws(self, port=9001):
        return self.start(["/usr/bin/python3", HERE / "programs/websockets_server.py", port], port=port)

    def gorilla(self, port=9001, host="127.0.0.1", *options, ns=None):
        return self.start([HERE / "bin/gorilla", "serve", *options, f"{host}:{port}"], port=port, ns=ns)

    def coder(self, port=9001):
        return self.start([HERE / "bin/coder", "serve", f"127.0.0.1:{port}"], port=port)

    def raw_server(self, behaviour, port=9001):
        return self.start(["/usr/bin/python3", HERE / "programs/raw_server.py", port, behaviour], port=port)

    def lighttpd(self, directives=""):
        """lighttpd on port 8080 with mod_proxy in front of port 9001."""
        config = self.file("lighttpd.conf", f"""
server.document-root = "{self.dir}"
server.bind = "127.0.0.1"
server.port = 8080
server.modules = ( "mod_proxy" )
proxy.server = ( "" => (( "host" => "127.0.0.1", "port" => 9001 )) )
{directives}
""")
        return self.start(["lighttpd", "-D", "-f", config], port=8080)

    def apache(self, directives, modules=("proxy", "proxy_http")):
        loaded = "".join(f"LoadModule {m}_module /usr/lib/apache2/modules/mod_{m}.so\n"
                         for m in ("mpm_event", "authz_core", *modules))
        config = self.file("apache.conf", f"""
ServerRoot {self.dir}
DefaultRuntimeDir {self.dir}
PidFile {self.dir}/apache.pid
ErrorLog {self.dir}/apache.log
ServerName 127.0.0.1
User www-data
Group www-data
{loaded}
Listen 127.0.0.1:8080
{directives}
""")
        return self.start(["apache2", "-D", "FOREGROUND", "-f", config], port=8080)

    def caddy(self, sites, options="auto_https off", port=8080):
        """Caddy with these sites, without its administration port."""
        config = self.file("Caddyfile", f"{{\n admin off\n{options}\n}}\n{sites}")
        return self.start(["env", f"HOME={self.dir}", f"XDG_DATA_HOME={self.dir}", f"XDG_CONFIG_HOME={self.dir}",
                           "caddy", "run", "--adapter", "caddyfile", "--config", config], port=port)

    def java(self, program, *jars):
        """A server of programs/ in Java on port 9001; jars are names in /usr/share/java, as patterns."""
        found = [str(jar) for pattern in jars for jar in sorted(Path("/usr/share/java").glob(f"{pattern}.jar"))]
        return self.start(["java", "-cp", ":".join(found), HERE / f"programs/{program}.java", "9001", self.dir], port=9001)

    def dnsmasq(self, *names):
        """A name server on 127.0.0.1 that knows these names, all of them as 127.0.0.1, and no other."""
        hosts = self.file("hosts", "127.0.0.1 " + " ".join(names) + "\n")
        return self.start(["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--user=root", "--pid-file=",
                           "--no-resolv", "--no-hosts", f"--addn-hosts={hosts}", "--local=//", "--log-queries=extra", "--log-facility=-",
                           "--listen-address=127.0.0.1", "--bind-interfaces"], port=53)

    def varnish(self, *options):
        """Varnish with its built-in configuration, from port 8080 to port 9001."""
        return self.start(["varnishd", "-F", "-j", "none", "-n", self.dir / "varnish", "-a", "127.0.0.1:8080",
                           "-b", "127.0.0.1:9001", "-s", "malloc,16m", *options], ready="Child launched OK", port=8080)

    def nginx(self, server, http="", port=8080):
        """nginx with one server block; `server` is its body."""
        config = self.file("nginx.conf", f"""
daemon off; master_process off; worker_processes 1; user root;
pid {self.dir}/nginx.pid; error_log {self.dir}/nginx-error.log info;
events {{ worker_connections 64; }}
http {{
    access_log {self.dir}/nginx-access.log;
    client_body_temp_path {self.dir}/t1; proxy_temp_path {self.dir}/t2;
    fastcgi_temp_path {self.dir}/t3; uwsgi_temp_path {self.dir}/t4; scgi_temp_path {self.dir}/t5;
    {http}
    server {{
        {server}
    }}
}}
""")
        return self.start(["nginx", "-p", self.dir, "-e", self.dir / "nginx-error.log", "-c", config], port=port)

    def haproxy(self, sections, port=8080):
        config = self.file("haproxy.cfg", f"""
global
    maxconn 64
defaults
    mode http
    timeout connect 3s
    timeout client 20s
    timeout server 20s
    timeout tunnel 20s
{sections}
""")
        return self.start(["haproxy", "-db", "-f", config], port=port)

    # -- clients

    def node_client(self, url, ns=None, **options):
        self.run("node", HERE / "programs/ws_client.js", json.dumps({"url": url, **options}), ns=ns)

    def python_client(self, url):
        self.run("/usr/bin/python3", HERE / "programs/websockets_client.py", url)

    def gorilla_client(self, url, *options, ns=None, timeout=30):
        self.run(HERE / "bin/gorilla", "dial", *options, url, ns=ns, timeout=timeout)

    def coder_client(self, url, *options):
        self.run(HERE / "bin/coder", "dial", *options, url)

    def raw_client(self, kind, port=9001, ns=None, host="127.0.0.1"):
        self.run("/usr/bin/python3", HERE / "programs/raw_client.py", host, port, kind, ns=ns)

    def h2_client(self, port, *requests, **options):
        """Requests inside one HTTP/2 connection, right and wrong ones; see programs/h2_raw_client.py."""
        self.run("/usr/bin/python3", HERE / "programs/h2_raw_client.py",
                 json.dumps({"port": port, "requests": list(requests or [{}]), **options}), timeout=60)

    def curl(self, url, headers=UPGRADE, *options):
        """An upgrade request by curl, with exactly these handshake headers."""
        flags = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
        self.run("curl", "-sS", "-i", "--http1.1", "--max-time", "3", *flags, *options, url)

    def chromium(self, url, seconds=4, flags=()):
        browser = self.start(["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
                              "--no-first-run", "--disable-background-networking",
                              "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
                              "--disable-features=PrivateNetworkAccessChecks,LocalNetworkAccessChecks,"
                              "BlockInsecurePrivateNetworkRequests",
                              f"--user-data-dir={self.dir}/profile", *flags, url])
        time.sleep(seconds)
        self.stop(browser)

    # -- credentials and certificates, all made up

    def certificate(self, *options, name="server", days=30):
        """A self-signed certificate; returns the paths of certificate and key."""
        cert, key = self.dir / f"{name}.crt", self.dir / f"{name}.key"
        self.run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                 "-nodes", "-keyout", key, "-out", cert, "-days", days, *options)
        return cert, key


def jwt(**claims):
    """An HS256 token signed with a made-up secret."""
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
    body = part({"alg": "HS256", "typ": "JWT"}) + "." + part(claims)
    digest = hmac.new(b"lab-secret", body.encode(), hashlib.sha256).digest()
    return body + "." + base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


# ------------------------------------------------------------------ recording

def record(name):
    """Run one scenario and write its capture and its expectation."""
    function = SCENARIOS[name]
    meta = function.meta
    OUT.mkdir(parents=True, exist_ok=True)
    lab = Lab(name)
    try:
        function(lab)
    finally:
        lab.close()
    expectation = {
        "title": meta["title"],
        "recorded": {
            "script": f"lab/record {name}",
            "software": [VERSIONS[item]() for item in meta["software"]],
            "link": meta["link"],
            "note": meta["note"],
        },
        "handshakes": meta["expect"],
        "exit": exit_code(meta["expect"]),
    }
    text = json.dumps(expectation, indent=2, ensure_ascii=False) + "\n"
    (OUT / f"{name}.json").write_text(text)
    return check(name)


def check(name):
    """Problems of a recording that tshark can show, and a summary."""
    pcap, problems = OUT / f"{name}.pcap", []
    expectation = json.loads((OUT / f"{name}.json").read_text())
    if expectation["handshakes"] != SCENARIOS[name].meta["expect"]:
        problems.append("the expectation differs from the scenario")
    if not SCENARIOS[name].meta["checked"]:
        expectation["handshakes"] = []
    size = pcap.stat().st_size
    if size > 60_000:
        problems.append(f"{size} bytes is large")
    ports = {e["server"].rsplit(":", 1)[1] for e in expectation["handshakes"] if e["target"]} | {"9001"}
    decode = [part for port in sorted(ports) for part in ("-d", f"tcp.port=={port},http")]
    rows = [line.split("\t") for line in output(
        "tshark", "-r", str(pcap), *decode, "-o", "http.desegment_body:FALSE",
        "-o", "tcp.reassemble_out_of_order:TRUE", "-Y", "http",
        "-T", "fields", "-e", "tcp.srcport", "-e", "tcp.dstport", "-e", "http.request.uri",
        "-e", "http.response.code").splitlines() if "\t" in line]
    for entry in expectation["handshakes"]:
        port = entry["server"].rsplit(":", 1)[1]
        if entry["status"] and not any(r[0] == port and str(entry["status"]) in r[3] for r in rows):
            problems.append(f"no status {entry['status']} from port {port}")
        if entry["target"] and not any(r[1] == port and entry["target"] in r[2] for r in rows):
            problems.append(f"no request for {entry['target']} to port {port}")
    link = re.search(r"File encapsulation:\s+(.*)", output("capinfos", "-E", str(pcap)))
    link = LINKS.get(link[1], link[1]) if link else "unreadable"
    if link != expectation["recorded"]["link"]:
        problems.append(f"link type {link}")
    return problems, f"{size} bytes, {link}"
