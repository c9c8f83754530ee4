import uuid
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.contrib.auth.hashers import check_password
from django.db import IntegrityError, transaction

from clinic.accounts import birth
from clinic.accounts.choices import Language, Purpose, Role
from clinic.accounts.errors import Code
from clinic.accounts.events import PasswordChanged, ProfileChanged
from clinic.accounts.models import Session, User
from clinic.accounts.names import clean_full_name
from clinic.accounts.phones import normalise_mobile
from clinic.accounts.principals import actor_of
from clinic.accounts.services import contacts
from clinic.accounts.services.contacts import CHANNELS
from clinic.accounts.services.sessions import (
    SignedIn,
    lock_user,
    open_session,
    revoke_sessions,
    verify_credentials,
)
from clinic.core import audit, clock, events, ratelimit
from clinic.core.audit import Actor
from clinic.core.errors import DomainError

# Generous: a whole waiting room may register behind one address.
REGISTRATIONS_PER_ADDRESS = 600
REGISTRATION_WINDOW_SECONDS = 3600
# How long the same registration may be sent again if its answer was lost.
RETRY = timedelta(minutes=10)

CONTACTS = frozenset(CHANNELS)
VERIFIED = tuple(f"{contact}_verified_at" for contact in CONTACTS)
PROFILE_FIELDS = frozenset(
    {"full_name", "email", "phone", "birth_date", "language", "label_choice"}
)


def register(
    *,
    username: str,
    password: str,
    full_name: str,
    email: str,
    phone: str,
    address: str,
    birth_date: date | None = None,
    language: str = Language.PORTUGUESE,
    user_agent: str = "",
) -> SignedIn:
    """Create a patient's own account and log in.

    The password has passed Django's validators. If the answer was lost and the same request comes
    again within RETRY, it logs in to the account that was made. Raises DomainError `username_taken`
    (names have to differ by more than case) and `throttled`.
    """
    ratelimit.hit(
        "register",
        address,
        limit=REGISTRATIONS_PER_ADDRESS,
        seconds=REGISTRATION_WINDOW_SECONDS,
    )
    details = {
        "full_name": clean_full_name(full_name),
        "email": email,
        "phone": normalise_mobile(phone),
        "birth_date": birth_date,
        "language": language,
    }
    try:
        with transaction.atomic():
            user = _insert(username=username, password=password, **details)
            actor = actor_of(user)
            audit.record("account.registered", actor=actor, subject=user, patient_id=user.pk)
            return open_session(user, user_agent=user_agent, address=address)
    except DomainError as error:
        if error.code != Code.USERNAME_TAKEN or not _has_just_made(username, details):
            raise
        made = _who_made(username, password, address)
        if made is None:
            raise
    with transaction.atomic():
        return open_session(lock_user(made.pk), user_agent=user_agent, address=address)


def _has_just_made(username: str, details: Mapping[str, Any]) -> bool:
    """Whether there is an account with this name and these details that is only minutes old."""
    recent = User.objects.filter(date_joined__gt=clock.now() - RETRY)
    return recent.filter(username=username, role=Role.PATIENT, **details).exists()


def _who_made(username: str, password: str, address: str) -> User | None:
    """The user, if the password is theirs. Guesses count as at a login, and reveal no more."""
    try:
        return verify_credentials(username=username, password=password, address=address)
    except DomainError:
        return None


def create_user(
    *,
    actor: Actor,
    full_name: str,
    role: str = Role.PATIENT,
    username: str | None = None,
    password: str | None = None,
    email: str = "",
    phone: str = "",
    birth_date: date | None = None,
    language: str = Language.PORTUGUESE,
    **fields: Any,
) -> User:
    """Create a person on somebody else's behalf, such as a walk-in at the desk.

    Without a password nobody can log in as them; without a username they get a generated one.
    Raises InvalidNameError, InvalidPhoneError, and DomainError `username_taken`.
    """
    with transaction.atomic():
        user = _insert(
            username=username or f"visitor-{uuid.uuid4().hex}",
            password=password,
            full_name=clean_full_name(full_name),
            email=email,
            phone=normalise_mobile(phone) if phone else "",
            birth_date=birth_date,
            language=language,
            role=role,
            **fields,
        )
        audit.record(
            "account.created",
            actor=actor,
            subject=user,
            patient_id=user.pk if user.role == Role.PATIENT else None,
            role=user.role,
        )
    return user


