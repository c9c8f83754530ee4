"""Consent, enrolment and check-ins. Vectors are encrypted; pictures live only until the answer."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from clinic.core import clock
from clinic.core.single import SingleRow, only_one


class Consent(models.Model):
    """One patient's consent to one version of the text. Kept as proof after it has ended."""

    class Ending(models.TextChoices):
        WITHDRAWN = "withdrawn"
        RENEWED = "renewed"
        EXPIRED = "expired"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(
        "directory.Patient", on_delete=models.CASCADE, related_name="face_consents"
    )
    version = models.CharField(max_length=20)
    text_sha256 = models.CharField(max_length=64)
    language = models.CharField(max_length=5)
    given_at = models.DateTimeField(default=clock.now)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    ending = models.CharField(max_length=10, choices=Ending.choices, blank=True, default="")
    actor_kind = models.CharField(max_length=10)
    actor_id = models.CharField(max_length=64)

    class Meta:
        ordering: ClassVar = ["-given_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["patient"],
                condition=Q(withdrawn_at__isnull=True),
                name="recognition_one_consent_in_force",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True, ending="")
                | (Q(withdrawn_at__isnull=False) & ~Q(ending="")),
                name="recognition_consent_ending",
            ),
        ]

    def __str__(self) -> str:
        return f"consent {self.version} of {self.given_at:%Y-%m-%d}"


class EnrolmentStatus(models.TextChoices):
    NONE = "none"
    PROCESSING = "processing"
    ENROLLED = "enrolled"
    FAILED = "failed"


class Enrolment(models.Model):
    """A patient's face registration. `attempt` names the upload being processed, so that the answer
    to an older one isn't taken for a newer one's."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.OneToOneField(
        "directory.Patient", on_delete=models.CASCADE, related_name="face_enrolment"
    )
    status = models.CharField(
        max_length=10, choices=EnrolmentStatus.choices, default=EnrolmentStatus.NONE
    )
    attempt = models.UUIDField(default=uuid.uuid4)
    reasons = models.JSONField(default=list, blank=True)
    engine = models.CharField(max_length=30, blank=True, default="")
    model_hash = models.CharField(max_length=64, blank=True, default="")
    requested_at = models.DateTimeField(default=clock.now)
    enrolled_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(status__in=EnrolmentStatus.values),
                name="recognition_enrolment_status_known",
            ),
            models.CheckConstraint(
                condition=~Q(status=EnrolmentStatus.ENROLLED)
                | (Q(enrolled_at__isnull=False) & Q(expires_at__isnull=False)),
                name="recognition_enrolled_expires",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["expires_at"],
                name="recognition_by_expiry",
                condition=Q(expires_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"enrolment {self.status}"


class Template(models.Model):
    """What an engine knows of one enrolled photo (a vector, or its id at the provider), sealed by
    `recognition.vault`. `upload` names the attempt it came with; a provider's copies bear that
    name."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    enrolment = models.ForeignKey(Enrolment, on_delete=models.CASCADE, related_name="templates")
    sealed = models.BinaryField()
    key_id = models.CharField(max_length=16)
    engine = models.CharField(max_length=30)
    model_hash = models.CharField(max_length=64)
    upload = models.UUIDField(null=True, editable=False)
    created_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"template of {self.engine}"


class CheckInKind(models.TextChoices):
    PHOTO = "photo"
    CODE = "code"


class CheckInStatus(models.TextChoices):
    PROCESSING = "processing"
    ARRIVED = "arrived"
    ALREADY_ARRIVED = "already_arrived"
    CONFIRM = "confirm"
    NOT_RECOGNISED = "not_recognised"
    NO_APPOINTMENT = "no_appointment"
    TOO_EARLY = "too_early"
    NO_FACE = "no_face"
    MULTIPLE_FACES = "multiple_faces"
    POOR_IMAGE = "poor_image"
    UNAVAILABLE = "unavailable"


# Goes with `no_appointment`: there was one today, and its time is over.
MISSED = "missed"

PRESENT: tuple[CheckInStatus, ...] = (CheckInStatus.ARRIVED, CheckInStatus.ALREADY_ARRIVED)


class Liveness(models.TextChoices):
    """Whether somebody checked that a living person stood there, and what was found."""

    NOT_ASSESSED = "not_assessed"
    PASSED = "passed"
    FAILED = "failed"


