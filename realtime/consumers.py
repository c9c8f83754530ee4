"""The four sockets. Each is a plain ASGI application: a consumer of Channels would move every
message to another thread and back.

A refusal before the socket is open is an HTTP 403, as ASGI has it. What closes an open one:
1007 text that isn't a JSON object · 1008 any other frame, for a client has nothing to say ·
1009 too long · 1012 the state can't be read · 4401 session or device ended · 4408 lived too long.
"""

import asyncio
import contextlib
import gc
import json
import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.conf import settings

from clinic.accounts.choices import STAFF_ROLES, DeviceKind, Role
from clinic.accounts.principals import Principal
from clinic.accounts.selectors import token_digest
from clinic.accounts.websockets import Devices, authenticate_scope
from realtime import credentials, groups, hub, origins
from realtime.conf import Timing
from realtime.connection import Connection, Send
from realtime.protocol import write_now_of
from realtime.snapshots import DatabaseSources

logger = logging.getLogger(__name__)

Scope = dict[str, Any]
Event = dict[str, Any]
Receive = Callable[[], Awaitable[Event]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

NOT_JSON = 1007
NOT_EXPECTED = 1008
TOO_LONG = 1009
RESTART = 1012
NO_LOGIN = 4401
NOT_ALLOWED = 4403

CLIENT_FRAME_MAX = 64 * 1024
CLOSE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Seat:
    """What somebody may hear on a socket, and in whose name. `is_look`: it shows patients' data,
    so who opens it is written down."""

    group: str
    credential: str
    account: UUID | None = None
    greet: bool = False
    is_look: bool = False


def display(principal: Principal) -> Seat | None:
    if principal.device is None or principal.device_kind != DeviceKind.DISPLAY:
        return None
    return Seat(groups.BOARD, credentials.of_device(principal.device.pk))


def kiosk(principal: Principal) -> Seat | None:
    if principal.device is None or principal.device_kind != DeviceKind.KIOSK:
        return None
    device_id = principal.device.pk
    return Seat(groups.kiosk(device_id), credentials.of_device(device_id), greet=True)


def staff(principal: Principal) -> Seat | None:
    if principal.user is None or principal.session is None or principal.role not in STAFF_ROLES:
        return None
    return Seat(
        groups.STAFF,
        credentials.of_session(principal.session.pk),
        principal.user.pk,
        is_look=True,
    )


def me(principal: Principal) -> Seat | None:
    if principal.user is None or principal.session is None or principal.role != Role.PATIENT:
        return None
    patient_id = principal.user.pk
    return Seat(
        groups.me(patient_id), credentials.of_session(principal.session.pk), patient_id, greet=True
    )


class Socket:
    """One path: lets in whom `seat` gives a place, shows the state, then every change."""

    def __init__(
        self,
        seat: Callable[[Principal], Seat | None],
        *,
        device_kind: DeviceKind | None = None,
    ) -> None:
        self._seat = seat
        self._device_kind = device_kind

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        centre = hub.current(_create_hub)
        try:
            connection = self._connection(await self._principal(centre, scope), scope, send)
            centre.admit(connection)
        except hub.Refused as refused:
            await send({"type": "websocket.close", "code": refused.code})
            return
        try:
            await send({"type": "websocket.accept"})
            try:
                await centre.join(connection)
            except hub.Unavailable:
                code: int | None = RESTART
            else:
                code = await wait_for_the_end(connection, receive)
            if code is not None:
                await connection.close()
                async with asyncio.timeout(CLOSE_SECONDS):
                    await send({"type": "websocket.close", "code": code})
        except (OSError, RuntimeError, TimeoutError):
            logger.debug("the client was gone before the socket was closed")
        finally:
            await centre.leave(connection)

    async def _principal(self, centre: hub.Hub, scope: Scope) -> Principal:
        headers = scope["headers"]
        if not origins.allowed(headers, origins.serialised(settings.PUBLIC_ORIGIN)):
            raise hub.Refused(NOT_ALLOWED)
        try:
            principal = await self._authenticate(centre, scope)
        except hub.UNREADABLE as error:
            raise hub.Refused(RESTART) from error
        if principal is None:
            raise hub.Refused(NO_LOGIN)
        if not origins.present(headers) and not principal.by_header:
            raise hub.Refused(NOT_ALLOWED)
        return principal

    async def _authenticate(self, centre: hub.Hub, scope: Scope) -> Principal | None:
        if self._device_kind is None:
            authenticate = database_sync_to_async(authenticate_scope)
            by_session: Principal | None = await authenticate(scope)
            return by_session

        def among(devices: Devices) -> Principal | None:
            return authenticate_scope(
                scope,
                device_kind=self._device_kind,
                find_device=lambda token: devices.get(token_digest(token)),
            )

        return await centre.device(among)

    def _connection(self, principal: Principal, scope: Scope, send: Send) -> Connection:
        seat = self._seat(principal)
        if seat is None:
            raise hub.Refused(NOT_ALLOWED)
        # Screens that were switched on together don't all come back together.
        age = Timing.from_settings().max_age * random.uniform(0.9, 1.0)  # noqa: S311 - no secret
        return Connection(
            send,
            write_now=write_now_of(scope),
            group=seat.group,
            credential=seat.credential,
            principal=principal,
            account=seat.account,
            greet=seat.greet,
            is_look=seat.is_look,
            expires_at=asyncio.get_running_loop().time() + age,
        )


async def wait_for_the_end(connection: Connection, receive: Receive) -> int | None:
    """Until the hub ends the socket or its client speaks or leaves; the code as `objection`'s."""
    said: Event | None = None
    # A time-out without a time: ended by the hub, without a task of its own for each socket.
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(None) as waiting:
            end = partial(_expire, waiting)
            connection.closing.add_done_callback(end)
            try:
                said = await receive()
            finally:
                connection.closing.remove_done_callback(end)
    return connection.closing.result() if said is None else objection(said)


def _expire(waiting: asyncio.Timeout, _closing: asyncio.Future[int | None]) -> None:
    # Whose client leaves in the same turn of the loop waits no longer.
    with contextlib.suppress(RuntimeError):
        waiting.reschedule(asyncio.get_running_loop().time())


def objection(event: Event) -> int | None:
    """The code that answers whatever a client sends; None where it has left. Nothing is welcome,
    and nothing of it goes anywhere."""
    if event["type"] == "websocket.disconnect":
        return None
    text = event.get("text")
    if text is None:
        return TOO_LONG if len(event.get("bytes") or b"") > CLIENT_FRAME_MAX else NOT_EXPECTED
    if len(text.encode()) > CLIENT_FRAME_MAX:
        return TOO_LONG
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return NOT_JSON
    return NOT_EXPECTED if isinstance(content, dict) else NOT_JSON


async def refuse(_scope: Scope, receive: Receive, send: Send) -> None:
    """The answer to every path that isn't a socket."""
    await receive()
    await send({"type": "websocket.close", "code": NOT_ALLOWED})


def _create_hub() -> hub.Hub:
    # What was loaded by now is here to stay: no full collection need walk it between two frames.
    gc.collect()
    gc.freeze()
    # Nor every 700 new objects while a thousand sockets open at once: a quarter of their time. What
    # an answer of the API leaves tied in a circle must not wait for long either: with seldom
    # collections, some 90 MB of old answers lay about.
    gc.set_threshold(50_000, 2, 2)
    return hub.Hub(get_channel_layer(), DatabaseSources(), Timing.from_settings())
