"""TLS: ports mixed up, certificates refused, sessions with and without keys."""

from lab import hs, ok, scenario
from scenarios.http2 import trust


def nginx_tls(lab, more="", issued_by=()):
    cert, key = lab.certificate("-subj", "/CN=chat.example.test", "-addext", "subjectAltName=DNS:chat.example.test",
                                *issued_by)
    lab.node_ws()
    lab.nginx(f"""
        listen 127.0.0.1:8443 ssl;
        ssl_certificate {cert}; ssl_certificate_key {key};
        {more}
        location / {{
            proxy_pass http://127.0.0.1:9001;
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection "upgrade";
        }}""", port=8443)


def node_tls(lab):
    cert, key = lab.certificate("-subj", "/CN=chat.example.test", "-addext", "subjectAltName=DNS:chat.example.test")
    lab.node_ws(port=8443, tls={"cert": str(cert), "key": str(key)})


def plain_to_tls(outcome, status, why, **more):
    return hs(outcome, "http-sent-to-tls-port", "client", status, server=8443, why=why, **more)


@scenario("A ws:// client meets nginx's TLS port, which answers 400 in plain text",
          [plain_to_tls("rejected", 400, "nginx's page says that a plain HTTP request was sent to an HTTPS port")],
          "nginx node-ws")
def plain_to_tls_nginx(lab):
    nginx_tls(lab)
    with lab.capture("tcp port 8443"):
        lab.node_client("ws://127.0.0.1:8443/chat")


@scenario("A ws:// client meets a Go TLS port, which answers 400 in plain text",
          [plain_to_tls("rejected", 400, "Go's text says that an HTTP request was sent to an HTTPS server")],
          "gorilla")
def plain_to_tls_go(lab):
    cert, key = lab.certificate("-subj", "/CN=chat.example.test")
    lab.gorilla(8443, "127.0.0.1", "-cert", cert, "-key", key)
    with lab.capture("tcp port 8443"):
        lab.gorilla_client("ws://127.0.0.1:8443/chat")


def closed_by_tls_port(why):
    return hs("closed", "tcp-closed-before-response", "server", server=8443, accept=["http-sent-to-tls-port"], why=why)


@scenario("A ws:// client meets a Node.js TLS port, which closes without an answer",
          [closed_by_tls_port("The server takes the request for a broken ClientHello; "
                              "nothing but the port number shows in this capture that it speaks TLS")],
          "node node-ws")
def plain_to_tls_node(lab):
    node_tls(lab)
    with lab.capture("tcp port 8443"):
        lab.node_client("ws://127.0.0.1:8443/chat")


@scenario("A wss:// session on a Node.js TLS port, then a ws:// client on the same port, which closes without an answer",
          [plain_to_tls("closed", 0, "The port spoke TLS a moment before in the same capture")],
          "node node-ws", note="The wss:// session is encrypted and not in the list")
def plain_to_tls_node_after_good(lab):
    node_tls(lab)
    with lab.capture("tcp port 8443"):
        lab.node_client("wss://127.0.0.1:8443/chat", tls={"rejectUnauthorized": False})
        lab.node_client("ws://127.0.0.1:8443/chat")


@scenario("A ws:// client meets an HAProxy TLS port, which closes without an answer",
          [closed_by_tls_port("HAProxy expects a ClientHello; "
                              "nothing but the port number shows in this capture that it speaks TLS")],
          "haproxy node-ws")
def plain_to_tls_haproxy(lab):
    cert, key = lab.certificate("-subj", "/CN=chat.example.test")
    both = lab.file("both.pem", cert.read_text() + key.read_text())
    lab.haproxy(f"""
listen app
    bind 127.0.0.1:8443 ssl crt {both}
    server s1 127.0.0.1:9001
""", port=8443)
    with lab.capture("tcp port 8443"):
        lab.node_client("ws://127.0.0.1:8443/chat")


def tls_failed(cause, actor, why, **more):
    return hs("tls-failed", cause, actor, target="", why=why, **more)


@scenario("A wss:// client meets the plain port of a ws server",
          [tls_failed("tls-sent-to-plaintext-port", "client", "The server answers the ClientHello with HTTP/1.1 400",
                      unknown=True)],
          "node-ws gorilla")
