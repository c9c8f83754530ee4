import math
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth import authenticate
from django.db import transaction

from clinic.accounts import logins, selectors, tokens
from clinic.accounts.errors import Code
from clinic.accounts.events import SessionRevoked
from clinic.accounts.models import (
    PATIENT_LIMIT,
    STAFF_LIMIT,
    USER_AGENT_MAX_LENGTH,
    Session,
    User,
)
from clinic.accounts.principals import actor_of
from clinic.accounts.services import guesses
from clinic.core import audit, batches, clock, database, events
from clinic.core.audit import Actor
from clinic.core.errors import Code as CoreCode
from clinic.core.errors import DomainError

# Two tabs may refresh with the same token; the slower one is told to repeat its request.
REFRESH_GRACE = timedelta(seconds=10)
# After that the new pair has been used, or the answer with it was lost, and then the old one may be
# used again: for as long as a phone may be offline on its way to the clinic, or asleep in a pocket.
# A thief of the old token gains little: its owner's next try ends the session for both.
REFRESH_RETRY = timedelta(minutes=10)
KEEP_ENDED = timedelta(days=30)


@dataclass(frozen=True)
class SignedIn:
    user: User
    session: Session
    pair: tokens.Pair


def verify_credentials(*, username: str, password: str, address: str, device: str = "") -> User:
    """The active user with this password, whom the name stands for: see `logins.user_of`.

    `device` is the cookie of `guesses.with_account`. Raises DomainError `invalid_credentials`, the
    same after the same work whether the name, the password or the account's state is at fault, and
    `throttled` after too many failures: see `guesses`. Call it outside a transaction: the count of
    a failure must not be rolled back.

    Only a finished failure counts, so people who log in at the same time don't shut each other out.
    Parallel guesses gain nothing: the counts are checked again after the hash, and the result is
    told only within the limits. The right password, tried together with a thousand wrong ones from
    the same place, is answered `throttled` like them unless it is among the first five to finish.
    """
    meant = logins.user_of(username)
    tries = guesses.tries_of(meant, username, address=address, device=device)
    guesses.refuse_beyond(tries)
    user = authenticate(username=meant.username if meant else username, password=password)
    # Before the result is used: beyond the limits, right and wrong get the same answer in the same
    # time.
    guesses.refuse_beyond(tries)
    if not isinstance(user, User):
        guesses.failed(tries, meant)
        raise DomainError(Code.INVALID_CREDENTIALS)
    guesses.succeeded(tries)
    return user


def login(
    *,
    username: str,
    password: str,
    address: str,
    device: str = "",
    user_agent: str = "",
    replaces: str = "",
) -> SignedIn:
    """Check the credentials and open a new session; the browser's previous one ends.

    `replaces` is the access token that the browser sent. Raises what `verify_credentials` raises.
    """
    user = verify_credentials(username=username, password=password, address=address, device=device)
    with transaction.atomic():
        lock_user(user.pk)
        former = tokens.read_access(replaces) if replaces else None
        if former is not None:
            revoke_session(former.session_id, actor=actor_of(user), reason="replaced")
        return open_session(user, user_agent=user_agent, address=address)


def lock_user(user_id: uuid.UUID) -> User:
    """An active user, locked: nobody else can change or erase them until the transaction ends.

    Raises DomainError `session_ended` if they were disabled or erased a moment ago.
    """
    active = User.objects.select_for_update(no_key=True).filter(is_active=True)
    user = active.filter(pk=user_id).first()
    if user is None:
        raise DomainError(Code.SESSION_ENDED)
    return user


def open_session(user: User, *, user_agent: str = "", address: str = "") -> SignedIn:
    """Start a session, in the caller's transaction, for somebody who has proved who they are."""
    moment = clock.now()
    session = Session.objects.create(
        user=user,
        jti=uuid.uuid4(),
        created_at=moment,
        last_seen_at=moment,
        expires_at=moment + (STAFF_LIMIT if user.is_clinic_staff else PATIENT_LIMIT),
        user_agent=_printable(user_agent),
        address=address,
    )
    audit.record("session.started", actor=actor_of(user), subject=session)
    return SignedIn(user, session, tokens.issue(session))


def session_user(raw_access: str) -> tuple[User, Session] | None:
    """The user to whom an access token belongs, if the session is still alive. The first use of a
    pair is written down: from then on the pair before it can't be used again."""
    claims = tokens.read_access(raw_access) if raw_access else None
    session = selectors.session_of(claims) if claims is not None else None
    if claims is None or session is None:
        return None
    if not session.is_seen and session.jti == claims.jti:
        with database.unless_read_only():
            if Session.objects.filter(pk=session.pk, jti=claims.jti).update(is_seen=True):
                session.is_seen = True
            else:
                # Replaced just now: it stays valid as the previous pair, unless the new pair came
                # from the previous one itself.
                session = selectors.session_of(claims)
    return None if session is None else (session.user, session)


