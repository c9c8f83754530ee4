"""The bank's outbox handlers."""

import base64
import hashlib
import hmac
import uuid

import httpx
from django.conf import settings

from clinic.core import clock, outbox
from clinic.demo import bank
from clinic.demo.models import BankWebhook

WEBHOOK_PATH = "/api/webhooks/payments/sandbox"
TIMEOUT_SECONDS = 5.0


@outbox.handler("demo.send_webhook")
def send_webhook(*, webhook_id: str) -> None:
    """Tell the product over HTTP, signed; anything but a success is tried again later."""
    webhook = BankWebhook.objects.get(id=uuid.UUID(webhook_id))
    body = webhook.body.encode()
    answer = httpx.post(
        f"{settings.INTERNAL_ORIGIN}{WEBHOOK_PATH}",
        content=body,
        headers={"Content-Type": "application/json", "X-Signature": signature(body)},
        timeout=TIMEOUT_SECONDS,
    )
    answer.raise_for_status()
    BankWebhook.objects.filter(id=webhook.id).update(delivered_at=clock.now())


@outbox.handler("demo.expire_mb_way")
def expire_mb_way(*, request_id: str) -> None:
    bank.expire(uuid.UUID(request_id))


@outbox.handler("demo.decide_magic")
def decide_magic(*, request_id: str) -> None:
    bank.decide_magic(uuid.UUID(request_id))


def signature(body: bytes) -> str:
    """Base64 of the HMAC-SHA256 over the raw body, with the secret the product shares with us."""
    digest = hmac.new(settings.PAYMENT_WEBHOOK_SECRET.encode(), body, hashlib.sha256).digest()
    return base64.b64encode(digest).decode()
