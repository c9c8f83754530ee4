"""Many display clients in one process: `python displays.py URL COUNT [TOKEN]`.

Says `ready` on a line once all of them hold a first frame. Then, for every revision that all of
them have received, prints one JSON line with the instants of the first and the last arrival (the
machine's monotonic clock, comparable between processes) and this process's CPU seconds so far.
Ends when its input does.
"""

import asyncio
import contextlib
import json
import re
import sys
import time
from dataclasses import dataclass

import picows
import uvloop

REVISION = re.compile(rb'"revision":(\d+)')
CONNECTING_AT_ONCE = 100


@dataclass
class Arrivals:
    first: float
    count: int = 0


class Tally:
    """Counts the arrivals of each revision."""

    def __init__(self, clients: int) -> None:
        self.clients = clients
        self.greeted = 0
        self.all_greeted = asyncio.Event()
        self.bytes = 0
        self._arrivals: dict[bytes, Arrivals] = {}

    def greet(self) -> None:
        self.greeted += 1
        if self.greeted == self.clients:
            self.all_greeted.set()

    def note(self, head: bytes, size: int) -> None:
        found = REVISION.search(head)
        if found is None or not self.all_greeted.is_set():
            return
        now = time.monotonic()
        arrivals = self._arrivals.get(found[1])
        if arrivals is None:
            arrivals = self._arrivals[found[1]] = Arrivals(now)
        arrivals.count += 1
        if arrivals.count == self.clients:
            line = {
                "revision": int(found[1]),
                "first": arrivals.first,
                "last": now,
                "bytes": size,
                "cpu": time.process_time(),
            }
            print(json.dumps(line), flush=True)


class Display(picows.WSListener):
    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._greeted = False

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        if frame.msg_type == picows.WSMsgType.PING:
            transport.send_pong(frame.get_payload_as_bytes())
        elif frame.msg_type == picows.WSMsgType.TEXT:
            if not self._greeted:
                self._greeted = True
                self._tally.greet()
            payload = frame.get_payload_as_memoryview()
            if payload[:15] == b'{"type":"board"':
                self._tally.note(bytes(payload[:48]), len(payload))
        elif frame.msg_type == picows.WSMsgType.CLOSE:
            transport.disconnect()


async def main(url: str, count: int, token: str) -> None:
    tally = Tally(count)
    headers = {"Authorization": f"Device {token}"} if token else {}
    gate = asyncio.Semaphore(CONNECTING_AT_ONCE)
    kept = []

    async def connect() -> None:
        async with gate:
            kept.append(await picows.ws_connect(lambda: Display(tally), url, extra_headers=headers))

    await asyncio.gather(*(connect() for _ in range(count)))
    await tally.all_greeted.wait()
    print("ready", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    for transport, _ in kept:
        with contextlib.suppress(OSError):
            transport.disconnect()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else ""))
