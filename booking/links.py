"""The payment link: who holds it may see what is to be paid, and pay it, until it expires."""

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


def checkout_token(appointment: Appointment) -> str:
    """48 characters: the appointment's id, the expiry 48 hours after it was made, and a MAC."""
    expires = int((appointment.created_at + LIFETIME).timestamp())
    message = appointment.pk.bytes + struct.pack(">I", expires)
    return base64.urlsafe_b64encode(message + _mac(message)).decode()


def appointment_id_from(token: str) -> UUID | None:
    """The appointment that a token stands for; None when it is forged, damaged or expired."""
    if len(token) != TOKEN_LENGTH or not token.isascii():
        return None
    try:
        raw = base64.b64decode(token, altchars=b"-_", validate=True)
    except binascii.Error:
        return None
    message, mac = raw[:-MAC_BYTES], raw[-MAC_BYTES:]
    if not hmac.compare_digest(mac, _mac(message)):
        return None
    (expires,) = struct.unpack(">I", message[ID_BYTES:])
    if expires <= clock.now().timestamp():
        return None
    return UUID(bytes=message[:ID_BYTES])


def checkout_url(appointment: Appointment) -> str:
    return f"{settings.PUBLIC_ORIGIN}/pay/{checkout_token(appointment)}"


def _mac(message: bytes) -> bytes:
    key = hmac.digest(settings.SECRET_KEY.encode(), SALT, sha256)
    return hmac.digest(key, message, sha256)[:MAC_BYTES]
