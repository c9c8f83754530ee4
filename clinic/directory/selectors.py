from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

from django.db.models import Q

from clinic.core import clock
from clinic.core.errors import DomainError
from clinic.directory import hours
from clinic.directory.errors import Code
from clinic.directory.hours import Interval
from clinic.directory.models import (
    HoursException,
    Organization,
    Patient,
    Practitioner,
    Room,
    Specialty,
    WorkingHours,
)

PRODUCT = "Vez"
MAX_FOUND = 20
NOT_SET_UP_SECONDS = 60
MIN_SEARCH = 2


def organization() -> Organization:
    """The clinic. Raises DomainError `not_set_up` until it has a name and an address."""
    found = Organization.the()
    if found is None:
        raise DomainError(Code.NOT_SET_UP, retry_after=NOT_SET_UP_SECONDS)
    return found


def letterhead() -> dict[str, str]:
    """The `clinic`'s name, its `address` and `phone`, as far as they are known: people with
    accounts get codes before the clinic is set up."""
    found = Organization.the()
    if found is None:
        return {"clinic": PRODUCT, "address": "", "phone": ""}
    return {"clinic": found.name, "address": found.address_line, "phone": found.phone}


def clinic_name() -> str:
    """The clinic's name. Raises DomainError like `organization`."""
    name = Organization.objects.filter(pk=1).values_list("name", flat=True).first()
    if name is None:
        raise DomainError(Code.NOT_SET_UP, retry_after=NOT_SET_UP_SECONDS)
    return name


def specialties() -> list[Specialty]:
    """What can be booked, in catalogue order."""
    return list(Specialty.objects.filter(is_active=True))


def specialty(code: str) -> Specialty:
    """The specialty. Raises DomainError `unknown_specialty` if there is none that can be booked."""
    found = Specialty.objects.filter(code=code, is_active=True).first()
    if found is None:
        raise DomainError(Code.UNKNOWN_SPECIALTY, pointer="/specialty")
    return found


def practitioners(specialty: str | None = None) -> list[Practitioner]:
    """Practitioners, in order; given a specialty, only those who offer it."""
    found = Practitioner.objects.filter(is_active=True).select_related("room")
    if specialty is not None:
        found = found.filter(specialties=specialty)
    return list(found.prefetch_related("specialties"))


def columns() -> list[Practitioner]:
    """Active practitioners with their rooms, in order, without what they offer."""
    return list(Practitioner.objects.filter(is_active=True).select_related("room"))


def treating(specialty_code: str, practitioner_id: UUID | None = None) -> list[Practitioner]:
    """Active practitioners who offer a specialty, in order, without their catalogues.

    Raises DomainError `unknown_practitioner` if the one named doesn't exist or has left.
    """
    found = list(
        Practitioner.objects.filter(is_active=True, specialties=specialty_code)
        if practitioner_id is None
        else Practitioner.objects.filter(
            is_active=True, specialties=specialty_code, pk=practitioner_id
        )
    )
    if not found and practitioner_id is not None:
        practitioner(practitioner_id)
    return found


def practitioner(practitioner_id: UUID) -> Practitioner:
    """Raises DomainError `unknown_practitioner`."""
    found = Practitioner.objects.filter(pk=practitioner_id, is_active=True).first()
    if found is None:
        raise DomainError(Code.UNKNOWN_PRACTITIONER, pointer="/practitioner")
    return found


def is_practitioner(practitioner_id: UUID) -> bool:
    return Practitioner.objects.filter(pk=practitioner_id, is_active=True).exists()


def is_present(practitioner_id: UUID, start: datetime, end: datetime) -> bool:
    """Whether a practitioner still works here, and neither they nor the clinic are off at that
    time."""
    away = HoursException.objects.filter(
        Q(practitioner=practitioner_id) | Q(practitioner__isnull=True),
        starts_at__lt=end,
        ends_at__gt=start,
    )
    return is_practitioner(practitioner_id) and not away.exists()


def rooms() -> list[Room]:
    return list(Room.objects.all())


def room(room_id: UUID) -> Room:
    """Raises DomainError `unknown_room`."""
    found = Room.objects.filter(pk=room_id).first()
    if found is None:
        raise DomainError(Code.UNKNOWN_ROOM, pointer="/room")
    return found


def patient(patient_id: UUID) -> Patient:
    """Raises DomainError `unknown_patient`."""
    found = Patient.objects.filter(pk=patient_id, is_active=True).first()
    if found is None:
        raise DomainError(Code.UNKNOWN_PATIENT, pointer="/patient")
    return found


def patient_names(patient_ids: Collection[UUID]) -> dict[UUID, str]:
    """Full names of those of them who are patients, by id."""
    return dict(Patient.objects.filter(pk__in=patient_ids).values_list("pk", "full_name"))


def is_patient(patient_id: UUID) -> bool:
    """Whether this is still a patient here: neither disabled nor erased."""
    return Patient.objects.filter(pk=patient_id, is_active=True).exists()


def search_patients(text: str) -> list[Patient]:
    """At most twenty patients whose name holds every word, or whose phone ends in the digits."""
    words = text.split()
    if len("".join(words)) < MIN_SEARCH:
        return []
    by_name = Q()
    for word in words:
        by_name &= Q(full_name__icontains=word)
    digits = "".join(words).lstrip("+")
    by_phone = Q(phone__endswith=digits) if digits.isdecimal() else Q(pk__in=[])
    found = Patient.objects.filter(by_name | by_phone, is_active=True)
    return list(found.order_by("full_name", "id")[:MAX_FOUND])


def working_intervals(
    practitioner_ids: Collection[UUID], first: date, last: date
) -> dict[UUID, list[Interval]]:
    """When each of them works on the civil days from first to last, in order, without closures.

    Two queries, whatever the number of practitioners and days.
    """
    weekly: dict[int, list[WorkingHours]] = defaultdict(list)
    for row in WorkingHours.objects.filter(practitioner__in=practitioner_ids).order_by("start"):
        weekly[row.weekday].append(row)
    opens, _ = clock.day_bounds(first)
    _, closes = clock.day_bounds(last)
    closures: dict[UUID | None, list[tuple[datetime, datetime]]] = defaultdict(list)
    exceptions = HoursException.objects.filter(
        Q(practitioner__in=practitioner_ids) | Q(practitioner__isnull=True),
        starts_at__lt=closes,
        ends_at__gt=opens,
    )
    for exception in exceptions:
        closures[exception.practitioner_id].append((exception.starts_at, exception.ends_at))
    result: dict[UUID, list[Interval]] = {pk: [] for pk in practitioner_ids}
    for day in hours.days(first, last):
        for row in weekly[day.weekday()]:
            interval = hours.expand(day, row.start, row.end)
            if interval is not None:
                closed = closures[row.practitioner_id] + closures[None]
                result[row.practitioner_id].extend(hours.cut(interval, closed))
    return result
