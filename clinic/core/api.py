"""What every app's api.py has in common."""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpResponse
from django.utils.http import parse_etags
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from clinic.core import idempotency
from clinic.core.idempotency import Answer
from clinic.core.problems import CONTENT_TYPE, ProblemDetails

IDEMPOTENCY_HEADER = "Idempotency-Key"


def validated(serializer: BaseSerializer[Any]) -> dict[str, Any]:
    """The request's data, checked and converted. Raises DRF's ValidationError."""
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def answers(
    success: Mapping[Any, Any],
    *refusals: int,
    own: Mapping[int, type[ProblemDetails]] | None = None,
) -> dict[Any, Any]:
    """The responses of one operation, for the schema: its result, and the statuses of its problems.
    `own` has those whose problem has further members."""
    problems = {**dict.fromkeys(refusals, ProblemDetails), **(own or {})}
    return {**success, **{(status, CONTENT_TYPE): body for status, body in problems.items()}}


def idempotency_key(*, required: bool) -> OpenApiParameter:
    """The header of an operation that uses `once`, for the schema."""
    return OpenApiParameter(
        IDEMPOTENCY_HEADER,
        text_of(idempotency.MAX_KEY_LENGTH),
        OpenApiParameter.HEADER,
        required=required,
        description="The same key with the same body gets the first answer again; with another, "
        "422.",
    )


def once(
    request: Request,
    scope: str,
    body: Mapping[str, Any],
    respond: Callable[[], Answer],
    *,
    required: bool,
) -> Response:
    """The answer to a request; the first answer again if its key was used before in this scope.

    Without a key the request is answered each time, unless a key is `required`. Raises DomainError
    like `idempotency.run`.
    """
    key = request.headers.get(IDEMPOTENCY_HEADER)
    if key is None and not required:
        status, answer = respond()
    else:
        status, answer = idempotency.run(scope, key or "", body, respond)
    return Response(answer, status=status)


def text_of(longest: int) -> dict[str, Any]:
    """The schema of a text parameter with so many characters at most."""
    return {"type": "string", "maxLength": longest}


def unless_held(request: Request, body: Mapping[str, Any]) -> Response | HttpResponse:
    """The body with its ETag, or 304 if only `server_time` differs from what the client holds."""
    content = {key: value for key, value in body.items() if key != "server_time"}
    text = json.dumps(content, separators=(",", ":"), cls=DjangoJSONEncoder)
    etag = f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'
    held = parse_etags(request.headers.get("If-None-Match", ""))
    is_held = "*" in held or etag in (one.removeprefix("W/") for one in held)
    response = HttpResponse(status=304) if is_held else Response(body)
    response["ETag"] = etag
    return response
