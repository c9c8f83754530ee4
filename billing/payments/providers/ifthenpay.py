"""ifthenpay: Multibanco references that we make ourselves, MB WAY, refunds, callbacks.

Written from its documentation at ifthenpay.com/docs/en: the pages api/mbway,
api/list-of-payments-rest (v2), api/refund (v2), guides/multibanco and guides/callback.

A callback is a GET with a static key, so it is only a hint: money counts once `mbway/status` or
`payments/read` confirms it. That list has paid payments only, so one that isn't in it is undecided.
"""

import hmac
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

import httpx
import structlog
from django.conf import settings

from billing.payments.models import CURRENCY, Method
from billing.payments.providers import fields
from billing.payments.providers.base import (
    Capabilities,
    Event,
    EventType,
    InvalidSignatureError,
    MalformedEventError,
    PaymentRequest,
    PushSent,
    RefundRejectedError,
    RefundRequest,
    Rejected,
    UnknownOutcomeError,
)
from clinic.core import clock

log = structlog.get_logger(__name__)

TIMEOUT = httpx.Timeout(8.0, connect=3.0)
MB_WAY_TIME = timedelta(minutes=4)
MB_WAY = "MBWAY"
REQUEST = re.compile(r"[A-Za-z0-9_-]{1,64}")
REFERENCE = re.compile(r"\d{1,9}", re.ASCII)
MOMENT = "%d-%m-%Y %H:%M:%S"

ACCEPTED = "000"
REJECTIONS = {
    "100": "provider_unavailable",
    "999": "provider_unavailable",
    "-1": "provider_unavailable",
    "122": "declined",
}
PENDING = "123"
OUTCOMES = {
    "000": EventType.PAID,
    "020": EventType.REFUSED,
    "101": EventType.EXPIRED,
    "122": EventType.FAILED,
}
REFUNDED = "1"
REFUSALS = {
    "0": "ifthenpay refused",
    "-1": "ifthenpay holds too little of the clinic's money: refunds come out of what was paid"
    " since 20:00 of the day before",
}

MOST_LISTED = 1000
"""A list of this length may have been cut off."""

EDGE = timedelta(minutes=5)
"""Its times may be rounded to the minute, and its clock isn't ours, so lists reach a little
farther; at the recent end by less than the time we allow for money on its way."""

NOTHING = Decimal(0)
HINTS = ("orderId", "requestId", "reference", "payment_datetime")