class LivenessSession(models.Model):
    """A video that a kiosk may send to be checked, under the provider's name for it. The row is
    deleted when it is used, or when its time is over."""

    id = models.UUIDField(primary_key=True, editable=False)
    device = models.ForeignKey("accounts.Device", on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"liveness session of {self.created_at:%Y-%m-%d %H:%M}"


class CheckIn(models.Model):
    """One try at a kiosk. `candidates` are the appointments that an unsure match may mean; they are
    forgotten as soon as it is settled. `session` is the provider's name for the video whose picture
    is searched; it is kept until there is an answer. `last_factor` shows, for some minutes, whether
    a second factor repeats the last one."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    device = models.ForeignKey("accounts.Device", on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=5, choices=CheckInKind.choices)
    status = models.CharField(
        max_length=16, choices=CheckInStatus.choices, default=CheckInStatus.PROCESSING
    )
    detail = models.CharField(max_length=20, blank=True, default="")
    liveness = models.CharField(
        max_length=12,
        choices=Liveness.choices,
        default=Liveness.NOT_ASSESSED,
        db_default=Liveness.NOT_ASSESSED,
    )
    session = models.UUIDField(null=True, blank=True, editable=False)
    appointment = models.ForeignKey(
        "booking.Appointment", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    candidates = models.JSONField(default=list, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_factor = models.CharField(
        max_length=64, blank=True, default="", db_default="", editable=False
    )
    created_at = models.DateTimeField(default=clock.now)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-created_at"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(status__in=CheckInStatus.values),
                name="recognition_check_in_status_known",
            ),
            models.CheckConstraint(
                condition=Q(status=CheckInStatus.PROCESSING, decided_at__isnull=True)
                | (~Q(status=CheckInStatus.PROCESSING) & Q(decided_at__isnull=False)),
                name="recognition_check_in_decided",
            ),
            models.CheckConstraint(
                condition=Q(status=CheckInStatus.CONFIRM) | Q(candidates=[]),
                name="recognition_candidates_only_while_unsure",
            ),
            models.CheckConstraint(
                condition=Q(liveness=Liveness.NOT_ASSESSED)
                | Q(kind=CheckInKind.PHOTO, liveness__in=Liveness.values),
                name="recognition_liveness_of_faces_only",
            ),
            models.CheckConstraint(
                condition=~Q(liveness=Liveness.FAILED) | Q(status=CheckInStatus.NOT_RECOGNISED),
                name="recognition_nobody_known_without_life",
            ),
            models.CheckConstraint(
                condition=Q(session__isnull=True)
                | Q(status=CheckInStatus.PROCESSING, kind=CheckInKind.PHOTO),
                name="recognition_session_until_the_answer",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["created_at"],
                name="recognition_waiting",
                condition=Q(status=CheckInStatus.PROCESSING),
            ),
            models.Index(
                fields=["decided_at"],
                name="recognition_last_factors",
                condition=~Q(last_factor=""),
            ),
        ]

    def __str__(self) -> str:
        return f"check-in {self.status}"


class Picture(models.Model):
    """A stored photo that waits for its answer.

    The row is committed before the file is written, and deleted after the file is gone: whatever
    crashes in between, the file can still be found and erased.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    storage_key = models.CharField(max_length=120, unique=True)
    enrolment = models.ForeignKey(
        Enrolment, on_delete=models.SET_NULL, null=True, blank=True, related_name="pictures"
    )
    check_in = models.ForeignKey(
        CheckIn, on_delete=models.SET_NULL, null=True, blank=True, related_name="pictures"
    )
    position = models.PositiveSmallIntegerField(default=1)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering: ClassVar = ["position"]

    def __str__(self) -> str:
        return self.storage_key


class DayTally(models.Model):
    """How a past day's check-ins ended, in numbers only. Outlives the rows it was counted from."""

    day = models.DateField(primary_key=True)
    accepted = models.PositiveIntegerField(default=0)
    confirmed = models.PositiveIntegerField(default=0)
    unknown = models.PositiveIntegerField(default=0)
    unusable = models.PositiveIntegerField(default=0)
    unavailable = models.PositiveIntegerField(default=0)
    by_code = models.PositiveIntegerField(default=0)
    liveness_passed = models.PositiveIntegerField(default=0, db_default=0)
    liveness_failed = models.PositiveIntegerField(default=0, db_default=0)
    liveness_not_assessed = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        ordering: ClassVar = ["-day"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(
                    accepted=F("liveness_passed")
                    + F("liveness_failed")
                    + F("liveness_not_assessed")
                    - F("confirmed")
                    - F("unknown")
                    - F("unusable")
                    - F("unavailable")
                ),
                name="recognition_liveness_of_every_face",
            ),
        ]

    def __str__(self) -> str:
        return f"check-ins of {self.day:%Y-%m-%d}"


class RetentionRun(SingleRow):
    """The last time that everything due was erased, completely and without an error. One row."""

    finished_at = models.DateTimeField()
    faces_expired = models.PositiveIntegerField()
    uploads_given_up = models.PositiveIntegerField()
    check_ins_forgotten = models.PositiveIntegerField()

    class Meta:
        constraints: ClassVar = [
            only_one("recognition_one_retention_run"),
        ]

    def __str__(self) -> str:
        return f"retention run of {self.finished_at:%Y-%m-%d %H:%M}"


class CheckInRules(SingleRow):
    """What this clinic asks of people who check in by face; one row."""

    always_confirm = models.BooleanField(
        default=False, help_text="a second factor also for a face that is sure"
    )

    class Meta:
        verbose_name_plural = "check-in rules"
        constraints: ClassVar = [
            only_one("recognition_one_set_of_rules"),
        ]

    def __str__(self) -> str:
        return "always confirmed" if self.always_confirm else "confirmed when unsure"
