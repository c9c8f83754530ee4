"""The client's address, for counting attempts."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest

UNKNOWN = "unknown"
"""Everybody whose address we can't tell; not one client."""


def client_address(request: HttpRequest) -> str:
    """The peer's address, or what the outermost of our own proxies saw.

    X-Forwarded-For counts only as far as `settings.TRUSTED_PROXIES` proxies wrote it: whatever a
    client puts before their entries is ignored. An IPv6 client is its /64, all of which it owns.
    """
    address = str(request.META.get("REMOTE_ADDR", ""))
    if settings.TRUSTED_PROXIES:
        seen = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
        if len(seen) >= settings.TRUSTED_PROXIES:
            address = seen[-settings.TRUSTED_PROXIES]
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return UNKNOWN
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.IPv6Network((parsed, 64), strict=False))
    return str(parsed)
