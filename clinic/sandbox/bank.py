"""The pretended bank: Multibanco references, MB WAY requests, refunds and chargebacks.

It knows the product only as a real provider would: it is asked for payments, and answers with
signed webhooks. Every notice is an outbox row, written with the change in its books. Whoever pays
or answers can make that one notice go wrong (`Telling`); the books stay right, so the product can
still find out.

Mobile numbers that behave by themselves: 910000001 has no MB WAY, 910000002 refuses, 910000003
never answers, 910000004 pays after the request has expired, 910000005 approves as usual but its
webhook comes twice.
"""

import json
import uuid
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from billing.payments import multibanco
from clinic.core import clock, outbox
from clinic.core.errors import Code as CoreCode
from clinic.core.errors import DomainError
from clinic.sandbox.errors import Code
from clinic.sandbox.models import (
    BankChargeback,
    BankPayment,
    BankRefund,
    BankWebhook,
    MbWayRequest,
    RequestStatus,
)

ENTITY = "99999"
SUBENTITY = "999"
MB_WAY_MINUTES = 4
MAGIC_SECONDS = 2
NOT_ENROLLED = "+351910000001"
REFUSES = "+351910000002"
NEVER_ANSWERS = "+351910000003"
PAYS_LATE = "+351910000004"
TELLS_TWICE = "+351910000005"
DELAY_SECONDS = 20
REPEATS = 5
NEWEST = 50
LOOK_SECONDS = 2
LOOKS = 60
"""How often a notice that waits for the next one checks for it, before it goes anyway."""


class Telling(StrEnum):
    """How a notice reaches the product."""

    PROMPT = "prompt"
    DELAYED = "delayed"
    REPEATED = "repeated"
    REORDERED = "reordered"
    """After the next notice."""
    DROPPED = "dropped"
    MIS_SIGNED = "mis_signed"
    """Once, signed with a key that isn't the bank's."""


EVENT_TYPES = {
    RequestStatus.PENDING: "pending",
    RequestStatus.APPROVED: "paid",
    RequestStatus.REFUSED: "refused",
    RequestStatus.EXPIRED: "expired",
}


@transaction.atomic
def pay_reference(
    *, entity: str, reference: str, amount: Decimal, notice: Telling = Telling.PROMPT
) -> BankPayment:
    """Pay at the cash machine, which knows only what the check digits say.

    Refuses references that aren't the clinic's, a wrong amount, and a second payment. It ignores a
    deadline printed beside the reference, like the real network.
    """
    if entity != ENTITY or len(reference) != 9 or not reference.startswith(SUBENTITY):
        raise DomainError(Code.WRONG_REFERENCE, pointer="/reference")
    if not multibanco.is_valid(entity, reference, amount):
        raise DomainError(Code.WRONG_AMOUNT, pointer="/amount")
    paid, is_new = BankPayment.objects.get_or_create(
        entity=entity, reference=reference, amount=amount, defaults={"paid_at": clock.now()}
    )
    if not is_new:
        raise DomainError(Code.REFERENCE_PAID, pointer="/reference")
    _tell(_movement_of(paid), notice)
    return paid


@transaction.atomic
def ask_mb_way(*, payment_id: uuid.UUID, phone: str, amount: Decimal) -> tuple[MbWayRequest, bool]:
    """Put a request into the app of this number; only once for each payment.

    Returns the request and whether it is new. Raises `not_enrolled` for a number without MB WAY.
    """
    if phone == NOT_ENROLLED:
        raise DomainError(Code.NOT_ENROLLED, pointer="/phone")
    moment = clock.now()
    request, is_new = MbWayRequest.objects.get_or_create(
        payment_id=payment_id,
        defaults={
            "phone": phone,
            "amount": amount,
            "created_at": moment,
            "expires_at": moment + timedelta(minutes=MB_WAY_MINUTES),
        },
    )
    if is_new:
        _plan(request)
    return request, is_new


def pending_requests(phone: str | None) -> list[MbWayRequest]:
    """What the app shows now, newest first; without a number, everybody's."""
    requests = MbWayRequest.objects.filter(
        status=RequestStatus.PENDING, expires_at__gt=clock.now()
    ).exclude(phone__in=[REFUSES, NEVER_ANSWERS, PAYS_LATE])
    return list(requests.filter(phone=phone) if phone else requests)


