"""What the stage remembers: the messages that arrived, and the books of the pretended bank."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from django.db.models import Q


class SandboxMessage(models.Model):
    """An SMS or e-mail as it reached the sandbox phone or mailbox."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    delivery = models.CharField(max_length=100, unique=True)
    channel = models.CharField(max_length=20)
    to = models.CharField(max_length=254)
    subject = models.CharField(max_length=200, blank=True)
    body = models.TextField()
    html = models.TextField(blank=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("-created_at", "-id")
        indexes = (models.Index(fields=["to", "-created_at"], name="sandbox_message_to"),)

    def __str__(self) -> str:
        return f"{self.channel} {self.id}"


class SandboxAttachment(models.Model):
    message = models.ForeignKey(
        SandboxMessage, on_delete=models.CASCADE, related_name="attachments"
    )
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100)
    data = models.BinaryField()

    class Meta:
        ordering = ("position",)
        constraints = (
            models.UniqueConstraint(
                fields=["message", "position"], name="sandbox_attachment_position"
            ),
        )

    def __str__(self) -> str:
        return self.name


class BankPayment(models.Model):
    """A Multibanco reference that was paid at the cash machine."""

    entity = models.CharField(max_length=5)
    reference = models.CharField(max_length=9)
    amount = models.DecimalField(max_digits=10, decimal_places=2)
    paid_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["entity", "reference", "amount"], name="sandbox_reference_paid_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.entity} {self.reference}"

    @property
    def transaction_id(self) -> str:
        """The bank's name for this money."""
        return f"mb-{self.pk}"


class RequestStatus(models.TextChoices):
    PENDING = "pending", "Pending"
    APPROVED = "approved", "Approved"
    REFUSED = "refused", "Refused"
    EXPIRED = "expired", "Expired"


class MbWayRequest(models.Model):
    """A payment that waits in somebody's MB WAY app."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    payment_id = models.UUIDField(unique=True)
    phone = models.CharField(max_length=16)
    amount = models.DecimalField(max_digits=10, decimal_places=2)
    status = models.CharField(
        max_length=8, choices=RequestStatus.choices, default=RequestStatus.PENDING
    )
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(status=RequestStatus.PENDING, decided_at__isnull=True)
                | ~Q(status=RequestStatus.PENDING) & Q(decided_at__isnull=False),
                name="sandbox_request_decided",
            ),
        )

    def __str__(self) -> str:
        return f"{self.status} {self.id}"

    @property
    def transaction_id(self) -> str:
        """The bank's name for the money, once it came."""
        return f"mw-{self.pk}"


class BankRefund(models.Model):
    """Money that went back, once for each refund of the product."""

    refund_id = models.UUIDField(primary_key=True)
    payment_id = models.UUIDField()
    amount = models.DecimalField(max_digits=10, decimal_places=2)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.refund_id)


class BankChargeback(models.Model):
    """Money that the bank took back from the clinic, because the payer disputed it."""

    transaction_id = models.CharField(max_length=40, unique=True)
    movement: models.JSONField[dict[str, Any]] = models.JSONField(
        help_text="the money's coming in, in the words of a webhook"
    )
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.transaction_id


class BankWebhook(models.Model):
    """One event that the bank tells the product, with the exact bytes that it signs."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    body = models.TextField()
    created_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at", "id")

    def __str__(self) -> str:
        return str(self.id)
