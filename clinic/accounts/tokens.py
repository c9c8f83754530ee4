"""The two JWTs of a session. They only point at its row; the row decides."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import jwt
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenBackendError, TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import Token

from clinic.accounts.models import Session
from clinic.core import clock

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


class _Backend(TokenBackend):
    """Doesn't check the claims that are times, since PyJWT goes by the host's clock; the tokens
    do."""

    def decode(self, token: Any, verify: bool = True) -> dict[str, Any]:
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self.get_verifying_key(token),
                algorithms=[self.algorithm],
                audience=self.audience,
                issuer=self.issuer,
                options={
                    "verify_signature": verify,
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                },
            )
        except jwt.InvalidTokenError as error:
            raise TokenBackendError(str(error)) from error
        return claims


@cache
def _backend() -> _Backend:
    return _Backend(
        api_settings.ALGORITHM,
        api_settings.SIGNING_KEY,
        audience=api_settings.AUDIENCE,
        issuer=api_settings.ISSUER,
        leeway=api_settings.LEEWAY,
    )


class _InTime(Token):
    """A token that is issued and expires by the clinic's clock."""

    def __init__(self, token: Any = None, verify: bool = True) -> None:
        super().__init__(token, verify)
        if token is None:
            self.current_time = clock.now()
            self.set_iat(at_time=self.current_time)
            self.set_exp(from_time=self.current_time)

    def get_token_backend(self) -> TokenBackend:
        return _backend()

    def check_exp(self, claim: str = "exp", current_time: datetime | None = None) -> None:
        super().check_exp(claim, current_time or clock.now())


class AccessToken(_InTime):
    token_type = "access"  # noqa: S105 - a kind of token, not one
    lifetime = api_settings.ACCESS_TOKEN_LIFETIME


class RefreshToken(_InTime):
    token_type = "refresh"  # noqa: S105 - the same
    lifetime = api_settings.REFRESH_TOKEN_LIFETIME


def issue(session: Session) -> Pair:
    """Sign the pair for the current state of the session row; both carry its `jti`.

    The refresh token outlives the idle limit by the lifetime of an access token, since the row only
    learns of activity when a pair is renewed.
    """
    access = AccessToken()
    access[SESSION_CLAIM] = session.id.hex
    access["jti"] = session.jti.hex
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


def _read(raw: Any, kind: type[_InTime]) -> Claims | None:
    try:
        token = kind(raw)
        return Claims(uuid.UUID(token[SESSION_CLAIM]), uuid.UUID(token["jti"]))
    except (TokenError, RecursionError, KeyError, ValueError, AttributeError, TypeError):
        return None
