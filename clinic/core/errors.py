"""Domain errors: a stable code, an HTTP status, and a sentence in both languages.

Each app keeps its own codes in `errors.py` and registers them here, so that the schema can list
them, and no code can be raised that isn't described.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


@dataclass(frozen=True)
class Problem:
    """What a code means: its HTTP status and its sentence; `{params}` are filled in when raised."""

    status: int
    pt: str
    en: str


class Code(StrEnum):
    INVALID = "invalid"
    NOT_AUTHENTICATED = "not_authenticated"
    PERMISSION_DENIED = "permission_denied"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    NOT_ACCEPTABLE = "not_acceptable"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    TOO_LARGE = "too_large"
    MALFORMED = "malformed"
    THROTTLED = "throttled"
    OVERLOADED = "overloaded"
    CONFLICT = "conflict"
    UNAVAILABLE = "unavailable"
    INTERNAL = "internal"
    IDEMPOTENCY_KEY_REQUIRED = "idempotency_key_required"
    IDEMPOTENCY_KEY_REUSED = "idempotency_key_reused"


PROBLEMS: dict[str, Problem] = {}


def register(problems: Mapping[Any, Problem]) -> None:
    """Add an app's codes to the catalogue. A code registered twice is a programming error."""
    for code, problem in problems.items():
        key = str(code)
        if key in PROBLEMS and PROBLEMS[key] != problem:
            raise ValueError(f"error code {key!r} is registered twice")
        PROBLEMS[key] = problem


class DomainError(Exception):
    """A rule said no. Nothing was changed, and the caller can be told why.

    `pointer` names the request field at fault (JSON pointer), `retry_after` is in seconds,
    `members` are further JSON values beside the code, `params` fill the sentence's placeholders.
    Raises KeyError at once for a code that isn't registered.
    """

    def __init__(
        self,
        code: str,
        *,
        pointer: str | None = None,
        retry_after: int | None = None,
        members: Mapping[str, Any] | None = None,
        **params: object,
    ) -> None:
        self.code = str(code)
        self.problem = PROBLEMS[self.code]
        self.pointer = pointer
        self.retry_after = retry_after
        self.members = dict(members or {})
        self.params = params
        super().__init__(self.code)

    def detail(self, language: str) -> str:
        """The sentence in `pt` or `en`, with its parameters filled in."""
        text = self.problem.en if language.startswith("en") else self.problem.pt
        return text.format(**self.params) if self.params else text


class UnansweredError(Exception):
    """A service outside gave no usable answer; another try may get one."""


register(
    {
        Code.INVALID: Problem(
            400, "Há dados por corrigir no pedido.", "Some of the data needs correcting."
        ),
        Code.NOT_AUTHENTICATED: Problem(
            401, "Inicie sessão para continuar.", "Log in to continue."
        ),
        Code.PERMISSION_DENIED: Problem(
            403, "Não tem acesso a esta operação.", "You may not do this."
        ),
        Code.NOT_FOUND: Problem(404, "Não encontrámos o que pediu.", "Nothing was found here."),
        Code.METHOD_NOT_ALLOWED: Problem(
            405, "Este endereço não aceita este método.", "This address doesn't accept this method."
        ),
        Code.NOT_ACCEPTABLE: Problem(
            406, "Só respondemos em JSON.", "Answers are given in JSON only."
        ),
        Code.UNSUPPORTED_MEDIA_TYPE: Problem(
            415, "Este tipo de conteúdo não é aceite.", "This content type isn't accepted."
        ),
        Code.TOO_LARGE: Problem(413, "O pedido é demasiado grande.", "The request is too large."),
        Code.MALFORMED: Problem(
            400, "Não conseguimos ler o pedido.", "The request could not be read."
        ),
        Code.THROTTLED: Problem(
            429,
            "Demasiadas tentativas. Aguarde um pouco e tente de novo.",
            "Too many attempts. Wait a little and try again.",
        ),
        Code.OVERLOADED: Problem(
            503, "O sistema está ocupado. Tente de novo.", "The system is busy. Please try again."
        ),
        Code.CONFLICT: Problem(
            409,
            "Outra pessoa alterou isto ao mesmo tempo. Atualize e tente de novo.",
            "Somebody changed this at the same time. Refresh and try again.",
        ),
        Code.UNAVAILABLE: Problem(
            503,
            "Uma parte do sistema não responde. Tente dentro de momentos.",
            "A part of the system isn't answering. Try again in a moment.",
        ),
        Code.INTERNAL: Problem(
            500,
            "Algo falhou do nosso lado. Já ficou registado.",
            "Something failed on our side. It has been recorded.",
        ),
        Code.IDEMPOTENCY_KEY_REQUIRED: Problem(
            400,
            "Falta o cabeçalho Idempotency-Key.",
            "The Idempotency-Key header is missing.",
        ),
        Code.IDEMPOTENCY_KEY_REUSED: Problem(
            422,
            "Esta Idempotency-Key já serviu para outro pedido.",
            "This Idempotency-Key was used for a different request.",
        ),
    }
)
