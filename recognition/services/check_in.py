"""The kiosk's check-in: by photo, by a video that shows a living person, by code, and with a second
factor if the match isn't sure.

Every way ends in `_settle`, which also erases the frame. Nobody is named before a match is sure. No
answer is a reason to refuse care: the desk can always help.
"""

import uuid
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.crypto import salted_hmac

from booking import codes
from booking import selectors as bookings
from booking.choices import AppointmentStatus
from booking.due import due
from booking.services import visit
from clinic.core import audit, batches, clock, events, locks, outbox
from clinic.core.audit import Actor
from clinic.core.errors import Code as CoreCode
from clinic.core.errors import DomainError
from clinic.storage import private
from recognition import engines, gallery, images
from recognition.engines.base import Flaw
from recognition.errors import Code
from recognition.events import CheckInDecided
from recognition.matching import Match, Verdict
from recognition.models import (
    MISSED,
    CheckIn,
    CheckInKind,
    CheckInStatus,
    Consent,
    Liveness,
    Picture,
)
from recognition.services import factor, liveness, pictures, rules, wrong_codes

if TYPE_CHECKING:
    from booking.models import Appointment

log = structlog.get_logger(__name__)

# A person is waiting at the screen: an answer that comes later is no answer.
ANSWER_WITHIN = timedelta(seconds=20)
CONFIRM_WITHIN = timedelta(minutes=5)
KEEP_ANSWERS = timedelta(days=30)
CLOSED_AT_ONCE = 100
MAX_TRIES = 3


def by_photo(*, device_id: uuid.UUID, jpeg: bytes) -> CheckIn:
    """Take a cleaned frame and queue the search. Without an engine the answer is there at once, and
    the frame is never stored."""
    if not engines.is_on():
        with transaction.atomic():
            check_in = CheckIn.objects.create(device_id=device_id, kind=CheckInKind.PHOTO)
            _settle(check_in, _Answer(CheckInStatus.UNAVAILABLE))
        return check_in
    kept = pictures.keep([jpeg])
    with transaction.atomic():
        check_in = CheckIn.objects.create(device_id=device_id, kind=CheckInKind.PHOTO)
        Picture.objects.filter(pk__in=[picture.pk for picture in kept]).update(check_in=check_in)
        _queue(check_in)
    return check_in


def by_video(*, device_id: uuid.UUID, session_id: uuid.UUID) -> CheckIn:
    """Use up this kiosk's session and queue the search for the picture from its video. The same
    request again, before there is an answer, gives the same check-in. Raises DomainError
    `liveness_over`."""
    waiting = CheckIn.objects.filter(device=device_id, session=session_id)
    if known := waiting.first():
        return known
    try:
        with transaction.atomic():
            liveness.take(session_id, device_id=device_id)
            check_in = CheckIn.objects.create(
                device_id=device_id, kind=CheckInKind.PHOTO, session=session_id
            )
            _queue(check_in)
    except DomainError:
        # It was sent twice at once, and the other request took it while this one waited.
        if known := waiting.first():
            return known
        raise
    return check_in


def by_code(*, device_id: uuid.UUID, code: str) -> CheckIn:
    """Check in by the code of the SMS: no face is involved, the answer is decided on the spot.

    Raises DomainError `throttled` after too many wrong ones.
    """
    with transaction.atomic():
        check_in = CheckIn.objects.create(device_id=device_id, kind=CheckInKind.CODE)
        tries = wrong_codes.count(check_in)
        appointment = bookings.find_by_code(code)
        if appointment is not None:
            _settle(check_in, _admit(appointment, _kiosk(check_in)))
        elif bookings.find_past_code(code) is not None:
            _settle(check_in, _Answer(CheckInStatus.NO_APPOINTMENT))
        else:
            _settle(check_in, _Answer(CheckInStatus.NOT_RECOGNISED))
        if check_in.status == CheckInStatus.NOT_RECOGNISED:
            wrong_codes.was_wrong(check_in, tries, by=_kiosk(check_in))
        else:
            wrong_codes.was_right(check_in)
    return check_in


def identify(check_in_id: uuid.UUID) -> Callable[[], None]:
    """Find out who is in a photo or video. The returned function answers the check-in, in one
    transaction.

    The engine works with no transaction open, so the answer checks again whatever may have changed
    meanwhile: the consent, the visit, the kiosk, the rules, and how long the person has waited. A
    check-in that has its answer isn't changed, so both parts may run any number of times. A failing
    engine or storage is an answer too, since the person at the kiosk can use the code.
    """
    frames = list(Picture.objects.select_related("check_in").filter(check_in=check_in_id))
    asked = frames[0].check_in if frames else CheckIn.objects.filter(pk=check_in_id).first()
    seen = _look_at(asked, frames) if asked else _Seen()

    def answer() -> None:
        check_in = (
            CheckIn.objects.select_for_update(of=("self",))
            .select_related("device")
            .annotate(is_always_confirmed=rules.ALWAYS_CONFIRM)
            .filter(pk=check_in_id, status=CheckInStatus.PROCESSING)
            .first()
        )
        if check_in is not None:
            check_in.liveness = seen.liveness
            _settle(check_in, _judge(check_in, seen.found, check_in.is_always_confirmed), frames)

    return answer


