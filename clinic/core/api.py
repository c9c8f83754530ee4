"""What every app's api.py does alike."""

from collections.abc import Mapping
from typing import Any

from rest_framework.serializers import BaseSerializer

from clinic.core.problems import CONTENT_TYPE, ProblemDetails


def validated(serializer: BaseSerializer[Any]) -> dict[str, Any]:
    """What the request said, checked and converted. Raises DRF's ValidationError."""
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def answers(success: Mapping[Any, Any], *refusals: int) -> dict[Any, Any]:
    """The responses of one operation for the schema: what it gives, and its problems' statuses."""
    return {**success, **{(status, CONTENT_TYPE): ProblemDetails for status in refusals}}
