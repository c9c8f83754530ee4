"""The floor to measure against: a server that only broadcasts. `python bare_server.py PORT`.

Written with picows, whose frames are built in C: one frame, written to every client in a loop. No
login, no database, no Redis, no groups. A frame to broadcast comes as one line of its input; it
says on its output when it is ready.
"""

import asyncio
import sys

import picows
import uvloop

GREETING = b'{"type":"heartbeat","revision":0}'


class Client(picows.WSListener):
    def __init__(self, clients: set[picows.WSTransport]) -> None:
        self._clients = clients

    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        self._clients.add(transport)
        transport.send(picows.WSMsgType.TEXT, GREETING)

    def on_ws_disconnected(self, transport: picows.WSTransport) -> None:
        self._clients.discard(transport)


async def main(port: int) -> None:
    clients: set[picows.WSTransport] = set()
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader(limit=2**20)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    server = await picows.ws_create_server(
        lambda _request: Client(clients), "127.0.0.1", port, backlog=4096
    )
    print("ready", flush=True)
    while line := await lines.readline():
        frame = line.rstrip(b"\n")
        for client in clients:
            client.send(picows.WSMsgType.TEXT, frame)
    server.close()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
