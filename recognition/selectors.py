"""What patients and kiosks may read about recognition."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from clinic.accounts import birth
from clinic.core import clock
from recognition import consent
from recognition.consent import ConsentText
from recognition.models import (
    CheckIn,
    Consent,
    Enrolment,
    EnrolmentStatus,
)


@dataclass(frozen=True, slots=True)
class FaceState:
    """A patient's registration as the patient may see it."""

    status: str
    reasons: list[dict[str, Any]]
    engine: str | None
    enrolled_at: datetime | None
    expires_at: datetime | None
    consent: ConsentText
    consent_given_at: datetime | None
    adult: bool


def face_state(patient_id: uuid.UUID, birth_date: date | None) -> FaceState:
    """The registration, the consent text that applies, and whether the patient may enrol.

    An enrolment past its end reads as `none`, even before the expiry job has erased it.
    """
    enrolment = Enrolment.objects.filter(patient_id=patient_id).first()
    given_at = (
        Consent.objects.filter(patient_id=patient_id, withdrawn_at__isnull=True)
        .values_list("given_at", flat=True)
        .first()
    )
    status = enrolment.status if enrolment else EnrolmentStatus.NONE
    expires_at = enrolment.expires_at if enrolment else None
    if status == EnrolmentStatus.ENROLLED and expires_at is not None and expires_at <= clock.now():
        status, expires_at, given_at = EnrolmentStatus.NONE, None, None
    return FaceState(
        status=status,
        reasons=enrolment.reasons if enrolment else [],
        engine=(enrolment.engine or None) if enrolment and status != EnrolmentStatus.NONE else None,
        enrolled_at=enrolment.enrolled_at if enrolment and status != EnrolmentStatus.NONE else None,
        expires_at=expires_at,
        consent=consent.current(),
        consent_given_at=given_at,
        adult=birth.is_adult(birth_date),
    )


def check_in_of_kiosk(check_in_id: uuid.UUID, device_id: uuid.UUID) -> CheckIn | None:
    """The check-in, for the kiosk that made it and no other."""
    return CheckIn.objects.filter(pk=check_in_id, device_id=device_id).first()
