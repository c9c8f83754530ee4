"""Notices of providers: checked and stored at once, understood afterwards.

What a signed notice says is applied. An unsigned one isn't believed: its provider is asked about
the payment, and only the answer counts.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef

from billing.payments import providers
from billing.payments.errors import Code
from billing.payments.models import IssueKind, PaymentIssue, WebhookDelivery
from billing.payments.providers.base import (
    InvalidSignatureError,
    MalformedEventError,
    UnknownOutcomeError,
)
from billing.payments.services import attribution, issues, requests, settlement
from billing.payments.services.verdicts import Outcome
from clinic.core import batches, clock, outbox, text
from clinic.core.errors import Code as CoreCode
from clinic.core.errors import DomainError

log = structlog.get_logger(__name__)

MAX_BODY = 64 * 1024
# What a notice says is in the payment's events by then. The rest is whatever the provider wished
# to add, which may name the payer.
KEEP_BODY = timedelta(days=90)
HINT_PATIENCE = timedelta(days=1)
"""If a provider doesn't confirm an unsigned notice within a day, it is left to a person."""


def accept(
    provider_key: str, headers: Mapping[str, str], raw_body: bytes, *, signed: bool = True
) -> None:
    """Store a genuine notice and queue its work; the same again changes nothing.

    One that isn't `signed` came as a GET, and its body is the query. Raises DomainError `not_found`
    for an unknown provider, `method_not_allowed` for one that gives its notices the other way,
    `too_large`, `bad_signature`, or `malformed` for signed bytes that are no JSON object. None of
    these changes the ledger.
    """
    provider = providers.known().get(provider_key)
    if provider is None:
        raise DomainError(CoreCode.NOT_FOUND)
    if provider.capabilities.signed_notices != signed:
        raise DomainError(CoreCode.METHOD_NOT_ALLOWED)
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
    digest = hashlib.sha256(raw_body if signed else clear).hexdigest()
    with transaction.atomic():
        WebhookDelivery.objects.bulk_create(
            [
                WebhookDelivery(
                    provider=provider_key,
                    sha256=digest,
                    verified=signed,
                    body=body,
                    received_at=clock.now(),
                )
            ],
            ignore_conflicts=True,
        )
        delivery = WebhookDelivery.objects.get(provider=provider_key, sha256=digest)
        outbox.enqueue(
            "billing.process_delivery" if signed else "billing.confirm_delivery",
            key=f"webhook:{provider_key}:{digest}",
            delivery_id=str(delivery.id),
        )


def process(delivery_id: UUID) -> str:
    """Do what a stored notice asks for, once, and return what came of it.

    Raises UnknownOutcomeError while the provider can't confirm what it said unsigned.
    """
    delivery = WebhookDelivery.objects.get(pk=delivery_id)
    if delivery.verified or delivery.processed_at is not None:
        return _settle(delivery_id)
    return _settle(delivery_id, asked=_ask_about(delivery))


@transaction.atomic
def _settle(delivery_id: UUID, *, asked: Outcome | None = None) -> str:
    delivery = WebhookDelivery.objects.select_for_update(no_key=True).get(pk=delivery_id)
    if delivery.processed_at is not None:
        return delivery.outcome
    delivery.outcome = asked or _outcome(delivery)
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
    return sum(part.update(body={}) for part in batches.of(old.exclude(body={})))


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


def _ask_about(delivery: WebhookDelivery) -> Outcome:
    """No lock is held meanwhile. Money that matches nothing we know is left to the nightly
    comparison."""
    try:
        event = providers.get(delivery.provider).read_event(delivery.body)
    except MalformedEventError as error:
        log.warning("hint_malformed", delivery=str(delivery.id), field=str(error))
        return Outcome.MALFORMED
    payment = None if event is None else attribution.payment_of(event, delivery.provider)
    if event is None or payment is None:
        return Outcome.UNKNOWN_PAYMENT
    if requests.ask(payment) != "pending":
        return Outcome.ASKED
    if clock.now() - delivery.received_at < HINT_PATIENCE:
        raise UnknownOutcomeError("the provider doesn't know yet of what it told us")
    issues.open_about(
        f"payment:{payment.id}",
        IssueKind.UNRECONCILED,
        payment=payment,
        delivery=delivery,
        ours=payment.status,
        theirs="pending",
        amount=payment.amount,
    )
    return Outcome.NOT_CONFIRMED


def _json_object(raw_body: bytes) -> dict[str, object]:
    try:
        body = _holdable(json.loads(raw_body, parse_float=_number, parse_constant=str))
    except (ValueError, RecursionError):
        raise DomainError(CoreCode.MALFORMED) from None
    if not isinstance(body, dict):
        raise DomainError(CoreCode.MALFORMED)
    return body


def _holdable(value: Any) -> Any:
    """What a genuine notice says, as the database can hold it: money isn't turned away because a
    payer's name was cut in the middle of a character."""
    if isinstance(value, str):
        return text.storable(value)
    if isinstance(value, list):
        return [_holdable(each) for each in value]
    if isinstance(value, dict):
        return {text.storable(name): _holdable(each) for name, each in value.items()}
    return value


def _number(written: str) -> float | str:
    number = float(written)
    return number if math.isfinite(number) else written