@transaction.atomic
def answer(
    request_id: uuid.UUID, *, approve: bool, notice: Telling = Telling.PROMPT
) -> MbWayRequest:
    """The patient's tap. The same answer again changes nothing; a different one is refused once the
    request is answered or has expired."""
    request = _locked(id=request_id)
    wanted = RequestStatus.APPROVED if approve else RequestStatus.REFUSED
    if request.status == wanted:
        return request
    if request.status != RequestStatus.PENDING or request.expires_at <= clock.now():
        raise DomainError(Code.REQUEST_CLOSED)
    _decide(request, wanted, notice)
    return request


@transaction.atomic
def expire(request_id: uuid.UUID) -> None:
    """Close a request that nobody answered; an answered one stays as it is."""
    request = _locked(id=request_id)
    if request.status == RequestStatus.PENDING:
        _decide(request, RequestStatus.EXPIRED)


@transaction.atomic
def decide_magic(request_id: uuid.UUID) -> None:
    """Act for the numbers that behave by themselves."""
    request = _locked(id=request_id)
    if request.phone == PAYS_LATE and request.status == RequestStatus.EXPIRED:
        _decide(request, RequestStatus.APPROVED)
    elif request.phone == REFUSES and request.status == RequestStatus.PENDING:
        _decide(request, RequestStatus.REFUSED)


@transaction.atomic
def withdraw(payment_id: uuid.UUID) -> None:
    """The product takes its request back, and the app stops showing it. Raises `request_closed` if
    the patient was faster."""
    request = _locked(payment_id=payment_id)
    if request.status in {RequestStatus.APPROVED, RequestStatus.REFUSED}:
        raise DomainError(Code.REQUEST_CLOSED)
    if request.status == RequestStatus.PENDING:
        _close(request, RequestStatus.EXPIRED)


def state_of(payment_id: uuid.UUID) -> dict[str, Any]:
    """The outcome of an MB WAY request in the words of a webhook; `pending` while undecided."""
    request = MbWayRequest.objects.filter(payment_id=payment_id).first()
    if request is None:
        raise DomainError(CoreCode.NOT_FOUND)
    return _event_of(request)


def movements(since: datetime, until: datetime) -> list[dict[str, Any]]:
    """The money that came in or was taken back in that time, each in the words of a webhook, oldest
    first."""
    references = BankPayment.objects.filter(paid_at__gte=since, paid_at__lt=until)
    requests = _approved().filter(decided_at__gte=since, decided_at__lt=until)
    taken_back = BankChargeback.objects.filter(created_at__gte=since, created_at__lt=until)
    listed = [
        *map(_movement_of, references),
        *map(_event_of, requests),
        *map(_chargeback_of, taken_back),
    ]
    return sorted(listed, key=lambda movement: str(movement["occurred_at"]))


def paid() -> list[dict[str, Any]]:
    """The latest money that came in, each in the words of a webhook and with `charged_back_at`,
    newest first."""
    newest = _newest_money()
    taken_back = BankChargeback.objects.filter(
        transaction_id__in=[each["transaction_id"] for each in newest]
    )
    moments = dict(taken_back.values_list("transaction_id", "created_at"))
    return [{**each, "charged_back_at": moments.get(each["transaction_id"])} for each in newest]


@transaction.atomic
def charge_back(*, transaction_id: str, notice: Telling = Telling.PROMPT) -> BankChargeback:
    """Take `paid` money back from the clinic, all of it and only once; repeating it changes
    nothing. Raises DomainError `not_found` for any other."""
    named = (each for each in _newest_money() if each["transaction_id"] == transaction_id)
    if (movement := next(named, None)) is None:
        raise DomainError(CoreCode.NOT_FOUND, pointer="/transaction_id")
    taken, is_new = BankChargeback.objects.get_or_create(
        transaction_id=transaction_id,
        defaults={"movement": movement, "created_at": clock.now()},
    )
    if is_new:
        _tell(_chargeback_of(taken), notice)
    return taken


@transaction.atomic
def refund(*, refund_id: uuid.UUID, payment_id: uuid.UUID, amount: Decimal) -> BankRefund:
    """Give money back, once for each refund of the product."""
    given, _ = BankRefund.objects.get_or_create(
        refund_id=refund_id,
        defaults={"payment_id": payment_id, "amount": amount, "created_at": clock.now()},
    )
    return given


@transaction.atomic
def let_the_next_pass(webhook: BankWebhook, *, look: int) -> None:
    """Send a notice once a newer one has arrived, or after two minutes without one."""
    younger = BankWebhook.objects.filter(
        created_at__gt=webhook.created_at, delivered_at__isnull=False
    )
    if look >= LOOKS or younger.exists():
        _send(webhook)
    else:
        _look_later(webhook, look=look + 1)


