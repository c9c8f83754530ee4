"""The sandbox bank, spoken to over HTTP as any provider is."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn
from uuid import UUID

import httpx
from django.conf import settings

from billing.providers.base import (
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
    UnknownRequestError,
)
from clinic.core import clock

ENTITY = "99999"
SUBENTITY = "999"
SIGNATURE_HEADER = "X-Signature"
TIMEOUT = httpx.Timeout(5.0, connect=2.0)
MOST_DIGITS = 8
REJECTIONS = frozenset({"not_enrolled", "declined", "refused"})


def sign(raw_body: bytes) -> str:
    """The signature the bank puts on a notice: base64 of HMAC-SHA256 over the bytes."""
    key = settings.PAYMENT_WEBHOOK_SECRET.encode()
    return base64.b64encode(hmac.new(key, raw_body, hashlib.sha256).digest()).decode()


class SandboxProvider:
    key = "sandbox"
    methods = frozenset({"multibanco", "mb_way"})
    capabilities = Capabilities(
        offline_references=True, status_query=True, cancel=True, refund=True
    )

    def multibanco_account(self) -> tuple[str, str]:
        return ENTITY, SUBENTITY

    def start(self, request: PaymentRequest) -> PushSent | Rejected:
        response = self._call(
            "POST",
            "/mb-way",
            {
                "payment_id": str(request.payment_id),
                "phone": request.phone,
                "amount": str(request.amount),
                "callback": f"{settings.INTERNAL_ORIGIN}/api/webhooks/payments/{self.key}",
            },
        )
        answer = _json(response)
        if response.is_success:
            try:
                return PushSent(
                    request_id=_text(answer, "request_id"),
                    expires_at=_instant(answer, "expires_at"),
                )
            except MalformedEventError as error:
                raise UnknownOutcomeError("the bank's answer makes no sense") from error
        if response.is_client_error:
            code = str(answer.get("code", ""))
            return Rejected(code if code in REJECTIONS else "provider_unavailable")
        raise UnknownOutcomeError(f"the bank answered {response.status_code}")

    def status(self, request: PaymentRequest) -> Event | None:
        response = self._call("GET", f"/payments/{request.payment_id}")
        if response.status_code == httpx.codes.NOT_FOUND:
            raise UnknownRequestError(str(request.payment_id))
        if not response.is_success:
            raise UnknownOutcomeError(f"the bank answered {response.status_code}")
        answer = _json(response)
        if answer.get("type") == "pending":
            return None
        try:
            return self.read_event(
                {**answer, "event_id": f"query:{request.payment_id}:{answer.get('type')}"}
            )
        except MalformedEventError as error:
            raise UnknownOutcomeError("the bank's answer makes no sense") from error

    def cancel(self, request: PaymentRequest) -> bool:
        return self._call("DELETE", f"/payments/{request.payment_id}").is_success

    def refund(self, request: RefundRequest) -> str:
        response = self._call(
            "POST",
            "/refunds",
            {
                "refund_id": str(request.refund_id),
                "payment_id": str(request.payment_id),
                "amount": str(request.amount),
            },
        )
        if response.is_client_error:
            raise RefundRejectedError(f"the bank answered {response.status_code}")
        if not response.is_success:
            raise UnknownOutcomeError(f"the bank answered {response.status_code}")
        return str(_json(response).get("refund_id", request.refund_id))

    def verify_webhook(self, headers: Mapping[str, str], raw_body: bytes) -> None:
        given = headers.get(SIGNATURE_HEADER, "")
        if not hmac.compare_digest(given.encode(), sign(raw_body).encode()):
            raise InvalidSignatureError

    def read_event(self, body: Mapping[str, Any]) -> Event | None:
        kind = _text(body, "type")
        if kind not in set(EventType):
            return None
        payment_id = body.get("payment_id")
        return Event(
            event_id=_text(body, "event_id"),
            type=EventType(kind),
            payment_id=None if payment_id is None else _uuid(payment_id),
            method=_text(body, "method"),
            entity=_optional(body, "entity"),
            reference=_optional(body, "reference"),
            request_id=_optional(body, "request_id"),
            amount=_money(body, "amount"),
            currency=_text(body, "currency"),
            occurred_at=_instant(body, "occurred_at"),
        )

    def _call(
        self, method: str, path: str, payload: Mapping[str, str] | None = None
    ) -> httpx.Response:
        try:
            return httpx.request(
                method,
                f"{settings.SANDBOX_BANK_URL}{path}",
                json=payload,
                headers={"X-Sandbox-Key": settings.PAYMENT_WEBHOOK_SECRET},
                timeout=TIMEOUT,
            )
        except httpx.HTTPError as error:
            raise UnknownOutcomeError(type(error).__name__) from error


def _json(response: httpx.Response) -> dict[str, Any]:
    try:
        answer = response.json()
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _malformed(name: str) -> NoReturn:
    raise MalformedEventError(name)


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= 100 or not value.isprintable():
        _malformed(name)
    return value


def _optional(body: Mapping[str, Any], name: str) -> str:
    return "" if body.get(name) in (None, "") else _text(body, name)


def _uuid(value: object) -> UUID:
    try:
        return UUID(value) if isinstance(value, str) else _malformed("payment_id")
    except ValueError:
        _malformed("payment_id")


def _money(body: Mapping[str, Any], name: str) -> Decimal:
    try:
        amount = Decimal(_text(body, name))
    except InvalidOperation:
        _malformed(name)
    if not amount.is_finite() or amount.adjusted() >= MOST_DIGITS:
        _malformed(name)
    return amount


def _instant(body: Mapping[str, Any], name: str) -> datetime:
    try:
        instant = datetime.fromisoformat(_text(body, name))
    except ValueError:
        _malformed(name)
    return instant if instant.tzinfo else instant.replace(tzinfo=clock.ZONE)
