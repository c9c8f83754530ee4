"""Enrolling a face, withdrawing it, and letting it expire."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from clinic.accounts import services as accounts
from clinic.core import audit, batches, clock, outbox
from clinic.core.audit import Actor
from clinic.core.errors import DomainError
from clinic.directory import services as people
from clinic.storage import private
from recognition import consent, engines, vault
from recognition.engines.base import EngineRefusedError, FaceEngine, Refused
from recognition.errors import Code
from recognition.models import Consent, Enrolment, EnrolmentStatus, Picture, Template
from recognition.services import pictures

MAX_PHOTOS = 5
EXPIRED_AT_ONCE = 100
RECOMMENDED_PHOTOS = 3
GIVEN_UP_AFTER = timedelta(hours=24)
ERASE = "recognition.erase"
# A provider may list a face only some time after taking it, so it is asked once more.
SECOND_LOOK_SECONDS = 3600
UNREADABLE = "unreadable"
UNAVAILABLE = "unavailable"
SWITCHED_OFF_RETRY_SECONDS = 300

Reason = dict[str, Any]


def begin(
    *, patient_id: uuid.UUID, jpegs: Sequence[bytes], language: str, actor: Actor
) -> Enrolment:
    """Record the consent, keep the photos (cleaned, 1 to MAX_PHOTOS) and queue the work.

    A second call replaces an upload that is still being processed. Existing templates stay in use
    until there is a new answer. Raises DomainError `face_switched_off` if the clinic has no engine,
    and `unknown_patient` if the patient is gone.
    """
    if not 1 <= len(jpegs) <= MAX_PHOTOS:
        raise ValueError("an enrolment takes one to five photos")
    if not engines.is_on():
        raise DomainError(Code.FACE_SWITCHED_OFF, retry_after=SWITCHED_OFF_RETRY_SECONDS)
    kept = pictures.keep(jpegs)
    with transaction.atomic():
        people.lock_patient(patient_id)
        Enrolment.objects.bulk_create([Enrolment(patient_id=patient_id)], ignore_conflicts=True)
        enrolment = Enrolment.objects.select_for_update().get(patient_id=patient_id)
        if enrolment.status == EnrolmentStatus.PROCESSING:
            _erase_half_done(enrolment)
        pictures.discard(enrolment.pictures.all())
        _end_consent(patient_id, Consent.Ending.RENEWED)
        given = _record_consent(patient_id, language, actor)
        accounts.birth_date_decided(patient_id)
        enrolment.status = EnrolmentStatus.PROCESSING
        enrolment.attempt = uuid.uuid4()
        enrolment.reasons = []
        enrolment.requested_at = clock.now()
        enrolment.save(update_fields=["status", "attempt", "reasons", "requested_at"])
        Picture.objects.filter(pk__in=[picture.pk for picture in kept]).update(enrolment=enrolment)
        outbox.enqueue(
            "recognition.enrol",
            key=f"recognition.enrol:{enrolment.attempt}",
            enrolment_id=str(enrolment.id),
            attempt=str(enrolment.attempt),
        )
        audit.record(
            "recognition.enrolment_requested",
            actor=actor,
            subject=enrolment,
            patient_id=patient_id,
            consent=str(given.id),
            version=given.version,
            photos=len(kept),
        )
    return enrolment


def complete(enrolment_id: uuid.UUID, attempt: uuid.UUID) -> Callable[[], None]:
    """Look at the photos of one upload. The returned function answers it, in one transaction, and
    erases the photos with the answer.

    The engine works with no transaction open. The upload was written down before, so whatever a
    crash leaves at a provider is known by its name, and erased by the next try, a new upload, a
    withdrawal or the end of its time. An upload that was answered, replaced or withdrawn meanwhile
    isn't changed, so both parts may run any number of times.
    """
    if not _in_work(enrolment_id, attempt).exists():
        return partial(_erase_what_nobody_needs, enrolment_id, attempt)
    engine = engines.current()
    uploaded = Picture.objects.filter(enrolment_id=enrolment_id).order_by("position")
    templates, reasons = _examine(engine, attempt, list(uploaded))

    def answer() -> None:
        enrolment = _in_work(enrolment_id, attempt).select_for_update().first()
        if enrolment is None:
            _erase_what_nobody_needs(enrolment_id, attempt)
        elif reasons:
            _fail(enrolment, reasons)
        else:
            _enrol(enrolment, engine, templates)

    return answer


def withdraw(*, patient_id: uuid.UUID, actor: Actor) -> None:
    """Take the consent back: templates are erased in this transaction, pictures right after it, and
    an upload being processed finds nothing to answer. It is no error if nothing was registered."""
    with transaction.atomic():
        enrolment = Enrolment.objects.select_for_update().filter(patient_id=patient_id).first()
        ended = _end_consent(patient_id, Consent.Ending.WITHDRAWN)
        if enrolment is None:
            return
        erased = _erase(enrolment)
        if ended or erased.anything:
            audit.record(
                "recognition.face_erased",
                actor=actor,
                subject=enrolment,
                patient_id=patient_id,
                reason="withdrawn",
                templates=erased.templates,
                photos=erased.photos,
            )


def erase_copies(
    *, engine: str, model_hash: str, enrolment_id: uuid.UUID, upload: uuid.UUID
) -> Callable[[], None]:
    """Erase one upload's faces at the provider; the returned function keeps the proof. Safe to
    repeat. Raises EngineError if the provider can't be asked, or if the settings name another
    collection than `model_hash` does; the outbox then tries again."""
    keeper = engines.keeper(engine)
    if keeper.model_hash != model_hash:
        raise EngineRefusedError("faces_kept_elsewhere")
    keeper.erase(upload)

    def prove() -> None:
        enrolment = Enrolment.objects.filter(pk=enrolment_id).first()
        audit.record(
            "recognition.provider_erased",
            actor=Actor.system("recognition"),
            subject=enrolment,
            patient_id=enrolment.patient_id if enrolment else None,
            engine=engine,
        )

    return prove


def expire_due() -> int:
    """Erase enrolments whose time is over. Returns how many."""
    due = Enrolment.objects.filter(expires_at__lte=clock.now())
    return sum(
        _expire(enrolment_id)
        for part in batches.of(due, at_once=EXPIRED_AT_ONCE)
        for enrolment_id in list(part.values_list("pk", flat=True))
    )


def give_up_on_stuck() -> int:
    """Fail uploads that no worker could answer for a day, so that their photos are erased. Returns
    how many."""
    stuck = Enrolment.objects.filter(
        status=EnrolmentStatus.PROCESSING, requested_at__lt=clock.now() - GIVEN_UP_AFTER
    ).values_list("pk", "attempt")
    failed = 0
    for enrolment_id, attempt in list(stuck):
        with transaction.atomic():
            enrolment = (
                Enrolment.objects.select_for_update()
                .filter(pk=enrolment_id, attempt=attempt, status=EnrolmentStatus.PROCESSING)
                .first()
            )
            if enrolment is not None:
                _fail(enrolment, [{"photo": None, "code": UNAVAILABLE}])
                failed += 1
    return failed


@dataclass(frozen=True, slots=True)
class _Erased:
    templates: int
    photos: int

    @property
    def anything(self) -> bool:
        return bool(self.templates or self.photos)


def _in_work(enrolment_id: uuid.UUID, attempt: uuid.UUID) -> QuerySet[Enrolment]:
    return Enrolment.objects.filter(
        pk=enrolment_id, attempt=attempt, status=EnrolmentStatus.PROCESSING
    )


def _examine(
    engine: FaceEngine, attempt: uuid.UUID, uploaded: Sequence[Picture]
) -> tuple[Sequence[bytes], list[Reason]]:
    """One template for each photo, or the reasons, per photo, why this upload can't be enrolled."""
    photos: dict[int, bytes] = {}
    faults: dict[int, str] = {}
    for picture in uploaded:
        try:
            photos[picture.position] = private.get(picture.storage_key)
        except FileNotFoundError:
            faults[picture.position] = UNREADABLE
    if not photos and not faults:
        return [], [{"photo": None, "code": UNREADABLE}]
    found = engine.enrol(attempt, photos)
    if isinstance(found, Refused):
        faults |= found.reasons
    if faults:
        return [], [{"photo": photo, "code": str(faults[photo])} for photo in sorted(faults)]
    return [] if isinstance(found, Refused) else found, []