def tls_to_plain_ws(lab):
    lab.node_ws()
    with lab.capture("tcp port 9001"):
        lab.gorilla_client("wss://127.0.0.1:9001/chat")


@scenario("A ws:// client succeeds, then a wss:// client meets the same plain port of a Go server",
          [ok("The port speaks plain WebSocket"),
           tls_failed("tls-sent-to-plaintext-port", "client",
                      "The server answers the ClientHello with HTTP 400; the port carried WebSocket before")],
          "gorilla node-ws")
def tls_to_plain_go_after_good(lab):
    lab.gorilla()
    with lab.capture("tcp port 9001"):
        lab.gorilla_client("ws://127.0.0.1:9001/chat")
        lab.node_client("wss://127.0.0.1:9001/chat")


@scenario("A wss:// client meets a plain nginx port",
          [tls_failed("tls-sent-to-plaintext-port", "client", "nginx answers the ClientHello with an HTTP 400 page",
                      unknown=True, server=8080)],
          "nginx gorilla")
def tls_to_plain_nginx(lab):
    lab.nginx("listen 127.0.0.1:8080;")
    with lab.capture("tcp port 8080"):
        lab.gorilla_client("wss://127.0.0.1:8080/chat")


@scenario("A wss:// client meets a plain HAProxy port",
          [tls_failed("tls-sent-to-plaintext-port", "client", "HAProxy answers the ClientHello with an HTTP 400 page",
                      unknown=True, server=8080)],
          "haproxy gorilla")
def tls_to_plain_haproxy(lab):
    lab.haproxy("\nlisten app\n    bind 127.0.0.1:8080\n    server s1 127.0.0.1:9001\n")
    with lab.capture("tcp port 8080"):
        lab.gorilla_client("wss://127.0.0.1:8080/chat")


TLS12 = {"tls": {"maxVersion": "TLSv1.2", "servername": "chat.example.test"}}


@scenario("A ws client does not trust the self-signed certificate of nginx, over TLS 1.2",
          [tls_failed("tls-unknown-ca", "client", "A visible self-signed certificate, then the client leaves",
                      unknown=True, server=8443,
                      accept=["tls-alert-certificate", "tls-handshake-aborted-silently"])],
          "nginx node-ws", note="Node.js finishes the TLS handshake and then closes without an alert in clear")
def tls12_self_signed_node(lab):
    nginx_tls(lab)
    with lab.capture("tcp port 8443"):
        lab.node_client("wss://127.0.0.1:8443/chat", **TLS12)


@scenario("curl does not trust the self-signed certificate of nginx, over TLS 1.2, and sends alert unknown_ca",
          [tls_failed("tls-unknown-ca", "client", "Alert 48 after the certificate", unknown=True, server=8443)],
          "nginx curl")
def tls12_unknown_ca_curl(lab):
    nginx_tls(lab)
    with lab.capture("tcp port 8443"):
        lab.run("curl", "-sS", "--tls-max", "1.2", "--resolve", "chat.example.test:8443:127.0.0.1",
                "https://chat.example.test:8443/chat")


@scenario("gorilla/websocket does not trust the self-signed certificate of nginx, over TLS 1.2, and sends bad_certificate",
          [tls_failed("tls-unknown-ca", "client", "Alert 42 by the client after a self-signed certificate",
                      unknown=True, server=8443, accept=["tls-alert-certificate", "tls-name-mismatch"])],
          "nginx gorilla", note="Go sends bad_certificate for any certificate that it does not trust")
def tls12_bad_certificate_gorilla(lab):
    nginx_tls(lab, "ssl_protocols TLSv1.2;")
    with lab.capture("tcp port 8443"):
        lab.gorilla_client("wss://127.0.0.1:8443/chat")


@scenario("The certificate of nginx expired in 2020 and is trusted otherwise; curl refuses it over TLS 1.2",
          [tls_failed("tls-cert-expired", "server", "The visible certificate ended in 2020, and the client sends alert 45",
                      unknown=True, server=8443, accept=["tls-alert-certificate"])],
          "nginx curl")
