"""The client's address, for counting attempts."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest

UNKNOWN = "unknown"
"""Stands for everybody whose address we don't know; never a single client."""


def client_address(request: HttpRequest) -> str:
    """The peer's address, or the one that the outermost of our own proxies saw.

    Of X-Forwarded-For only the entries of our `settings.TRUSTED_PROXIES` proxies count; what a
    client puts before them is ignored. An IPv6 client counts as its whole /64, since it owns all of
    it.
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