def _plan(request: MbWayRequest) -> None:
    seconds = MAGIC_SECONDS if request.phone in {NEVER_ANSWERS, PAYS_LATE} else MB_WAY_MINUTES * 60
    outbox.enqueue(
        "sandbox.expire_mb_way",
        key=f"sandbox:mb-way:{request.id}:expire",
        delay_seconds=seconds,
        request_id=str(request.id),
    )
    if request.phone in {REFUSES, PAYS_LATE}:
        outbox.enqueue(
            "sandbox.decide_magic",
            key=f"sandbox:mb-way:{request.id}:magic",
            delay_seconds=MAGIC_SECONDS * (2 if request.phone == PAYS_LATE else 1),
            request_id=str(request.id),
        )


def _decide(request: MbWayRequest, status: RequestStatus, notice: Telling = Telling.PROMPT) -> None:
    _close(request, status)
    _tell(_event_of(request), notice, times=2 if request.phone == TELLS_TWICE else 1)


def _close(request: MbWayRequest, status: RequestStatus) -> None:
    request.status = status
    request.decided_at = clock.now()
    request.save(update_fields=["status", "decided_at"])


def _movement_of(paid: BankPayment) -> dict[str, Any]:
    return {
        "type": "paid",
        "payment_id": None,
        "method": "multibanco",
        "entity": paid.entity,
        "reference": paid.reference,
        "request_id": "",
        "amount": f"{paid.amount:.2f}",
        "currency": "EUR",
        "occurred_at": paid.paid_at.isoformat(),
        "transaction_id": paid.transaction_id,
    }


def _event_of(request: MbWayRequest) -> dict[str, Any]:
    return {
        "type": EVENT_TYPES[RequestStatus(request.status)],
        "payment_id": str(request.payment_id),
        "method": "mb_way",
        "entity": "",
        "reference": "",
        "request_id": str(request.id),
        "amount": f"{request.amount:.2f}",
        "currency": "EUR",
        "occurred_at": (request.decided_at or request.created_at).isoformat(),
        "transaction_id": request.transaction_id,
    }


def _chargeback_of(taken: BankChargeback) -> dict[str, Any]:
    return {**taken.movement, "type": "chargeback", "occurred_at": taken.created_at.isoformat()}


def _approved() -> QuerySet[MbWayRequest]:
    return MbWayRequest.objects.filter(status=RequestStatus.APPROVED)


def _newest_money() -> list[dict[str, Any]]:
    listed = [
        *map(_movement_of, BankPayment.objects.order_by("-paid_at")[:NEWEST]),
        *map(_event_of, _approved().order_by("-decided_at")[:NEWEST]),
    ]
    listed.sort(key=lambda movement: str(movement["occurred_at"]), reverse=True)
    return listed[:NEWEST]


def _locked(**by: uuid.UUID) -> MbWayRequest:
    request = MbWayRequest.objects.select_for_update().filter(**by).first()
    if request is None:
        raise DomainError(CoreCode.NOT_FOUND)
    return request


def _tell(event: dict[str, Any], notice: Telling, times: int = 1) -> None:
    webhook = BankWebhook(created_at=clock.now())
    webhook.body = json.dumps({"event_id": str(webhook.id), **event})
    webhook.save(force_insert=True)
    if notice == Telling.REORDERED:
        _look_later(webhook, look=1)
    elif notice != Telling.DROPPED:
        _send(
            webhook,
            times=REPEATS if notice == Telling.REPEATED else times,
            delay_seconds=DELAY_SECONDS if notice == Telling.DELAYED else 0,
            mis_signed=notice == Telling.MIS_SIGNED,
        )


def _send(
    webhook: BankWebhook, *, times: int = 1, delay_seconds: float = 0, mis_signed: bool = False
) -> None:
    """Queue a notice in the caller's transaction, the same bytes each time."""
    for number in range(1, times + 1):
        outbox.enqueue(
            "sandbox.send_webhook",
            key=f"sandbox:webhook:{webhook.id}:{number}",
            delay_seconds=delay_seconds,
            webhook_id=str(webhook.id),
            mis_signed=mis_signed,
        )


def _look_later(webhook: BankWebhook, *, look: int) -> None:
    """Queue the next check for a newer notice."""
    outbox.enqueue(
        "sandbox.let_the_next_pass",
        key=f"sandbox:webhook:{webhook.id}:look:{look}",
        delay_seconds=LOOK_SECONDS,
        webhook_id=str(webhook.id),
        look=look,
    )