class IfthenpayProvider:
    key = "ifthenpay"
    methods = frozenset({Method.MULTIBANCO.value, Method.MB_WAY.value})
    capabilities = Capabilities(
        cancel=False,
        repeatable_refunds=False,
        movements=True,
        refunds=frozenset({Method.MB_WAY}),
        signed_notices=False,
    )
    multibanco_account: tuple[str, str] | None

    def __init__(self) -> None:
        self.multibanco_account = (settings.IFTHENPAY_ENTITY, settings.IFTHENPAY_SUBENTITY)

    def start(self, request: PaymentRequest) -> PushSent | Rejected:
        response = _call(
            "POST",
            "/spg/payment/mbway",
            {
                "mbWayKey": settings.IFTHENPAY_MBWAY_KEY,
                "orderId": request.order_id,
                "amount": f"{request.amount:.2f}",
                "mobileNumber": f"351#{request.phone.removeprefix('+351')}",
            },
        )
        answer = fields.answer_of(response)
        status = str(answer.get("Status"))[:10]
        if response.is_success and status == ACCEPTED:
            try:
                if fields.money(answer.get("Amount"), "Amount") != request.amount:
                    fields.malformed("Amount")
                return PushSent(_request_id(answer, "RequestId"), clock.now() + MB_WAY_TIME)
            except MalformedEventError as error:
                raise _senseless(error) from error
        if response.is_client_error or (response.is_success and status in REJECTIONS):
            log.warning(
                "ifthenpay_refused",
                payment=str(request.payment_id),
                status=response.status_code,
                code=status,
            )
            return Rejected(REJECTIONS.get(status, "provider_unavailable"))
        raise UnknownOutcomeError(f"ifthenpay answered {response.status_code}")

    def status(self, request: PaymentRequest) -> Event | None:
        """A request that never got there looks like one that nobody has paid yet.

        If a reference was paid several times, this is the newest payment; `movements` has them all.
        """
        if request.method == Method.MB_WAY and request.request_id:
            return _state_of_push(request)
        since, until = request.begun_at - EDGE, clock.now() + EDGE
        if request.method == Method.MB_WAY:
            found = _paid(since, until, entity=MB_WAY, orderId=request.order_id)
            found = [one for one in found if one.order_id == request.order_id]
        else:
            found = _paid(since, until, entity=request.entity, reference=request.reference)
            found = [one for one in found if one.reference == request.reference]
        # An impossible moment says nothing about the time; the settlement reports it to a person.
        recent = [
            one
            for one in found
            if one.occurred_at >= since or one.occurred_at.year not in clock.YEARS
        ]
        return max(recent, key=lambda one: one.occurred_at, default=None)

    def cancel(self, _request: PaymentRequest) -> bool:
        return False

    def refund(self, request: RefundRequest) -> str:
        if request.method not in self.capabilities.refunds:
            raise RefundRejectedError("ifthenpay sends no Multibanco payment back")
        if not REQUEST.fullmatch(request.transaction_id):
            raise RefundRejectedError("ifthenpay's name of the payment is not known")
        response = _call(
            "POST",
            "/v2/payments/refund",
            {
                "backofficekey": settings.IFTHENPAY_BACKOFFICE_KEY,
                "requestId": request.transaction_id,
                "amount": f"{request.amount:.2f}",
            },
        )
        code = str(fields.answer_of(response).get("Code", ""))
        if response.is_success and code == REFUNDED:
            return str(request.refund_id)
        if response.is_client_error or (response.is_success and code in REFUSALS):
            raise RefundRejectedError(
                REFUSALS.get(code, f"ifthenpay answered {response.status_code}")
            )
        raise UnknownOutcomeError(f"ifthenpay answered {response.status_code}")

    def movements(self, since: datetime, until: datetime) -> list[Event]:
        since, until = since - EDGE, until + EDGE
        references = _paid(since, until, entity=settings.IFTHENPAY_ENTITY)
        return references + _paid(since, until, entity=MB_WAY)

    def open_webhook(self, _headers: Mapping[str, str], raw_body: bytes) -> bytes:
        """What a callback's query says about its payment, as JSON."""
        try:
            told = dict(parse_qsl(raw_body.decode(), max_num_fields=20))
        except ValueError as error:
            raise InvalidSignatureError from error
        key = settings.IFTHENPAY_ANTI_PHISHING_KEY
        if not key or not hmac.compare_digest(told.get("key", "").encode(), key.encode()):
            raise InvalidSignatureError
        return json.dumps({name: told[name] for name in HINTS if name in told}).encode()

    def read_event(self, body: Mapping[str, Any]) -> Event | None:
        """Of a callback's claims, only which payment it is about."""
        if "reference" in body:
            return _reference_event(_digits(body, "reference").zfill(9), "", NOTHING, clock.now())
        return _push_event(
            EventType.PAID,
            _request_id(body, "requestId"),
            fields.text(body, "orderId"),
            NOTHING,
            clock.now(),
        )


def _state_of_push(request: PaymentRequest) -> Event | None:
    """The status names no amount: a request has the one that it was accepted with."""
    response = _call(
        "GET",
        "/spg/payment/mbway/status",
        query={"mbWayKey": settings.IFTHENPAY_MBWAY_KEY, "requestId": request.request_id},
    )
    answer = fields.answer_of(response)
    status = str(answer.get("Status"))
    if response.is_success and status == PENDING:
        return None
    kind = OUTCOMES.get(status)
    if not response.is_success or kind is None:
        raise UnknownOutcomeError(f"ifthenpay answered {response.status_code}, status {status:.10}")
    try:
        if _request_id(answer, "RequestId") != request.request_id:
            fields.malformed("RequestId")
        moment = _moment(answer, "UpdateAt") if answer.get("UpdateAt") else clock.now()
        return _push_event(kind, request.request_id, request.order_id, request.amount, moment)
    except MalformedEventError as error:
        raise _senseless(error) from error


