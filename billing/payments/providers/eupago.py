"""eupago: Multibanco references that it makes itself, MB WAY, refunds, webhooks 2.0.

Its identifier for a payment is our id. We ask about a reference by its digits. A request that got
no answer has none yet and is looked up by the identifier; for that, as for refunds, eupago requires
the credentials of its management interface.

None of its documents that we know says whether and how it reports a chargeback. Such a notice is
read like a refund's, under any of the usual words for it.
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import structlog
from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
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
    ReferenceMade,
    RefundRejectedError,
    RefundRequest,
    Rejected,
    UnknownOutcomeError,
    UnknownRequestError,
)
from clinic.core import clock

log = structlog.get_logger(__name__)

TIMEOUT = httpx.Timeout(8.0, connect=3.0)
MB_WAY_TIME = timedelta(minutes=5)
SIGNATURE_HEADER = "X-Signature"
IV_HEADER = "X-Initialization-Vector"
REFERENCE = re.compile(r"[0-9]{1,9}")
TRANSACTION = re.compile(r"[A-Za-z0-9_-]{1,64}")
NOT_FOUND = -11

METHODS = {
    "PC:PT": Method.MULTIBANCO,
    "MULTIBANCO": Method.MULTIBANCO,
    "MW:PT": Method.MB_WAY,
    "MBWAY": Method.MB_WAY,
    "MB WAY": Method.MB_WAY,
}
TYPES = {
    "PAID": EventType.PAID,
    "ERROR": EventType.FAILED,
    "CANCEL": EventType.REFUSED,
    "CANCELED": EventType.REFUSED,
    "CANCELLED": EventType.REFUSED,
    "EXPIRED": EventType.EXPIRED,
    "REFUND": EventType.REFUNDED,
    "REFUNDED": EventType.REFUNDED,
}
CHARGEBACK = re.compile(r"charged?[ _-]?back|disputed?", re.IGNORECASE)
MONEY_BACK = frozenset({EventType.REFUNDED, EventType.CHARGEBACK})
REFERENCE_TYPES = {
    "paga": EventType.PAID,
    "transferida": EventType.PAID,
    "expirada": EventType.EXPIRED,
    "cancelada": EventType.REFUSED,
    "erro": EventType.FAILED,
}
REASONS = (
    ("not_enrolled", re.compile(r"alias|customerphone|not enrolled|aderente", re.IGNORECASE)),
    ("refused", re.compile(r"refus|recus|cancel", re.IGNORECASE)),
    ("declined", re.compile(r"declin|limit", re.IGNORECASE)),
)
"""eupago publishes no list of its codes, so we tell them apart by the words in them."""


class EupagoProvider:
    key = "eupago"
    methods = frozenset({Method.MULTIBANCO.value, Method.MB_WAY.value})
    capabilities = Capabilities(
        cancel=False,
        repeatable_refunds=False,
        movements=False,
        refunds=frozenset({Method.MB_WAY}),
        signed_notices=True,
    )
    multibanco_account: tuple[str, str] | None = None

    def start(self, request: PaymentRequest) -> PushSent | ReferenceMade | Rejected:
        if request.method == Method.MULTIBANCO:
            return _make_reference(request)
        return _ask_phone(request)

    def status(self, request: PaymentRequest) -> Event | ReferenceMade | None:
        reference = request.reference or request.request_id
        if not reference:
            reference = _reference_by_identifier(request.payment_id)
        answer = fields.answer_of(_legacy("multibanco/info", {"referencia": reference}))
        if answer.get("estado") == NOT_FOUND:
            raise UnknownRequestError(str(request.payment_id))
        if answer.get("estado") != 0:
            raise UnknownOutcomeError(f"eupago answered estado {answer.get('estado')}")
        try:
            return _state_of_reference(answer, request)
        except MalformedEventError as error:
            raise _senseless(error) from error

    def cancel(self, _request: PaymentRequest) -> bool:
        return False

    def refund(self, request: RefundRequest) -> str:
        if request.method not in self.capabilities.refunds:
            raise RefundRejectedError(
                "a Multibanco payment goes back to an IBAN, which we don't ask"
            )
        if not TRANSACTION.fullmatch(request.transaction_id):
            raise RefundRejectedError("eupago's name of the payment is not known")
        try:
            token = _token()
        except UnknownOutcomeError as error:
            raise RefundRejectedError(f"nothing was sent: {error}") from error
        response = _managed(
            token,
            "POST",
            f"refund/{request.transaction_id}",
            {"amount": float(request.amount), "reason": str(request.refund_id)},
        )
        answer = fields.answer_of(response)
        if response.is_success and answer.get("transactionStatus") == "Success":
            return str(answer.get("refundId") or request.refund_id)
        if answer.get("transactionStatus") == "Rejected" or response.is_client_error:
            raise RefundRejectedError(f"eupago answered {_code(answer) or response.status_code}")
        raise UnknownOutcomeError(f"eupago answered {response.status_code}")

    def movements(self, _since: datetime, _until: datetime) -> list[Event]:
        return []

    def open_webhook(self, headers: Mapping[str, str], raw_body: bytes) -> bytes:
        """The vector of an enciphered notice is not signed. It reaches its first 16 bytes alone,
        which hold no amount and no name of a payment."""
        cipher_text = _cipher_text(headers, raw_body)
        signed = raw_body if cipher_text is None else cipher_text
        given = headers.get(SIGNATURE_HEADER, "")
        if not hmac.compare_digest(given.encode(), sign(signed).encode()):
            raise InvalidSignatureError
        if cipher_text is None:
            return raw_body
        return _deciphered(cipher_text, headers[IV_HEADER])

    def read_event(self, body: Mapping[str, Any]) -> Event | None:
        told = body.get("transaction", body.get("transactions"))
        if isinstance(told, list) and len(told) == 1:
            told = told[0]
        if not isinstance(told, dict):
            fields.malformed("transaction")
        status = fields.text(told, "status")
        kind = TYPES.get(status.upper())
        if CHARGEBACK.fullmatch(status):
            kind = EventType.CHARGEBACK
        if kind is None:
            return None
        amount = told.get("amount")
        if not isinstance(amount, dict):
            fields.malformed("amount")
        trid = _transaction(told, "trid")
        method = METHODS.get(fields.text(told, "method").upper(), "")
        reference = _digits(told, "reference") if told.get("reference") is not None else ""
        is_multibanco = method == Method.MULTIBANCO
        of_another = kind in MONEY_BACK and told.get("originalTrid") is not None
        return Event(
            event_id=f"{trid}:{kind}",
            type=kind,
            payment_id=_our_id(told.get("identifier")),
            method=method,
            entity=_digits(told, "entity") if is_multibanco else "",
            reference=reference.zfill(9) if is_multibanco and reference else "",
            request_id="" if is_multibanco else reference,
            amount=fields.money(amount.get("value"), "amount"),
            currency=fields.text(amount, "currency"),
            occurred_at=fields.instant(told, "date"),
            transaction_id=_transaction(told, "originalTrid") if of_another else trid,
        )


def sign(signed: bytes) -> str:
    """The signature that eupago puts on a notice: base64 of HMAC-SHA256."""
    key = settings.EUPAGO_WEBHOOK_KEY.encode()
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def _make_reference(request: PaymentRequest) -> ReferenceMade | Rejected:
    response = _legacy(
        "multibanco/create",
        {
            "valor": float(request.amount),
            "id": str(request.payment_id),
            "per_dup": 0,
            "data_fim": request.last_day.isoformat(),
        },
    )
    answer = fields.answer_of(response)
    estado = answer.get("estado")
    if response.is_client_error or (isinstance(estado, int) and estado < 0):
        log.warning("eupago_refused", payment=str(request.payment_id), code=estado)
        return Rejected("provider_unavailable")
    if not response.is_success or estado != 0:
        raise UnknownOutcomeError(f"eupago answered {response.status_code}")
    try:
        if fields.money(answer.get("valor"), "valor") != request.amount:
            fields.malformed("valor")
        return _reference_of(answer)
    except MalformedEventError as error:
        raise _senseless(error) from error


def _ask_phone(request: PaymentRequest) -> PushSent | Rejected:
    response = _call(
        "POST",
        "/api/v1.02/mbway/create",
        {
            "payment": {
                "amount": {"value": float(request.amount), "currency": CURRENCY},
                "identifier": str(request.payment_id),
                "customerPhone": request.phone.removeprefix("+351"),
                "countryCode": "351",
                "lang": "PT",
            }
        },
        authorization=f"ApiKey {settings.EUPAGO_API_KEY}",
    )
    answer = fields.answer_of(response)
    outcome = answer.get("transactionStatus")
    if outcome == "Success" and response.is_success:
        try:
            return PushSent(_digits(answer, "reference"), clock.now() + MB_WAY_TIME)
        except MalformedEventError as error:
            raise _senseless(error) from error
    if outcome == "Rejected" or response.is_client_error:
        log.warning(
            "eupago_refused",
            payment=str(request.payment_id),
            status=response.status_code,
            code=_code(answer),
        )
        words = f"{answer.get('code', '')} {answer.get('text', '')}"
        found = (reason for reason, words_of in REASONS if words_of.search(words))
        return Rejected(next(found, "provider_unavailable"))
    raise UnknownOutcomeError(f"eupago answered {response.status_code}")


def _state_of_reference(
    answer: Mapping[str, Any], request: PaymentRequest
) -> Event | ReferenceMade | None:
    """The answer to a query about a reference, which must be this payment's."""
    if _our_id(answer.get("identificador")) != request.payment_id:
        fields.malformed("identificador")
    made = _reference_of(answer) if request.method == Method.MULTIBANCO else None
    kind = REFERENCE_TYPES.get(fields.text(answer, "estado_referencia"))
    if kind is None:
        return made
    paid = _payment_in(answer) if kind == EventType.PAID else {}
    trid = _transaction(paid, "trid") if paid else ""
    return Event(
        event_id=f"{trid or f'query:{request.payment_id}'}:{kind}",
        type=kind,
        payment_id=request.payment_id,
        method=request.method,
        entity=made.entity if made else "",
        reference=made.reference if made else "",
        request_id="" if made else _digits(answer, "referencia"),
        amount=fields.money(paid["valor"], "valor") if "valor" in paid else request.amount,
        currency=CURRENCY,
        occurred_at=_paid_at(paid),
        transaction_id=trid,
    )


