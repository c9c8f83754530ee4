"""The sockets' addresses, to the letter."""

from clinic.accounts.choices import DeviceKind
from realtime import consumers
from realtime.connection import Send
from realtime.consumers import Application, Receive, Scope, Socket

SOCKETS: dict[str, Application] = {
    "/ws/display": Socket(consumers.display, device_kind=DeviceKind.DISPLAY),
    "/ws/staff": Socket(consumers.staff),
    "/ws/me": Socket(consumers.me),
    "/ws/kiosk": Socket(consumers.kiosk, device_kind=DeviceKind.KIOSK),
}


async def websocket_application(scope: Scope, receive: Receive, send: Send) -> None:
    """The socket at this path; every other path is refused."""
    await SOCKETS.get(scope["path"], consumers.refuse)(scope, receive, send)