def tls12_certificate_expired(lab):
    subject = ["-subj", "/CN=chat.example.test", "-addext", "subjectAltName=DNS:chat.example.test"]
    cert, key = lab.certificate(*subject)
    lab.run("openssl", "req", "-new", "-key", key, "-out", lab.dir / "old.csr", *subject)
    lab.file("index.txt", "")
    lab.file("serial", "01")
    ca = lab.file("ca.cnf", f"[ca]\ndefault_ca=x\n[x]\ndatabase={lab.dir}/index.txt\nserial={lab.dir}/serial\n"
                  f"new_certs_dir={lab.dir}\ndefault_md=sha256\npolicy=p\ncopy_extensions=copy\n[p]\ncommonName=supplied\n")
    lab.run("openssl", "ca", "-batch", "-config", ca, "-selfsign", "-keyfile", key, "-in", lab.dir / "old.csr",
            "-out", cert, "-startdate", "20190101000000Z", "-enddate", "20200101000000Z", "-notext")
    lab.nginx(f"listen 127.0.0.1:8443 ssl; ssl_certificate {cert}; ssl_certificate_key {key};", port=8443)
    with lab.capture("tcp port 8443"):
        lab.run("curl", "-sS", "--tls-max", "1.2", "--cacert", cert,
                "--resolve", "chat.example.test:8443:127.0.0.1", "https://chat.example.test:8443/chat")


@scenario("The certificate of nginx comes from a trusted CA but is made for another name; curl leaves over TLS 1.2",
          [tls_failed("tls-name-mismatch", "server",
                      "The client asks for other.example.test and the visible certificate covers chat.example.test only",
                      unknown=True, server=8443, accept=["tls-alert-certificate", "tls-alert-other", "tls-handshake-aborted-silently"])],
          "nginx curl")
def tls12_name_mismatch(lab):
    ca, ca_key = lab.certificate("-subj", "/CN=Example Test CA", name="ca")
    nginx_tls(lab, issued_by=("-CA", ca, "-CAkey", ca_key))
    with lab.capture("tcp port 8443"):
        lab.run("curl", "-sS", "--tls-max", "1.2", "--cacert", ca,
                "--resolve", "other.example.test:8443:127.0.0.1", "https://other.example.test:8443/chat")


@scenario("nginx accepts TLS 1.3 only and the client offers TLS 1.2 at most",
          [tls_failed("tls-alert-protocol-version", "server", "Alert 70 answers a ClientHello that ends at TLS 1.2",
                      unknown=True, server=8443, accept=["tls-version-cipher-mismatch"])],
          "nginx node-ws")
def tls_version_mismatch(lab):
    nginx_tls(lab, "ssl_protocols TLSv1.3;")
    with lab.capture("tcp port 8443"):
        lab.node_client("wss://127.0.0.1:8443/chat", **TLS12)


# ------------------------------------------------------- client certificates

TRUSTING = {"tls": {"rejectUnauthorized": False, "servername": "chat.example.test"}}
TRUSTING12 = {"tls": {**TRUSTING["tls"], "maxVersion": "TLSv1.2"}}


def openssl_server(lab, *options):
    """openssl s_server, with a certificate for chat.example.test."""
    cert, key = lab.certificate("-subj", "/CN=chat.example.test", "-addext", "subjectAltName=DNS:chat.example.test")
    lab.start(["openssl", "s_server", "-accept", "127.0.0.1:8443", "-cert", cert, "-key", key, "-quiet", "-www", *options],
              port=8443)


def no_certificate(why, **more):
    return tls_failed("tls-client-cert-required", "client", why, unknown=True, server=8443, **more)


@scenario("OpenSSL requires a client certificate over TLS 1.2, and the client has none",
          [no_certificate("-Verify_return_error: CertificateRequest, an empty Certificate, and a fatal alert in clear")],
          "openssl node-ws")
def tls12_client_certificate_missing_openssl(lab):
    openssl_server(lab, "-tls1_2", "-Verify", "1", "-verify_return_error")
    with lab.capture("tcp port 8443"):
        lab.node_client("wss://127.0.0.1:8443/chat", **TRUSTING)


@scenario("OpenSSL requires a client certificate over TLS 1.3, and the client has none",
          [no_certificate("CertificateRequest, Certificate and alert are encrypted; their lengths show")],
          "openssl node-ws", note="No keys in the capture")
