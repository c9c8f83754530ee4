"""Who is meant by what somebody types to log in."""

import hashlib

from django.db.models.functions import Lower

from clinic.accounts.models import User
from clinic.accounts.phones import InvalidPhoneError, normalise_mobile

NO_MOBILE = "-"
"""Never an empty string, which would stand for everybody without a phone."""


def user_of(login: str) -> User | None:
    """The active user with this verified e-mail address, verified phone, or username; None if
    there is none.

    A verified contact comes before a username, so that nobody takes another's address as their
    name. A contact that several people have verified, such as a family's phone, means none of them:
    they log in with their usernames.
    """
    text = login.strip()
    active = User.objects.filter(is_active=True).alias(
        lower_email=Lower("email"), lower_username=Lower("username")
    )
    if "@" in text:
        owners = active.filter(lower_email=text.lower(), email_verified_at__isnull=False)
    else:
        owners = active.filter(phone=_mobile(text), phone_verified_at__isnull=False)
    found = list(owners[:2])
    if len(found) == 1:
        return found[0]
    return active.filter(lower_username=text.lower()).first()


def is_contact_of_another(*, username: str, email: str, phone: str) -> bool:
    """Whether a username reads like a phone or an e-mail address that isn't the person's own: they
    couldn't log in with it once its owner verifies it."""
    if "@" in username:
        return username.lower() != email.lower()
    return _mobile(username) not in {NO_MOBILE, phone}


def digest(login: str) -> str:
    """For counting tries of a login that stands for nobody."""
    return hashlib.sha256(login.strip().lower().encode()).hexdigest()


def _mobile(text: str) -> str:
    try:
        return normalise_mobile(text)
    except InvalidPhoneError:
        return NO_MOBILE
