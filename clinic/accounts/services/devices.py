"""Pairing a screen with a six-digit code that staff ask for and somebody types on the screen.

Whoever types it is still unknown, so all we can do about wrong guesses is count them. They don't
count against the code, or a stranger with five guesses could keep the clinic from pairing anything.
They count against

- the address they come from: 30 in 15 minutes;
- for strangers, together: 10 in 5 minutes, however many addresses they have. A stranger is every
address but those from which staff asked for a code that is still open; behind such an address
nobody notices what strangers do.

A code lives 5 minutes, so it meets at most two windows of strangers' guesses, 20 in all. With a
million possible codes, it is guessed with a chance of 20 in 1,000,000, or 1 in 50,000. A clinic
that pairs ten screens in one day, while attacked all day from any number of addresses, loses one
with a chance of 1 in 5,000. Even with a code open at every minute of the day there would be 2,880
guesses: 0.29 %. The price: while strangers guess, a screen on another network than the staff's has
to wait, 5 minutes at a time.
"""

import hmac
import secrets
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Case, F, Q, Value, When
from django.utils.crypto import salted_hmac

from clinic.accounts.addresses import UNKNOWN
from clinic.accounts.choices import CODE_DIGITS, DeviceKind
from clinic.accounts.errors import Code
from clinic.accounts.events import DeviceRevoked, DisplayChanged
from clinic.accounts.models import Device, ScreenStatus, User
from clinic.accounts.principals import DevicePrincipal, actor_of
from clinic.accounts.selectors import token_digest
from clinic.core import audit, clock, database, events, ratelimit
from clinic.core.audit import Actor
from clinic.core.errors import Code as CoreCode
from clinic.core.errors import DomainError

CODE_LIFETIME = timedelta(minutes=5)
# Scope of the count, limit, seconds.
OF_AN_ADDRESS = ("device.pair", 30, 15 * 60)
OF_ALL_STRANGERS = ("device.pair.strangers", 10, 5 * 60)
# How long the answer to a pairing may be on its way. Of several that use a code at once, one wins.
PAIR_GRACE = timedelta(seconds=5)
OF_A_REPORT = ("device.status", 40, 60)
TOUCH_EVERY = timedelta(minutes=1)
# The columns of a setting that has two parts; without the setting both are null.
_PARTS = {
    "panel": {"panel_inches": "inches", "panel_metres": "farthest_seat_metres"},
    "quiet": {"quiet_starts": "starts", "quiet_ends": "ends"},
    "night": {"night_starts": "starts", "night_ends": "ends"},
}
_DRAWS = 10


@dataclass(frozen=True)
class NewDevice:
    device: Device
    code: str


@dataclass(frozen=True)
class PairedDevice:
    device: Device
    token: str


def create_device(*, kind: str, name: str, created_by: User, address: str = "") -> NewDevice:
    """Create a screen that is about to be paired, and draw its code. The code is shown once.

    `address` is where the code was asked for: while it is open, screens behind that address aren't
    strangers.
    """
    with transaction.atomic():
        device = Device(kind=kind, name=name, created_by=created_by, code_from=address)
        code = _draw_code(device)
        audit.record("device.created", actor=actor_of(created_by), subject=device, kind=kind)
    return NewDevice(device, code)


def _draw_code(device: Device) -> str:
    moment = clock.now()
    Device.objects.filter(~Q(code_hash=""), code_expires_at__lte=moment).update(
        code_hash="", code_from=""
    )
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
    raise DomainError(CoreCode.OVERLOADED, retry_after=1)


def pair_device(*, code: str, address: str) -> PairedDevice:
    """Exchange a code for the device's token. If the token isn't used, the answer with it was lost:
    then, after PAIR_GRACE and for another CODE_LIFETIME, the code gives a new token, and the old
    one is void.

    The open codes are locked while one is compared, so parallel guesses get no more tries. Raises
    DomainError `pairing_code_invalid` after the count is committed, and `throttled` where too many
    were wrong.
    """
    scope, limit, _ = OF_AN_ADDRESS
    ratelimit.check(scope, address, limit=limit)
    digest = _code_digest(code)
    with transaction.atomic():
        candidates = list(
            Device.objects.select_for_update()
            .filter(~Q(code_hash=""), code_expires_at__gt=clock.now(), revoked_at__isnull=True)
            .order_by("pk")
        )
        counts = _counts(address, candidates)
        # Counted before it is judged: if no code is open, nothing else holds up parallel guesses.
        for scope, subject, limit, seconds in counts:
            ratelimit.hit(scope, subject, limit=limit, seconds=seconds)
        matches = [one for one in candidates if hmac.compare_digest(one.code_hash, digest)]
        unheard = matches[0] if matches else _unheard(digest)
        paired = _pair(unheard, digest) if unheard else None
        if paired is not None:
            # Only this try is taken back: a right code doesn't clear earlier guesses.
            for scope, subject, _, _ in counts:
                ratelimit.refund(scope, subject)
    if paired is None:
        raise DomainError(Code.PAIRING_CODE_INVALID, pointer="/code")
    return paired


