"""Changing the key of the face templates while the clinic works."""

import uuid
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from django.db import transaction
from django.db.models import Count

from recognition import vault
from recognition.models import Template

BATCH = 100


@dataclass(frozen=True, slots=True)
class Batch:
    """`last` is where the next batch begins; `damaged` are the templates that no key could open."""

    last: uuid.UUID
    resealed: int
    damaged: tuple[uuid.UUID, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """Templates by the state of their key. `lost` counts them for each key name that FACE_KEY
    doesn't know."""

    current: int
    old: int
    lost: dict[str, int]


def standing() -> Standing:
    """How many templates are under the newest key, under older ones, and under unknown ones."""
    counts = dict(Template.objects.values_list("key_id").annotate(Count("pk")).order_by("key_id"))
    newest, *older = vault.key_ids()
    return Standing(
        current=counts.pop(newest, 0),
        old=sum(counts.pop(name, 0) for name in older),
        lost=counts,
    )


def reseal(after: uuid.UUID | None = None, *, limit: int = BATCH) -> Batch | None:
    """Put the next templates of an older key under the newest one; None if there are none left.

    One transaction, so a kill leaves each template under one key or the other, never broken, and a
    second run goes on where the first ended. A template that doesn't open is left as it is. Those
    that a withdrawal or an enrolment has locked just now are skipped.
    """
    newest, *older = vault.key_ids()
    waiting = Template.objects.filter(key_id__in=[name for name in older if name != newest])
    if after is not None:
        waiting = waiting.filter(pk__gt=after)
    with transaction.atomic():
        templates = list(
            waiting.select_related("enrolment")
            .select_for_update(of=("self",), skip_locked=True)
            .order_by("pk")[:limit]
        )
        if not templates:
            return None
        resealed: list[Template] = []
        damaged: list[uuid.UUID] = []
        for template in templates:
            owner = template.enrolment.patient_id
            try:
                plain = vault.unseal(bytes(template.sealed), owner=owner)
            except InvalidTag:
                damaged.append(template.pk)
                continue
            sealed = vault.seal(plain, owner=owner)
            template.sealed, template.key_id = sealed.data, sealed.key_id
            resealed.append(template)
        Template.objects.bulk_update(resealed, ["sealed", "key_id"])
    return Batch(last=templates[-1].pk, resealed=len(resealed), damaged=tuple(damaged))
