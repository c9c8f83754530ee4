"""Notices of providers: checked and stored at once, understood afterwards."""

import hashlib
import json
from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef

from billing import providers
from billing.errors import Code
from billing.models import IssueKind, PaymentIssue, WebhookDelivery
from billing.providers.base import InvalidSignatureError, MalformedEventError
from billing.services import settlement
from billing.services.settlement import Outcome
from clinic.core import clock, outbox
from clinic.core.errors import Code as CoreCode
from clinic.core.errors import DomainError

log = structlog.get_logger(__name__)

MAX_BODY = 64 * 1024
# What a notice says is in the payment's events by then. The rest is whatever the provider wished
# to add, which may name the payer.
KEEP_BODY = timedelta(days=90)


def accept(provider_key: str, headers: Mapping[str, str], raw_body: bytes) -> None:
    """Store a genuine notice and queue its work; the same bytes again change nothing.

    Raises DomainError `not_found` for an unknown provider, `too_large`, `bad_signature`, or
    `malformed` for signed bytes that are no JSON object. None of these changes the ledger.
    """
    provider = providers.known().get(provider_key)
    if provider is None:
        raise DomainError(CoreCode.NOT_FOUND)
    if len(raw_body) > MAX_BODY:
        raise DomainError(CoreCode.TOO_LARGE)
    try:
        clear = provider.open_webhook(headers, raw_body)
    except InvalidSignatureError:
        log.warning("webhook_signature_refused", provider=provider_key)
        raise DomainError(Code.BAD_SIGNATURE) from None
    except MalformedEventError:
        raise DomainError(CoreCode.MALFORMED) from None
    body = _json_object(clear)
    digest = hashlib.sha256(raw_body).hexdigest()
    with transaction.atomic():
        WebhookDelivery.objects.bulk_create(
            [
                WebhookDelivery(
                    provider=provider_key,
                    sha256=digest,
                    verified=True,
                    body=body,
                    received_at=clock.now(),
                )
            ],
            ignore_conflicts=True,
        )
        delivery = WebhookDelivery.objects.get(provider=provider_key, sha256=digest)
        outbox.enqueue(
            "billing.process_delivery",
            key=f"webhook:{provider_key}:{digest}",
            delivery_id=str(delivery.id),
        )


@transaction.atomic
def process(delivery_id: UUID) -> str:
    """Do what a stored notice asks for, once, and return what came of it."""
    delivery = WebhookDelivery.objects.select_for_update(no_key=True).get(pk=delivery_id)
    if delivery.processed_at is not None:
        return delivery.outcome
    delivery.outcome = _outcome(delivery)
    delivery.processed_at = clock.now()
    delivery.save(update_fields=["outcome", "processed_at"])
    log.info("webhook_processed", delivery=str(delivery.id), outcome=delivery.outcome)
    return delivery.outcome


def forget_old_bodies() -> int:
    """Blank old notices that are settled; that they came, their hash and their outcome stay, so a
    repeat is still known. Returns how many."""
    unsettled = PaymentIssue.objects.filter(delivery=OuterRef("pk"), resolved_at__isnull=True)
    old = WebhookDelivery.objects.filter(
        ~Exists(unsettled),
        processed_at__isnull=False,
        received_at__lt=clock.now() - KEEP_BODY,
    )
    return old.exclude(body={}).update(body={})


def _outcome(delivery: WebhookDelivery) -> Outcome:
    provider = providers.get(delivery.provider)
    try:
        event = provider.read_event(delivery.body)
    except MalformedEventError as error:
        PaymentIssue.objects.create(
            kind=IssueKind.ORPHAN,
            delivery=delivery,
            detail={"malformed": str(error)},
            created_at=clock.now(),
        )
        return Outcome.MALFORMED
    if event is None:
        return Outcome.NOT_FOLLOWED
    return settlement.apply(event, provider=delivery.provider, delivery=delivery)


def _json_object(raw_body: bytes) -> dict[str, object]:
    try:
        body = json.loads(raw_body)
    except (ValueError, RecursionError):
        raise DomainError(CoreCode.MALFORMED) from None
    if not isinstance(body, dict) or "\\u0000" in raw_body.decode(errors="replace"):
        raise DomainError(CoreCode.MALFORMED)
    return body