def tls13_client_certificate_missing_openssl(lab):
    openssl_server(lab, "-tls1_3", "-Verify", "1", "-verify_return_error")
    with lab.capture("tcp port 8443"):
        lab.node_client("wss://127.0.0.1:8443/chat", **TRUSTING)


@scenario("A Go server requires a client certificate over TLS 1.3, and the client has none",
          [no_certificate("CertificateRequest, Certificate and alert are encrypted; their lengths show")],
          "gorilla", note="No keys in the capture")
def tls13_client_certificate_missing_go(lab):
    cert, key = lab.certificate("-subj", "/CN=chat.example.test")
    lab.gorilla(8443, "127.0.0.1", "-cert", cert, "-key", key, "-clients", cert)
    with lab.capture("tcp port 8443"):
        lab.gorilla_client("wss://127.0.0.1:8443/chat", "-insecure")


@scenario("HAProxy verifies client certificates over TLS 1.2, and the client's own is self-signed",
          [no_certificate("The client sends a certificate that no authority of HAProxy's ca-file issued")],
          "haproxy node-ws")
def tls12_client_certificate_untrusted_haproxy(lab):
    cert, key = lab.certificate("-subj", "/CN=chat.example.test")
    ca, _ = lab.certificate("-subj", "/CN=clients.example.test", name="clients")
    own, own_key = lab.certificate("-subj", "/CN=somebody.example.test", name="own")
    both = lab.file("both.pem", cert.read_text() + key.read_text())
    lab.haproxy(f"""
listen app
    bind 127.0.0.1:8443 ssl crt {both} ca-file {ca} verify required
    server s1 127.0.0.1:9001
""", port=8443)
    with lab.capture("tcp port 8443"):
        lab.node_client("wss://127.0.0.1:8443/chat",
                        tls={**TRUSTING12["tls"], "cert": own.read_text(), "key": own_key.read_text()})


@scenario("nginx relays to an https upstream that requires a client certificate, and has none to show",
          [hs("rejected", "tls-client-cert-required", "intermediary", 400, server=8080,
              why="The upstream's page says that no required certificate was sent, and the client came in clear")],
          "nginx node-ws", note="Only the leg in front of nginx")
def nginx_client_certificate_missing_upstream(lab):
    ca, _ = lab.certificate("-subj", "/CN=clients.example.test", name="clients")
    cert, key = lab.certificate("-subj", "/CN=chat.example.test")
    lab.nginx("""
        listen 127.0.0.1:8080;
        location / {
            proxy_pass https://127.0.0.1:8443;
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection "upgrade";
        }""", http=f"""
    server {{
        listen 127.0.0.1:8443 ssl;
        ssl_certificate {cert}; ssl_certificate_key {key};
        ssl_verify_client on; ssl_client_certificate {ca};
    }}""")
    with lab.capture("tcp port 8080"):
        lab.node_client("ws://127.0.0.1:8080/chat")


@scenario("nginx asks for a client certificate and does without one, over TLS 1.3",
          [],
          "nginx node-ws", note="Healthy: nothing can be read, and nothing is wrong", checked=False)
def healthy_tls13_client_certificate_optional(lab):
    ca, _ = lab.certificate("-subj", "/CN=clients.example.test", name="clients")
    nginx_tls(lab, f"ssl_protocols TLSv1.3; ssl_verify_client optional; ssl_client_certificate {ca};")
    with lab.capture("tcp port 8443"):
        lab.node_client("wss://127.0.0.1:8443/chat", **TRUSTING)


# ---------------------------------------------------------------------- ALPN

@scenario("OpenSSL accepts h2 only, and the client offers http/1.1",
          [tls_failed("tls-alert-no-application-protocol", "server", "Alert 120; the client offers what WebSocket needs",
                      unknown=True, server=8443)],
          "openssl node-ws")
def tls_alpn_no_common_openssl(lab):
    openssl_server(lab, "-alpn", "h2")
    with lab.capture("tcp port 8443"):
        lab.node_client("wss://127.0.0.1:8443/chat", tls={**TRUSTING["tls"], "ALPNProtocols": ["http/1.1"]})


