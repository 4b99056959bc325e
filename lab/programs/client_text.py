"""Records what real clients say when a server answers wrongly: OUTPUT [CLIENT].

Each behaviour of the server is a case; the path names it. For each case and
client the output holds the octets of both sides and the client's text, so that
a test can judge the same octets again. Chromium runs once for all cases.
"""

import base64
import hashlib
import json
import os
import re
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
LAB = os.path.dirname(HERE)
SCRATCH = tempfile.mkdtemp()
OFFER = "chat.v2,chat.v1"


def accept_of(head):
    key = re.search(rb"(?im)^sec-websocket-key:[ \t]*(\S+)", head)[1]
    return base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()).decode()


def good(head, drop=(), **change):
    fields = [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Accept", accept_of(head))]
    out = []
    for name, value in fields:
        value = change.pop(name.replace("-", "_"), value)
        if name not in drop and value is not None:
            out += [(name, v) for v in (value if isinstance(value, list) else [value])]
    for name, value in change.items():
        out += [(name.replace("_", "-"), v) for v in (value if isinstance(value, list) else [value])]
    return out


def message(line, fields, body=b""):
    return (line + "\r\n" + "".join(f"{n}: {v}\r\n" for n, v in fields) + "\r\n").encode("latin-1") + body


def switch(**change):
    return lambda head: message("HTTP/1.1 101 Switching Protocols", good(head, **change))


def status(code, reason, *fields, body=b"no\n"):
    return lambda head: message(f"HTTP/1.1 {code} {reason}", [*fields, ("Content-Length", str(len(body))), ("Connection", "close")], body)


def frames(data):
    return lambda head: message("HTTP/1.1 101 Switching Protocols", good(head)) + data


def close(code, reason=b""):
    return frames(b"\x88" + bytes([2 + len(reason)]) + struct.pack(">H", code) + reason)


def raw(data):
    return lambda head: data


# name: (answer, how it ends: fin, rst, hold)
ANSWERS = {
    **{f"status-{c}": (status(c, r), "fin") for c, r in {
        200: "OK", 400: "Bad Request", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
        429: "Too Many Requests", 500: "Internal Server Error", 502: "Bad Gateway",
        503: "Service Unavailable", 504: "Gateway Timeout"}.items()},
    "status-204": (lambda head: b"HTTP/1.1 204 No Content\r\n\r\n", "fin"),
    "status-301": (status(301, "Moved Permanently", ("Location", "/elsewhere")), "fin"),
    "status-302-login": (status(302, "Found", ("Location", "http://192.0.2.1/login")), "fin"),
    "status-401": (status(401, "Unauthorized", ("WWW-Authenticate", 'Bearer realm="x"')), "fin"),
    "status-407": (status(407, "Proxy Authentication Required", ("Proxy-Authenticate", 'Basic realm="x"')), "fin"),
    "status-426": (status(426, "Upgrade Required", ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "8")), "fin"),
    "no-upgrade": (switch(Upgrade=None), "hold"),
    "no-connection": (switch(Connection=None), "hold"),
    "no-upgrade-no-connection": (switch(Upgrade=None, Connection=None), "hold"),
    "upgrade-tcp": (switch(Upgrade="tcp"), "hold"),
    "upgrade-list": (switch(Upgrade="websocket, foo"), "hold"),
    "upgrade-twice": (switch(Upgrade=["websocket", "websocket"]), "hold"),
    "connection-keep-alive": (switch(Connection="keep-alive"), "hold"),
    "connection-list": (switch(Connection="keep-alive, Upgrade"), "hold"),
    "accept-missing": (switch(Sec_WebSocket_Accept=None), "hold"),
    "accept-wrong": (switch(Sec_WebSocket_Accept="s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "hold"),
    "accept-twice": (lambda head: message("HTTP/1.1 101 Switching Protocols", good(head, Sec_WebSocket_Accept=[accept_of(head)] * 2)), "hold"),
    "protocol-without-offer": (switch(Sec_WebSocket_Protocol="chat.v1"), "hold"),
    "offer-protocol-none": (switch(), "hold"),
    "offer-protocol-unoffered": (switch(Sec_WebSocket_Protocol="chat.v3"), "hold"),
    "offer-protocol-case": (switch(Sec_WebSocket_Protocol="CHAT.V1"), "hold"),
    "offer-protocol-empty": (switch(Sec_WebSocket_Protocol=""), "hold"),
    "offer-protocol-twice": (switch(Sec_WebSocket_Protocol=["chat.v1", "chat.v2"]), "hold"),
    "offer-protocol-list": (switch(Sec_WebSocket_Protocol="chat.v1, chat.v2"), "hold"),
    "extension-unknown": (switch(Sec_WebSocket_Extensions="x-webkit-deflate-frame"), "hold"),
    "extension-deflate-and-unknown": (switch(Sec_WebSocket_Extensions="permessage-deflate; server_no_context_takeover; client_no_context_takeover, x-foo"), "hold"),
    "extension-malformed": (switch(Sec_WebSocket_Extensions="permessage-deflate; =3"), "hold"),
    "extension-empty": (switch(Sec_WebSocket_Extensions=""), "hold"),
    "deflate-unknown-parameter": (switch(Sec_WebSocket_Extensions="permessage-deflate; level=9"), "hold"),
    "deflate-duplicate-parameter": (switch(Sec_WebSocket_Extensions="permessage-deflate; server_no_context_takeover; server_no_context_takeover"), "hold"),
    "deflate-server-bits-invalid": (switch(Sec_WebSocket_Extensions="permessage-deflate; server_max_window_bits=16"), "hold"),
    "deflate-twice": (switch(Sec_WebSocket_Extensions="permessage-deflate, permessage-deflate"), "hold"),
    "deflate-bare": (switch(Sec_WebSocket_Extensions="permessage-deflate"), "hold"),
    "http10-101": (lambda head: message("HTTP/1.0 101 Switching Protocols", good(head)), "hold"),
    "status-line-no-reason": (lambda head: message("HTTP/1.1 101", good(head)), "hold"),
    "status-line-bad": (lambda head: message("HTTP/1.1 okay fine", good(head)), "fin"),
    "header-no-colon": (lambda head: message("HTTP/1.1 101 Switching Protocols", good(head)).replace(b"\r\n\r\n", b"\r\nnonsense\r\n\r\n"), "hold"),
    "not-http-ssh": (raw(b"SSH-2.0-OpenSSH_9.2p1\r\n"), "fin"),
    "not-http-tls-alert": (raw(bytes.fromhex("15030100020246")), "fin"),
    "not-http-h2": (raw(bytes.fromhex("00001204000000000000030000006400040010000000060001000000000408000000000000ef0001")), "fin"),
    "close-before-response": (raw(b""), "fin"),
    "reset-before-response": (raw(b""), "rst"),
    "head-cut": (raw(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"), "fin"),
    "silence": (raw(b""), "hold"),
    "after-second-response": (lambda head: switch()(head) + b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", "hold"),
    "after-fin": (frames(b""), "fin"),
    "after-reset": (frames(b""), "rst"),
    "after-masked": (frames(bytes.fromhex("818537fa213d7f9f4d5158")), "hold"),
    "after-rsv2": (frames(bytes.fromhex("a10548656c6c6f")), "hold"),
    "after-close-1002": (close(1002, b"bad frame"), "fin"),
    "after-close-1008": (close(1008, b"policy"), "fin"),
    "after-close-1011": (close(1011), "fin"),
    "after-close-4401": (close(4401, b"who are you"), "fin"),
}

# Connections that speak TLS: name: how the server behaves.
CERTIFICATES = {"tls-self-signed": ("127.0.0.1", "IP:127.0.0.1", 30), "tls-other-name": ("other.test", "DNS:other.test", 30)}
ALERTS = {"tls-alert-40": 40, "tls-alert-70": 70, "tls-alert-80": 80, "tls-alert-112": 112}
PLAIN = {
    "tls-to-http": b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    "tls-closed": b"",
}
CLIENTS = {
    "gorilla/websocket": [f"{LAB}/bin/clienttext", "gorilla"],
    "coder/websocket": [f"{LAB}/bin/clienttext", "coder"],
    "ws": ["node", f"{HERE}/client_text.js"],
    "websockets": ["/usr/bin/python3", f"{HERE}/client_text_websockets.py"],
}

seen = {}  # (case, client): record
lock = threading.Lock()


def finish(connection, how):
    if how == "rst":
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    elif how == "hold":
        connection.settimeout(5)
        try:
            while connection.recv(4096):
                pass
        except OSError:
            pass
    elif how == "fin":
        connection.shutdown(socket.SHUT_WR)
        connection.settimeout(1)
        try:
            while connection.recv(4096):
                pass
        except OSError:
            pass
    connection.close()


def ends(connection):
    local, remote = connection.getpeername(), connection.getsockname()
    return {"local": f"{local[0]}:{local[1]}", "remote": f"{remote[0]}:{remote[1]}"}


def read_head(connection):
    head = b""
    while b"\r\n\r\n" not in head:
        data = connection.recv(4096)
        if not data:
            return None
        head += data
    return head


def serve(connection, pages):
    connection.settimeout(5)
    where = ends(connection)
    head = read_head(connection)
    if head is None:
        return connection.close()
    target = head.split(b" ")[1].decode()
    if target.startswith("/page"):
        page = pages[0]
        connection.sendall(message("HTTP/1.1 200 OK", [("Content-Type", "text/html"), ("Content-Length", str(len(page))), ("Connection", "close")], page))
        return finish(connection, "fin")
    case, _, client = target[1:].partition("?")
    if case not in ANSWERS:
        connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        return finish(connection, "fin")
    answer, how = ANSWERS[case]
    data = answer(head)
    with lock:
        seen[case, client] = {**where, "request": head, "answer": data, "end": how}
    if how == "rst":
        connection.sendall(data)
        time.sleep(0.2)
        return finish(connection, how)
    connection.sendall(data)
    finish(connection, how)


def serve_tls(connection, case, client, context):
    where = ends(connection)
    connection.settimeout(3)
    record = {**where, "request": b"", "answer": b"", "end": "tls"}
    with lock:
        seen[case, client[0]] = record
    if case in CERTIFICATES:
        try:
            tls = context.wrap_socket(connection, server_side=True)
            record["end"] = "established"
            tls.recv(100)
        except (OSError, ssl.SSLError) as error:
            record["server"] = str(error)
        return connection.close()
    try:
        record["request"] = connection.recv(4096)
        if case in ALERTS:
            record["answer"] = bytes([21, 3, 3, 0, 2, 2, ALERTS[case]])
        else:
            record["answer"] = PLAIN[case]
        connection.sendall(record["answer"])
        finish(connection, "fin")
    except OSError:
        connection.close()


def listen(handle, *args):
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("127.0.0.1", 0))
    server.listen(64)

    def loop():
        while True:
            connection, _ = server.accept()
            threading.Thread(target=guarded, args=(handle, connection, *args), daemon=True).start()

    threading.Thread(target=loop, daemon=True).start()
    return server.getsockname()[1]


def guarded(handle, connection, *args):
    try:
        handle(connection, *args)
    except OSError:
        connection.close()


def certificate(case):
    name, alternative, days = CERTIFICATES[case]
    files = f"{SCRATCH}/{case}.crt", f"{SCRATCH}/{case}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", str(days), "-subj", f"/CN={name}",
                    "-addext", f"subjectAltName={alternative}", "-out", files[0], "-keyout", files[1]], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    return context


def main(output, only=None):
    urls, current = {}, [""]
    page = []
    port = listen(serve, page)
    for case in ANSWERS:
        urls[case] = (f"ws://127.0.0.1:{port}/{case}", OFFER if case.startswith("offer-") else "")
    for case in [*CERTIFICATES, *ALERTS, *PLAIN]:
        tls_port = listen(serve_tls, case, current, certificate(case) if case in CERTIFICATES else None)
        urls[case] = (f"wss://127.0.0.1:{tls_port}/{case}", "")
    unused = socket.socket()
    unused.bind(("127.0.0.1", 0))
    urls["refused"] = (f"ws://127.0.0.1:{unused.getsockname()[1]}/refused", "")
    unused.close()
    records, known = kept(output, only)

    def add(case, client, text):
        record = {"case": case, "client": client, "text": text.strip()}
        made = seen.get((case, client), {"remote": urls[case][0].split("/")[2], "end": "refused", "request": b"", "answer": b""})
        record.update({"end": made["end"], "from": made.get("local", ""), "to": made["remote"]})
        for key in ("request", "answer"):
            record.update(octets(key, made[key]))
        records.append(record)

    for client, command in CLIENTS.items():
        if only and client != only:
            continue
        current[0] = client
        for case, (url, offer) in urls.items():
            run = subprocess.run([*command, f"{url}?{client}", offer], capture_output=True, text=True, timeout=20)
            add(case, client, run.stdout or run.stderr[-500:])
    current[0] = "Chrome"
    chrome = {} if only and only != "Chrome" else chromium(urls, page, port)
    for case, text in chrome.items():
        add(case, "Chrome", text)
    current[0] = "Firefox"
    foxes = {} if only and only != "Firefox" else firefox(urls, page, port)
    for case, text in foxes.items():
        add(case, "Firefox", text)
    with open(output, "w") as file:
        lines = ",\n".join(json.dumps(record, ensure_ascii=False) for record in records)
        file.write('{"recorded by":"lab/programs/client_text.py",\n"versions":' + json.dumps({**versions(), **known})
                   + ',\n"records":[\n' + lines + "\n]}\n")


def kept(output, only):
    """The records and versions of the other clients when only one is recorded again."""
    if not only:
        return [], {}
    with open(output) as file:
        old = json.load(file)
    return [r for r in old["records"] if r["client"] != only], {k: v for k, v in old["versions"].items() if k != only}


def octets(key, data):
    """Text where it is text, else base64 under another key."""
    text = data.decode("utf-8", "replace")
    if "\ufffd" in text or any(ord(c) < 9 for c in text):
        return {key + "_base64": base64.b64encode(data).decode()}
    return {key: text}


def chromium(urls, page, port):
    listed = json.dumps([[f"{url}?Chrome", offer.split(",") if offer else []] for url, offer in urls.values()])
    page.append(("<script>(async () => { for (const [url, offer] of " + listed + ") await new Promise((done) => {"
                 "const s = new WebSocket(url, offer); let t = setTimeout(() => { s.close(); done(); }, 12000);"
                 "s.onopen = () => console.log('OPEN ' + url);"
                 "s.onclose = (e) => { console.log('CLOSE ' + url + ' ' + e.code + ' ' + e.reason); clearTimeout(t); setTimeout(done, 100); };"
                 "}); console.log('ALL DONE'); })()</script>").encode())
    run = subprocess.run(["node", f"{HERE}/chromium_console.js", f"{SCRATCH}/profile", f"http://127.0.0.1:{port}/page"],
                         capture_output=True, text=True, timeout=900)
    texts = {}
    for line in map(json.loads, run.stdout.splitlines()):
        if found := re.match(r"WebSocket connection to '(\S+)' failed: (.*)", line, re.S):
            texts[found[1].split("/")[3].split("?")[0]] = found[2]
        elif found := re.match(r"CLOSE (\S+) (\d+) (.*)", line):
            texts.setdefault(found[1].split("/")[3].split("?")[0], f"close {found[2]} {found[3]}")
    return texts


def firefox(urls, page, port):
    """What its console says; where that is nothing, the event that the page gets."""
    listed = json.dumps([[f"{url}?Firefox", offer.split(",") if offer else []] for url, offer in urls.values()])
    page[:] = [("<body></body><script>(async () => { for (const [url, offer] of " + listed + ") await new Promise((done) => {"
                "const s = new WebSocket(url, offer); let t = setTimeout(() => { s.close(); done(); }, 12000);"
                "const say = (text) => { document.body.append(text + '\\n'); };"
                "s.onopen = () => say('OPEN ' + url);"
                "s.onclose = (e) => { say('CLOSE ' + url + ' ' + e.code + ' ' + e.reason); clearTimeout(t); setTimeout(done, 100); };"
                "}); document.title = 'ALL DONE'; })()</script>").encode()]
    run = subprocess.run(["/usr/bin/python3", f"{HERE}/firefox_console.py", f"{SCRATCH}/firefox", f"http://127.0.0.1:{port}/page", "850"],
                         capture_output=True, text=True, timeout=900)
    *console, text = map(json.loads, run.stdout.splitlines())
    texts = {}
    for line in console:
        if found := re.search(r"wss?://[^/]*/([^?]*)\?Firefox", line):
            texts.setdefault(found[1], line)
    for found in re.finditer(r"CLOSE (\S+) (\d+) (.*)", text):
        texts.setdefault(found[1].split("/")[3].split("?")[0], f"close {found[2]} {found[3]}")
    return texts


def versions():
    def out(*command):
        return subprocess.run(command, capture_output=True, text=True).stdout.strip()
    with open(f"{LAB}/go.mod") as file:
        mod = dict(re.findall(r"(\S+/websocket) v(\S+)", file.read()))
    with open(f"{LAB}/node_modules/ws/package.json") as file:
        ws = json.load(file)["version"]
    return {
        "gorilla/websocket": mod["github.com/gorilla/websocket"], "coder/websocket": mod["github.com/coder/websocket"], "ws": ws,
        "node": out("node", "--version"), "go": out("go", "env", "GOVERSION"),
        "websockets": out("/usr/bin/python3", "-c", "import websockets; print(websockets.__version__)"),
        "Chrome": re.search(r"[\d.]+", out("chromium", "--version"))[0],
        "Firefox": re.search(r"[\d.]+", out("firefox-esr", "--version"))[0],
    }


main(*sys.argv[1:])
