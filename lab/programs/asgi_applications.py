"""Applications for ASGI servers: `channels` is Django Channels with the checks of its
tutorial, `bare` tells WebSocket and plain HTTP apart by itself. Both echo at /chat;
`bare` refuses everybody at /private."""


async def bare(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 404, "headers": [(b"content-type", b"text/plain")]})
        await send({"type": "http.response.body", "body": b"Not Found"})
    elif scope["type"] == "websocket" and scope["path"] == "/private":
        await receive()
        await send({"type": "websocket.close"})
    elif scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] != "websocket.disconnect":
            if message["type"] == "websocket.receive":
                await send({"type": "websocket.send", "text": message.get("text") or ""})


def channels_application():
    import django
    from django.conf import settings
    settings.configure(SECRET_KEY="made up", ALLOWED_HOSTS=["app.example.test"], ROOT_URLCONF=__name__,
                       INSTALLED_APPS=["channels"], LOGGING_CONFIG=None)
    django.setup()
    from channels.generic.websocket import WebsocketConsumer
    from channels.routing import ProtocolTypeRouter, URLRouter
    from channels.security.websocket import AllowedHostsOriginValidator
    from django.core.asgi import get_asgi_application
    from django.urls import path

    class Echo(WebsocketConsumer):
        def receive(self, text_data=None, bytes_data=None):
            self.send(text_data=text_data, bytes_data=bytes_data)

    routes = URLRouter([path("chat", Echo.as_asgi())])
    return ProtocolTypeRouter({"http": get_asgi_application(), "websocket": AllowedHostsOriginValidator(routes)})


urlpatterns = []


def __getattr__(name):
    if name == "channels":
        return channels_application()
    raise AttributeError(name)
