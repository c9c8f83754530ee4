"""Whether a phone and an e-mail address are really a person's own."""

from django.conf import settings
from django.db import transaction

from clinic.accounts.choices import Purpose
from clinic.accounts.errors import Code
from clinic.accounts.events import ContactChanged, ProfileChanged
from clinic.accounts.models import User
from clinic.accounts.principals import actor_of
from clinic.accounts.services import codes
from clinic.accounts.services.sessions import lock_user
from clinic.core import audit, clock, events, ratelimit
from clinic.core.errors import DomainError

CODES_AN_HOUR = 3
HOUR_SECONDS = 3600
CHANNELS = {Purpose.PHONE: "sms", Purpose.EMAIL: "email"}


def send_code(user: User, contact: Purpose, *, address: str) -> None:
    """Send six digits to the user's phone or e-mail address.

    Raises DomainError `contact_missing`, and `throttled` after three in an hour, or after so many
    from one address as the settings allow: whoever makes up accounts can't send a stranger's phone
    one message after the other.
    """
    if not _address(user, contact):
        raise DomainError(Code.CONTACT_MISSING)
    most = settings.CODES_PER_ADDRESS_AN_HOUR
    ratelimit.hit("code.address", address, limit=most, seconds=HOUR_SECONDS)
    ratelimit.hit(f"code.{contact}", str(user.pk), limit=CODES_AN_HOUR, seconds=HOUR_SECONDS)
    with transaction.atomic():
        fresh = lock_user(user.pk)
        codes.make(fresh, contact, {CHANNELS[contact]: _address(fresh, contact)})


def verify(user: User, contact: Purpose, code: str) -> User:
    """The digits came back: the phone or address is the user's own. Sending them again, because
    the answer was lost, has no further effect.

    Raises DomainError `code_wrong`, and `code_expired` after ten minutes or five wrong tries.
    """
    with transaction.atomic():
        fresh = lock_user(user.pk)
        to = _address(fresh, contact)
        if _is_verified(fresh, contact) and codes.was_just_spent(fresh, contact, code, sent_to=to):
            return fresh
        refusal = codes.spend(fresh, contact, code, sent_to=to)
        if refusal is None:
            field = f"{contact}_verified_at"
            setattr(fresh, field, clock.now())
            fresh.save(update_fields=[field])
            audit.record(
                f"{contact}.verified",
                actor=actor_of(fresh),
                subject=fresh,
                patient_id=None if fresh.is_clinic_staff else fresh.pk,
            )
            events.announce(ProfileChanged(fresh.pk))
    if refusal is not None:
        raise refusal
    return fresh


def was_changed(user: User, contact: Purpose) -> None:
    """The user gives up their present phone or address: the next one isn't verified yet, and this
    one is told if it was. Call it before the change, in its transaction."""
    if _is_verified(user, contact):
        events.announce(
            ContactChanged(
                user_id=user.pk,
                language=user.language,
                ways={CHANNELS[contact]: _address(user, contact)},
                at=clock.now(),
            )
        )
    setattr(user, f"{contact}_verified_at", None)


def ways_to(user: User) -> dict[str, str]:
    """Addresses by channel: the verified ones, or where there are none those that nobody has
    verified, e-mail first."""
    phone, email = {"sms": user.phone}, {"email": user.email}
    verified = (phone if user.phone_verified else {}) | (email if user.email_verified else {})
    return verified or {channel: to for channel, to in (email | phone).items() if to}


def _address(user: User, contact: Purpose) -> str:
    return user.phone if contact == Purpose.PHONE else user.email


def _is_verified(user: User, contact: Purpose) -> bool:
    return user.phone_verified if contact == Purpose.PHONE else user.email_verified
