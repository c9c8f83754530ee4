"""Secrets that are sent to people, who give them back once: six digits to type, or a link."""

import hashlib
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from django.utils.crypto import constant_time_compare, salted_hmac

from clinic.accounts.choices import CODE_DIGITS, Purpose
from clinic.accounts.errors import Code
from clinic.accounts.events import SecretMade
from clinic.accounts.models import OneTimeCode, User
from clinic.core import batches, clock, events
from clinic.core.errors import DomainError

TRIES = 5
LIFETIME: Final = {
    Purpose.PHONE: timedelta(minutes=10),
    Purpose.EMAIL: timedelta(minutes=10),
    Purpose.SIGN_IN: timedelta(minutes=10),
    Purpose.PASSWORD: timedelta(minutes=30),
}
# How long the same code may be sent again if the answer was lost.
RETRY = timedelta(minutes=10)
KEEP = timedelta(days=1)


def make(user: User, purpose: Purpose, ways: Mapping[str, str]) -> None:
    """Make a secret and announce SecretMade, so that it is sent; the one before it counts no more.

    `ways` are addresses by channel, the first choice first. The caller holds the user's lock.
    """
    secret = _link() if purpose == Purpose.PASSWORD else _digits()
    moment = clock.now()
    user.codes.filter(purpose=purpose, used_at=None).delete()
    code = OneTimeCode(
        user=user,
        purpose=purpose,
        sent_to=next(iter(ways.values())),
        created_at=moment,
        expires_at=moment + LIFETIME[purpose],
    )
    code.digest = _digest(code, secret)
    code.save()
    events.announce(
        SecretMade(
            user_id=user.pk,
            code_id=code.pk,
            purpose=purpose,
            username=user.username,
            language=user.language,
            ways=ways,
            secret=secret,
            minutes=LIFETIME[purpose] // timedelta(minutes=1),
        )
    )


def spend(user: User, purpose: Purpose, digits: str, *, sent_to: str) -> DomainError | None:
    """Use up the digits that were sent to this address. None if they are right; otherwise the error
    to raise after the commit, so that a wrong try is counted: `code_wrong`, or `code_expired` after
    ten minutes, five wrong tries, or a newer code.

    The caller holds the user's lock.
    """
    code = user.codes.filter(purpose=purpose, used_at=None).first()
    if code is None or not _counts(code, sent_to):
        return DomainError(Code.CODE_EXPIRED)
    if not constant_time_compare(code.digest, _digest(code, digits)):
        code.wrong_tries += 1
        code.save(update_fields=["wrong_tries"])
        return DomainError(Code.CODE_WRONG, pointer="/code")
    _use(code)
    return None


def was_just_spent(user: User, purpose: Purpose, digits: str, *, sent_to: str) -> bool:
    """Whether these digits were right minutes ago: their answer was lost."""
    recent = user.codes.filter(purpose=purpose, used_at__gt=clock.now() - RETRY, sent_to=sent_to)
    code = recent.order_by("-used_at").first()
    return code is not None and constant_time_compare(code.digest, _digest(code, digits))


def of_link(token: str) -> OneTimeCode | None:
    """The code behind a link, with its user, whatever its state."""
    codes = OneTimeCode.objects.select_related("user").filter(purpose=Purpose.PASSWORD)
    return codes.filter(digest=link_digest(token)).first()


def spend_link(user: User, token: str) -> bool:
    """Use up a link; False if it is over, or not this user's. The caller holds the user's lock."""
    code = user.codes.filter(purpose=Purpose.PASSWORD, digest=link_digest(token)).first()
    if code is None or code.used_at is not None or not _counts(code, *_contacts(user)):
        return False
    _use(code)
    return True


def is_open_link(code: OneTimeCode) -> bool:
    """Whether a link may still be used. Reads the user."""
    return code.used_at is None and code.user.is_active and _counts(code, *_contacts(code.user))


def purge() -> int:
    """Delete the codes of days past."""
    old = OneTimeCode.objects.filter(expires_at__lt=clock.now() - KEEP)
    return sum(part.delete()[0] for part in batches.of(old))


def link_digest(token: str) -> str:
    """What we keep of a link. It is random enough to need no key."""
    return hashlib.sha256(token.encode()).hexdigest()


def _counts(code: OneTimeCode, *contacts: str) -> bool:
    return clock.now() < code.expires_at and code.wrong_tries < TRIES and code.sent_to in contacts


def _contacts(user: User) -> tuple[str, str]:
    return user.phone, user.email


def _use(code: OneTimeCode) -> None:
    code.used_at = clock.now()
    code.save(update_fields=["used_at"])


def _digest(code: OneTimeCode, secret: str) -> str:
    """Six digits are tried out in no time, so their digest is keyed."""
    if code.purpose == Purpose.PASSWORD:
        return link_digest(secret)
    return salted_hmac(f"accounts.code:{code.pk}", secret, algorithm="sha256").hexdigest()


def _digits() -> str:
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"


def _link() -> str:
    return secrets.token_urlsafe(24)
