"""Links that replace a login, each for one purpose: to pay for an appointment, or to follow a
visit.

Each purpose has its own salt, and so its own key: a token for one opens nothing of the other.
"""

import base64
import binascii
import hmac
import struct
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

from django.conf import settings

from booking.models import Appointment
from clinic.core import clock

LIFETIME = timedelta(hours=48)
SALT = b"vez.checkout.v1"
ID_BYTES = 16
EXPIRY_BYTES = 4
MAC_BYTES = 16
TOKEN_LENGTH = (ID_BYTES + EXPIRY_BYTES + MAC_BYTES) * 4 // 3

VISIT_SALT = b"vez.visit.v1"
# The appointment's id is no secret (the board's entries have it), so the MAC alone keeps strangers
# out. 80 bits: at a thousand guesses a second one id is expected to fall in 2^79 / 1000 s, some 19
# million million years. With the id that is 26 bytes, in base64url without padding 35 characters.
# `/v/` and the token are 38, the longest PUBLIC_ORIGIN 70: 52 of an SMS's 160 septets are left.
VISIT_MAC_BYTES = 10
VISIT_TOKEN_LENGTH = -(-(ID_BYTES + VISIT_MAC_BYTES) * 4 // 3)
# For answers at an address that is a credential: not cached, not indexed, and the address is never
# sent as referrer.
VISIT_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}


def checkout_token(appointment: Appointment) -> str:
    """48 characters: the appointment's id, the expiry 48 hours after it was made, and a MAC."""
    expires = int((appointment.created_at + LIFETIME).timestamp())
    message = appointment.pk.bytes + struct.pack(">I", expires)
    return base64.urlsafe_b64encode(message + _mac(message, SALT)[:MAC_BYTES]).decode()


def appointment_id_from(token: str) -> UUID | None:
    """The appointment that a token stands for; None when it is forged, damaged or expired."""
    if len(token) != TOKEN_LENGTH or not token.isascii():
        return None
    try:
        raw = base64.b64decode(token, altchars=b"-_", validate=True)
    except binascii.Error:
        return None
    message, mac = raw[:-MAC_BYTES], raw[-MAC_BYTES:]
    if not hmac.compare_digest(mac, _mac(message, SALT)[:MAC_BYTES]):
        return None
    (expires,) = struct.unpack(">I", message[ID_BYTES:])
    if expires <= clock.now().timestamp():
        return None
    return UUID(bytes=message[:ID_BYTES])


def checkout_url(appointment: Appointment) -> str:
    return f"{settings.PUBLIC_ORIGIN}/pay/{checkout_token(appointment)}"


def visit_token(appointment: Appointment) -> str:
    """35 characters that hold the appointment's id and a MAC, and no expiry: whether a visit may
    still be followed is the row's to say, so that a link survives a move to another day."""
    raw = appointment.pk.bytes + _mac(appointment.pk.bytes, VISIT_SALT)[:VISIT_MAC_BYTES]
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def visit_id_from(token: str) -> UUID | None:
    """The appointment whose visit a token follows; None when it is forged or damaged."""
    if len(token) != VISIT_TOKEN_LENGTH or not token.isascii():
        return None
    try:
        raw = base64.b64decode(token + "=", altchars=b"-_", validate=True)
    except binascii.Error:
        return None
    message, mac = raw[:ID_BYTES], raw[ID_BYTES:]
    if not hmac.compare_digest(mac, _mac(message, VISIT_SALT)[:VISIT_MAC_BYTES]):
        return None
    found = UUID(bytes=message)
    # The last character has two bits to spare: only one of its four spellings is ours.
    return found if base64.urlsafe_b64encode(raw).decode().rstrip("=") == token else None


def visit_url(appointment: Appointment) -> str:
    return f"{settings.PUBLIC_ORIGIN}/v/{visit_token(appointment)}"


def _mac(message: bytes, salt: bytes) -> bytes:
    key = hmac.digest(settings.SECRET_KEY.encode(), salt, sha256)
    return hmac.digest(key, message, sha256)