def _payment_in(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The one payment of a paid reference. Money without its amount and name is no evidence."""
    payments = answer.get("pagamentos")
    if not isinstance(payments, list) or len(payments) != 1 or not isinstance(payments[0], dict):
        fields.malformed("pagamentos")
    fields.money(payments[0].get("valor"), "valor")
    return payments[0]


def _paid_at(paid: Mapping[str, Any]) -> datetime:
    day = fields.optional(paid, "data_pagamento")
    if not day:
        return clock.now()
    hour = fields.optional(paid, "hora_pagamento") or "00:00:00"
    return fields.instant({"paid": f"{day}T{hour}"}, "paid")


def _reference_of(answer: Mapping[str, Any]) -> ReferenceMade:
    entity = _digits(answer, "entidade")
    if len(entity) > 5:
        fields.malformed("entidade")
    return ReferenceMade(entity.zfill(5), _digits(answer, "referencia").zfill(9))


def _digits(body: Mapping[str, Any], name: str) -> str:
    found = fields.number(body, name)
    return found if REFERENCE.fullmatch(found) else fields.malformed(name)


def _transaction(body: Mapping[str, Any], name: str) -> str:
    found = fields.number(body, name)
    return found if TRANSACTION.fullmatch(found) else fields.malformed(name)


def _our_id(identifier: object) -> UUID | None:
    """Another shop on the same account may name its payments in any way."""
    try:
        return fields.uuid(identifier, "identifier")
    except MalformedEventError:
        return None


def _reference_by_identifier(payment_id: UUID) -> str:
    response = _managed(_token(), "GET", f"references/info?identifier={payment_id}")
    if response.status_code == httpx.codes.NOT_FOUND:
        raise UnknownRequestError(str(payment_id))
    found = fields.answer_of(response).get("data") if response.is_success else None
    if found == []:
        raise UnknownRequestError(str(payment_id))
    if not isinstance(found, list) or len(found) != 1 or not isinstance(found[0], dict):
        raise UnknownOutcomeError(f"eupago answered {response.status_code}")
    try:
        return _digits(found[0], "reference")
    except MalformedEventError as error:
        raise _senseless(error) from error


def _cipher_text(headers: Mapping[str, str], raw_body: bytes) -> bytes | None:
    """The base64 text of an enciphered notice; None when it came in clear."""
    if IV_HEADER not in headers:
        return None
    try:
        body = json.loads(raw_body)
    except (ValueError, RecursionError):
        return None
    data = body.get("data") if isinstance(body, dict) else None
    return data.encode() if isinstance(data, str) else None


def _deciphered(cipher_text: bytes, vector: str) -> bytes:
    try:
        mode = modes.CBC(base64.b64decode(vector, validate=True))
        decryptor = Cipher(
            algorithms.AES256(settings.EUPAGO_WEBHOOK_KEY.encode()), mode
        ).decryptor()
        padded = decryptor.update(base64.b64decode(cipher_text, validate=True))
        padded += decryptor.finalize()
        unpadder = padding.PKCS7(algorithms.AES256.block_size).unpadder()
        return unpadder.update(padded) + unpadder.finalize()
    except (ValueError, binascii.Error) as error:
        raise MalformedEventError("data") from error


def _legacy(path: str, payload: Mapping[str, Any]) -> httpx.Response:
    """A call of the older interface: the key is in the body and errors come with status 200."""
    return _call(
        "POST", f"/clientes/rest_api/{path}", {"chave": settings.EUPAGO_API_KEY, **payload}
    )


def _token() -> str:
    """A token for one call of the management interface; calls are too rare to keep it."""
    if not settings.EUPAGO_CLIENT_ID:
        raise UnknownOutcomeError("there are no credentials for eupago's management interface")
    token = fields.answer_of(
        _call(
            "POST",
            "/api/auth/token",
            {
                "grant_type": "client_credentials",
                "client_id": settings.EUPAGO_CLIENT_ID,
                "client_secret": settings.EUPAGO_CLIENT_SECRET,
            },
        )
    ).get("access_token")
    if not isinstance(token, str) or not token:
        raise UnknownOutcomeError("eupago gave no token")
    return token


def _managed(
    token: str, method: str, path: str, payload: Mapping[str, Any] | None = None
) -> httpx.Response:
    return _call(method, f"/api/management/v1.02/{path}", payload, authorization=f"Bearer {token}")


def _call(
    method: str, path: str, payload: Mapping[str, Any] | None = None, *, authorization: str = ""
) -> httpx.Response:
    try:
        return httpx.request(
            method,
            f"{settings.EUPAGO_URL}{path}",
            json=payload,
            headers={"Authorization": authorization} if authorization else {},
            timeout=TIMEOUT,
        )
    except httpx.HTTPError as error:
        raise UnknownOutcomeError(type(error).__name__) from error


def _code(answer: Mapping[str, Any]) -> str:
    return str(answer.get("code", ""))[:40]


def _senseless(error: MalformedEventError) -> UnknownOutcomeError:
    return UnknownOutcomeError(f"eupago's answer makes no sense: {error}")
