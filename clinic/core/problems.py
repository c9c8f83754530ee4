"""Every error leaves as `application/problem+json` (RFC 9457) with a stable code."""

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import structlog
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.core.exceptions import ValidationError as ModelValidationError
from django.db import Error as DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import translation
from django.views.defaults import server_error
from rest_framework import exceptions, serializers
from rest_framework.response import Response
from rest_framework.views import set_rollback

from clinic.core import database, ground
from clinic.core.errors import Code, DomainError
from clinic.core.requests import current_request_id

log = structlog.get_logger(__name__)

CONTENT_TYPE = "application/problem+json"
RETRY_SECONDS = 2
Answer = TypeVar("Answer", bound=HttpResponse)


class ErrorItem(serializers.Serializer[Any]):
    pointer = serializers.CharField(help_text="JSON pointer to the field at fault")
    code = serializers.CharField()
    detail = serializers.CharField()


class ProblemDetails(serializers.Serializer[Any]):
    """The shape of every error answer."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField()
    errors: Any = ErrorItem(many=True)
    request_id = serializers.CharField()


def body(error: DomainError, errors: Sequence[Mapping[str, str]] = ()) -> dict[str, Any]:
    return {
        "type": f"urn:vez:problem:{error.code}",
        "title": error.detail("en"),
        "status": error.problem.status,
        "code": error.code,
        "detail": error.detail(translation.get_language() or "pt"),
        "errors": [{name: _encodable(said) for name, said in each.items()} for each in errors],
        "request_id": current_request_id(),
    } | error.members


def _encodable(said: str) -> str:
    """Text that may quote the request, without the lone surrogates that JSON's escapes can make and
    no answer can encode."""
    return said.encode("utf-8", "replace").decode()


def exception_handler(exc: Exception, _context: dict[str, Any]) -> Response | None:
    """DRF's handler: turns what views raise into problem details; None lets a 500 happen."""
    problem = _as_domain_error(exc)
    if problem is None:
        return None
    set_rollback()
    errors: Sequence[Mapping[str, str]] = ()
    if isinstance(exc, exceptions.ValidationError):
        errors = _field_errors(exc.get_full_details())
    elif problem.pointer is not None:
        detail = problem.detail(translation.get_language() or "pt")
        errors = [{"pointer": problem.pointer, "code": problem.code, "detail": detail}]
    headers = {}
    if problem.retry_after is not None:
        headers["Retry-After"] = str(problem.retry_after)
    if isinstance(exc, exceptions.AuthenticationFailed | exceptions.NotAuthenticated):
        headers["WWW-Authenticate"] = "Cookie"
    return Response(
        body(problem, errors),
        status=problem.problem.status,
        headers=headers,
        content_type=CONTENT_TYPE,
    )


_BY_EXCEPTION: tuple[tuple[type[Exception], Code], ...] = (
    (exceptions.ValidationError, Code.INVALID),
    (exceptions.ParseError, Code.MALFORMED),
    (RecursionError, Code.MALFORMED),
    (exceptions.AuthenticationFailed, Code.NOT_AUTHENTICATED),
    (exceptions.NotAuthenticated, Code.NOT_AUTHENTICATED),
    (exceptions.PermissionDenied, Code.PERMISSION_DENIED),
    (PermissionDenied, Code.PERMISSION_DENIED),
    (exceptions.Throttled, Code.THROTTLED),
    (exceptions.NotFound, Code.NOT_FOUND),
    (Http404, Code.NOT_FOUND),
    (exceptions.MethodNotAllowed, Code.METHOD_NOT_ALLOWED),
    (exceptions.NotAcceptable, Code.NOT_ACCEPTABLE),
    (exceptions.UnsupportedMediaType, Code.UNSUPPORTED_MEDIA_TYPE),
    (RequestDataTooBig, Code.TOO_LARGE),
    (ModelValidationError, Code.INVALID),
)


def _as_domain_error(exc: Exception) -> DomainError | None:
    if isinstance(exc, DomainError):
        return exc
    if (problem := _from_below(exc)) is not None:
        return problem
    for kind, code in _BY_EXCEPTION:
        if isinstance(exc, kind):
            return DomainError(code)
    return None


