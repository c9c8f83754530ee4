"""What the clinic keeps about faces, told from the settings and rows themselves."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Min, QuerySet

from clinic.core import audit, clock, outbox
from recognition import consent, engines, vault
from recognition.models import (
    CheckIn,
    CheckInStatus,
    Consent,
    DayTally,
    Enrolment,
    EnrolmentStatus,
    LivenessSession,
    Picture,
    RetentionRun,
    Template,
)
from recognition.services import check_in, enrolment, liveness, pictures, rules, tallies

SHOWN_DAYS = 90
# A clean-up that is late by a whole round isn't coming.
ROUNDS = 2
# Engines that look at pictures on the clinic's own machines. For an engine not listed here we can't
# say where pictures go.
LOCAL_ENGINES = frozenset({"recognition.engines.dlib.DlibEngine"})
AMAZON_ENGINES = frozenset({engines.KEEPERS["rekognition"]})


@dataclass(frozen=True, slots=True)
class Kept:
    """One kind of data: where it is, who may see it, and after how many months or seconds the next
    clean-up erases it (neither given: never)."""

    what: str
    place: str
    seen_by: tuple[str, ...]
    records: int
    oldest: datetime | None
    months: int | None = None
    seconds: int | None = None


def report() -> dict[str, Any]:
    """Everything on the data-protection page, as it is at this moment. Names nobody."""
    moment = clock.now()
    run = RetentionRun.objects.first()
    return {
        "generated_at": moment,
        "engine": _engine(),
        "rules": {"always_confirm": rules.rules().always_confirm},
        "consent_version": consent.current().version,
        "consents_in_force": Consent.objects.filter(withdrawn_at=None).count(),
        "patients_enrolled": Enrolment.objects.filter(
            status=EnrolmentStatus.ENROLLED, expires_at__gt=moment
        ).count(),
        "templates": _templates(),
        "retention": {
            "every_seconds": _every("expire-faces"),
            "pictures_every_seconds": _every("sweep-pictures"),
            "last_run": run.finished_at if run else None,
            "late": _is_late(run, moment),
            "overdue_faces": Enrolment.objects.filter(expires_at__lte=moment).count(),
            "undone_erasures": outbox.overdue(enrolment.ERASE),
        },
        "kept": [asdict(kept) for kept in _kept()],
        "days": _days(),
    }


def _every(job: str) -> int:
    seconds: Any = settings.CELERY_BEAT_SCHEDULE[job]["schedule"]
    return int(seconds)


def _is_late(run: RetentionRun | None, moment: datetime) -> bool:
    """Whether a clean-up should have ended by now. The first one isn't due before there is
    something to clean up; the audit log knows since when."""
    since = run.finished_at if run else _size(audit.entries_of("recognition"), "at")["oldest"]
    return since is not None and moment - since > ROUNDS * timedelta(seconds=_every("expire-faces"))


def _engine() -> dict[str, Any]:
    path: str = settings.FACE_ENGINE
    name = path.rpartition(".")[2]
    if path in LOCAL_ENGINES:
        return {
            "name": name,
            "runs": "local",
            "accept": settings.FACE_ACCEPT_DISTANCE,
            "confirm": settings.FACE_CONFIRM_DISTANCE,
            "margin": settings.FACE_MARGIN,
            "liveness": None,
        }
    if path in AMAZON_ENGINES:
        return {
            "name": f"Amazon Rekognition, {settings.AWS_REGION}",
            "runs": "amazon",
            "accept": settings.FACE_ACCEPT_SIMILARITY,
            "confirm": settings.FACE_CONFIRM_SIMILARITY,
            "margin": 100.0 - settings.FACE_ACCEPT_SIMILARITY,
            "liveness": settings.FACE_LIVENESS_CONFIDENCE if engines.checks_liveness() else None,
        }
    return {
        "name": name,
        "runs": "outside" if path else "off",
        "accept": None,
        "confirm": None,
        "margin": None,
        "liveness": None,
    }


def _templates() -> dict[str, Any]:
    found = Template.objects.aggregate(total=Count("pk"), oldest=Min("created_at"))
    by_engine = Template.objects.values("engine").annotate(templates=Count("pk"))
    return {
        **found,
        "unreadable": Template.objects.exclude(key_id__in=vault.key_ids()).count(),
        "older_key": Template.objects.filter(key_id__in=vault.key_ids()[1:]).count(),
        "by_engine": list(by_engine.order_by("engine")),
    }


def _kept() -> list[Kept]:
    files = "s3" if settings.S3_PRIVATE_BUCKET else "folder"
    uploads = Picture.objects.exclude(enrolment=None)
    unsure = CheckIn.objects.filter(status=CheckInStatus.CONFIRM)
    copied = Template.objects.filter(engine__in=engines.KEEPERS)
    copies = [
        Kept("copy", "amazon", (), **_size(copied), months=12 * consent.VALID_YEARS),
    ]
    return [
        *(copies if engines.is_kept_by_a_provider() or copied.exists() else []),
        Kept(
            "template",
            "database",
            (),
            **_size(Template.objects.all()),
            months=12 * consent.VALID_YEARS,
        ),
        Kept("upload", files, (), **_size(uploads), seconds=_seconds(enrolment.GIVEN_UP_AFTER)),
        Kept(
            "frame", files, (), **_size(pictures.frames()), seconds=_seconds(check_in.ANSWER_WITHIN)
        ),
        Kept(
            "orphan",
            files,
            (),
            **_size(pictures.orphans()),
            seconds=_seconds(pictures.ORPHAN_AFTER),
        ),
        *(
            [
                Kept(
                    "session",
                    "database",
                    (),
                    **_size(LivenessSession.objects.all()),
                    seconds=_seconds(liveness.USABLE_FOR),
                )
            ]
            if engines.checks_liveness()
            else []
        ),
        Kept(
            "candidates", "database", (), **_size(unsure), seconds=_seconds(check_in.CONFIRM_WITHIN)
        ),
        Kept(
            "check_in",
            "database",
            ("kiosk",),
            **_size(CheckIn.objects.all()),
            seconds=_seconds(check_in.KEEP_ANSWERS),
        ),
        Kept("consent", "database", ("patient",), **_size(Consent.objects.all(), "given_at")),
        Kept(
            "audit",
            "database",
            ("manager",),
            **_size(audit.entries_of("recognition"), "at"),
        ),
        Kept("tally", "database", ("manager",), records=DayTally.objects.count(), oldest=None),
    ]


def _size(rows: "QuerySet[Any]", moment: str = "created_at") -> Mapping[str, Any]:
    return rows.order_by().aggregate(records=Count("pk"), oldest=Min(moment))


def _seconds(limit: timedelta) -> int:
    return int(limit.total_seconds())


def _days() -> list[DayTally]:
    """Days with kept numbers and days still counted from their rows, newest first, without empty
    days."""
    today = clock.today()
    first = today - timedelta(days=SHOWN_DAYS - 1)
    kept = list(DayTally.objects.filter(day__gte=first))
    live = [tallies.count(day) for day in tallies.open_days(today + timedelta(days=1))]
    shown = [*kept, *(tally for tally in live if tally.day >= first)]
    return sorted(shown, key=lambda tally: tally.day, reverse=True)