def _counts(address: str, candidates: list[Device]) -> list[tuple[str, str, int, int]]:
    """The counts to which a wrong guess from this address adds: scope, subject, limit, seconds."""
    scope, limit, seconds = OF_AN_ADDRESS
    counts = [(scope, address, limit, seconds)]
    if address == UNKNOWN or all(one.code_from != address for one in candidates):
        scope, limit, seconds = OF_ALL_STRANGERS
        counts.append((scope, "", limit, seconds))
    return counts


def _unheard(digest: str) -> Device | None:
    """The device that was paired with this code and has never used its token."""
    moment = clock.now()
    return (
        Device.objects.select_for_update()
        .filter(paired_by=digest, revoked_at__isnull=True)
        .filter(paired_at__gt=moment - CODE_LIFETIME, paired_at__lte=moment - PAIR_GRACE)
        .first()
    )


def _pair(device: Device, digest: str) -> PairedDevice:
    token = secrets.token_urlsafe(32)
    device.token_hash = token_digest(token)
    device.code_hash = device.code_from = ""
    device.code_expires_at = None
    device.paired_by = digest
    device.paired_at = device.last_seen_at = clock.now()
    device.save()
    audit.record("device.paired", actor=actor_of(DevicePrincipal(device)), subject=device)
    return PairedDevice(device, token)


def change_device(
    device_id: uuid.UUID,
    *,
    by: User,
    name: str | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Device:
    """Give a device a new name and, if it is a display, new settings; what isn't given stays.
    Announces DisplayChanged. If nothing differs, nothing is written.

    Raises DomainError `not_found`, also for a revoked device, and `not_a_display`.
    """
    with transaction.atomic():
        device = Device.objects.select_for_update().filter(pk=device_id).first()
        if device is None or device.revoked_at is not None:
            raise DomainError(CoreCode.NOT_FOUND)
        if settings is not None and device.settings is None:
            raise DomainError(Code.NOT_A_DISPLAY, pointer="/settings")
        wanted = _columns(settings or {}) | ({} if name is None else {"name": name})
        changed = sorted(key for key, value in wanted.items() if getattr(device, key) != value)
        if changed:
            for key in changed:
                setattr(device, key, wanted[key])
            device.save(update_fields=changed)
            audit.record("device.changed", actor=actor_of(by), subject=device, fields=changed)
            _announce_change(device)
    return device


def _columns(settings: Mapping[str, Any]) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for name, value in settings.items():
        if name in _PARTS:
            parts = _PARTS[name].items()
            columns |= {column: value and value[part] for column, part in parts}
        else:
            columns[name] = value
    return columns


def _announce_change(device: Device) -> None:
    if device.kind == DeviceKind.DISPLAY:
        events.announce(DisplayChanged(device.pk))


def room_was_renamed(old: str, new: str, *, by: Actor) -> None:
    """Keep the displays that show this room's calls showing them under its new name."""
    with transaction.atomic():
        showing = Device.objects.select_for_update().filter(rooms__contains=[old]).order_by("pk")
        for device in showing:
            device.rooms = [new if room == old else room for room in device.rooms]
            device.save(update_fields=["rooms"])
            audit.record("device.changed", actor=by, subject=device, fields=["rooms"])
            _announce_change(device)


def report_status(device: Device, status: Mapping[str, Any]) -> None:
    """Keep a display's report about itself, in place of the last one.

    Raises DomainError `throttled` from the 41st report of a minute on.
    """
    scope, limit, seconds = OF_A_REPORT
    ratelimit.hit(scope, str(device.pk), limit=limit, seconds=seconds)
    ScreenStatus.objects.update_or_create(
        device=device, defaults={**status, "reported_at": clock.now()}
    )


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
        device.code_hash = device.code_from = ""
        device.save(update_fields=["revoked_at", "code_hash", "code_from"])
        audit.record("device.revoked", actor=actor_of(by), subject=device)
        events.announce(DeviceRevoked(device.pk))


def touch_device(device: Device) -> None:
    """Note that a device was seen: at once the first time it uses its token, then at most once a
    minute."""
    moment = clock.now()
    is_due = device.last_seen_at is None or moment - device.last_seen_at >= TOUCH_EVERY
    if is_due or device.paired_by:
        touch_devices([device.pk])
        device.paired_by = ""
    if is_due:
        device.last_seen_at = moment


def touch_devices(device_ids: Collection[uuid.UUID]) -> None:
    """Note that these devices were seen, as `touch_device` does. One query."""
    moment = clock.now()
    is_due = Q(last_seen_at__isnull=True) | Q(last_seen_at__lte=moment - TOUCH_EVERY)
    with database.unless_read_only():
        Device.objects.filter(pk__in=device_ids).filter(is_due | ~Q(paired_by="")).update(
            last_seen_at=Case(When(is_due, then=Value(moment)), default=F("last_seen_at")),
            paired_by="",
        )


def _code_digest(code: str) -> str:
    # Six digits can be tried out quickly, so the hash is keyed: the table alone gives nothing away.
    return salted_hmac("clinic.accounts.pairing", code, algorithm="sha256").hexdigest()
