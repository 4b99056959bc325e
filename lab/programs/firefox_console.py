"""Opens a page in headless Firefox and prints what its console says of WebSockets, one JSON text per line,
then the text of the page, once its title is ALL DONE: PROFILE URL SECONDS

It speaks Marionette, and reads in the context of the browser itself: no script of a
page gets to see what the console says.
"""

import json
import os
import socket
import subprocess
import sys
import time

PROFILE, URL, SECONDS = sys.argv[1], sys.argv[2], float(sys.argv[3])
READ = """
return Services.console.getMessageArray()
    .filter((m) => m instanceof Ci.nsIScriptError && m.category === "Web Socket").map((m) => m.errorMessage);
"""


class Marionette:
    """One session: a message is its length, a colon, and a list in JSON."""

    def __init__(self, port):
        for _ in range(300):
            try:
                self.socket = socket.create_connection(("127.0.0.1", port))
                break
            except ConnectionRefusedError:
                time.sleep(0.1)
        self.rest, self.last = b"", 0
        self.receive()

    def receive(self):
        while b":" not in self.rest or len(self.rest.split(b":", 1)[1]) < int(self.rest.split(b":", 1)[0]):
            got = self.socket.recv(65536)
            if not got:
                raise EOFError
            self.rest += got
        size, rest = self.rest.split(b":", 1)
        self.rest = rest[int(size):]
        return json.loads(rest[:int(size)])

    def ask(self, command, **parameters):
        self.last += 1
        data = json.dumps([0, self.last, command, parameters]).encode()
        self.socket.sendall(str(len(data)).encode() + b":" + data)
        _, _, error, value = self.receive()
        if error:
            raise RuntimeError(error)
        return value


def main():
    os.makedirs(PROFILE, exist_ok=True)
    with open(f"{PROFILE}/user.js", "w") as prefs:
        for name, value in {"marionette.port": 2828, "network.captive-portal-service.enabled": False, "network.connectivity-service.enabled": False,
                            "network.dns.disablePrefetch": True, "browser.safebrowsing.downloads.enabled": False, "app.normandy.enabled": False,
                            "datareporting.policy.dataSubmissionEnabled": False, "toolkit.telemetry.enabled": False, "network.trr.mode": 5, "network.websocket.delay-failed-reconnects": False}.items():
            prefs.write(f'user_pref("{name}", {json.dumps(value)});\n')
    browser = subprocess.Popen(["firefox-esr", "--headless", "--marionette", "--remote-allow-system-access", "--no-remote", "--profile", PROFILE],
                               env={**os.environ, "HOME": PROFILE}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        marionette = Marionette(2828)
        marionette.ask("WebDriver:NewSession", acceptInsecureCerts=URL.startswith("https:"))
        marionette.ask("WebDriver:Navigate", url=URL)
        end = time.monotonic() + SECONDS
        title = ""
        while title != "ALL DONE" and time.monotonic() < end:
            time.sleep(0.3)
            title = marionette.ask("WebDriver:GetTitle")["value"]
        text = marionette.ask("WebDriver:ExecuteScript", script="return document.body.textContent;", args=[])["value"]
        marionette.ask("Marionette:SetContext", value="chrome")
        for message in marionette.ask("WebDriver:ExecuteScript", script=READ, args=[])["value"]:
            print(json.dumps(message))
        print(json.dumps(text))
    finally:
        browser.terminate()
        browser.wait(10)


main()
