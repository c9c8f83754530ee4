"""What the ledger needs from any payment provider."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from clinic.core.errors import UnansweredError


class EventType(StrEnum):
    PAID = "paid"
    REFUSED = "refused"
    EXPIRED = "expired"
    FAILED = "failed"
    REFUNDED = "refunded"
    CHARGEBACK = "chargeback"
    """The payer's bank took the money back, against the clinic's will."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the provider can do besides starting a payment and reporting its state."""

    cancel: bool
    """A request that waits in the patient's app can be taken back."""
    repeatable_refunds: bool
    """One refund id is paid only once, however often it is requested."""
    movements: bool
    """It lists the money that moved."""
    refunds: frozenset[str]
    """The methods whose payments it can refund."""
    signed_notices: bool
    """Its notices are posted and signed. Otherwise they are a GET with a key in the address, which
    proves nothing: only a hint to ask about a payment."""


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """One payment as a provider sees it; `payment_id` is our identifier there, or `order_id` if
    that is too long. No money came before `begun_at`: a reference may have had others."""

    payment_id: UUID
    order_id: str
    method: str
    amount: Decimal
    phone: str
    request_id: str
    entity: str
    reference: str
    begun_at: datetime
    last_day: date


@dataclass(frozen=True, slots=True)
class PushSent:
    """The provider asked the patient's phone. Accepted is not paid."""

    request_id: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ReferenceMade:
    """The provider made a Multibanco reference. Made is not paid."""

    entity: str
    reference: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """The provider will not ask: no money can come from this request."""

    reason: str


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """Money to send back; `transaction_id` is the provider's name for the money that came in."""

    refund_id: UUID
    payment_id: UUID
    method: str
    transaction_id: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Event:
    """What a provider says happened to a payment, whether told by webhook or asked for.

    `transaction_id` is its name for the money that moved: one movement may be reported by many
    events, but has one name. For money that went back or was taken back it is the payment's.
    `order_id` is our name for the payment at a provider that doesn't know `payment_id`.
    """

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
    transaction_id: str
    order_id: str = ""

    @property
    def money(self) -> str:
        """The name of the money that moved, or of the notice if the money has none."""
        return self.transaction_id or self.event_id


class InvalidSignatureError(Exception):
    """The notice isn't signed by the provider, or doesn't have its key."""


class MalformedEventError(Exception):
    """A genuine notice that can't be understood."""


class UnknownOutcomeError(UnansweredError):
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
    multibanco_account: tuple[str, str] | None
    """Entity and sub-entity of offline references; None where the provider makes each itself."""

    def start(self, request: PaymentRequest) -> PushSent | ReferenceMade | Rejected:
        """Ask for the money. Raises UnknownOutcomeError when no answer came."""
        ...

    def status(self, request: PaymentRequest) -> Event | ReferenceMade | None:
        """The outcome so far; while undecided, None or the reference that waits for its money.

        Raises UnknownRequestError when the provider never got the request and UnknownOutcomeError
        when it doesn't answer.
        """
        ...

    def cancel(self, request: PaymentRequest) -> bool:
        """Withdraw a request that waits in the patient's app; False if it can't be withdrawn."""
        ...

    def refund(self, request: RefundRequest) -> str:
        """Send money back and return the provider's id of the refund.

        Raises RefundRejectedError for a final no, UnknownOutcomeError when no answer came.
        """
        ...

    def movements(self, since: datetime, until: datetime) -> list[Event]:
        """The money that came in or was taken back in that time, from providers that list it.

        Raises UnknownOutcomeError when there is no usable answer.
        """
        ...

    def open_webhook(self, headers: Mapping[str, str], raw_body: bytes) -> bytes:
        """The clear text of a notice; for an unsigned one, its query without the key.

        Raises InvalidSignatureError unless the provider signed exactly these bytes (or they hold
        its key), and MalformedEventError when signed bytes can't be deciphered.
        """
        ...

    def read_event(self, body: Mapping[str, Any]) -> Event | None:
        """The event in an opened notice; None for a kind we don't follow.

        Raises MalformedEventError when a field is missing or has the wrong form.
        """
        ...
