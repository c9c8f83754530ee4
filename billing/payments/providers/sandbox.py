"""The sandbox bank, called over HTTP like any provider."""

import base64
import hashlib
import hmac
import ssl
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

import httpx
from django.conf import settings

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
    UnknownRequestError,
)

ENTITY = "99999"
SUBENTITY = "999"
SIGNATURE_HEADER = "X-Signature"
TIMEOUT = httpx.Timeout(5.0, connect=2.0)
REJECTIONS = frozenset({"not_enrolled", "declined", "refused"})
FOLLOWED = frozenset(EventType) - {EventType.REFUNDED}


@cache
def _trusted() -> ssl.SSLContext:
    """Read once: reading all authorities takes longer than the bank does to answer."""
    return httpx.create_ssl_context()


def sign(raw_body: bytes) -> str:
    """The signature the bank puts on a notice: base64 of HMAC-SHA256 over the bytes."""
    key = settings.PAYMENT_WEBHOOK_SECRET.encode()
    return base64.b64encode(hmac.new(key, raw_body, hashlib.sha256).digest()).decode()


class SandboxProvider:
    key = "sandbox"
    methods = frozenset({"multibanco", "mb_way"})
    capabilities = Capabilities(
        cancel=True, repeatable_refunds=True, movements=True, refunds=methods, signed_notices=True
    )
    multibanco_account: tuple[str, str] | None = (ENTITY, SUBENTITY)

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
        answer = fields.answer_of(response)
        if response.is_success:
            try:
                return PushSent(
                    request_id=fields.text(answer, "request_id"),
                    expires_at=fields.instant(answer, "expires_at"),
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
        answer = fields.answer_of(response)
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
        return str(fields.answer_of(response).get("refund_id", request.refund_id))

    def movements(self, since: datetime, until: datetime) -> list[Event]:
        response = self._call(
            "GET", "/movements", query={"since": since.isoformat(), "until": until.isoformat()}
        )
        if not response.is_success:
            raise UnknownOutcomeError(f"the bank answered {response.status_code}")
        listed = fields.answer_of(response).get("movements")
        if not isinstance(listed, list):
            raise UnknownOutcomeError("the bank's answer makes no sense")
        try:
            events = [
                self.read_event({**entry, "event_id": _event_id_of(entry)}) for entry in listed
            ]
        except (MalformedEventError, TypeError, KeyError) as error:
            raise UnknownOutcomeError("the bank's answer makes no sense") from error
        return [event for event in events if event is not None]

    def open_webhook(self, headers: Mapping[str, str], raw_body: bytes) -> bytes:
        given = headers.get(SIGNATURE_HEADER, "")
        if not hmac.compare_digest(given.encode(), sign(raw_body).encode()):
            raise InvalidSignatureError
        return raw_body

    def read_event(self, body: Mapping[str, Any]) -> Event | None:
        kind = fields.text(body, "type")
        if kind not in FOLLOWED:
            return None
        payment_id = body.get("payment_id")
        event_id = fields.text(body, "event_id")
        if not isinstance(body.get("amount"), str):
            fields.malformed("amount")
        return Event(
            event_id=event_id,
            type=EventType(kind),
            payment_id=None if payment_id is None else fields.uuid(payment_id, "payment_id"),
            method=fields.text(body, "method"),
            entity=fields.optional(body, "entity"),
            reference=fields.optional(body, "reference"),
            request_id=fields.optional(body, "request_id"),
            amount=fields.money(body["amount"], "amount"),
            currency=fields.text(body, "currency"),
            occurred_at=fields.instant(body, "occurred_at"),
            transaction_id=fields.optional(body, "transaction_id") or event_id,
        )

    def _call(
        self,
        method: str,
        path: str,
        payload: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        try:
            return httpx.request(
                method,
                f"{settings.SANDBOX_BANK_URL}{path}",
                json=payload,
                params=query,
                headers={"X-Sandbox-Key": settings.PAYMENT_WEBHOOK_SECRET},
                timeout=TIMEOUT,
                verify=_trusted(),
            )
        except httpx.HTTPError as error:
            raise UnknownOutcomeError(type(error).__name__) from error


def _event_id_of(movement: Mapping[str, Any]) -> str:
    """Money that came in and was taken back has the same name."""
    name = f"movement:{movement['transaction_id']}"
    kind = movement["type"]
    return name if kind == EventType.PAID else f"{name}:{kind}"
