"""The log of everything the clinic sends: one row for each message and channel."""

import uuid
from typing import ClassVar

from django.db import models

from clinic.notifications import channels


class MessageStatus(models.TextChoices):
    QUEUED = "queued", "Queued"
    SENT = "sent", "Sent"
    FAILED = "failed", "Failed"
    SUPPRESSED = "suppressed", "Suppressed"


class Message(models.Model):
    """A message, rendered when the clinic decided to send it, so that it says what was true
    then."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.CharField(max_length=200)
    channel = models.CharField(max_length=20, choices=channels.choices)
    template = models.CharField(max_length=60)
    language = models.CharField(max_length=2)
    to = models.CharField(max_length=254)
    subject = models.CharField(max_length=200, blank=True)
    body = models.TextField()
    html = models.TextField(blank=True)
    attachments = models.JSONField(default=list, blank=True)
    other_way = models.JSONField(
        default=dict, blank=True, help_text="What goes out where this is refused"
    )
    status = models.CharField(max_length=12, choices=MessageStatus, default=MessageStatus.QUEUED)
    provider_id = models.CharField(max_length=200, blank=True)
    failure = models.CharField(max_length=60, blank=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        indexes: ClassVar = [
            models.Index(fields=["status", "created_at"], name="message_status_created"),
            models.Index(fields=["to", "created_at"], name="message_to_created"),
            models.Index(
                fields=["key"], opclasses=["varchar_pattern_ops"], name="message_key_begins"
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["key", "channel"], name="message_once_by_each_channel"),
            models.CheckConstraint(
                name="message_sent_has_time",
                condition=models.Q(status=MessageStatus.SENT, sent_at__isnull=False)
                | ~models.Q(status=MessageStatus.SENT) & models.Q(sent_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.template} {self.id}"