def _enrol(enrolment: Enrolment, engine: FaceEngine, templates: Sequence[bytes]) -> None:
    moment = clock.now()
    _drop_templates(enrolment)
    _erase_half_done(enrolment, spare=engine.name)
    Template.objects.bulk_create(_template(enrolment, engine, plain, moment) for plain in templates)
    enrolment.status = EnrolmentStatus.ENROLLED
    enrolment.engine = engine.name
    enrolment.model_hash = engine.model_hash
    enrolment.enrolled_at = moment
    enrolment.expires_at = _years_later(moment, consent.VALID_YEARS)
    enrolment.save(update_fields=["status", "engine", "model_hash", "enrolled_at", "expires_at"])
    pictures.discard(enrolment.pictures.all())
    audit.record(
        "recognition.enrolled",
        actor=Actor.system("recognition"),
        subject=enrolment,
        patient_id=enrolment.patient_id,
        templates=len(templates),
        engine=engine.name,
    )


def _template(enrolment: Enrolment, engine: FaceEngine, plain: bytes, moment: datetime) -> Template:
    sealed = vault.seal(plain, owner=enrolment.patient_id)
    return Template(
        enrolment=enrolment,
        sealed=sealed.data,
        key_id=sealed.key_id,
        engine=engine.name,
        model_hash=engine.model_hash,
        upload=enrolment.attempt,
        created_at=moment,
    )


