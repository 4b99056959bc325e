"""WebSocket inside HTTP/2 (RFC 8441), with HAProxy as the HTTP/2 end."""

from lab import HERE, hs, ok, scenario

LISTEN = """
listen app
    bind 127.0.0.1:8080 proto h2
    server s1 127.0.0.1:9001
"""
NOTE = "HTTP/2 in clear with prior knowledge"


def h2_client(lab, path="/chat"):
    lab.run("node", HERE / "programs/h2_client.js", "127.0.0.1:8080", path)


@scenario("A Node.js HTTP/2 client sends extended CONNECT to HAProxy, which upgrades to gorilla/websocket by HTTP/1.1; both legs",
          [ok("HAProxy offers extended CONNECT and answers 200", server=8080, status=200),
           ok("HAProxy makes a key of its own and shakes hands by HTTP/1.1")],
          "node haproxy gorilla", note=NOTE, checked=False)
def healthy_h2_haproxy_both_legs(lab):
    lab.gorilla()
    lab.haproxy(LISTEN)
    with lab.capture("tcp port 8080 or tcp port 9001"):
        h2_client(lab)


@scenario("Extended CONNECT to a path that the server behind HAProxy does not have; client leg only",
          [hs("rejected", "http-wrong-path", "server", 404, server=8080, target="/caht",
              why="The server behind HAProxy has no route /caht; the 404 comes back in HTTP/2")],
          "node haproxy gorilla", note=NOTE, checked=False)
def h2_wrong_path_404(lab):
    lab.gorilla()
    lab.haproxy(LISTEN)
    with lab.capture("tcp port 8080"):
        h2_client(lab, "/caht")


@scenario("Extended CONNECT while HAProxy's server refuses connections; client leg only",
          [hs("rejected", "response-503", "server", 503, server=8080,
              why="Nothing listens behind HAProxy, which answers 503 in HTTP/2")],
          "node haproxy", note=NOTE, checked=False)
def h2_503_no_server(lab):
    lab.haproxy(LISTEN)
    with lab.capture("tcp port 8080"):
        h2_client(lab)


def trust(lab, cert):
    """Flags that let Chromium accept one certificate, named by the digest of its public key."""
    lab.run("sh", "-c", f"openssl x509 -in {cert} -noout -pubkey | openssl pkey -pubin -outform der"
            " | openssl dgst -sha256 -binary | base64 > spki")
    return ["--ignore-certificate-errors-spki-list=" + (lab.dir / "spki").read_text().strip()]


PAGE = """<!doctype html><title>lab</title><script>
const ws = new WebSocket('wss://127.0.0.1:8443/chat');
ws.onopen = () => ws.send('hello from the lab');
ws.onmessage = () => ws.close(1000);
</script>"""


@scenario("Chromium loads a page over HTTP/2 from HAProxy and opens its socket by extended CONNECT on the same connection",
          [ok("HAProxy offers extended CONNECT, so the browser uses it", server=8443, status=200)],
          "chromium haproxy node-ws",
          note="pcapng with a Decryption Secrets Block, written by editcap; the session keys are worthless", checked=False)
def healthy_h2_chromium_tls(lab):
    cert, key = lab.certificate("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1")
    both = lab.file("both.pem", cert.read_text() + key.read_text())
    lab.node_ws(page=PAGE)
    lab.haproxy(f"""
listen app
    bind 127.0.0.1:8443 ssl crt {both} alpn h2,http/1.1
    server s1 127.0.0.1:9001
""", port=8443)
    keys = lab.dir / "keys.log"
    with lab.capture("tcp port 8443"):
        lab.chromium("https://127.0.0.1:8443/", flags=[f"--ssl-key-log-file={keys}", *trust(lab, cert)])
    lab.to_pcapng("--inject-secrets", f"tls,{keys}")
