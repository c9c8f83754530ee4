"""What the ledger asks of a payment provider, whoever it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID


class EventType(StrEnum):
    PAID = "paid"
    REFUSED = "refused"
    EXPIRED = "expired"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the provider can do beyond starting a payment."""

    offline_references: bool
    status_query: bool
    cancel: bool
    refund: bool


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """One payment as a provider sees it; `payment_id` is our identifier over there."""

    payment_id: UUID
    method: str
    amount: Decimal
    phone: str
    request_id: str


@dataclass(frozen=True, slots=True)
class PushSent:
    """The provider asked the patient's phone. Accepted is not paid."""

    request_id: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Rejected:
    """The provider will not ask: no money can come from this request."""

    reason: str


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """Money to send back; a provider pays one `refund_id` once."""

    refund_id: UUID
    payment_id: UUID
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Event:
    """What a provider says happened to a payment, whether told by webhook or asked for."""

    event_id: str
    type: EventType
    payment_id: UUID | None
    method: str
    entity: str
    reference: str
    request_id: str
    amount: Decimal
    currency: str
    occurred_at: datetime


class InvalidSignatureError(Exception):
    """The notice was not signed by the provider."""


class MalformedEventError(Exception):
    """A genuine notice that can't be understood."""


class UnknownOutcomeError(Exception):
    """No usable answer: the provider may or may not have acted. Ask later, never send again."""


class RefundRejectedError(Exception):
    """The provider will not refund; another try can't help."""


class UnknownRequestError(Exception):
    """The provider has never seen this payment."""


class PaymentProvider(Protocol):
    """Calls go over the network with explicit time-outs, so never make one holding a lock."""

    key: str
    methods: frozenset[str]
    capabilities: Capabilities

    def multibanco_account(self) -> tuple[str, str]:
        """Entity and sub-entity of offline references."""
        ...

    def start(self, request: PaymentRequest) -> PushSent | Rejected:
        """Ask for the money. Raises UnknownOutcomeError when no answer came."""
        ...

    def status(self, request: PaymentRequest) -> Event | None:
        """The outcome so far; None while undecided.

        Raises UnknownRequestError when the provider never got the request and UnknownOutcomeError
        when it doesn't answer.
        """
        ...

    def cancel(self, request: PaymentRequest) -> bool:
        """Withdraw a request that waits in the patient's app; False when it can't be withdrawn."""
        ...

    def refund(self, request: RefundRequest) -> str:
        """Send money back and return the provider's id of the refund.

        Raises RefundRejectedError for a final no, UnknownOutcomeError when no answer came.
        """
        ...

    def verify_webhook(self, headers: Mapping[str, str], raw_body: bytes) -> None:
        """Raises InvalidSignatureError unless the provider signed exactly these bytes."""
        ...

    def read_event(self, body: Mapping[str, Any]) -> Event | None:
        """The event in a verified notice; None for a kind we don't follow.

        Raises MalformedEventError when a field is missing or has the wrong form.
        """
        ...