@scenario("nginx accepts http/1.1 only, and the client offers h2 only",
          [tls_failed("tls-alert-no-application-protocol", "client", "Alert 120; h2 alone cannot carry an HTTP/1.1 upgrade",
                      unknown=True, server=8443)],
          "nginx gorilla")
def tls_alpn_no_common_nginx(lab):
    nginx_tls(lab)
    with lab.capture("tcp port 8443"):
        lab.gorilla_client("wss://127.0.0.1:8443/chat", "-insecure", "-alpn", "h2")


def nginx_http2(lab, protocols):
    cert, key = lab.certificate("-subj", "/CN=chat.example.test", "-addext", "subjectAltName=DNS:chat.example.test")
    page = lab.file("www/index.html", "<!doctype html><title>chat</title><link rel=icon href=data:,>hello")
    lab.nginx(f"listen 127.0.0.1:8443 ssl http2; ssl_certificate {cert}; ssl_certificate_key {key};"
              f"ssl_protocols {protocols}; root {page.parent};", port=8443)
    return cert


def h2_selected(why):
    return hs("closed", "tls-alpn-h2-selected", "client", server=8443, target="", unknown=True, why=why)


@scenario("nginx selects h2 over TLS 1.2 from what a ws client offers, which leaves when the settings come",
          [],
          "nginx node-ws", note="The client sends nothing; without keys a browser that does not need the connection looks the same",
          checked=False)
def tls12_alpn_h2_selected_node(lab):
    nginx_http2(lab, "TLSv1.2")
    with lab.capture("tcp port 8443"):
        lab.node_client("wss://127.0.0.1:8443/chat", tls={**TRUSTING["tls"], "ALPNProtocols": ["h2", "http/1.1"]})


@scenario("nginx selects h2 over TLS 1.2 from what gorilla/websocket offers, which sends an HTTP/1.1 upgrade",
          [h2_selected("ALPN h2 in the ServerHello; one record of the size of an upgrade request, and no acknowledgement of settings")],
          "nginx gorilla", note="No keys in the capture", checked=False)
def tls12_alpn_h2_selected_gorilla(lab):
    nginx_http2(lab, "TLSv1.2")
    with lab.capture("tcp port 8443"):
        lab.gorilla_client("wss://127.0.0.1:8443/chat", "-insecure", "-alpn", "h2,http/1.1")


@scenario("Chromium fetches a page over HTTP/2 and TLS 1.2",
          [],
          "nginx chromium", note="Healthy: HTTP/2 that was selected and is spoken; a second connection is left unused",
          checked=False)
def healthy_tls12_http2_chromium(lab):
    cert = nginx_http2(lab, "TLSv1.2")
    with lab.capture("tcp port 8443"):
        lab.chromium("https://127.0.0.1:8443/", flags=trust(lab, cert))


@scenario("curl fetches a page over HTTP/2 and TLS 1.2",
          [],
          "nginx curl", note="Healthy: HTTP/2 that was selected and is spoken", checked=False)
def healthy_tls12_http2_curl(lab):
    nginx_http2(lab, "TLSv1.2")
    with lab.capture("tcp port 8443"):
        lab.run("curl", "-ksS", "--http2", "https://127.0.0.1:8443/")


# -------------------------------------------------------------- server names

OTHER_NAME = {"tls": {"rejectUnauthorized": False, "servername": "other.example.test"}}


def unknown_name(why):
    return tls_failed("tls-sni-problem", "client", why, unknown=True, server=8443)


@scenario("OpenSSL refuses a server name that is not its own",
          [unknown_name("-servername_fatal: alert 112 for other.example.test")],
          "openssl node-ws")
def tls_sni_unknown_openssl(lab):
    openssl_server(lab, "-servername", "chat.example.test", "-servername_fatal", "-cert2", "server.crt", "-key2", "server.key")
    with lab.capture("tcp port 8443"):
        lab.node_client("wss://127.0.0.1:8443/chat", **OTHER_NAME)


@scenario("HAProxy has no certificate for the server name and is strict about it",
          [unknown_name("strict-sni: the handshake ends with an alert upon other.example.test")],
          "haproxy node-ws")