def _insert(*, username: str, password: str | None, **fields: Any) -> User:
    try:
        with transaction.atomic():
            return User.objects.create_user(username, password, **fields)
    except IntegrityError as error:
        if "username" not in str(error.__cause__):
            raise
        raise DomainError(Code.USERNAME_TAKEN, pointer="/username") from error


def update_profile(user: User, changes: dict[str, Any]) -> User:
    """Change what a person may change about themselves, and announce ProfileChanged.

    Only differences are written and recorded; another phone or e-mail address isn't verified.
    Raises InvalidNameError, InvalidPhoneError, KeyError for a field that isn't theirs to change,
    and DomainError `session_ended` if the user is gone, or `birth_date_fixed`.
    """
    if unknown := changes.keys() - PROFILE_FIELDS:
        raise KeyError(sorted(unknown)[0])
    wanted = dict(changes)
    if "full_name" in wanted:
        wanted["full_name"] = clean_full_name(wanted["full_name"])
    if "phone" in wanted:
        wanted["phone"] = normalise_mobile(wanted["phone"])
    with transaction.atomic():
        fresh = lock_user(user.pk)
        changed = sorted(name for name, value in wanted.items() if getattr(fresh, name) != value)
        if not changed:
            return fresh
        if "birth_date" in changed and not _may_change_birth_date(fresh):
            raise DomainError(Code.BIRTH_DATE_FIXED, pointer="/birth_date")
        for contact in CONTACTS & set(changed):
            contacts.was_changed(fresh, Purpose(contact))
        for name in changed:
            setattr(fresh, name, wanted[name])
        fresh.save(update_fields=[*changed, *VERIFIED])
        audit.record(
            "profile.changed",
            actor=actor_of(fresh),
            subject=fresh,
            patient_id=fresh.pk if fresh.role == Role.PATIENT else None,
            fields=changed,
        )
        events.announce(ProfileChanged(fresh.pk))
    return fresh


def _may_change_birth_date(user: User) -> bool:
    """A person under age stays one, and what was decided by a birth date stays decided."""
    is_minor = user.birth_date is not None and not birth.is_adult(user.birth_date)
    return not is_minor and user.birth_date_decided_at is None


def birth_date_decided(user_id: uuid.UUID) -> None:
    """Something rests on this person's birth date from now on. Call it in the transaction of
    whatever was decided."""
    undecided = User.objects.filter(pk=user_id, birth_date_decided_at=None)
    undecided.update(birth_date_decided_at=clock.now())


def change_password(
    user: User, session: Session, *, current: str, new: str, address: str, device: str = ""
) -> None:
    """Set a new password, which has passed the validators, and end the user's other sessions.
    Sending it again, because the answer was lost, has no further effect.

    Raises DomainError `wrong_password`, `throttled` after too many wrong ones, and `session_ended`
    if the user is gone.
    """
    try:
        verify_credentials(username=user.username, password=current, address=address, device=device)
    except DomainError as error:
        if error.code != Code.INVALID_CREDENTIALS:
            raise
        if not _has_just_changed_to(new, user):
            raise DomainError(Code.WRONG_PASSWORD, pointer="/current") from error
        return
    with transaction.atomic():
        fresh = lock_user(user.pk)
        fresh.set_password(new)
        fresh.save(update_fields=["password"])
        actor = actor_of(fresh)
        audit.record("password.changed", actor=actor, subject=fresh)
        _tell_of_password(fresh)
        revoke_sessions(fresh.pk, actor=actor, reason="password_changed", keep=session.pk)


def _has_just_changed_to(password: str, user: User) -> bool:
    changed = audit.newest_of(user, {"password.changed"})
    is_recent = changed is not None and changed.at > clock.now() - RETRY
    return is_recent and check_password(password, User.objects.get(pk=user.pk).password)


def password_was_reset(user: User, *, actor: Actor) -> None:
    """Record that somebody gave this user a new password, or none, and end all their sessions, so
    that whoever knew the old one is out. Call it in the transaction that saved it."""
    audit.record(
        "password.reset",
        actor=actor,
        subject=user,
        patient_id=user.pk if user.role == Role.PATIENT else None,
    )
    present = User.objects.select_for_update(no_key=True).filter(pk=user.pk, is_active=True).first()
    if present is not None:
        _tell_of_password(present)
    revoke_sessions(user.pk, actor=actor, reason="password_reset")


def _tell_of_password(user: User) -> None:
    events.announce(
        PasswordChanged(
            user_id=user.pk, language=user.language, ways=contacts.ways_to(user), at=clock.now()
        )
    )