def confirm(
    check_in_id: uuid.UUID,
    *,
    device_id: uuid.UUID,
    birth_year: int | None = None,
    code: str | None = None,
) -> int | None:
    """Settle an unsure match (or any match, if the clinic's rule says so) with a second factor: the
    birth year or the code of one of the candidates.

    Returns None when it is settled, otherwise the number of tries left; after the last one the
    answer is `not_recognised`. Tries are counted in the row, under its lock, and for the day
    against each person that they may mean (`factor.py`). Repeating the last try, because its answer
    was lost, counts as no new try and has the same result. Raises DomainError `not_found` for
    another kiosk's check-in and `nothing_to_confirm` for one that has its answer.
    """
    with transaction.atomic():
        check_in = (
            CheckIn.objects.select_for_update().filter(pk=check_in_id, device_id=device_id).first()
        )
        if check_in is None:
            raise DomainError(CoreCode.NOT_FOUND)
        if _confirmation_is_over(check_in):
            raise DomainError(Code.NOTHING_TO_CONFIRM)
        given = _keyed(check_in, birth_year, code)
        if check_in.last_factor == given:
            return _left(check_in)
        if check_in.status != CheckInStatus.CONFIRM:
            raise DomainError(Code.NOTHING_TO_CONFIRM)
        check_in.last_factor = given
        meant = _meant_by(check_in, birth_year, code)
        if meant is not None:
            _settle(check_in, _admit(meant, _kiosk(check_in)))
            return None
        check_in.attempts += 1
        check_in.save(update_fields=["attempts", "last_factor"])
        if check_in.attempts >= MAX_TRIES:
            _settle(check_in, _Answer(CheckInStatus.NOT_RECOGNISED))
        return _left(check_in)


def _left(check_in: CheckIn) -> int | None:
    """The tries left after the last one; None if it settled the check-in."""
    wrong = {CheckInStatus.CONFIRM, CheckInStatus.NOT_RECOGNISED}
    return MAX_TRIES - check_in.attempts if check_in.status in wrong else None


def _keyed(check_in: CheckIn, birth_year: int | None, code: str | None) -> str:
    """A fingerprint that tells this check-in's second factors apart without revealing them."""
    factor_given = str(birth_year) if code is None else codes.normalise(code)
    text = f"{check_in.pk} {factor_given}"
    return salted_hmac("recognition.factor", text, algorithm="sha256").hexdigest()


def is_late(check_in: CheckIn) -> bool:
    """Whether nobody can be expected to wait for this check-in's answer any longer."""
    return clock.now() - check_in.created_at > ANSWER_WITHIN


def close_late() -> int:
    """Answer the check-ins that no worker answered in time and those that nobody confirmed, so that
    their frames, candidates and second factors are erased. Returns how many."""
    moment = clock.now()
    late = CheckIn.objects.filter(
        status=CheckInStatus.PROCESSING, created_at__lt=moment - ANSWER_WITHIN
    )
    unconfirmed = CheckIn.objects.filter(
        status=CheckInStatus.CONFIRM, decided_at__lt=moment - CONFIRM_WITHIN
    )
    closed = sum(
        _close(waiting, check_in_id, status)
        for waiting, status in (
            (late, CheckInStatus.UNAVAILABLE),
            (unconfirmed, CheckInStatus.NOT_RECOGNISED),
        )
        for part in batches.of(waiting, at_once=CLOSED_AT_ONCE)
        for check_in_id in list(part.values_list("pk", flat=True))
    )
    told = CheckIn.objects.exclude(last_factor="").exclude(status=CheckInStatus.CONFIRM)
    told.filter(decided_at__lt=moment - CONFIRM_WITHIN).update(last_factor="")
    return closed


@transaction.atomic
def _close(waiting: QuerySet[CheckIn], check_in_id: uuid.UUID, status: CheckInStatus) -> bool:
    """False if it no longer waits, or another process is working on it."""
    check_in = waiting.select_for_update(skip_locked=True).filter(pk=check_in_id).first()
    if check_in is None:
        return False
    check_in.last_factor = ""
    _settle(check_in, _Answer(status), check_in.pictures.all())
    return True