def _from_below(error: BaseException | None) -> DomainError | None:
    """The answer for an error of the database, files or network; None if the fault is our own."""
    if isinstance(error, DatabaseError):
        return _from_database(error)
    if (cause := ground.cause(error)) is not None:
        log.error("part_unavailable", cause=cause, exc_info=error)
        return DomainError(Code.UNAVAILABLE, retry_after=RETRY_SECONDS)
    return None


def _from_database(error: DatabaseError) -> DomainError | None:
    code = database.meaning(error)
    if code == Code.INTERNAL:
        return None
    if code in {Code.UNAVAILABLE, Code.OVERLOADED}:
        log.error("database_unavailable", code=code, exc_info=error)
        return DomainError(code, retry_after=RETRY_SECONDS)
    log.warning("unexpected_database_error", code=code, exc_info=error)
    return DomainError(code)


def _field_errors(details: Any, pointer: str = "") -> list[dict[str, str]]:
    """Flatten DRF's nested details into pointers; `non_field_errors` point to their parent."""
    if isinstance(details, list):
        flat: list[dict[str, str]] = []
        for index, item in enumerate(details):
            is_leaf = isinstance(item, dict) and set(item) == {"message", "code"}
            flat += _field_errors(item, pointer if is_leaf else f"{pointer}/{index}")
        return flat
    if isinstance(details, dict) and set(details) == {"message", "code"}:
        return [
            {
                "pointer": pointer or "/",
                "code": str(details["code"]),
                "detail": str(details["message"]),
            }
        ]
    if isinstance(details, dict):
        flat = []
        for name, item in details.items():
            child = pointer if name == "non_field_errors" else f"{pointer}/{name}"
            flat += _field_errors(item, child)
        return flat
    return []


def failure(request: HttpRequest) -> HttpResponse:
    """Django's `handler500`: the answer when an exception came through every layer. A database that
    can't be reached just now isn't recorded as our fault; the answer says to try again."""
    problem = _from_below(sys.exception())
    if request.path.startswith("/api/"):
        return problem_response(problem or DomainError(Code.INTERNAL))
    if problem is None:
        return server_error(request)
    response = HttpResponse(
        f"{problem.problem.pt}\n{problem.problem.en}\n",
        status=problem.problem.status,
        content_type="text/plain; charset=utf-8",
        headers={"Cache-Control": "no-store"},
    )
    return _come_again(response, problem)


class ApiProblemsMiddleware:
    """Adds problem details to API answers that Django itself made: unknown paths, bad hosts, 500s.

    Refuses NUL in path or query before anything can pass it to the database.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\0" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            return problem_response(DomainError(Code.MALFORMED))
        response = self.get_response(request)
        if request.path.startswith("/api/"):
            response.setdefault("Cache-Control", "no-store")
            made_by_django = response.get("Content-Type", "").startswith("text/html")
            if response.status_code >= 400 and made_by_django:
                code = _BY_STATUS.get(response.status_code, Code.MALFORMED)
                replacement = problem_response(DomainError(code))
                replacement.status_code = response.status_code
                replacement["Cache-Control"] = "no-store"
                if allowed := response.get("Allow"):
                    replacement["Allow"] = allowed
                return replacement
        return response


_BY_STATUS = {
    400: Code.MALFORMED,
    403: Code.PERMISSION_DENIED,
    404: Code.NOT_FOUND,
    405: Code.METHOD_NOT_ALLOWED,
    413: Code.TOO_LARGE,
    500: Code.INTERNAL,
    503: Code.UNAVAILABLE,
}


def problem_response(error: DomainError) -> JsonResponse:
    """A finished answer, for use outside DRF."""
    response = JsonResponse(
        body(error),
        status=error.problem.status,
        content_type=CONTENT_TYPE,
    )
    return _come_again(response, error)


def _come_again(response: Answer, error: DomainError) -> Answer:
    if error.retry_after is not None:
        response["Retry-After"] = str(error.retry_after)
    return response
