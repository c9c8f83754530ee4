"""One per process and event loop: every socket's frames pass through here.

Each group is subscribed once at the channel layer, however many sockets belong to it. A frame
comes in encoded and goes out as it is, written to one socket after the other without a task or a
thread between. The newest frames of a group are kept, so that a thousand sockets that connect at
once cost one reading of the database.

The layer delivers at most once: Redis may be down, restart or lose a connection. So the queue's
revision is read from the database every second, and what the screens missed is read again. Whether
Redis still reaches us is asked beside it, for that answer may take several seconds to come.
"""

import asyncio
import logging
import weakref
from collections import Counter, defaultdict
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

from channels.db import database_sync_to_async
from django.db import DatabaseError, InterfaceError

from clinic.accounts.principals import Principal
from clinic.accounts.websockets import Devices
from clinic.core import clock
from clinic.core.errors import DomainError
from realtime import frames, groups
from realtime.conf import Timing
from realtime.connection import Connection
from realtime.frames import Frame
from realtime.roster import Roster
from realtime.subscriptions import Layer, Message, Subscriptions

if TYPE_CHECKING:
    from uuid import UUID

logger = logging.getLogger(__name__)
T = TypeVar("T")

REVOKED = 4401
TOO_OLD = 4408
TOO_MANY = 4429
SOCKETS_PER_ACCOUNT = 10
UNREADABLE = (DatabaseError, InterfaceError, OSError, DomainError)


class State(NamedTuple):
    """Everything a group shows, read from the database when its revision was `revision`."""

    revision: int
    frames: tuple[Frame, ...]


class Sources(Protocol):
    """Where the hub reads what it can't hear. All of them block and run in a thread."""

    def revision(self) -> int:
        """The queue's revision now."""

    def state(self, group: str) -> State:
        """A group's state now."""

    def devices(self) -> Devices:
        """The paired devices now."""

    def ended(self, principals: Mapping[str, Principal]) -> set[str]:
        """The keys of those who opened a socket and may no longer have it."""

    def note_look(self, principal: Principal) -> None:
        """Write down who is about to be shown patients' data."""


class Refused(Exception):  # noqa: N818  (an answer, not a mistake)
    """A socket that may not be opened."""

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(code)


class Unavailable(Exception):  # noqa: N818  (a state, not a mistake)
    """The state could not be read, and none was known."""


@dataclass(slots=True, eq=False)
class Group:
    name: str
    members: set[Connection] = field(default_factory=set)
    joining: int = 0
    latest: dict[str, Frame] = field(default_factory=dict)
    revision: int = -1
    read_at: float = float("-inf")
    reading: asyncio.Task[None] | None = None

    def is_news(self, frame: Frame) -> bool:
        """False for a frame that is no newer than the one known of its slot."""
        known = self.latest.get(frame.slot)
        if frame.revision is None or known is None:
            return True
        return known.revision is None or frame.revision > known.revision


