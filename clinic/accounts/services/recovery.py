"""Getting back in: another password by a link, or in with digits that were sent to the phone.

The answer to who asks is the same, and takes the same time, whether the account exists or not: what
differs is done later, by the worker.
"""

import uuid

from django.contrib.auth.hashers import check_password
from django.db import transaction

from clinic.accounts import logins
from clinic.accounts.choices import Purpose, Role
from clinic.accounts.errors import Code
from clinic.accounts.models import User
from clinic.accounts.principals import actor_of
from clinic.accounts.services import codes, contacts
from clinic.accounts.services.people import password_was_reset
from clinic.accounts.services.sessions import SignedIn, lock_user, open_session
from clinic.core import clock, outbox, ratelimit
from clinic.core.errors import DomainError

REQUESTS_PER_ADDRESS = 60
REQUESTS_PER_LOGIN = 3
SIGN_IN_TRIES = 60
HOUR_SECONDS = 3600


def forgot_password(login: str, *, address: str) -> None:
    """Send a link for another password to whoever this username, verified e-mail address or
    verified phone stands for, if anybody.

    Only the first three requests for a login in an hour send anything. Raises DomainError
    `throttled` after sixty from one address, whoever they were for.
    """
    _ask(login, Purpose.PASSWORD, address)


def ask_sign_in_code(login: str, *, address: str) -> None:
    """Send six digits to the verified phone of the patient this login stands for, if there is one.

    Limits as for `forgot_password`.
    """
    _ask(login, Purpose.SIGN_IN, address)


def _ask(login: str, purpose: Purpose, address: str) -> None:
    ratelimit.hit(
        f"recovery.{purpose}.address",
        address,
        limit=REQUESTS_PER_ADDRESS,
        seconds=HOUR_SECONDS,
    )
    user = logins.user_of(login)
    subject = str(user.pk) if user else logins.digest(login)
    hits = ratelimit.count(f"recovery.{purpose}", subject, seconds=HOUR_SECONDS)
    asked = user.pk if user is not None and hits <= REQUESTS_PER_LOGIN else None
    with transaction.atomic():
        outbox.enqueue(
            "accounts.send_secret",
            key=f"secret:{uuid.uuid4()}",
            user_id=str(asked or ""),
            purpose=purpose,
        )


def send_secret(user_id: uuid.UUID, purpose: Purpose) -> None:
    """Make the secret and have it sent, unless there is nowhere to send it. Call it in a
    transaction."""
    user = User.objects.select_for_update(no_key=True).filter(pk=user_id, is_active=True).first()
    if user is not None and (ways := _ways(user, purpose)):
        codes.make(user, purpose, ways)


def _ways(user: User, purpose: Purpose) -> dict[str, str]:
    if purpose == Purpose.PASSWORD:
        return contacts.ways_to(user)
    is_reached = user.role == Role.PATIENT and user.phone_verified
    return {"sms": user.phone} if is_reached else {}


def of_link(token: str) -> User:
    """Whose password a link is for. Raises DomainError `link_used`."""
    code = codes.of_link(token)
    if code is None or not codes.is_open_link(code):
        raise DomainError(Code.LINK_USED)
    return code.user


def owner_of(token: str) -> User | None:
    """Whose password a link was for, used or not."""
    code = codes.of_link(token)
    return code.user if code is not None else None


def reset_password(token: str, password: str) -> None:
    """Set the password, which has passed the validators, and end all sessions. Sending it again,
    because the answer was lost, has no further effect.

    Raises DomainError `link_used` for a link that is used, over, or not one of ours.
    """
    code = codes.of_link(token)
    if code is None or not code.user.is_active:
        raise DomainError(Code.LINK_USED)
    with transaction.atomic():
        user = lock_user(code.user_id)
        if not codes.spend_link(user, token):
            if _has_just_set(user, token, password):
                return
            raise DomainError(Code.LINK_USED)
        user.set_password(password)
        user.save(update_fields=["password"])
        password_was_reset(user, actor=actor_of(user))


def _has_just_set(user: User, token: str, password: str) -> bool:
    recent = user.codes.filter(
        digest=codes.link_digest(token), used_at__gt=clock.now() - codes.RETRY
    )
    return recent.exists() and check_password(password, user.password)


def sign_in_with_code(login: str, code: str, *, address: str, user_agent: str = "") -> SignedIn:
    """Open a session for whoever gives back the digits that were sent to their phone.

    Raises DomainError `code_wrong`, the same for an unknown login and a code that is over, and
    `throttled` after sixty tries from one address in an hour.
    """
    ratelimit.hit("recovery.tries", address, limit=SIGN_IN_TRIES, seconds=HOUR_SECONDS)
    user = logins.user_of(login)
    if user is None or user.role != Role.PATIENT:
        raise DomainError(Code.CODE_WRONG, pointer="/code")
    with transaction.atomic():
        fresh = lock_user(user.pk)
        refusal = codes.spend(fresh, Purpose.SIGN_IN, code, sent_to=fresh.phone)
        if refusal is None:
            return open_session(fresh, user_agent=user_agent, address=address)
    raise DomainError(Code.CODE_WRONG, pointer="/code")
