"""The bank's outbox handlers."""

import base64
import hashlib
import hmac
import uuid
from collections.abc import Callable
from functools import partial

import httpx
from django.conf import settings

from clinic.core import clock, outbox
from clinic.sandbox import bank
from clinic.sandbox.models import BankWebhook

WEBHOOK_PATH = "/api/webhooks/payments/sandbox"
TIMEOUT_SECONDS = 5.0
FOREIGN_KEY = "a key that bank and product don't share"


# A real bank gives up as well.
@outbox.caller(
    "sandbox.send_webhook",
    until_done=False,
    pt="Aviso do banco simulado",
    en="Notice of the simulated bank",
)
def send_webhook(*, webhook_id: str, mis_signed: bool = False) -> Callable[[], None] | None:
    """Tell the product over HTTP, signed; anything but a success is tried again later. A wrong
    signature can't succeed, so it is sent only once."""
    webhook = BankWebhook.objects.get(id=uuid.UUID(webhook_id))
    body = webhook.body.encode()
    key = FOREIGN_KEY if mis_signed else settings.PAYMENT_WEBHOOK_SECRET
    answer = httpx.post(
        f"{settings.INTERNAL_ORIGIN}{WEBHOOK_PATH}",
        content=body,
        headers={"Content-Type": "application/json", "X-Signature": signature(body, key)},
        timeout=TIMEOUT_SECONDS,
    )
    if mis_signed and answer.is_client_error:
        return None
    answer.raise_for_status()
    return partial(_note_delivery, webhook)


def _note_delivery(webhook: BankWebhook) -> None:
    BankWebhook.objects.filter(id=webhook.id).update(delivered_at=clock.now())


@outbox.handler(
    "sandbox.let_the_next_pass",
    until_done=False,
    pt="Aviso do banco simulado",
    en="Notice of the simulated bank",
)
def let_the_next_pass(*, webhook_id: str, look: int) -> None:
    bank.let_the_next_pass(BankWebhook.objects.get(id=uuid.UUID(webhook_id)), look=look)


@outbox.handler(
    "sandbox.expire_mb_way",
    until_done=False,
    pt="Prazo de um pedido no banco simulado",
    en="Deadline at the simulated bank",
)
def expire_mb_way(*, request_id: str) -> None:
    bank.expire(uuid.UUID(request_id))


@outbox.handler(
    "sandbox.decide_magic",
    until_done=False,
    pt="Resposta do banco simulado",
    en="Answer of the simulated bank",
)
def decide_magic(*, request_id: str) -> None:
    bank.decide_magic(uuid.UUID(request_id))


def signature(body: bytes, key: str) -> str:
    """Base64 of the HMAC-SHA256 over the raw body."""
    digest = hmac.new(key.encode(), body, hashlib.sha256).digest()
    return base64.b64encode(digest).decode()
