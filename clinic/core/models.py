import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class OutboxMessage(models.Model):
    """Work that must not be lost: written together with the change that needs it, done exactly
    once."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.CharField(max_length=200, unique=True)
    task = models.CharField(max_length=100)
    args = models.JSONField(default=dict)
    attempts = models.PositiveSmallIntegerField(default=0, help_text="How often it was handed over")
    failures = models.PositiveSmallIntegerField(default=0, help_text="How often its handler failed")
    next_at = models.DateTimeField()
    handed_at = models.DateTimeField(
        null=True, blank=True, help_text="When it was last handed to the broker"
    )
    created_at = models.DateTimeField()
    due_at = models.DateTimeField(db_default=Now(), help_text="When it was first to be done")
    done_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True)
    why = models.CharField(
        max_length=40, blank=True, default="", db_default="", help_text="The cause, for a person"
    )

    class Meta:
        indexes = [
            models.Index(
                fields=["next_at"],
                name="outbox_due",
                condition=Q(done_at__isnull=True, failed_at__isnull=True),
            ),
            models.Index(
                fields=["due_at"], name="outbox_undone", condition=Q(done_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return self.key


class AuditEntry(models.Model):
    """Who did what to which record, and when. Rows are only ever inserted; a trigger ensures it.

    A look at a record has `read_hour`, the full hour of the look, and is kept once per hour.
    """

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=16)
    actor_id = models.CharField(max_length=64, blank=True)
    actor_role = models.CharField(max_length=32, blank=True)
    action = models.CharField(max_length=64)
    subject_type = models.CharField(max_length=64, blank=True)
    subject_id = models.CharField(max_length=64, blank=True)
    patient_id = models.UUIDField(null=True, blank=True)
    data = models.JSONField(default=dict)
    request_id = models.CharField(max_length=64, blank=True)
    read_hour = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient_id", "actor_kind", "actor_id", "action", "read_hour"],
                condition=Q(read_hour__isnull=False),
                name="one_look_per_actor_and_hour",
            )
        ]
        indexes = [
            models.Index(fields=["patient_id", "-at"], name="audit_patient"),
            models.Index(fields=["subject_type", "subject_id"], name="audit_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.action}"


class IdempotentRequest(models.Model):
    """The first answer given to an Idempotency-Key, so that a repeat gets the same one."""

    id = models.BigAutoField(primary_key=True)
    scope = models.CharField(max_length=200)
    key = models.CharField(max_length=200)
    body_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    response = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scope", "key"], name="one_answer_per_idempotency_key")
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.key}"


class RateWindow(models.Model):
    """The attempts of one subject since its window opened."""

    id = models.BigAutoField(primary_key=True)
    scope = models.CharField(max_length=64)
    subject = models.CharField(max_length=200)
    hits = models.PositiveIntegerField(default=0)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scope", "subject"], name="one_window_per_subject")
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.hits}"


class Heartbeat(models.Model):
    """When a background process last showed that it works."""

    name = models.CharField(primary_key=True, max_length=64)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
