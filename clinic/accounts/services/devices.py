import hmac
import secrets
import uuid
from dataclasses import dataclass
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils.crypto import salted_hmac

from clinic.accounts.errors import Code
from clinic.accounts.events import DeviceRevoked
from clinic.accounts.models import Device, User
from clinic.accounts.principals import DevicePrincipal, actor_of
from clinic.accounts.selectors import token_digest
from clinic.core import audit, clock, events, ratelimit
from clinic.core.errors import Code as CoreCode
from clinic.core.errors import DomainError

CODE_DIGITS = 6
CODE_LIFETIME = timedelta(minutes=10)
TRIES_PER_CODE = 5
TRIES_PER_ADDRESS = 30
TRIES_WINDOW_SECONDS = 15 * 60
TOUCH_EVERY = timedelta(minutes=1)
_DRAWS = 10


@dataclass(frozen=True)
class NewDevice:
    device: Device
    code: str


@dataclass(frozen=True)
class PairedDevice:
    device: Device
    token: str


def create_device(*, kind: str, name: str, created_by: User) -> NewDevice:
    """Announce a screen that is about to be paired, and draw its code. The code is shown once."""
    with transaction.atomic():
        device = Device(kind=kind, name=name, created_by=created_by)
        code = _draw_code(device)
        audit.record("device.created", actor=actor_of(created_by), subject=device, kind=kind)
    return NewDevice(device, code)


def _draw_code(device: Device) -> str:
    moment = clock.now()
    Device.objects.filter(~Q(code_hash=""), code_expires_at__lte=moment).update(code_hash="")
    for _ in range(_DRAWS):
        code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
        device.code_hash = _code_digest(code)
        device.code_expires_at = moment + CODE_LIFETIME
        try:
            with transaction.atomic():
                device.save(force_insert=True)
        except IntegrityError as error:
            if "device_code_unique" not in str(error.__cause__):
                raise
        else:
            return code
    raise DomainError(CoreCode.BUSY, retry_after=1)


def pair_device(*, code: str, address: str) -> PairedDevice:
    """Exchange a code for the device's token, once.

    A wrong guess can't be told from a guess at another device's code, so it counts against every
    code that is open; after five a code is dead. The open codes are locked while one is compared,
    so parallel guesses get no more tries. Raises DomainError `pairing_code_invalid` after the count
    is committed, and `throttled` for an address that guesses on.
    """
    ratelimit.hit("device.pair", address, limit=TRIES_PER_ADDRESS, seconds=TRIES_WINDOW_SECONDS)
    digest = _code_digest(code)
    with transaction.atomic():
        candidates = list(
            Device.objects.select_for_update()
            .filter(
                ~Q(code_hash=""),
                code_expires_at__gt=clock.now(),
                code_attempts__lt=TRIES_PER_CODE,
                revoked_at__isnull=True,
            )
            .order_by("pk")
        )
        matches = [one for one in candidates if hmac.compare_digest(one.code_hash, digest)]
        paired = _pair(matches[0]) if matches else None
        if paired is None:
            Device.objects.filter(pk__in=[one.pk for one in candidates]).update(
                code_attempts=F("code_attempts") + 1
            )
    if paired is None:
        raise DomainError(Code.PAIRING_CODE_INVALID, pointer="/code")
    ratelimit.forget("device.pair", address)
    return paired


def _pair(device: Device) -> PairedDevice:
    token = secrets.token_urlsafe(32)
    device.token_hash = token_digest(token)
    device.code_hash = ""
    device.code_expires_at = None
    device.paired_at = device.last_seen_at = clock.now()
    device.save()
    audit.record("device.paired", actor=actor_of(DevicePrincipal(device)), subject=device)
    return PairedDevice(device, token)


def revoke_device(device_id: uuid.UUID, *, by: User) -> None:
    """Take a device's credential or open code away and announce DeviceRevoked.

    A second call changes nothing. Raises DomainError `not_found`.
    """
    with transaction.atomic():
        device = Device.objects.select_for_update().filter(pk=device_id).first()
        if device is None:
            raise DomainError(CoreCode.NOT_FOUND)
        if device.revoked_at is not None:
            return
        device.revoked_at = clock.now()
        device.code_hash = ""
        device.save(update_fields=["revoked_at", "code_hash"])
        audit.record("device.revoked", actor=actor_of(by), subject=device)
        events.announce(DeviceRevoked(device.pk))


def touch_device(device: Device) -> None:
    """Note that a device was seen, at most once a minute."""
    moment = clock.now()
    if device.last_seen_at is not None and moment - device.last_seen_at < TOUCH_EVERY:
        return
    Device.objects.filter(pk=device.pk).filter(
        Q(last_seen_at__isnull=True) | Q(last_seen_at__lte=moment - TOUCH_EVERY)
    ).update(last_seen_at=moment)
    device.last_seen_at = moment


def _code_digest(code: str) -> str:
    # Six digits are soon searched through: keyed, so that the table alone gives nothing away.
    return salted_hmac("clinic.accounts.pairing", code, algorithm="sha256").hexdigest()
