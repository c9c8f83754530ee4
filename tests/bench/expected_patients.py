"""Patients whom the clinic expects today, some of them registered by face, for measuring.

Everybody of a crowd consented and enrolled three photos; the vectors of their templates are random,
as far from each other and from real faces as any stranger's. A guest is a real face: the astronaut
of scikit-image (in the public domain), and whoever is in the folder of test people that
`tests.recognition.faces` reads. Their photos are used where they are and copied nowhere.
"""

import itertools
import uuid
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from PIL import Image, ImageOps

from booking.choices import AppointmentStatus, Source
from booking.models import Appointment
from booking.services import visit
from clinic.accounts.models import User
from clinic.core import clock
from clinic.directory.models import Practitioner, Room, Specialty
from recognition import consent, engines, images, vault
from recognition.engines.base import Vector, sole_face
from recognition.engines.dlib import DlibEngine
from recognition.models import Consent, Enrolment, Template
from recognition.services import enrolment
from tests.bench.waiting_room import SETUP
from tests.recognition import faces

FRAME = (640, 480)
PHOTOS_EACH = 3
TREATMENTS_A_DAY = 10
LENGTH = timedelta(minutes=30)
ROWS_AT_ONCE = 2_000
# About the length of the network's vectors.
NORM = 1.4
KIOSK_QUALITY = 90

_codes = itertools.count()


@dataclass(frozen=True)
class Guest:
    """A real person: what was enrolled of them, and the frame that a kiosk sends later."""

    name: str
    templates: list[bytes]
    frame: bytes


def guests() -> list[Guest]:
    """Everybody of whom there are photos, enrolled from all photos but the last."""
    astronaut = faces.astronaut().crop((0, 0, 512, 384))
    enrolled = [faces.altered_copies()[name] for name in ("mirrored", "tilted", "brighter")]
    found = [_guest("astronaut", enrolled, astronaut)]
    if faces.FOLDER.is_dir():
        found += [_guest(name, photos[:-1], photos[-1]) for name, photos in faces.people().items()]
    return found


def expect(count: int) -> list[Appointment]:
    """So many new patients with an appointment today that isn't over, in no order but the
    practitioners'."""
    specialty = Specialty.objects.get(pk="massage")
    begins = clock.now()
    practitioners = [_practitioner() for _ in range(-(-count // TREATMENTS_A_DAY))]
    places = itertools.product(practitioners, range(TREATMENTS_A_DAY))
    made: list[Appointment] = []
    users = [
        User(
            username=f"expected-{uuid.uuid4().hex}",
            full_name=f"Esperada{number} Bancada",
            birth_date=clock.today().replace(year=clock.today().year - 40, day=1),
        )
        for number in range(count)
    ]
    for user, (practitioner, place) in zip(users, places, strict=False):
        start = begins + place * LENGTH
        made.append(
            Appointment(
                patient_id=user.pk,
                specialty=specialty,
                practitioner=practitioner,
                room=practitioner.room,
                start=start,
                end=start + LENGTH,
                status=AppointmentStatus.BOOKED,
                source=Source.ONLINE,
                price=specialty.price,
                vat_rate=specialty.vat_rate,
                vat_exemption=specialty.vat_exemption,
                check_in_code=f"{next(_codes):06d}",
                created_at=clock.now(),
                booked_at=clock.now(),
            )
        )
    User.objects.bulk_create(users, batch_size=ROWS_AT_ONCE)
    return Appointment.objects.bulk_create(made, batch_size=ROWS_AT_ONCE)


def crowd(count: int) -> list[Appointment]:
    """So many patients who are expected today and registered by three photos each."""
    appointments = expect(count)
    dice = np.random.default_rng(count)
    vectors = dice.normal(size=(count, PHOTOS_EACH, 128)).astype(np.float32)
    vectors *= NORM / np.linalg.norm(vectors, axis=2, keepdims=True)
    for first in range(0, count, ROWS_AT_ONCE):
        some = appointments[first : first + ROWS_AT_ONCE]
        plains = [
            [vector.tobytes() for vector in person]
            for person in vectors[first : first + ROWS_AT_ONCE]
        ]
        _register({one.patient_id: plain for one, plain in zip(some, plains, strict=True)})
    return appointments


def register(patient_id: uuid.UUID, guest: Guest) -> None:
    """Let the patient be that person from now on."""
    _register({patient_id: guest.templates})


def expect_nobody() -> None:
    """Whoever was still to come isn't any more."""
    Appointment.objects.filter(status=AppointmentStatus.BOOKED).update(
        status=AppointmentStatus.CANCELLED, closed_at=clock.now()
    )


def leave(appointment: Appointment) -> None:
    """The patient is off the board, and nobody to the kiosk any more."""
    visit.no_show(appointment.pk, actor=SETUP)
    enrolment.withdraw(patient_id=appointment.patient_id, actor=SETUP)


def _register(templates: dict[uuid.UUID, list[bytes]]) -> None:
    now = clock.now()
    engine = engines.current()
    consents, enrolments, rows = [], [], []
    for patient_id, plains in templates.items():
        consents.append(
            Consent(
                patient_id=patient_id,
                version=consent.current().version,
                text_sha256=consent.current().sha256,
                language="pt",
                actor_kind=SETUP.kind,
                actor_id=SETUP.id,
            )
        )
        enrolments.append(
            Enrolment(
                patient_id=patient_id,
                status="enrolled",
                engine=engine.name,
                model_hash=engine.model_hash,
                enrolled_at=now,
                expires_at=now + timedelta(days=365),
            )
        )
        for plain in plains:
            sealed = vault.seal(plain, owner=patient_id)
            rows.append(
                Template(
                    enrolment=enrolments[-1],
                    sealed=sealed.data,
                    key_id=sealed.key_id,
                    engine=engine.name,
                    model_hash=engine.model_hash,
                )
            )
    Consent.objects.bulk_create(consents)
    Enrolment.objects.bulk_create(enrolments)
    Template.objects.bulk_create(rows)


def _practitioner() -> Practitioner:
    room = Room.objects.create(name=f"F{Room.objects.count()}")
    return Practitioner.objects.create(name=f"Fisioterapeuta {room.name}", room=room)


def _guest(name: str, photos: list[Image.Image], last: Image.Image) -> Guest:
    engine = engines.current()
    assert isinstance(engine, DlibEngine)
    vectors = [_vector(engine, photo) for photo in photos[:PHOTOS_EACH]]
    frame = faces.jpeg(ImageOps.pad(last, FRAME, color="grey"), quality=KIOSK_QUALITY)
    return Guest(name, [vector.tobytes() for vector in vectors], frame)


def _vector(engine: DlibEngine, photo: Image.Image) -> Vector:
    found = sole_face(engine.detect_and_embed(images.decode(images.clean(faces.jpeg(photo)))))
    if isinstance(found, str):
        raise SystemExit(f"a photo can't be enrolled: {found}")
    return found
