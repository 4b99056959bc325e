"""A Python websockets server that lets in who sends a token in X_Auth_Token."""
import asyncio
import http
import sys

import websockets


async def echo(connection, *_):
    async for message in connection:
        await connection.send(message)


async def check(path, fields):
    if "X_Auth_Token" not in fields:
        return http.HTTPStatus.UNAUTHORIZED, [("Content-Type", "text/plain")], b"X_Auth_Token is missing\n"


async def main():
    async with websockets.serve(echo, "127.0.0.1", int(sys.argv[1]), process_request=check):
        await asyncio.Future()

asyncio.run(main())
