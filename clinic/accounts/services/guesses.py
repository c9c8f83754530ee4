"""How often a password may be guessed, without shutting its owner out.

Failures are counted in PostgreSQL, in windows of a quarter of an hour:

- From a device on which this account has logged in before, strangers can't spend the tries.
- From an address where this account has been logged in, only failures from there count.
- From anywhere else, those of all such places together count too, and so do the names that somebody
  has tried from one address.
"""

import uuid
from typing import NamedTuple

import structlog
from django.core import signing
from django.utils.crypto import salted_hmac

from clinic.accounts import logins
from clinic.accounts.addresses import UNKNOWN
from clinic.accounts.models import Session, User
from clinic.core import audit, ratelimit
from clinic.core.audit import Actor

log = structlog.get_logger(__name__)

WINDOW_SECONDS = 15 * 60
ON_A_KNOWN_DEVICE = 10
FROM_ONE_PLACE = 5
FROM_EVERYWHERE = 30
NAMES_FROM_AN_ADDRESS = 100
ACCOUNTS_OF_A_DEVICE = 8
_SALT = "accounts.known_device"


class Count(NamedTuple):
    scope: str
    subject: str
    limit: int


class Tries(NamedTuple):
    """The counts to which a failed try adds. `own` counts the failures of its kind alone; `shared`
    count only its first failure there, or every one of them."""

    own: Count
    of_account: Count | None = None
    of_address: Count | None = None

    def all(self) -> list[Count]:
        return [count for count in self if count is not None]


def tries_of(user: User | None, name: str, *, address: str, device: str) -> Tries:
    """The counts for somebody who tries this name, from this address, with this device's cookie.

    It takes the same work for a name that nobody has.
    """
    subject = str(user.pk) if user is not None else logins.digest(name)
    is_at_home = Session.objects.filter(
        user_id=user.pk if user is not None else uuid.uuid4(), address=address
    ).exists()
    if user is not None and _digest(user) in _accounts_of(device):
        return Tries(Count("login.device", logins.digest(subject + device), ON_A_KNOWN_DEVICE))
    own = Count("login", logins.digest(f"{subject} {address}"), FROM_ONE_PLACE)
    if is_at_home and address != UNKNOWN:
        return Tries(own)
    return Tries(
        own,
        Count("login.user", logins.digest(subject), FROM_EVERYWHERE),
        Count("login.address", logins.digest(address), NAMES_FROM_AN_ADDRESS),
    )


def refuse_beyond(tries: Tries) -> None:
    """Raise DomainError `throttled` where a count is full."""
    for count in tries.all():
        ratelimit.check(*count[:2], limit=count.limit)


def failed(tries: Tries, user: User | None) -> None:
    """Count a failure. Of one name's failures an address counts the first. When the failures of an
    account from everywhere reach their limit, that is written down for the manager. Raises
    DomainError `throttled` where others at the same moment have filled a count."""
    if _hit(tries.own) == 1 and tries.of_address is not None:
        _hit(tries.of_address)
    if tries.of_account is None:
        return
    if _hit(tries.of_account) == tries.of_account.limit and user is not None:
        audit.record("login.guessed", actor=Actor.system("logins"), subject=user)
        log.warning("login_guessed", user=str(user.pk), failures=tries.of_account.limit)


def _hit(count: Count) -> int:
    return ratelimit.hit(*count[:2], limit=count.limit, seconds=WINDOW_SECONDS)


def succeeded(tries: Tries) -> None:
    """Forget the failures of this place or device, and of no other."""
    ratelimit.forget(*tries.own[:2])


def with_account(device: str, user: User) -> str:
    """A device's cookie once this account has logged in on it. It names the account for as long as
    its password stays, and only to us."""
    others = [digest for digest in _accounts_of(device) if digest != _digest(user)]
    return signing.dumps([_digest(user), *others][:ACCOUNTS_OF_A_DEVICE], salt=_SALT)


def _accounts_of(device: str) -> list[str]:
    """Empty for a cookie that isn't ours."""
    try:
        accounts: list[str] = signing.loads(device, salt=_SALT)
    except signing.BadSignature:
        return []
    return accounts


def _digest(user: User) -> str:
    return salted_hmac(_SALT, f"{user.pk}:{user.password}", algorithm="sha256").hexdigest()[:22]
