"""Series, numbers and signatures: what makes a row a fiscal document.

Without a certificate number in the invoicing rules, all documents are issued for training: in their
own series, without ATCUD and hash, as the law describes (Despacho 8632/2014, 1.5).
"""

from datetime import datetime

from django.conf import settings

from billing.invoicing import chain, selectors
from billing.invoicing.errors import Code
from billing.invoicing.models import Invoice, InvoiceSeries, SigningKey
from clinic.core import clock
from clinic.core.errors import DomainError
from clinic.directory.errors import Code as DirectoryCode

TRAINING_PREFIX = "FORM"
TRAINING_ATCUD = "0"
NO_CERTIFICATE = "0"
RETRY_SECONDS = 3600


def number(document: Invoice) -> None:
    """Give a document the next number of its series, its time, ATCUD and hash.

    The number is taken in the transaction that stores the document, so a roll-back leaves no gap.
    One moment decides day, year and series; it is read once the series is locked. A credit note is
    for training if the invoice it credits was, whatever the rules say by now. For real documents,
    raises DomainError `series_missing` if the manager hasn't opened a series, and `not_set_up` if
    there is no certificate or key any more.
    """
    said = selectors.rules()
    credited = document.credits
    training = credited.training if credited else not said.certificate_number
    if not training and not said.certificate_number:
        raise DomainError(DirectoryCode.NOT_SET_UP, retry_after=RETRY_SECONDS)
    series, last, moment = _next_in_series(document, training=training)
    document.series = series
    document.sequence = series.last_number + 1
    document.training = series.training
    document.number = f"{series.document_type} {series.name}/{document.sequence}"
    document.issued_at = moment
    document.issued_on = clock.local(moment).date()
    document.certificate = NO_CERTIFICATE if series.training else said.certificate_number
    document.producer_name = said.producer_name
    document.producer_tax_id = said.producer_tax_id
    document.atcud = (
        TRAINING_ATCUD if series.training else f"{series.validation_code}-{document.sequence}"
    )
    _sign(document, last)
    series.last_number = document.sequence
    series.save(update_fields=["last_number"])


def _next_in_series(
    document: Invoice, *, training: bool
) -> tuple[InvoiceSeries, Invoice | None, datetime]:
    """The current year's series, locked until the transaction ends; its last document; and the
    moment of the next one."""
    credited = document.credits
    moment = _not_before(credited)
    while True:
        year = clock.local(moment).year
        series = _locked_series(document.document_type, year, training=training)
        last = Invoice.objects.filter(series=series, sequence=series.last_number).first()
        moment = _not_before(credited, last)
        # The year may have ended while others held the series.
        if clock.local(moment).year == year:
            return series, last, moment


def _locked_series(document_type: str, year: int, *, training: bool) -> InvoiceSeries:
    if training:
        InvoiceSeries.objects.bulk_create(
            [
                InvoiceSeries(
                    document_type=document_type,
                    name=f"{TRAINING_PREFIX}{year}",
                    year=year,
                    training=True,
                )
            ],
            ignore_conflicts=True,
        )
    found = (
        InvoiceSeries.objects.select_for_update()
        .filter(document_type=document_type, year=year, training=training)
        .first()
    )
    if found is None:
        raise DomainError(Code.SERIES_MISSING, retry_after=RETRY_SECONDS)
    return found


def _not_before(*earlier: Invoice | None) -> datetime:
    """Now, or the latest moment among these documents if the wall clock hasn't reached it again.

    Civil time without an offset is signed and printed, and it goes back an hour in October.
    """
    moment = clock.now().replace(microsecond=0)
    for document in filter(None, earlier):
        if runs_back(document.issued_at, moment):
            moment = document.issued_at
    return moment


def runs_back(earlier: datetime, later: datetime) -> bool:
    """Whether time or the clinic's wall clock goes back between two documents."""
    return later < earlier or _civil(later) < _civil(earlier)


def _civil(moment: datetime) -> datetime:
    return clock.local(moment).replace(tzinfo=None)


def signed_message(document: Invoice, previous_hash: str) -> bytes:
    """The message whose signature is the document's hash."""
    return chain.message(
        issued_on=document.issued_on,
        entered_at=clock.local(document.issued_at),
        number=document.number,
        gross_total=document.gross_total,
        previous_hash=previous_hash,
    )


def _sign(document: Invoice, last: Invoice | None) -> None:
    if document.training:
        document.hash = document.hash_control = chain.UNSIGNED
        return
    if not settings.INVOICE_SIGNING_KEY:
        raise DomainError(DirectoryCode.NOT_SET_UP, retry_after=RETRY_SECONDS)
    key = chain.load_private_key(settings.INVOICE_SIGNING_KEY)
    document.hash = chain.sign(key, signed_message(document, last.hash if last else ""))
    document.hash_control = str(_version_of(chain.public_pem(key)))


def _version_of(public_key: str) -> int:
    """The version of a key that has signed before, or a new one."""
    known = SigningKey.objects.filter(public_key=public_key).first()
    if known is None:
        newest = SigningKey.objects.order_by("-version").first()
        known = SigningKey.objects.create(
            version=newest.version + 1 if newest else 1,
            public_key=public_key,
            known_since=clock.now(),
        )
    return known.version
