"""How the clinic invoices, which the manager decides, and the series that they open."""

from collections.abc import Mapping

from django.conf import settings
from django.db import IntegrityError, transaction

from billing.invoicing import chain
from billing.invoicing.errors import Code
from billing.invoicing.models import InvoiceSeries, InvoicingRules
from clinic.core import audit, outbox
from clinic.core.audit import Actor
from clinic.core.errors import DomainError

ISSUING = ("billing.issue_invoice", "billing.issue_credit_note")
"""The work that waits for series and rules."""


@transaction.atomic
def change_rules(changes: Mapping[str, str], *, actor: Actor) -> InvoicingRules:
    """Change how the clinic invoices, from the next document on.

    Raises DomainError `signing_key_missing` if there is a certificate but no key to sign with, and
    `signing_key_invalid` if the key can't sign.
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
    """Whether there is a key with which certified documents can be signed."""
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
    """Open a real series, with its code from the tax authority (Portaria 195/2020).

    Documents that waited for it are issued right after. Raises DomainError `series_taken` if the
    year already has one, or the name is in use.
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
