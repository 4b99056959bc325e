"""Dials one URL with Python's websockets and prints what it says: URL [PROTOCOL,PROTOCOL]."""
import asyncio
import sys

import websockets


async def main():
    offered = sys.argv[2].split(",") if len(sys.argv) > 2 and sys.argv[2] else None
    try:
        async with websockets.connect(sys.argv[1], subprotocols=offered, open_timeout=2) as connection:
            await asyncio.wait_for(connection.recv(), 3)
    except Exception as error:
        print(str(error) or type(error).__name__)
    else:
        print("open")

asyncio.run(main())
