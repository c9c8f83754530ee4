"""Network connections that can be cut: a small proxy in front of a server."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field


@dataclass(eq=False)
class Flow:
    """One connection through the wire, and whether anything passes on it."""

    writers: list[asyncio.StreamWriter]
    passes: asyncio.Event
    pumps: list[asyncio.Task[None]] = field(default_factory=list)


class Wire:
    """Passes on what comes, until it is cut. All its methods run in the event loop."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._flows: set[Flow] = set()
        self._passes = asyncio.Event()
        self._passes.set()
        self._refuses = False
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=256)

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()
        self._end_all()

    def drop(self) -> None:
        """Every connection ends, and each new one at once."""
        self._refuses = True
        self._end_all()

    def silence(self) -> None:
        """Nothing passes any more, in neither direction, and nobody is told."""
        self._passes.clear()

    def mend(self) -> None:
        """Everything passes again, also what was sent meanwhile."""
        self._refuses = False
        self._passes.set()

    def mend_for_newcomers(self) -> None:
        """New connections work; those of before stay silent for ever."""
        for flow in self._flows:
            for pump in flow.pumps:
                pump.cancel()
        self._passes.set()

    def _end_all(self) -> None:
        for flow in tuple(self._flows):
            self._end(flow)

    def _end(self, flow: Flow) -> None:
        self._flows.discard(flow)
        for pump in flow.pumps:
            pump.cancel()
        for writer in flow.writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refuses:
            writer.transport.abort()
            return
        flow = Flow([writer], self._passes)
        self._flows.add(flow)
        await flow.passes.wait()
        try:
            back, forth = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            self._end(flow)
            return
        flow.writers.append(forth)
        flow.pumps = [
            asyncio.create_task(self._pass_on(flow, reader, forth)),
            asyncio.create_task(self._pass_on(flow, back, writer)),
        ]

    async def _pass_on(
        self, flow: Flow, source: asyncio.StreamReader, target: asyncio.StreamWriter
    ) -> None:
        with suppress(OSError):
            while chunk := await source.read(65536):
                await flow.passes.wait()
                target.write(chunk)
                await target.drain()
        await flow.passes.wait()
        self._end(flow)
