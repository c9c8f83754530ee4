"""What billing needs from an issuer of documents: our own program, or a certified third party's.

A third party numbers, signs and renders. We keep its numbers, totals and files as they are.
"""

from enum import StrEnum
from typing import Protocol

from billing.invoicing.models import Invoice, InvoiceLine
from billing.invoicing.pdf import Pdf
from clinic.core.errors import UnansweredError


class Refusal(StrEnum):
    """Why a document is missing, if a person can do something about it."""

    NO_TAX = "no_tax"
    OTHER_TOTALS = "other_totals"
    OTHER_CUSTOMER = "other_customer"
    NO_ACCESS = "no_access"
    REJECTED = "rejected"
    NO_ANSWER = "no_answer"
    FAULT = "fault"


class UnknownOutcomeError(UnansweredError):
    """No usable answer: the document may or may not be issued. Look it up before asking again."""

    def __init__(self, text: str, *, why: Refusal = Refusal.NO_ANSWER) -> None:
        super().__init__(text)
        self.why = why


class RefusedError(Exception):
    """The issuer refuses to issue this document as it is. Nothing was issued.

    The manager reads `why`, with `told`: the rate, sum or status in question.
    """

    def __init__(self, text: str, *, why: Refusal, told: str = "") -> None:
        super().__init__(text)
        self.why = why
        self.told = told


class NotReadyError(UnansweredError):
    """There is no file yet; another try may help."""


class InvoiceIssuer(Protocol):
    """An issuer that isn't `at_once` makes calls over the network, with explicit time-outs."""

    key: str
    """Kept with each document; at most 20 characters."""
    at_once: bool
    """It issues in the transaction that stores the document, so no answer can get lost."""

    def issue(self, document: Invoice, line: InvoiceLine) -> None:
        """Issue a document that is complete except for what its issuer decides, and fill that in:
        number, time and ATCUD, the issuer's own id, and totals if they differ.

        Raises RefusedError, and UnknownOutcomeError if no answer came.
        """
        ...

    def find(self, document: Invoice, line: InvoiceLine) -> bool:
        """Whether it has issued this document, looked up by our id. If so, fills it in like
        `issue`. May finish what it had only begun.

        Raises UnknownOutcomeError if it doesn't say, and RefusedError.
        """
        ...

    def pdf(self, document: Invoice) -> Pdf:
        """The file of an issued document. Raises NotReadyError, and SealError from a sealer."""
        ...
