"""What every app's api.py does alike."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpResponse
from django.utils.http import parse_etags
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from clinic.core.problems import CONTENT_TYPE, ProblemDetails


def validated(serializer: BaseSerializer[Any]) -> dict[str, Any]:
    """What the request said, checked and converted. Raises DRF's ValidationError."""
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def answers(success: Mapping[Any, Any], *refusals: int) -> dict[Any, Any]:
    """The responses of one operation for the schema: what it gives, and its problems' statuses."""
    return {**success, **{(status, CONTENT_TYPE): ProblemDetails for status in refusals}}


def text_of(longest: int) -> dict[str, Any]:
    """The schema of a parameter that is text of so many characters at most."""
    return {"type": "string", "maxLength": longest}


def unless_held(request: Request, body: Mapping[str, Any]) -> Response | HttpResponse:
    """The body with its ETag, or 304 where only `server_time` differs from what is held."""
    content = {key: value for key, value in body.items() if key != "server_time"}
    text = json.dumps(content, separators=(",", ":"), cls=DjangoJSONEncoder)
    etag = f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'
    held = parse_etags(request.headers.get("If-None-Match", ""))
    is_held = "*" in held or etag in (one.removeprefix("W/") for one in held)
    response = HttpResponse(status=304) if is_held else Response(body)
    response["ETag"] = etag
    return response
