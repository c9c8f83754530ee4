"""The sockets' addresses."""

from channels.routing import URLRouter
from django.urls import path, re_path

from clinic.accounts.choices import DeviceKind
from realtime import consumers

websocket_application = URLRouter(
    [
        path("ws/display", consumers.Socket(consumers.display, device_kind=DeviceKind.DISPLAY)),
        path("ws/staff", consumers.Socket(consumers.staff)),
        path("ws/me", consumers.Socket(consumers.me)),
        path("ws/kiosk", consumers.Socket(consumers.kiosk, device_kind=DeviceKind.KIOSK)),
        re_path(r"", consumers.refuse),
    ]
)
