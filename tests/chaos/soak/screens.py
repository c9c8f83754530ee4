"""Twenty displays without a browser. What they do is the display page's rule, figure by figure."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Coroutine
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

# frontend/src/lib/live.ts and frontend/src/features/board/useBoard.ts
SILENCE_SECONDS = 13.0
LONGEST_PAUSE_SECONDS = 4.0
POLL_SECONDS = 10.0
ANSWER_SECONDS = 8.0
DOUBT_SECONDS = 1.0
OVERDUE_SECONDS = 6.0
AGEING_SECONDS = 60.0

READ = ("id", "ticket", "label", "room", "state", "call_number", "called_at")
Content = frozenset[tuple[object, ...]]


def content(frame: dict[str, Any]) -> Content:
    """What a person reads of a board. Waits and the order by them are left out: time moves them."""
    return frozenset(tuple(entry[name] for name in READ) for entry in frame["entries"])


class Display:
    """One display: what is on it, and whether it says that this may be old."""

    def __init__(self, origin: str, token: str) -> None:
        self._origin = origin
        self._headers = {"Authorization": f"Device {token}"}
        self._http = httpx.AsyncClient(
            base_url=origin, headers=self._headers, timeout=SILENCE_SECONDS
        )
        self._etag: str | None = None
        self._poll: asyncio.Task[None] | None = None
        self._asking: set[asyncio.Task[None]] = set()
        self._attempt = 0
        self._confirmed_at = 0.0
        self._is_doubted = False
        self._is_server_behind = False
        self.is_lost = False
        self.shown: Content | None = None
        self.revision = -1

    @property
    def says_old(self) -> bool:
        """Whether a person in front of it is told not to rely on it."""
        age = time.monotonic() - self._confirmed_at
        return self.shown is None or self.is_lost or self._is_doubted or age > AGEING_SECONDS

    async def run(self) -> None:
        """Stay connected until cancelled."""
        try:
            await self._fetch()
            while True:
                try:
                    await self._listen()
                except (OSError, WebSocketException, ValueError):
                    self._lose()
                most = min(LONGEST_PAUSE_SECONDS, 2.0**self._attempt)
                self._attempt += 1
                await asyncio.sleep(most * random.uniform(0.5, 1))
        finally:
            for task in (self._poll, *self._asking):
                if task is not None:
                    task.cancel()
            await self._http.aclose()

    async def _listen(self) -> None:
        async with asyncio.timeout(SILENCE_SECONDS):
            socket = await connect(
                f"{self._origin.replace('http', 'ws', 1)}/ws/display",
                additional_headers=self._headers,
                compression=None,
                ping_interval=None,
                open_timeout=None,
                close_timeout=0.1,
                proxy=None,
            )
        self._is_server_behind = False
        try:
            while True:
                await self._hear(socket)
        finally:
            socket.transport.abort()

    async def _hear(self, socket: ClientConnection) -> None:
        overdue = asyncio.create_task(self._poll_when_overdue())
        try:
            async with asyncio.timeout(SILENCE_SECONDS):
                frame = json.loads(await socket.recv())
        finally:
            overdue.cancel()
        self._attempt = 0
        self.is_lost = False
        if frame["type"] == "heartbeat":
            self._is_server_behind = frame["stale"]
        if self._is_server_behind:
            self._poll_until_live()
        elif self._poll is not None:
            self._poll.cancel()
            self._poll = None
        if frame["type"] == "board":
            self._take(frame)
        elif frame["stale"]:
            return
        elif frame["revision"] > self.revision:
            self._do(self._fetch())
        else:
            self._confirm()

    def _lose(self) -> None:
        self.is_lost = True
        self._poll_until_live()

    async def _poll_when_overdue(self) -> None:
        await asyncio.sleep(OVERDUE_SECONDS)
        self._poll_until_live()

    def _poll_until_live(self) -> None:
        if self._poll is None:
            self._poll = asyncio.create_task(self._poll_again_and_again())

    async def _poll_again_and_again(self) -> None:
        while True:
            self._do(self._doubt_unless_confirmed(time.monotonic()))
            await self._fetch()
            await asyncio.sleep(POLL_SECONDS * random.uniform(0.5, 1))

    async def _doubt_unless_confirmed(self, since: float) -> None:
        await asyncio.sleep(DOUBT_SECONDS)
        if self._confirmed_at < since:
            self._is_doubted = True

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def _fetch(self) -> None:
        headers = {"If-None-Match": self._etag} if self._etag else {}
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                answer = await self._http.get("/api/board", headers=headers)
        except (httpx.HTTPError, OSError):
            return
        if answer.status_code == 304:
            self._confirm()
        elif answer.status_code == 200:
            self._etag = answer.headers["ETag"]
            self._take(answer.json())

    def _take(self, frame: dict[str, Any]) -> None:
        if frame["revision"] > self.revision:
            self.revision = frame["revision"]
            self.shown = content(frame)
        self._confirm()

    def _confirm(self) -> None:
        self._confirmed_at = time.monotonic()
        self._is_doubted = False
