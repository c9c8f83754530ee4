"""Many display clients in one process: `python displays.py URL COUNT STOPPING`.

The first line of its input is a JSON list with the displays' tokens, one each; empty for a server
that asks for none. Says `ready SECONDS` on a line once all of them hold a first frame: so long
after the first began to connect. Then, for every revision that all of them have received, prints
one JSON line with the instants of the first and the last arrival (the machine's monotonic clock,
comparable between processes), this process's CPU seconds so far, and how many frames came that were
older than one before on the same socket.

The line `stop` makes the last STOPPING displays stop reading; they aren't counted above. Each still
reads for a moment every few seconds, or the server would soon close it. The line `go` makes them
read again, and prints the most boards that one of them got since `stop`. Ends when its input does.
"""

import asyncio
import contextlib
import json
import re
import socket
import sys
import time
from dataclasses import dataclass

import picows
import uvloop

REVISION = re.compile(rb'"revision":(\d+)')
CONNECTING_AT_ONCE = 100
CATCH_UP_SECONDS = 3.0
STOPPED_SECONDS = 8.0
READING_SECONDS = 0.02


@dataclass
class Arrivals:
    first: float
    count: int = 0


class Tally:
    """Counts the arrivals of each revision."""

    def __init__(self, clients: int, counted: int) -> None:
        self.clients = clients
        self.counted = counted
        self.greeted = 0
        self.all_greeted = asyncio.Event()
        self.bytes = 0
        self.backwards = 0
        self._arrivals: dict[bytes, Arrivals] = {}

    def greet(self) -> None:
        self.greeted += 1
        if self.greeted == self.clients:
            self.all_greeted.set()

    def note(self, display: "Display", head: bytes, size: int) -> None:
        found = REVISION.search(head)
        if found is None or not self.all_greeted.is_set():
            return
        revision = int(found[1])
        self.backwards += revision <= display.revision
        display.revision = revision
        now = time.monotonic()
        arrivals = self._arrivals.get(found[1])
        if arrivals is None:
            arrivals = self._arrivals[found[1]] = Arrivals(now)
        arrivals.count += 1
        if arrivals.count == self.counted:
            line = {
                "revision": revision,
                "first": arrivals.first,
                "last": now,
                "bytes": size,
                "cpu": time.process_time(),
                "backwards": self.backwards,
            }
            print(json.dumps(line), flush=True)


class Display(picows.WSListener):
    def __init__(self, tally: Tally, *, is_counted: bool) -> None:
        self._tally = tally
        self._greeted = False
        self._is_counted = is_counted
        self.revision = -1
        self.boards = 0

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        if frame.msg_type == picows.WSMsgType.PING:
            transport.send_pong(frame.get_payload_as_bytes())
        elif frame.msg_type == picows.WSMsgType.TEXT:
            if not self._greeted:
                self._greeted = True
                self._tally.greet()
            payload = frame.get_payload_as_memoryview()
            if bytes(payload[:15]) != b'{"type":"board"':
                return
            self.boards += 1
            if self._is_counted:
                self._tally.note(self, bytes(payload[:48]), len(payload))
        elif frame.msg_type == picows.WSMsgType.CLOSE:
            transport.disconnect()


async def main(url: str, count: int, stopping: int) -> None:
    tokens = json.loads(sys.stdin.readline())
    counted = count - stopping
    tally = Tally(count, counted)
    gate = asyncio.Semaphore(CONNECTING_AT_ONCE)
    places = range(count)
    displays = [Display(tally, is_counted=place < counted) for place in places]
    kept: dict[int, picows.WSTransport] = {}

    async def connect(place: int) -> None:
        headers = {"Authorization": f"Device {tokens[place]}"} if tokens else {}
        async with gate:
            kept[place], _ = await picows.ws_connect(
                lambda: displays[place], url, extra_headers=headers
            )

    began = time.monotonic()
    await asyncio.gather(*(connect(place) for place in places))
    await tally.all_greeted.wait()
    print(f"ready {time.monotonic() - began}", flush=True)
    slow = [(displays[place], kept[place].underlying_transport) for place in places[counted:]]
    stopped: list[asyncio.Task[None]] = []
    while line := await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline):
        if line == "stop\n":
            for display, transport in slow:
                display.boards = 0
                # A small window, or the kernel's buffers would read on for a minute.
                transport.get_extra_info("socket").setsockopt(
                    socket.SOL_SOCKET, socket.SO_RCVBUF, 4096
                )
            stopped.append(asyncio.create_task(_hardly_read([own for _, own in slow])))
        elif stopped:
            stopped[0].cancel()
            await asyncio.wait(stopped)
            await asyncio.sleep(CATCH_UP_SECONDS)
            print(max(display.boards for display, _ in slow), flush=True)
    for kept_one in kept.values():
        with contextlib.suppress(OSError):
            kept_one.disconnect()


async def _hardly_read(transports: list[asyncio.Transport]) -> None:
    try:
        while True:
            for transport in transports:
                transport.pause_reading()
            await asyncio.sleep(STOPPED_SECONDS)
            for transport in transports:
                transport.resume_reading()
            await asyncio.sleep(READING_SECONDS)
    finally:
        for transport in transports:
            transport.resume_reading()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
