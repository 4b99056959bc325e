"""python-socketio as a WSGI application for the server of Python's standard library."""
import sys
from wsgiref.simple_server import make_server

import socketio

make_server("127.0.0.1", int(sys.argv[1]), socketio.WSGIApp(socketio.Server(async_mode="threading"))).serve_forever()
