"""A client on Python's websockets: URL. Sends one message, reads one, closes."""
import asyncio
import sys

import websockets


async def main():
    async with websockets.connect(sys.argv[1]) as connection:
        await connection.send("hello from the lab")
        print(await connection.recv())

asyncio.run(main())