class Hub:
    def __init__(self, layer: Layer, sources: Sources, timing: Timing) -> None:
        self._sources = sources
        self._timing = timing
        self._loop = asyncio.get_running_loop()
        self._subscriptions = Subscriptions(layer, self.receive)
        self._threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="hub")
        self._groups: dict[str, Group] = {}
        self._connections: set[Connection] = set()
        self._by_credential: defaultdict[str, set[Connection]] = defaultdict(set)
        self._accounts: Counter[UUID] = Counter()
        self._chores: set[asyncio.Task[None]] = set()
        self._started = False
        self._access_checked_at = float("-inf")
        self._revoked: dict[str, float] = {}
        self._roster = Roster(partial(self._read, sources.devices))
        self._leaving: int | None = None
        self._missed = False
        """Redis was away, for us or a writer, since the last whole reading of what the groups
        show."""
        self.revision = 0
        self.stale = False

    # Sockets come and go --------------------------------------------------------------------------

    async def device(self, find: Callable[[Devices], T | None]) -> T | None:
        """What `find` finds among the paired devices. One that was paired a moment ago is found,
        one that was revoked a moment ago is turned away by `admit`. Raises what reading raises."""
        now = self._loop.time()
        known = find(await self._roster.devices(since=now - self._timing.snapshot))
        return known or find(await self._roster.devices(since=now))

    def admit(self, connection: Connection) -> None:
        """Count a socket in. Raises Refused where its credential has just ended or its account has
        too many open already."""
        if self._leaving is not None:
            raise Refused(self._leaving)
        if connection.credential in self._revoked:
            raise Refused(REVOKED)
        account = connection.account
        if account is not None:
            if self._accounts[account] >= SOCKETS_PER_ACCOUNT:
                raise Refused(TOO_MANY)
            self._accounts[account] += 1
        self._connections.add(connection)
        self._by_credential[connection.credential].add(connection)
        self._start()

    async def join(self, connection: Connection) -> None:
        """Write the whole state of the socket's group, and every frame that follows.

        Raises Unavailable where there is no state to show, or no way to write down who looks.
        """
        name = connection.group
        group = self._groups.setdefault(name, Group(name))
        group.joining += 1
        try:
            await self._subscriptions.add(name)
            if self._loop.time() - group.read_at > self._timing.snapshot:
                try:
                    await self._refresh(group)
                except UNREADABLE as error:
                    if group.revision < 0:
                        raise Unavailable from error
            if connection.is_look:
                try:
                    await self._read(self._sources.note_look, connection.principal)
                except UNREADABLE as error:
                    raise Unavailable from error
            # From here on nothing is awaited: no frame falls between the state and what follows.
            group.members.add(connection)
            for frame in group.latest.values():
                connection.write(frame)
            if connection.greet or self.stale:
                connection.write(self._heartbeat())
        finally:
            group.joining -= 1
            self._forget(group)

    async def leave(self, connection: Connection) -> None:
        """Count a socket out. Safe at any point of its life."""
        await connection.close()
        if connection not in self._connections:
            return
        self._connections.discard(connection)
        of_credential = self._by_credential[connection.credential]
        of_credential.discard(connection)
        if not of_credential:
            del self._by_credential[connection.credential]
        if connection.account is not None:
            self._accounts[connection.account] -= 1
            if not self._accounts[connection.account]:
                del self._accounts[connection.account]
        if (group := self._groups.get(connection.group)) is not None:
            group.members.discard(connection)
            self._forget(group)

    async def dismiss(self, code: int, *, pause: float, longest: float) -> None:
        """Let nobody in any more and close every socket, with a pause after each but not so long
        that all of them take longer than `longest`. Those that are left hear everything meanwhile.
        """
        self._leaving = code
        leaving = tuple(self._connections)
        for connection in leaving:
            connection.end(code)
            await asyncio.sleep(min(pause, longest / len(leaving)))

    # Frames come in -------------------------------------------------------------------------------

    def receive(self, message: Message) -> None:
        """Take one message of the layer."""
        match message:
            case {"type": "frame", "group": str(group), "slot": str(slot), "text": str(text)}:
                self.deliver(group, Frame(slot, text, message.get("revision")))
            case {"type": "missed"}:
                self._missed = True
            case {"type": "revoked", "credential": str(credential)}:
                self.revoke(credential)
            case {"type": "settings", "credential": str(credential)}:
                for connection in self._by_credential.get(credential, ()):
                    connection.write(frames.settings())
            case _:
                logger.error("unknown message of the channel layer: %r", message.get("type"))

    def deliver(self, name: str, frame: Frame) -> None:
        """Write a frame to everybody in a group, unless a newer one was written already."""
        group = self._groups.get(name)
        if group is None or not group.is_news(frame):
            return
        if frame.revision is not None:
            group.latest[frame.slot] = frame
            group.revision = max(group.revision, frame.revision)
            self.revision = max(self.revision, frame.revision)
        for connection in group.members:
            connection.write(frame)

    def revoke(self, credential: str) -> None:
        """Close every socket that was opened with this session or device, and turn away those
        that were let in just before and aren't here yet."""
        self._revoked[credential] = self._loop.time()
        for connection in self._by_credential.get(credential, ()):
            connection.end(REVOKED)

    # The clock's work -----------------------------------------------------------------------------

    def _start(self) -> None:
        if not self._started:
            self._started = True
            self._do(self._subscriptions.add(groups.CONTROL))
            self._do(self._every(self._timing.heartbeat, self._beat))
            self._do(self._every(self._timing.watch, self._listen))
            self._do(self._every(self._timing.watch, self._watch))

    async def close(self) -> None:
        """Stop all work. For the end of a process or of a test."""
        for task in tuple(self._chores):
            task.cancel()
        if self._chores:
            await asyncio.wait(self._chores)
        await self._subscriptions.close()
        self._threads.shutdown(wait=False)

    async def _every(self, seconds: float, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        while True:
            await asyncio.sleep(seconds)
            try:
                await work()
            except Exception:
                logger.exception("the hub's %s failed", work.__name__)

    async def _beat(self) -> None:
        frame = self._heartbeat()
        now = self._loop.time()
        for group in self._groups.values():
            for connection in group.members:
                if connection.expires_at <= now:
                    connection.end(TOO_OLD)
                else:
                    connection.write(frame)

    async def _listen(self) -> None:
        if not self._connections:
            return
        was_live = self._subscriptions.live
        live = await self._subscriptions.check()
        if not (live and was_live):
            self._missed = True
        if not live:
            self._say_stale(True, "redis")

    async def _watch(self) -> None:
        if not self._connections:
            return
        everything = self._missed or not self._subscriptions.live
        self._missed = False
        try:
            await self._catch_up(everything=everything)
            if everything or self._access_is_due():
                await self._check_access()
        except UNREADABLE as error:
            self._missed = self._missed or everything
            self._say_stale(True, type(error).__name__)
        else:
            self._say_stale(self._missed or not self._subscriptions.live, "redis")

    async def _catch_up(self, *, everything: bool) -> None:
        self.revision = max(self.revision, await self._read(self._sources.revision))
        for group in tuple(self._groups.values()):
            if everything or self._is_behind(group):
                await self._refresh(group)

    def _is_behind(self, group: Group) -> bool:
        """A patient's own group hears only of changes that concern it, so being behind the queue's
        revision says little there: it is read again at a pace of its own."""
        if group.revision >= self.revision:
            return False
        personal = groups.patient_of(group.name) is not None
        age = self._loop.time() - group.read_at
        return age >= (self._timing.personal if personal else self._timing.snapshot)

    def _access_is_due(self) -> bool:
        return self._loop.time() - self._access_checked_at >= self._timing.access

    async def _check_access(self) -> None:
        principals = {
            credential: next(iter(connections)).principal
            for credential, connections in self._by_credential.items()
        }
        for credential in await self._read(self._sources.ended, principals):
            self.revoke(credential)
        now = self._loop.time()
        self._revoked = {
            credential: since
            for credential, since in self._revoked.items()
            if now - since < self._timing.access
        }
        self._access_checked_at = now

    # Reading --------------------------------------------------------------------------------------

    async def _refresh(self, group: Group) -> None:
        """Read a group's state. Those who ask while it is being read share the answer."""
        if group.reading is None:
            group.reading = self._loop.create_task(self._read_state(group))
        await asyncio.shield(group.reading)

    async def _read_state(self, group: Group) -> None:
        try:
            began = self._loop.time()
            state = await self._read(self._sources.state, group.name)
        finally:
            group.reading = None
        kept = {
            slot: frame
            for slot, frame in group.latest.items()
            if frame.revision is not None and frame.revision > state.revision
        }
        for frame in state.frames:
            if frame.slot not in kept:
                if group.is_news(frame):
                    self.deliver(group.name, frame)
                kept[frame.slot] = frame
        group.latest = kept
        group.revision = max(group.revision, state.revision)
        group.read_at = began
        self.revision = max(self.revision, state.revision)

    async def _read(self, source: Callable[..., T], *args: object) -> T:
        """Raises TimeoutError where the database is silent, as at the end of a dead wire: who
        waited for it would never say that the screens' data is old."""
        read = database_sync_to_async(source, thread_sensitive=False, executor=self._threads)
        async with asyncio.timeout(self._timing.read):
            result: T = await read(*args)
        return result

    # Small parts ----------------------------------------------------------------------------------

    def _heartbeat(self) -> Frame:
        return frames.heartbeat(revision=self.revision, server_time=clock.now(), stale=self.stale)

    def _say_stale(self, stale: bool, reason: str) -> None:
        if stale == self.stale:
            return
        self.stale = stale
        if stale:
            logger.warning("the screens are told that their data may be old: %s", reason)
        self._do(self._beat())

    def _forget(self, group: Group) -> None:
        if not group.members and not group.joining and self._groups.get(group.name) is group:
            del self._groups[group.name]
            self._subscriptions.discard(group.name)
            self._do(self._subscriptions.settle())

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._chores.add(task)
        task.add_done_callback(self._chores.discard)


_hubs: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = weakref.WeakKeyDictionary()


def current(create: Callable[[], Hub]) -> Hub:
    """The hub of the running event loop, made by `create` at the first socket."""
    loop = asyncio.get_running_loop()
    hub = _hubs.get(loop)
    if hub is None:
        hub = _hubs[loop] = create()
    return hub


def running() -> Hub | None:
    """The hub of the running event loop, if a socket was ever opened in it."""
    return _hubs.get(asyncio.get_running_loop())
