"""Echo servers on Python web frameworks: tornado PORT, aiohttp PORT, autobahn PORT."""
import asyncio
import sys


def tornado(port):
    from tornado.web import Application
    from tornado.websocket import WebSocketHandler

    class Echo(WebSocketHandler):
        def on_message(self, message):
            self.write_message(message)

    async def main():
        Application([("/chat", Echo)]).listen(port, "127.0.0.1")
        await asyncio.Event().wait()
    asyncio.run(main())


def aiohttp(port):
    from aiohttp import web

    async def echo(request):
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            await socket.send_str(message.data)
        return socket

    app = web.Application()
    async def refuse(request):
        raise web.HTTPExpectationFailed(text="no request with content here")

    app.router.add_get("/chat", echo)
    app.router.add_get("/strict", echo, expect_handler=refuse)
    web.run_app(app, host="127.0.0.1", port=port, print=None)


def autobahn(port):
    from autobahn.twisted.websocket import WebSocketServerFactory, WebSocketServerProtocol
    from twisted.internet import reactor

    class Echo(WebSocketServerProtocol):
        def onMessage(self, payload, binary):
            self.sendMessage(payload, binary)

    factory = WebSocketServerFactory(f"ws://127.0.0.1:{port}")
    factory.protocol = Echo
    factory.setProtocolOptions(allowedOrigins=["https://chat.example.test:443"])
    reactor.listenTCP(port, factory, interface="127.0.0.1")
    reactor.run()


async def asgi(scope, receive, send):
    """For uvicorn: /chat echoes, /private closes before accepting, all HTTP is 404."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 404, "headers": [(b"content-type", b"text/plain")]})
        await send({"type": "http.response.body", "body": b"Not Found"})
    elif scope["type"] == "websocket":
        await receive()
        if scope["path"] != "/chat":
            return await send({"type": "websocket.close", "code": 1008})
        await send({"type": "websocket.accept"})
        while True:
            event = await receive()
            if event["type"] == "websocket.disconnect":
                return
            await send({"type": "websocket.send", "text": event["text"]})


if __name__ == "__main__":
    globals()[sys.argv[1]](int(sys.argv[2]))