def tls_sni_strict_haproxy(lab):
    cert, key = lab.certificate("-subj", "/CN=chat.example.test", "-addext", "subjectAltName=DNS:chat.example.test")
    both = lab.file("both.pem", cert.read_text() + key.read_text())
    lab.haproxy(f"""
listen app
    bind 127.0.0.1:8443 ssl crt {both} strict-sni
    server s1 127.0.0.1:9001
""", port=8443)
    with lab.capture("tcp port 8443"):
        lab.node_client("wss://127.0.0.1:8443/chat", **OTHER_NAME)


@scenario("nginx rejects the handshake of a client that is given no name, as it does for all unknown ones",
          [unknown_name("ssl_reject_handshake: alert 112; the URL holds an address, so the client sends no name")],
          "nginx gorilla")
def tls_sni_none_nginx(lab):
    lab.nginx("listen 127.0.0.1:8443 ssl default_server; ssl_reject_handshake on;", port=8443)
    with lab.capture("tcp port 8443"):
        lab.gorilla_client("wss://127.0.0.1:8443/chat", "-insecure")


# ------------------------------------------------------- ends on the ClientHello

def dropped(why):
    return tls_failed("tls-reset-after-clienthello", "server", why, unknown=True, server=8443)


@scenario("A server resets the connection when it has read the ClientHello",
          [dropped("RST upon the ClientHello and nothing else; nothing shows that it came from somewhere else")],
          "raw-server node-ws")
def tls_reset_after_clienthello(lab):
    lab.raw_server("reset", port=8443)
    with lab.capture("tcp port 8443"):
        lab.node_client("wss://127.0.0.1:8443/chat", **TRUSTING)


@scenario("HAProxy passes TLS on by server name and has no rule for this one",
          [dropped("tcp-request content reject: closed upon the ClientHello without an alert")],
          "haproxy node-ws")
def tls_closed_after_clienthello_haproxy(lab):
    lab.haproxy("""
listen app
    mode tcp
    bind 127.0.0.1:8443
    tcp-request inspect-delay 5s
    tcp-request content reject if { req.ssl_hello_type 1 } !{ req.ssl_sni -i chat.example.test }
    server s1 127.0.0.1:9001
""", port=8443)
    with lab.capture("tcp port 8443"):
        lab.node_client("wss://127.0.0.1:8443/chat", **OTHER_NAME)


@scenario("A healthy wss:// session over TLS 1.3; the capture holds no keys",
          [],
          "node-ws", note="Nothing can be read; the conversation is counted as not judged", checked=False)
def wss_without_keys(lab):
    node_tls(lab)
    with lab.capture("tcp port 8443"):
        lab.node_client("wss://127.0.0.1:8443/chat", tls={"rejectUnauthorized": False, "servername": "chat.example.test"})


def decrypted(lab, server, path, **client):
    """Record a wss:// session, then put the session keys into the pcapng file."""
    server()
    keys = lab.dir / "keys.log"
    with lab.capture("tcp port 8443"):
        lab.node_client(f"wss://127.0.0.1:8443{path}", keylog=str(keys),
                        tls={"rejectUnauthorized": False, "servername": "chat.example.test", **client})
    lab.to_pcapng("--inject-secrets", f"tls,{keys}")


DSB = "pcapng with a Decryption Secrets Block, written by editcap; the session keys are worthless"


@scenario("A healthy wss:// session over TLS 1.3, with the session keys in the pcapng file",
          [ok("Decrypted, it is an ordinary handshake", server=8443)],
          "node-ws", note=DSB, checked=False)
def wss_tls13_with_keys(lab):
    decrypted(lab, lambda: node_tls(lab), "/chat")


@scenario("A healthy wss:// session over TLS 1.2 through nginx, with the session keys in the pcapng file",
          [ok("Decrypted, it is an ordinary handshake", server=8443)],
          "nginx node-ws", note=DSB + "; only the encrypted leg in front of nginx", checked=False)
def wss_tls12_with_keys(lab):
    decrypted(lab, lambda: nginx_tls(lab), "/chat", maxVersion="TLSv1.2")


@scenario("nginx asks for a client certificate and gets none: 400 inside TLS, with the session keys in the pcapng file",
          [hs("rejected", "tls-client-cert-required", "client", 400, server=8443,
              why="ssl_verify_client on; nginx's page says that no required certificate was sent")],
          "nginx node-ws", note=DSB, checked=False)
