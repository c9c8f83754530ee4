"""What billing asks of whoever issues its documents: our own program, or a certified third party's.

A third party numbers, signs and renders. Its numbers, totals and files are kept as they are.
"""

from enum import StrEnum
from typing import Protocol

from billing.invoicing.models import Invoice, InvoiceLine
from billing.invoicing.pdf import Pdf
from clinic.core.errors import UnansweredError


class Refusal(StrEnum):
    """Why a document isn't there, as far as a person can do something about it."""

    NO_TAX = "no_tax"
    OTHER_TOTALS = "other_totals"
    OTHER_CUSTOMER = "other_customer"
    NO_ACCESS = "no_access"
    REJECTED = "rejected"
    NO_ANSWER = "no_answer"
    FAULT = "fault"


class UnknownOutcomeError(UnansweredError):
    """No usable answer: the document may or may not be issued. Look for it before asking again."""

    def __init__(self, text: str, *, why: Refusal = Refusal.NO_ANSWER) -> None:
        super().__init__(text)
        self.why = why


class RefusedError(Exception):
    """The issuer doesn't issue this document as it is. Nothing was issued.

    `why` is told to the manager with `told`: the rate, the sum or the status that it is about.
    """

    def __init__(self, text: str, *, why: Refusal, told: str = "") -> None:
        super().__init__(text)
        self.why = why
        self.told = told


class NotReadyError(UnansweredError):
    """No file now; another try may help."""


class InvoiceIssuer(Protocol):
    """Calls of one that isn't `at_once` go over the network with explicit time-outs."""

    key: str
    """Kept with each document; at most 20 characters."""
    at_once: bool
    """It issues in the transaction that stores the document, so no answer can be lost."""

    def issue(self, document: Invoice, line: InvoiceLine) -> None:
        """Issue a document that is whole but for what its issuer decides, and write that into it:
        number, time and ATCUD, its own id of the document, and totals where it has others.

        Raises RefusedError, and UnknownOutcomeError when no answer came.
        """
        ...

    def find(self, document: Invoice, line: InvoiceLine) -> bool:
        """Whether it has issued this document, known by our id, and then writes into it as `issue`
        does. What it had only begun it may finish.

        Raises UnknownOutcomeError when it doesn't say, and RefusedError.
        """
        ...

    def pdf(self, document: Invoice) -> Pdf:
        """The file of an issued document. Raises NotReadyError, and SealError of a sealer."""
        ...