def forget_old() -> int:
    """Delete old answers; the audit log keeps what happened. Returns how many."""
    old = CheckIn.objects.filter(decided_at__lt=clock.now() - KEEP_ANSWERS)
    return sum(part.delete()[0] for part in batches.of(old))


@dataclass(frozen=True, slots=True)
class _Answer:
    status: CheckInStatus
    detail: str = ""
    appointment: "Appointment | None" = None
    candidates: tuple["Appointment", ...] = ()


def _settle(check_in: CheckIn, answer: _Answer, frames: Iterable[Picture] = ()) -> None:
    check_in.status = answer.status
    check_in.detail = answer.detail
    check_in.appointment_id = answer.appointment.id if answer.appointment else None
    check_in.candidates = [str(candidate.id) for candidate in answer.candidates]
    check_in.session = None
    check_in.decided_at = clock.now()
    check_in.save(
        update_fields=[
            "status",
            "detail",
            "liveness",
            "session",
            "appointment",
            "candidates",
            "last_factor",
            "decided_at",
        ]
    )
    # Before the announcement: by the time the kiosk hears the answer, the frame is gone.
    pictures.erase_after_commit(frames)
    audit.record(
        "recognition.check_in",
        actor=_kiosk(check_in),
        subject=check_in,
        patient_id=answer.appointment.patient_id if answer.appointment else None,
        kind=check_in.kind,
        status=check_in.status,
        **_liveness(check_in),
    )
    events.announce(CheckInDecided(check_in_id=check_in.id, device_id=check_in.device_id))


def _liveness(check_in: CheckIn) -> dict[str, str]:
    return {"liveness": check_in.liveness} if check_in.kind == CheckInKind.PHOTO else {}


def _queue(check_in: CheckIn) -> None:
    outbox.enqueue(
        "recognition.identify",
        key=f"recognition.identify:{check_in.id}",
        check_in_id=str(check_in.id),
    )


@dataclass(frozen=True, slots=True)
class _Seen:
    """Who it is, or what is wrong with the picture, or None if that can't be found out in time; and
    whether a living person was seen."""

    found: Match[uuid.UUID] | Flaw | None = None
    liveness: Liveness = Liveness.NOT_ASSESSED


def _look_at(check_in: CheckIn, frames: Sequence[Picture]) -> _Seen:
    if check_in.status != CheckInStatus.PROCESSING or is_late(check_in):
        return _Seen()
    outcome = Liveness.NOT_ASSESSED
    try:
        if check_in.session is None:
            return _Seen(_look_for(private.get(frames[0].storage_key)))
        filmed = engines.liveness().outcome(check_in.session)
        if not filmed.lives:
            return _Seen(liveness=Liveness.FAILED)
        outcome = Liveness.PASSED
        if filmed.picture is None:
            return _Seen(Flaw.NO_FACE, outcome)
        # A file from outside, like any photo. It is searched, and stored nowhere.
        return _Seen(_look_for(images.clean(filmed.picture)), outcome)
    except Exception:
        log.exception("face_engine_failed", check_in=str(check_in.id))
        return _Seen(liveness=outcome)


def _look_for(frame: bytes) -> Match[uuid.UUID] | Flaw:
    """Search a picture among the consenting patients who are expected today and nobody else."""
    engine = engines.current()
    return engine.search(frame, gallery.load(engine, bookings.expected_patients()))


def _judge(
    check_in: CheckIn, found: Match[uuid.UUID] | Flaw | None, is_always_confirmed: bool
) -> _Answer:
    """The answer for the kiosk, from what was found a moment ago and what is true now."""
    if check_in.liveness == Liveness.FAILED:
        return _Answer(CheckInStatus.NOT_RECOGNISED)
    if found is None or is_late(check_in) or not check_in.device.is_live(clock.now()):
        return _Answer(CheckInStatus.UNAVAILABLE)
    if isinstance(found, Flaw):
        return _answer_to_flaw(found)
    is_sure = (
        found.verdict == Verdict.SURE
        and not is_always_confirmed
        and not _lacks_a_sign_of_life(check_in)
    )
    return _answer_to_match(check_in, found.people, is_sure)


def _answer_to_flaw(flaw: Flaw) -> _Answer:
    if flaw == Flaw.NO_FACE:
        return _Answer(CheckInStatus.NO_FACE)
    if flaw == Flaw.MULTIPLE_FACES:
        return _Answer(CheckInStatus.MULTIPLE_FACES)
    return _Answer(CheckInStatus.POOR_IMAGE, detail=flaw)


