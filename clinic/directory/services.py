from uuid import UUID

from django.db import transaction

from clinic.accounts import services as accounts
from clinic.accounts.choices import Role
from clinic.core import audit
from clinic.core.audit import Actor
from clinic.core.errors import DomainError
from clinic.directory import selectors
from clinic.directory.catalogue import CATALOGUE
from clinic.directory.errors import Code
from clinic.directory.models import Patient, Practitioner, Specialty


@transaction.atomic
def install_catalogue() -> list[Specialty]:
    """Add the opening specialties that are missing; changes that somebody made are kept."""
    for position, entry in enumerate(CATALOGUE, start=1):
        Specialty.objects.get_or_create(
            code=entry.code,
            defaults={
                "name_pt": entry.name_pt,
                "name_en": entry.name_en,
                "duration_minutes": entry.duration_minutes,
                "price": entry.price,
                "vat_rate": entry.vat_rate,
                "vat_exemption": entry.vat_exemption,
                "position": position,
            },
        )
    return selectors.specialties()


@transaction.atomic
def register_patient(*, full_name: str, phone: str, language: str = "pt", actor: Actor) -> Patient:
    """Add a patient without an account, such as a walk-in. Nobody can log in as them."""
    user = accounts.create_user(
        actor=actor, full_name=full_name, phone=phone, language=language, role=Role.PATIENT
    )
    return Patient.objects.get(pk=user.pk)


def find_patients(text: str, *, actor: Actor) -> list[Patient]:
    """`selectors.search_patients`, with an audit row for each patient found, naming who
    searched."""
    found = selectors.search_patients(text)
    audit.record_reads("patient.found", actor=actor, patient_ids=[one.pk for one in found])
    return found


def lock_patient(patient_id: UUID) -> Patient:
    """Lock a patient's row until the transaction ends, so that what they own is counted once.

    Raises DomainError `unknown_patient`.
    """
    found = (
        Patient.objects.select_for_update(no_key=True, of=("self",))
        .filter(pk=patient_id, is_active=True)
        .first()
    )
    if found is None:
        raise DomainError(Code.UNKNOWN_PATIENT, pointer="/patient")
    return found


def lock_practitioner(practitioner_id: UUID) -> Practitioner:
    """Lock a practitioner's row until the transaction ends: only one caller at a time moves their
    queue.

    Raises DomainError `unknown_practitioner`.
    """
    found = (
        Practitioner.objects.select_for_update(no_key=True, of=("self",))
        .filter(pk=practitioner_id, is_active=True)
        .first()
    )
    if found is None:
        raise DomainError(Code.UNKNOWN_PRACTITIONER, pointer="/practitioner")
    return found
