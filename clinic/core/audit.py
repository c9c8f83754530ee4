"""The audit log: one row for each change of a patient's record and each look at it."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from django.db.models import Model, QuerySet

from clinic.core import clock
from clinic.core.models import AuditEntry
from clinic.core.requests import current_request_id


class OfPatient(Protocol):
    """A record about a patient."""

    pk: Any
    patient_id: uuid.UUID


ActorKind = Literal["user", "device", "system", "provider"]


@dataclass(frozen=True)
class Actor:
    """Who acts: a user, a device, the system itself, or an outside provider."""

    kind: ActorKind
    id: str = ""
    role: str = ""

    @classmethod
    def system(cls, name: str) -> "Actor":
        return cls("system", name)

    @classmethod
    def provider(cls, name: str) -> "Actor":
        return cls("provider", name)


def record(
    action: str,
    *,
    actor: Actor,
    subject: Model | None = None,
    patient_id: uuid.UUID | None = None,
    **data: Any,
) -> None:
    """Write one row in the caller's transaction. `data` is JSON: ids, states, codes; no names."""
    _entry(action, actor, subject, patient_id, data).save()


def record_each(action: str, subjects: Sequence[OfPatient], *, actor: Actor, **data: Any) -> None:
    """The same for each of these patients' records, however many there are."""
    AuditEntry.objects.bulk_create(
        _entry(action, actor, subject, subject.patient_id, data) for subject in subjects
    )


def _entry(
    action: str,
    actor: Actor,
    subject: Any,
    patient_id: uuid.UUID | None,
    data: dict[str, Any],
) -> AuditEntry:
    return AuditEntry(
        at=clock.now(),
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_role=actor.role,
        action=action,
        subject_type=subject._meta.label_lower if subject is not None else "",
        subject_id=str(subject.pk) if subject is not None else "",
        patient_id=patient_id,
        data=data,
        request_id=current_request_id(),
    )


def record_reads(action: str, *, actor: Actor, patient_ids: Collection[uuid.UUID]) -> None:
    """Record that `actor` is shown these patients' data: one row for each patient and hour.

    One query, however many there are; a row that the hour already has stays as it is. People
    looking at their own record aren't recorded.
    """
    moment = clock.now()
    hour = moment.replace(minute=0, second=0, microsecond=0)
    looks = [
        AuditEntry(
            at=moment,
            actor_kind=actor.kind,
            actor_id=actor.id,
            actor_role=actor.role,
            action=action,
            patient_id=patient_id,
            request_id=current_request_id(),
            read_hour=hour,
        )
        # In the same order everywhere, so that two people who look at once don't wait for each
        # other.
        for patient_id in sorted(set(patient_ids))
        if str(patient_id) != actor.id
    ]
    AuditEntry.objects.bulk_create(looks, ignore_conflicts=True)


def newest_of(subject: Model, actions: Collection[str]) -> AuditEntry | None:
    """The newest of these actions on a record. Safe to act on while its row is locked."""
    entries = AuditEntry.objects.filter(
        subject_type=subject._meta.label_lower, subject_id=str(subject.pk), action__in=actions
    )
    return entries.order_by("-id").first()


def newest_changes(subject_type: str, subject_ids: Collection[str]) -> QuerySet[AuditEntry]:
    """The newest entry about each of these records."""
    entries = AuditEntry.objects.filter(subject_type=subject_type, subject_id__in=subject_ids)
    return entries.order_by("subject_id", "-id").distinct("subject_id")


def subjects_that_were(subject_type: str, subject_ids: Collection[str], *, status: str) -> set[str]:
    """Which of these records once had this status, by the log."""
    entries = AuditEntry.objects.filter(
        subject_type=subject_type, subject_id__in=subject_ids, data__status=status
    )
    return set(entries.values_list("subject_id", flat=True))


def entries_of(part: str) -> QuerySet[AuditEntry]:
    """Everything recorded by one part of the product; `part` is how its actions begin."""
    return AuditEntry.objects.filter(action__startswith=f"{part}.")


def entries_about(patient_id: uuid.UUID) -> QuerySet[AuditEntry]:
    """Everything recorded about a patient's data, newest first."""
    return AuditEntry.objects.filter(patient_id=patient_id).order_by("-at", "-id")
