"""The paired devices, as the database had them a moment ago."""

import asyncio
from collections.abc import Awaitable, Callable

from clinic.accounts.websockets import Devices


class Roster:
    """Knows each device whose token counts, by the digest of its token. However many screens come
    back at once, one reading of the database lets them in."""

    def __init__(self, read: Callable[[], Awaitable[Devices]]) -> None:
        self._read = read
        self._loop = asyncio.get_running_loop()
        self._devices: Devices = {}
        self._read_at = float("-inf")
        self._reading: asyncio.Task[None] | None = None

    async def devices(self, *, since: float) -> Devices:
        """The devices as they were at this instant of the loop's clock, or later. Raises what
        reading the database raises."""
        while self._read_at < since:
            if self._reading is None:
                self._reading = self._loop.create_task(self._refresh())
            await asyncio.shield(self._reading)
        return self._devices

    async def _refresh(self) -> None:
        try:
            began = self._loop.time()
            self._devices = await self._read()
            self._read_at = began
        finally:
            self._reading = None