def _fail(enrolment: Enrolment, reasons: list[Reason]) -> None:
    """After a refused upload the patient isn't enrolled: the status they read is the whole
    truth."""
    _clear(enrolment, EnrolmentStatus.FAILED, reasons)
    audit.record(
        "recognition.enrolment_failed",
        actor=Actor.system("recognition"),
        subject=enrolment,
        patient_id=enrolment.patient_id,
        reasons=reasons,
    )


def _erase(enrolment: Enrolment) -> _Erased:
    return _clear(enrolment, EnrolmentStatus.NONE, [])


def _clear(enrolment: Enrolment, status: EnrolmentStatus, reasons: list[Reason]) -> _Erased:
    if enrolment.status == EnrolmentStatus.PROCESSING:
        _erase_half_done(enrolment)
    templates = _drop_templates(enrolment)
    uploaded = list(enrolment.pictures.all())
    pictures.discard(uploaded)
    enrolment.status = status
    enrolment.attempt = uuid.uuid4()
    enrolment.reasons = reasons
    enrolment.engine = enrolment.model_hash = ""
    enrolment.enrolled_at = enrolment.expires_at = None
    enrolment.save()
    return _Erased(templates=templates, photos=len(uploaded))


def _expire(enrolment_id: uuid.UUID) -> bool:
    with transaction.atomic():
        enrolment = (
            Enrolment.objects.select_for_update()
            .filter(pk=enrolment_id, expires_at__lte=clock.now())
            .first()
        )
        if enrolment is None:
            return False
        if enrolment.status == EnrolmentStatus.PROCESSING:
            # A renewal is being processed, under its own consent: only the old templates are
            # deleted.
            _drop_templates(enrolment)
            enrolment.enrolled_at = enrolment.expires_at = None
            enrolment.save(update_fields=["enrolled_at", "expires_at"])
            return True
        _end_consent(enrolment.patient_id, Consent.Ending.EXPIRED)
        erased = _erase(enrolment)
        audit.record(
            "recognition.face_erased",
            actor=Actor.system("expiry"),
            subject=enrolment,
            patient_id=enrolment.patient_id,
            reason="expired",
            templates=erased.templates,
            photos=erased.photos,
        )
    return True


def _drop_templates(enrolment: Enrolment) -> int:
    """Delete the templates, and after the commit their copies at a provider. Returns how many."""
    copies = enrolment.templates.filter(engine__in=engines.KEEPERS, upload__isnull=False)
    for name, place, upload in copies.values_list("engine", "model_hash", "upload").distinct():
        if upload is not None:
            _erase_copies(enrolment.pk, name, place, upload)
    deleted, _ = enrolment.templates.all().delete()
    return deleted


def _erase_half_done(enrolment: Enrolment, *, spare: str = "") -> None:
    """Erase what earlier tries of this upload may have left at any provider except `spare`: each
    try may have used another engine."""
    for name in engines.keepers():
        if name != spare:
            place = engines.keeper(name).model_hash
            _erase_copies(enrolment.pk, name, place, enrolment.attempt)


def _erase_copies(
    enrolment_id: uuid.UUID, engine: str, model_hash: str, upload: uuid.UUID, *, why: str = ""
) -> None:
    for delay in (0, SECOND_LOOK_SECONDS):
        outbox.enqueue(
            ERASE,
            key=f"{ERASE}:{engine}:{upload}:{why}{delay}",
            delay_seconds=delay,
            engine=engine,
            model_hash=model_hash,
            enrolment_id=str(enrolment_id),
            upload=str(upload),
        )


def _erase_what_nobody_needs(enrolment_id: uuid.UUID, attempt: uuid.UUID) -> None:
    """A try whose upload was withdrawn or replaced meanwhile may have left copies, perhaps after
    the erasure: so they are erased once more."""
    needed = (
        Enrolment.objects.filter(pk=enrolment_id, attempt=attempt).exists()
        or Template.objects.filter(upload=attempt).exists()
    )
    if not needed:
        for name in engines.keepers():
            place = engines.keeper(name).model_hash
            _erase_copies(enrolment_id, name, place, attempt, why="late:")


def _record_consent(patient_id: uuid.UUID, language: str, actor: Actor) -> Consent:
    return Consent.objects.create(
        patient_id=patient_id,
        version=consent.current().version,
        text_sha256=consent.current().sha256,
        language=language[:5],
        given_at=clock.now(),
        actor_kind=actor.kind,
        actor_id=actor.id,
    )


def _end_consent(patient_id: uuid.UUID, ending: Consent.Ending) -> bool:
    return bool(
        Consent.objects.filter(patient_id=patient_id, withdrawn_at=None).update(
            withdrawn_at=clock.now(), ending=ending
        )
    )


def _years_later(moment: datetime, years: int) -> datetime:
    try:
        return moment.replace(year=moment.year + years)
    except ValueError:
        return moment.replace(year=moment.year + years, day=28)