def refresh(raw_refresh: str, *, address: str = "") -> SignedIn:
    """Exchange a refresh token for a new pair; each token works once.

    1. A token that isn't valid, or whose session or user is gone, raises `session_ended`.
    2. The session row is locked, so of simultaneous uses one wins.
    3. The token that was just replaced raises `refreshed_elsewhere` for REFRESH_GRACE: the winner's
       cookies are in the same browser.
    4. After that, and until REFRESH_RETRY, it gives another pair if nobody has come with the one
       that replaced it, which then counts no more: that answer was lost.
    5. Any other token of this session was stolen or replayed: the session is revoked, and that is
       committed before `session_ended` is raised.
    """
    claims = tokens.read_refresh(raw_refresh) if raw_refresh else None
    if claims is None:
        raise DomainError(Code.SESSION_ENDED)
    with transaction.atomic():
        outcome = _rotate(claims, address)
    if isinstance(outcome, DomainError):
        raise outcome
    return outcome


def _rotate(claims: tokens.Claims, address: str) -> SignedIn | DomainError:
    session = (
        Session.objects.select_for_update(of=("self",))
        .select_related("user")
        .filter(pk=claims.session_id)
        .first()
    )
    moment = clock.now()
    if session is None or not session.is_live(moment):
        return DomainError(Code.SESSION_ENDED)
    if session.jti == claims.jti:
        session.prev_jti, session.prev_at = session.jti, moment
        return _new_pair(session, moment, address)
    if session.prev_jti == claims.jti and session.prev_at is not None:
        age = moment - session.prev_at
        if age < REFRESH_GRACE:
            left = math.ceil((REFRESH_GRACE - age).total_seconds())
            return DomainError(Code.REFRESHED_ELSEWHERE, retry_after=left)
        if age < REFRESH_RETRY and not session.is_seen:
            return _new_pair(session, moment, address)
    revoke_session(session.pk, actor=Actor.system("sessions"), reason="reused")
    return DomainError(Code.SESSION_ENDED)


def _new_pair(session: Session, moment: datetime, address: str) -> SignedIn:
    session.jti, session.last_seen_at, session.is_seen = uuid.uuid4(), moment, False
    session.address = address or session.address
    session.save(update_fields=["jti", "prev_jti", "prev_at", "last_seen_at", "is_seen", "address"])
    return SignedIn(session.user, session, tokens.issue(session))


def logout(*, raw_access: str, raw_refresh: str) -> None:
    """End the session that the browser's cookies point at, at once and for every token of it.

    Raises DomainError `session_ended` when they point at none that is alive.
    """
    found = (
        tokens.read_access(raw_access) if raw_access else None,
        tokens.read_refresh(raw_refresh) if raw_refresh else None,
    )
    with transaction.atomic():
        ended = 0
        for session_id in {claims.session_id for claims in found if claims is not None}:
            session = Session.objects.select_related("user").filter(pk=session_id).first()
            if session is not None:
                ended += revoke_session(session_id, actor=actor_of(session.user), reason="logout")
    if not ended:
        raise DomainError(Code.SESSION_ENDED)


def end_own_session(user: User, session_id: uuid.UUID) -> None:
    """End one of the user's own sessions, from whatever device; ended before, it stays so.

    Raises DomainError `not_found` for anybody else's.
    """
    if not Session.objects.filter(pk=session_id, user=user).exists():
        raise DomainError(CoreCode.NOT_FOUND)
    revoke_session(session_id, actor=actor_of(user), reason="ended_by_owner")


def end_other_sessions(user: User, session: Session) -> None:
    """End all of the user's sessions but this one."""
    revoke_sessions(user.pk, actor=actor_of(user), reason="ended_by_owner", keep=session.pk)


def revoke_session(session_id: uuid.UUID, *, actor: Actor, reason: str) -> bool:
    """End one session and announce SessionRevoked. False when it had ended before."""
    with transaction.atomic():
        open_ones = Session.objects.select_for_update(of=("self",)).filter(
            pk=session_id, revoked_at__isnull=True
        )
        return _revoke(list(open_ones), actor, reason) > 0


def revoke_sessions(
    user_id: uuid.UUID, *, actor: Actor, reason: str, keep: uuid.UUID | None = None
) -> int:
    """End a user's sessions but the one to `keep`, and announce each. Returns how many ended."""
    with transaction.atomic():
        open_ones = (
            Session.objects.select_for_update(of=("self",))
            .filter(user_id=user_id, revoked_at__isnull=True)
            .order_by("pk")
        )
        return _revoke([one for one in open_ones if one.pk != keep], actor, reason)


def _revoke(sessions: list[Session], actor: Actor, reason: str) -> int:
    for session in sessions:
        session.revoked_at = clock.now()
        session.save(update_fields=["revoked_at"])
        audit.record("session.ended", actor=actor, subject=session, reason=reason)
        events.announce(SessionRevoked(session.pk, session.user_id))
    return len(sessions)


def purge_sessions() -> int:
    """Delete sessions that ended long ago; the audit log keeps what happened."""
    old = Session.objects.filter(expires_at__lt=clock.now() - KEEP_ENDED)
    return sum(part.delete()[0] for part in batches.of(old))


def _printable(user_agent: str) -> str:
    return "".join(filter(str.isprintable, user_agent))[:USER_AGENT_MAX_LENGTH]
