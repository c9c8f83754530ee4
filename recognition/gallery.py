"""The faces that a kiosk may search: consenting patients whom the clinic expects today."""

import uuid
from collections.abc import Collection, Iterator
from typing import Any

import structlog
from cryptography.exceptions import InvalidTag
from django.db.models import Exists, OuterRef, QuerySet

from clinic.core import clock
from recognition import vault
from recognition.engines.base import FaceEngine, Known
from recognition.models import Consent, Template

log = structlog.get_logger(__name__)


def load(
    engine: FaceEngine, expected: Collection[uuid.UUID] | QuerySet[Any, uuid.UUID]
) -> list[Known]:
    """Open the templates of those expected patients whose consent and enrolment are in force. One
    query, even if the expected patients are themselves given as a query.

    Templates of another engine or model can't be compared, and those under a key that FACE_KEY no
    longer names can't be opened: both are left out. So is a damaged one, which is logged; everybody
    else can still check in.
    """
    consents = Consent.objects.filter(
        patient_id=OuterRef("enrolment__patient_id"), withdrawn_at__isnull=True
    )
    rows = Template.objects.filter(
        Exists(consents),
        enrolment__patient_id__in=expected,
        enrolment__expires_at__gt=clock.now(),
        engine=engine.name,
        model_hash=engine.model_hash,
        key_id__in=vault.key_ids(),
    )
    return list(_open(rows))


def _open(templates: QuerySet[Template]) -> Iterator[Known]:
    rows = templates.values_list("pk", "enrolment__patient_id", "sealed")
    for template_id, patient_id, sealed in rows:
        try:
            plain = vault.unseal(bytes(sealed), owner=patient_id)
        except InvalidTag:
            log.warning("face_template_damaged", template=str(template_id))
            continue
        yield Known(patient_id, plain)
