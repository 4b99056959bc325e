"""Firefox, which opens what other clients refuse."""

from lab import HERE, ok, scenario

PAGE = """<body></body><script>
const ws = new WebSocket('ws://' + location.host + '/chat', ['chat.v2', 'chat.v1']);
ws.onopen = () => ws.send('hello from Firefox');
ws.onmessage = () => ws.close(1000);
ws.onclose = () => { document.title = 'ALL DONE'; };
</script>"""


@scenario("A page in headless Firefox offers subprotocols, and the server selects none: Firefox opens it all the same",
          [ok("Firefox takes a 101 without the subprotocol that Chrome and ws insist on, and the connection is used")],
          "firefox node-ws")
def healthy_firefox_no_subprotocol(lab):
    lab.node_ws(page=PAGE, deflate=True, protocol="")
    with lab.capture("tcp port 9001"):
        lab.run("/usr/bin/python3", HERE / "programs/firefox_console.py", lab.dir / "profile", "http://127.0.0.1:9001/", 10, timeout=90)
