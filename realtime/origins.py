"""Who may open a socket from where: the browser's Origin must be ours to the letter.

Nothing of the header is parsed. A browser serialises an origin in one way only, so ours is brought
into that form once and compared.
"""

from collections.abc import Iterable
from urllib.parse import urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}
Headers = Iterable[tuple[bytes, bytes]]


def serialised(origin: str) -> bytes:
    """Scheme, host and port as a browser writes them: lower case, the default port left out."""
    parts = urlsplit(origin)
    host = parts.hostname or ""
    if ":" in host:
        host = f"[{host}]"
    if parts.port in (None, _DEFAULT_PORTS.get(parts.scheme)):
        return f"{parts.scheme}://{host}".encode("ascii")
    return f"{parts.scheme}://{host}:{parts.port}".encode("ascii")


def present(headers: Headers) -> bool:
    """Whether the client named its origin at all."""
    return any(name == b"origin" for name, _ in headers)


def allowed(headers: Headers, own: bytes) -> bool:
    """True for exactly one Origin header equal to `own`, or for none at all beside a device's token
    (which only a client that is no browser can send)."""
    headers = list(headers)
    origins = [value for name, value in headers if name == b"origin"]
    if origins:
        return origins == [own]
    tokens = [value for name, value in headers if name == b"authorization"]
    return len(tokens) == 1 and tokens[0].lower().startswith(b"device ")