def _answer_to_match(check_in: CheckIn, likely: Sequence[uuid.UUID], is_sure: bool) -> _Answer:
    consenting = _still_consenting(check_in, likely)
    spent = set() if is_sure else factor.spent(consenting)
    people = [person for person in likely if person in consenting - spent]
    if not people:
        return _Answer(CheckInStatus.NOT_RECOGNISED)
    if is_sure:
        _one_kiosk_at_a_time(people[0])
    visits = bookings.expected_today(people[:1] if is_sure else people)
    if not visits:
        return _Answer(CheckInStatus.NO_APPOINTMENT)
    if is_sure:
        return _let_in(visits, _kiosk(check_in))
    first_of = {visit.patient_id: visit for visit in reversed(visits)}
    candidates = tuple(first_of[person] for person in people if person in first_of)
    return _Answer(CheckInStatus.CONFIRM, candidates=candidates)


def _lacks_a_sign_of_life(check_in: CheckIn) -> bool:
    """A photo doesn't count as a sign of life where the clinic checks for one."""
    return engines.checks_liveness() and check_in.liveness != Liveness.PASSED


def _still_consenting(check_in: CheckIn, people: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Those whose consent was in force when the check-in was made, and still is. A withdrawal waits
    until this answer is committed. Rows are locked in a fixed order, so that two kiosks that see
    the same people don't wait for each other."""
    held = Consent.objects.select_for_update().filter(
        patient__in=people, given_at__lte=check_in.created_at, withdrawn_at__isnull=True
    )
    return set(held.order_by("patient_id").values_list("patient_id", flat=True))


def _meant_by(check_in: CheckIn, birth_year: int | None, code: str | None) -> "Appointment | None":
    """The one candidate to whom the second factor belongs; None if it fits nobody, or several. The
    code of any of a candidate's visits today will do."""
    shown = [bookings.get_appointment(uuid.UUID(i)) for i in check_in.candidates]
    consenting = _still_consenting(check_in, [appointment.patient_id for appointment in shown])
    left = factor.count(check_in, consenting, by=_kiosk(check_in))
    candidates = [appointment for appointment in shown if appointment.patient_id in left]
    if code is not None:
        patients = [candidate.patient_id for candidate in candidates]
        holders = {
            visit.patient_id
            for visit in bookings.expected_today(patients)
            if visit.check_in_code == codes.normalise(code)
        }
        meant = [candidate for candidate in candidates if candidate.patient_id in holders]
    else:
        meant = [
            a
            for a in candidates
            if a.patient.birth_date is not None and a.patient.birth_date.year == birth_year
        ]
    return meant[0] if len(meant) == 1 else None


def _confirmation_is_over(check_in: CheckIn) -> bool:
    decided: datetime = check_in.decided_at or check_in.created_at
    return clock.now() - decided > CONFIRM_WITHIN


def _admit(named: "Appointment", actor: Actor) -> _Answer:
    """Let the patient of this appointment arrive for their visit that is due now, which may be
    another one of today."""
    _one_kiosk_at_a_time(named.patient_id)
    if visits := bookings.expected_today([named.patient_id]):
        return _let_in(visits, actor)
    current = bookings.get_appointment(named.id)
    is_ahead = current.status == AppointmentStatus.BOOKED and current.start > clock.now()
    return _Answer(CheckInStatus.TOO_EARLY if is_ahead else CheckInStatus.NO_APPOINTMENT)


def _let_in(visits: Sequence["Appointment"], actor: Actor) -> _Answer:
    """Like `_admit`, for one person's visits of today, read under the lock."""
    now = clock.now()
    current = due(visits, now)
    if current is None:
        return _Answer(CheckInStatus.NO_APPOINTMENT, detail=MISSED)
    if current.status != AppointmentStatus.BOOKED:
        return _Answer(CheckInStatus.ALREADY_ARRIVED, appointment=current)
    if current.start - now > timedelta(minutes=settings.CHECK_IN_EARLIEST_MINUTES):
        return _Answer(CheckInStatus.TOO_EARLY)
    try:
        visit.arrive(current.id, actor=actor)
    except DomainError as error:
        # The desk or a cancellation was faster than this kiosk.
        log.info("arrival_refused", appointment=str(current.id), code=error.code)
        return _Answer(CheckInStatus.NO_APPOINTMENT)
    return _Answer(CheckInStatus.ARRIVED, appointment=current)


def _one_kiosk_at_a_time(patient_id: uuid.UUID) -> None:
    """No other check-in of the same patient passes here until this transaction ends, so that the
    second of two kiosks sees the arrival at the first."""
    locks.take(locks.CHECK_IN(patient_id))


def _kiosk(check_in: CheckIn) -> Actor:
    return Actor(kind="device", id=str(check_in.device_id), role="kiosk")
