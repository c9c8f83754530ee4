"""The faces that a kiosk may search: consenting patients whom the clinic expects today."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from django.db.models import Exists, OuterRef
from numpy.typing import NDArray

from clinic.core import clock
from recognition import vault
from recognition.engines.base import FaceEngine, Vector
from recognition.models import Consent, Template


@dataclass(frozen=True, slots=True)
class Gallery:
    """One row of `vectors` for each enrolled photo; `people` names the patient of each row."""

    people: tuple[uuid.UUID, ...]
    vectors: NDArray[np.float32]

    def nearest(self, engine: FaceEngine, probe: Vector) -> dict[uuid.UUID, float]:
        """Each patient's nearest photo."""
        nearest: dict[uuid.UUID, float] = {}
        if not self.people:
            return nearest
        distances = engine.distances(probe, self.vectors)
        for person, distance in zip(self.people, distances.tolist(), strict=True):
            if distance < nearest.get(person, float("inf")):
                nearest[person] = distance
        return nearest


def load(engine: FaceEngine, expected: Collection[uuid.UUID]) -> Gallery:
    """Open the templates of those expected patients whose consent and enrolment are in force.

    Templates of another engine or model can't be compared, and those of a key that FACE_KEY no
    longer names can't be opened: both stay closed.
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
    ).values_list("enrolment__patient_id", "sealed")
    people: list[uuid.UUID] = []
    vectors: list[NDArray[np.float32]] = []
    for patient_id, sealed in rows.iterator():
        plain = vault.unseal(bytes(sealed), owner=patient_id)
        people.append(patient_id)
        vectors.append(np.frombuffer(plain, dtype=np.float32))
    return Gallery(tuple(people), np.stack(vectors) if vectors else np.empty((0, 0), np.float32))
