"""Names: looked up in the capture, and missing in the ClientHello."""

from lab import hs, scenario

NAME = "chat.example.test"
URL = f"wss://{NAME}:8443/chat"
NAMES = "udp port 53 or tcp port 8443"
CLIENT = {"resolver": "127.0.0.1"}
SILENT = {"servername": ""}
ANY = {"rejectUnauthorized": False}


def certificates(lab):
    return [lab.certificate("-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}", name=name)
            for name in (NAME, "other.example.test")]


def nameless(cause, why, **more):
    return hs("tls-failed", cause, "client", server=8443, target="", unknown=True, why=why, **more)


def node_tls(lab, port):
    cert, key = certificates(lab)[0]
    lab.node_ws(port=port, tls={"cert": str(cert), "key": str(key)})


def haproxy(lab):
    cert, key = certificates(lab)[0]
    both = lab.file("both.pem", cert.read_text() + key.read_text())
    lab.node_ws()
    lab.dnsmasq(NAME)
    lab.haproxy(f"""
listen app
    bind 127.0.0.1:8443 ssl crt {both} strict-sni
    server s1 127.0.0.1:9001
""", port=8443)


@scenario("A client looks a name up and leaves it out of the ClientHello; HAProxy with strict-sni",
          [nameless("tls-sni-problem", "Alert 112 of strict-sni; the name server's answer shows that the client knew a name",
                    accept=["tls-sni-missing"])],
          "haproxy dnsmasq node-ws")
def sni_missing_haproxy(lab):
    haproxy(lab)
    with lab.capture(NAMES):
        lab.node_client(URL, tls={**SILENT, **ANY}, **CLIENT)


@scenario("The same client with the name in its ClientHello; HAProxy with strict-sni", [],
          "haproxy dnsmasq node-ws", note="The session is encrypted, so nothing is in the list")
def healthy_sni_haproxy(lab):
    haproxy(lab)
    with lab.capture(NAMES):
        lab.node_client(URL, tls=ANY, **CLIENT)


def nginx(lab, default):
    (cert, key), (other, other_key) = certificates(lab)
    lab.node_ws()
    lab.dnsmasq(NAME)
    names = f"""server {{
        listen 127.0.0.1:8443 ssl;
        server_name {NAME};
        ssl_certificate {cert}; ssl_certificate_key {key};
        location / {{
            proxy_pass http://127.0.0.1:9001;
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection "upgrade";
        }}
    }}"""
    default = default.format(cert=other, key=other_key)
    lab.nginx(f"listen 127.0.0.1:8443 ssl default_server; {default}", http=names, port=8443)
    return cert.read_text() + other.read_text()


REJECT = "ssl_reject_handshake on;"
OTHER = "ssl_certificate {cert}; ssl_certificate_key {key}; return 421;"


@scenario("A client looks a name up and leaves it out of the ClientHello; nginx with ssl_reject_handshake",
          [nameless("tls-sni-problem", "The default server refuses who names no server with alert 112", accept=["tls-sni-missing"])],
          "nginx dnsmasq node-ws")
def sni_missing_nginx(lab):
    nginx(lab, REJECT)
    with lab.capture(NAMES):
        lab.node_client(URL, tls={**SILENT, **ANY}, **CLIENT)


@scenario("The same client with the name in its ClientHello; nginx with ssl_reject_handshake on the default server", [],
          "nginx dnsmasq node-ws", note="The session is encrypted, so nothing is in the list")
def healthy_sni_nginx(lab):
    nginx(lab, REJECT)
    with lab.capture(NAMES):
        lab.node_client(URL, tls=ANY, **CLIENT)


@scenario("A client looks a name up and leaves it out of the ClientHello; nginx shows the certificate of another name, over TLS 1.2",
          [nameless("tls-sni-missing", "The certificate of the default server is for other.example.test, and the client leaves",
                    accept=["tls-sni-problem"])],
          "nginx dnsmasq node-ws", note="Both certificates are trusted; Node.js leaves without an alert in clear")
def sni_missing_other_certificate(lab):
    trusted = nginx(lab, OTHER)
    with lab.capture(NAMES):
        lab.node_client(URL, tls={**SILENT, "ca": trusted, "maxVersion": "TLSv1.2"}, **CLIENT)


@scenario("A client looks a name up and leaves it out of the ClientHello; a Go server has a certificate for the name alone",
          [nameless("tls-sni-missing", "GetCertificate fails without a name, as that of autocert does: alert 80")],
          "go dnsmasq node-ws")
def sni_missing_go(lab):
    cert, key = certificates(lab)[0]
    lab.dnsmasq(NAME)
    lab.gorilla(8443, "127.0.0.1", "-cert", cert, "-key", key, "-name", NAME)
    with lab.capture(NAMES):
        lab.node_client(URL, tls={**SILENT, **ANY}, **CLIENT)


@scenario("A client looks a name up and leaves it out of the ClientHello; HAProxy chooses the server by the name, without decryption",
          [nameless("tls-sni-missing", "No rule of HAProxy takes a ClientHello without a name, so it ends the connection",
                    accept=["tls-sni-problem"])],
          "haproxy dnsmasq node-ws")
def sni_missing_haproxy_routes(lab):
    node_tls(lab, 9443)
    lab.dnsmasq(NAME)
    lab.haproxy(f"""
listen names
    mode tcp
    bind 127.0.0.1:8443
    tcp-request inspect-delay 3s
    tcp-request content accept if {{ req.ssl_hello_type 1 }}
    use_backend chat if {{ req.ssl_sni -i {NAME} }}
backend chat
    mode tcp
    server s1 127.0.0.1:9443
""", port=8443)
    with lab.capture(NAMES):
        lab.node_client(URL, tls={**SILENT, **ANY}, **CLIENT)


@scenario("The name server does not know the name of the URL", [], "dnsmasq node-ws",
          note="The name server refuses: the client does not get as far as a connection", checked=False)
def name_unknown(lab):
    lab.dnsmasq("other.example.test")
    with lab.capture(NAMES):
        lab.node_client(URL, tls=ANY, **CLIENT)
