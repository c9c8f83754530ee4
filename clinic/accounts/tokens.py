"""The two JWTs of a session. They only point at its row, which decides."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken, Token

from clinic.accounts.models import Session

SESSION_CLAIM = "sid"


@dataclass(frozen=True)
class Claims:
    session_id: uuid.UUID
    jti: uuid.UUID


@dataclass(frozen=True)
class Pair:
    """Both tokens, encoded, with their ends."""

    access: str
    access_ends_at: datetime
    refresh: str
    refresh_ends_at: datetime


def issue(session: Session) -> Pair:
    """Sign the pair that belongs to the present state of the session row.

    The refresh token outlives the idle limit by one access token, since the row only learns of
    activity when a pair is renewed.
    """
    access = AccessToken()
    access[SESSION_CLAIM] = session.id.hex
    refresh = RefreshToken()
    refresh[SESSION_CLAIM] = session.id.hex
    refresh["jti"] = session.jti.hex
    ends_at = min(session.expires_at, session.ends_at + AccessToken.lifetime)
    refresh["exp"] = int(ends_at.timestamp())
    return Pair(
        access=str(access),
        access_ends_at=access.current_time + AccessToken.lifetime,
        refresh=str(refresh),
        refresh_ends_at=ends_at,
    )


def read_access(raw: str) -> Claims | None:
    """What a valid access token says; None for anything else."""
    return _read(raw, AccessToken)


def read_refresh(raw: str) -> Claims | None:
    """What a valid refresh token says; None for anything else."""
    return _read(raw, RefreshToken)


def _read(raw: Any, kind: type[Token]) -> Claims | None:
    try:
        token = kind(raw)
        return Claims(uuid.UUID(token[SESSION_CLAIM]), uuid.UUID(token["jti"]))
    except (TokenError, RecursionError, KeyError, ValueError, AttributeError, TypeError):
        return None