def _paid(since: datetime, until: datetime, *, entity: str, **asked: str) -> list[Event]:
    """What `payments/read` lists of one of our two accounts, in its order.

    Other accounts may share the backoffice key; their entries in the list are left out.
    """
    account = settings.IFTHENPAY_MBWAY_KEY if entity == MB_WAY else settings.IFTHENPAY_SUBENTITY
    response = _call(
        "POST",
        "/v2/payments/read",
        {
            "boKey": settings.IFTHENPAY_BACKOFFICE_KEY,
            "entity": entity,
            "subEntity": account,
            "dateStart": clock.local(since).strftime(MOMENT),
            "dateEnd": clock.local(until).strftime(MOMENT),
            **asked,
        },
    )
    answer = fields.answer_of(response)
    if not response.is_success or str(answer.get("status")) != "200":
        raise UnknownOutcomeError(
            f"ifthenpay answered {response.status_code}, status {answer.get('status')!s:.10}"
        )
    listed = [] if answer.get("payments", "") is None else answer.get("payments")
    if not isinstance(listed, list) or len(listed) >= MOST_LISTED:
        raise UnknownOutcomeError("ifthenpay's list is none, or may have been cut off")
    try:
        ours = [one for one in map(_entry, listed) if _account(one) == (entity, account)]
        return list(map(_listed_push, ours) if entity == MB_WAY else _listed_references(ours))
    except MalformedEventError as error:
        raise _senseless(error) from error


def _entry(listed: object) -> Mapping[str, Any]:
    return listed if isinstance(listed, dict) else fields.malformed("payments")


def _account(entry: Mapping[str, Any]) -> tuple[str, str]:
    return fields.number(entry, "entity"), fields.number(entry, "subEntity")


def _listed_push(entry: Mapping[str, Any]) -> Event:
    return _push_event(
        EventType.PAID,
        _request_id(entry, "requestId"),
        _order_id(entry),
        fields.money(entry.get("amount"), "amount"),
        _moment(entry, "paymentDate"),
    )


def _push_event(
    kind: EventType, request_id: str, order_id: str, amount: Decimal, moment: datetime
) -> Event:
    return Event(
        event_id=f"{request_id}:{kind}",
        type=kind,
        payment_id=None,
        method=Method.MB_WAY,
        entity="",
        reference="",
        request_id=request_id,
        amount=amount,
        currency=CURRENCY,
        occurred_at=moment,
        transaction_id=request_id,
        order_id=order_id,
    )


def _listed_references(entries: Iterable[Mapping[str, Any]]) -> Iterator[Event]:
    """ifthenpay gives these payments no name of their own. Two of one reference in one minute
    differ in nothing, so they are numbered."""
    seen: Counter[str] = Counter()
    for entry in entries:
        reference = _digits(entry, "reference").zfill(9)
        moment = _moment(entry, "paymentDate")
        name = f"{settings.IFTHENPAY_ENTITY}-{reference}-{moment:%Y%m%d%H%M%S}"
        seen[name] += 1
        if seen[name] > 1:
            name = f"{name}-{seen[name]}"
        yield _reference_event(reference, name, fields.money(entry.get("amount"), "amount"), moment)


def _reference_event(reference: str, name: str, amount: Decimal, moment: datetime) -> Event:
    return Event(
        event_id=f"{name}:{EventType.PAID}",
        type=EventType.PAID,
        payment_id=None,
        method=Method.MULTIBANCO,
        entity=settings.IFTHENPAY_ENTITY,
        reference=reference,
        request_id="",
        amount=amount,
        currency=CURRENCY,
        occurred_at=moment,
        transaction_id=name,
    )


def _request_id(body: Mapping[str, Any], name: str) -> str:
    found = fields.text(body, name)
    return found if REQUEST.fullmatch(found) else fields.malformed(name)


def _order_id(entry: Mapping[str, Any]) -> str:
    """Other shops name their orders as they like, by numbers too, or not at all."""
    return "" if entry.get("orderId") in (None, "") else fields.number(entry, "orderId")


def _digits(body: Mapping[str, Any], name: str) -> str:
    found = fields.number(body, name)
    return found if REFERENCE.fullmatch(found) else fields.malformed(name)


def _moment(body: Mapping[str, Any], name: str) -> datetime:
    try:
        return datetime.strptime(fields.text(body, name), MOMENT).replace(tzinfo=clock.zone())
    except ValueError:
        fields.malformed(name)


def _call(
    method: str,
    path: str,
    payload: Mapping[str, Any] | None = None,
    *,
    query: Mapping[str, str] | None = None,
) -> httpx.Response:
    try:
        return httpx.request(
            method,
            f"{settings.IFTHENPAY_URL}{path}",
            json=payload,
            params=query,
            timeout=TIMEOUT,
        )
    except httpx.HTTPError as error:
        raise UnknownOutcomeError(type(error).__name__) from error


def _senseless(error: MalformedEventError) -> UnknownOutcomeError:
    return UnknownOutcomeError(f"ifthenpay's answer makes no sense: {error}")