def wss_client_certificate_missing(lab):
    def server():
        cert, _ = lab.certificate("-subj", "/CN=clients.example.test", name="clients")
        nginx_tls(lab, f"ssl_verify_client on; ssl_client_certificate {cert};")
    decrypted(lab, server, "/chat")


@scenario("The client offers h2 before http/1.1, nginx selects h2, and the client sends an HTTP/1.1 upgrade all the same",
          [hs("malformed", "tls-alpn-h2-selected", "client", server=8443,
              why="ALPN agreed on h2 in the EncryptedExtensions, and an HTTP/1.1 request follows inside TLS")],
          "nginx gorilla", note=DSB, checked=False)
def wss_alpn_h2_selected(lab):
    unlocked(lab, lambda: nginx_http2(lab, "TLSv1.3"), "-alpn", "h2,http/1.1")


def unlocked(lab, server, *options, ports="tcp port 8443", path="/chat"):
    """As decrypted, by gorilla/websocket."""
    server()
    keys = lab.dir / "keys.log"
    with lab.capture(ports):
        lab.gorilla_client(f"wss://127.0.0.1:8443{path}", "-insecure", "-name", "chat.example.test", "-keylog", keys, *options)
    lab.to_pcapng("--inject-secrets", f"tls,{keys}")


STRIPPED = dict(target="/chat", why="The location lacks proxy_http_version 1.1, Upgrade and Connection; the front leg, inside TLS, has them")


@scenario("nginx with TLS in front of ws takes out Upgrade and Connection; both legs, the session keys of the front leg in the pcapng file",
          [hs("rejected", "proxy-stripped-upgrade", "intermediary", 426, server=8443, **STRIPPED),
           hs("rejected", "proxy-stripped-upgrade", "intermediary", 426, server=9001, **STRIPPED)],
          "nginx node-ws gorilla", note=DSB, checked=False)
def wss_nginx_stripped_both_legs(lab):
    cert, key = lab.certificate("-subj", "/CN=chat.example.test")

    def server():
        lab.node_ws()
        lab.nginx(f"""listen 127.0.0.1:8443 ssl; ssl_certificate {cert}; ssl_certificate_key {key};
                      location / {{ proxy_pass http://127.0.0.1:9001; }}""", port=8443)
    unlocked(lab, server, ports="tcp port 8443 or tcp port 9001")


@scenario("A Go server with TLS 1.3 asks for a Bearer token that the client does not send, with the session keys in the pcapng file",
          [hs("rejected", "auth-missing-credentials", "client", 401, target="/bearer", server=8443,
              why="No Authorization, no cookie; the 401 asks for Bearer")],
          "gorilla", note=DSB, checked=False)
def wss_auth_missing_401(lab):
    cert, key = lab.certificate("-subj", "/CN=chat.example.test")
    unlocked(lab, lambda: lab.gorilla(8443, "127.0.0.1", "-cert", cert, "-key", key), path="/bearer")


@scenario("Node.js does not trust the certificate of a TLS 1.3 server, and leaves; only the session keys show the certificate",
          [hs("tls-failed", "tls-unknown-ca", "client", server=8443, target="", unknown=True,
              accept=["tls-handshake-aborted-silently"],
              why="The client left upon the server's part of the handshake; the certificate in it is self-signed, in date and has the name")],
          "node-ws", note=DSB, checked=False)
def wss_unknown_ca(lab):
    node_tls(lab)
    keys = lab.dir / "keys.log"
    with lab.capture("tcp port 8443"):
        lab.node_client("wss://127.0.0.1:8443/chat", keylog=str(keys), tls={"servername": "chat.example.test"})
    lab.to_pcapng("--inject-secrets", f"tls,{keys}")


@scenario("OpenSSL requires a client certificate over TLS 1.3; the client asks before it knows that it has been refused",
          [hs("tls-failed", "tls-client-cert-required", "client", server=8443, target="",
              why="The server's alert is certificate_required; the request that follows was never read")],
          "openssl gorilla", note=DSB, checked=False)
def wss_tls13_client_certificate_required(lab):
    unlocked(lab, lambda: openssl_server(lab, "-tls1_3", "-Verify", "1", "-verify_return_error"))
