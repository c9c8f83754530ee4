"""Idempotency-Key: the same request sent again gets the first answer and has no second effect."""

import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import Q

from clinic.core import clock
from clinic.core.errors import Code, DomainError
from clinic.core.mentions import Names
from clinic.core.models import IdempotentRequest

MAX_KEY_LENGTH = 200
Answer = tuple[int, dict[str, Any]]


def run(
    scope: str, key: str, body: Mapping[str, Any] | bytes, respond: Callable[[], Answer]
) -> Answer:
    """Answer a request once per (scope, key) and return `(status, body)`.

    The key's row and the effects of `respond` are committed together. A refusal (an exception)
    leaves neither, so the same key may be tried again. Raises DomainError `idempotency_key_reused`
    for the same key with another body, and `idempotency_key_required` for a key that is empty or
    too long.
    """
    if not key or len(key) > MAX_KEY_LENGTH or not key.isprintable():
        raise DomainError(Code.IDEMPOTENCY_KEY_REQUIRED)
    digest = _digest(body)
    with transaction.atomic():
        IdempotentRequest.objects.bulk_create(
            [IdempotentRequest(scope=scope, key=key, body_hash=digest, created_at=clock.now())],
            ignore_conflicts=True,
        )
        row = IdempotentRequest.objects.select_for_update().get(scope=scope, key=key)
        if row.body_hash != digest:
            raise DomainError(Code.IDEMPOTENCY_KEY_REUSED)
        if row.status is not None:
            return row.status, row.response
        status, response = respond()
        row.status = status
        row.response = json.loads(json.dumps(response, cls=DjangoJSONEncoder))
        row.save(update_fields=["status", "response"])
        return status, row.response


def forget(ids: Collection[UUID]) -> None:
    """Blank every kept answer that is about one of these records. The request stays known: sent
    again, it has no effect and gets an empty answer."""
    words = [str(each) for each in ids]
    told = IdempotentRequest.objects.filter(Q(Names("response", words)) | Q(Names("scope", words)))
    told.update(response={})


def _digest(body: Mapping[str, Any] | bytes) -> str:
    if not isinstance(body, bytes):
        body = json.dumps(body, sort_keys=True, cls=DjangoJSONEncoder).encode()
    return hashlib.sha256(body).hexdigest()
