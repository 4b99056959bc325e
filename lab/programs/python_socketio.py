"""python-socketio as an ASGI application for uvicorn, which compresses what it sends: it
lets in who has the made-up token "let-me-in" and refuses the others after the 101."""
import socketio

server = socketio.AsyncServer(async_mode="asgi")
app = socketio.ASGIApp(server)


@server.event
async def connect(sid, environ, auth):
    if (auth or {}).get("token") != "let-me-in":
        raise socketio.exceptions.ConnectionRefusedError("invalid credentials")


@server.event
async def say(sid, text):
    return text
