"""Series, numbers and signatures: what makes a row a fiscal document.

Without a certificate number in the invoicing rules everything is issued for training: in a series
of its own, without ATCUD and hash, as the law describes (Despacho 8632/2014, 1.5).
"""

from collections.abc import Mapping
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction

from billing import chain
from billing.errors import Code
from billing.models import Invoice, InvoiceSeries, InvoicingRules, SigningKey
from clinic.core import audit, clock, outbox
from clinic.core.audit import Actor
from clinic.core.errors import DomainError
from clinic.directory.errors import Code as DirectoryCode

TRAINING_PREFIX = "FORM"
TRAINING_ATCUD = "0"
NO_CERTIFICATE = "0"
RETRY_SECONDS = 3600
ISSUING = ("billing.issue_invoice", "billing.issue_credit_note")
"""The work that waits for a series and the rules."""


def rules() -> InvoicingRules:
    """How the clinic invoices; training, as long as nobody has said otherwise."""
    return InvoicingRules.objects.filter(pk=1).first() or InvoicingRules()


@transaction.atomic
def change_rules(changes: Mapping[str, str], *, actor: Actor) -> InvoicingRules:
    """Change how the clinic invoices, from the next document on.

    Raises DomainError `signing_key_missing` where a certificate comes without a key to sign with,
    and `signing_key_invalid` where the key can't sign.
    """
    InvoicingRules.objects.bulk_create([InvoicingRules()], ignore_conflicts=True)
    current = InvoicingRules.objects.select_for_update().get(pk=1)
    if changes.get("certificate_number"):
        _check_signing_key()
    changed = {name: value for name, value in changes.items() if getattr(current, name) != value}
    if changed:
        for name, value in changed.items():
            setattr(current, name, value)
        current.save(update_fields=list(changed))
        audit.record("invoicing_rules.changed", actor=actor, subject=current, changes=changed)
        outbox.wake(*ISSUING)
    return current


def can_sign() -> bool:
    """Whether there is a key that certified documents can be signed with."""
    try:
        _check_signing_key()
    except DomainError:
        return False
    return True


def _check_signing_key() -> None:
    if not settings.INVOICE_SIGNING_KEY:
        raise DomainError(Code.SIGNING_KEY_MISSING, pointer="/certificate_number")
    try:
        chain.load_private_key(settings.INVOICE_SIGNING_KEY)
    except ValueError:
        raise DomainError(Code.SIGNING_KEY_INVALID, pointer="/certificate_number") from None


@transaction.atomic
def open_series(
    *, document_type: str, name: str, year: int, validation_code: str, actor: Actor
) -> InvoiceSeries:
    """Open a real series whose code the tax authority has given (Portaria 195/2020).

    What waited for it is issued right after. Raises DomainError `series_taken` where the year has
    one already, or the name is in use.
    """
    try:
        with transaction.atomic():
            opened = InvoiceSeries.objects.create(
                document_type=document_type,
                name=name,
                year=year,
                validation_code=validation_code,
                training=False,
            )
    except IntegrityError as error:
        raise DomainError(Code.SERIES_TAKEN, pointer="/name") from error
    audit.record(
        "invoice_series.opened",
        actor=actor,
        subject=opened,
        document_type=document_type,
        name=name,
        validation_code=validation_code,
    )
    outbox.wake(*ISSUING)
    return opened


def number(document: Invoice) -> None:
    """Give a document its series' next number, its time, ATCUD and hash.

    The number is taken in the transaction that stores the document, so a roll-back leaves no gap.
    One moment decides day, year and series, and it is read once the series is locked. A credit note
    is for training where what it credits is, whatever the rules say by now.
    Raises DomainError `series_missing` where documents are real and the manager hasn't opened it,
    and `not_set_up` where they are and there is no certificate or key any more.
    """
    said = rules()
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
    """The series of the present year, locked until the transaction ends, its last document, and the
    moment of the next one."""
    credited = document.credits
    moment = _not_before(credited)
    while True:
        year = clock.local(moment).year
        series = _locked_series(document.document_type, year, training=training)
        last = Invoice.objects.filter(series=series, sequence=series.last_number).first()
        moment = _not_before(credited, last)
        # The year may have ended while others had the series locked.
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
    """Now, or the moment of one of these documents that the wall clock has not reached again.

    What is signed and printed is civil time without an offset, which runs back in October.
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
    """What the hash of a document is the signature of."""
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
    """The version of a key that has signed before, or the next one."""
    known = SigningKey.objects.filter(public_key=public_key).first()
    if known is None:
        newest = SigningKey.objects.order_by("-version").first()
        known = SigningKey.objects.create(
            version=newest.version + 1 if newest else 1,
            public_key=public_key,
            known_since=clock.now(),
        )
    return known.version
