"""A sealed PDF is what is stored and mailed; without the seal nothing is."""

import hashlib
import io
import time
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pypdf
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import transaction
from pytest_django import Settings
from rest_framework.test import APIClient

from billing.invoicing import checks, pdf, tasks
from billing.invoicing.models import Invoice, InvoiceDocument
from billing.invoicing.sealing import SealError
from billing.invoicing.services import invoices, overdue
from booking.models import Appointment
from clinic.config.celery import app as celery
from clinic.core import clock
from clinic.core.models import OutboxMessage
from clinic.directory.models import Patient
from clinic.notifications.models import Message
from clinic.storage import private
from tests.billing import factories
from tests.billing.factories import drain, notice, send
from tests.billing.invoicing.test_invoices import TAXPAYER, paid, pdf_text
from tests.billing.test_concurrency import at_once

pytestmark = pytest.mark.django_db

KEY = ec.generate_private_key(ec.SECP256R1())
MARK = b"\n%seal:"


class LocalSealer:
    """Signs the file as it is and adds the signature behind it, where readers look past it."""

    name = "The tests' own seal"

    def seal(self, pdf: bytes) -> bytes:
        return pdf + MARK + KEY.sign(pdf, ec.ECDSA(hashes.SHA256())).hex().encode()


class BrokenSealer(LocalSealer):
    def seal(self, pdf: bytes) -> bytes:
        raise SealError("the trust service doesn't answer")


class SlowSealer(LocalSealer):
    def seal(self, pdf: bytes) -> bytes:
        time.sleep(1)
        return super().seal(pdf)


class ForgetfulSealer(LocalSealer):
    def seal(self, pdf: bytes) -> bytes:
        return pdf


class ChattySealer(LocalSealer):
    def seal(self, pdf: bytes) -> bytes:
        return b"<html>Sorry, come back later</html>"


class CrashingSealer(LocalSealer):
    def seal(self, pdf: bytes) -> bytes:
        raise ConnectionError("reset by peer")


def seal_with(settings: Settings, sealer: type) -> None:
    settings.PDF_SEALER = f"{__name__}.{sealer.__name__}"


def verified(data: bytes) -> bytes:
    """The file that the seal belongs to. Raises InvalidSignature."""
    pdf, _, seal = data.rpartition(MARK)
    KEY.public_key().verify(bytes.fromhex(seal.decode()), pdf, ec.ECDSA(hashes.SHA256()))
    return pdf


def stored_files(folder: Path) -> list[str]:
    return sorted(file.name for file in (folder / "private").rglob("*.pdf"))


def test_what_is_sealed_is_stored_hashed_mailed_and_verified(
    client: APIClient, held: Appointment, settings: Settings
) -> None:
    seal_with(settings, LocalSealer)

    paid(client, held, TAXPAYER)

    invoice = Invoice.objects.select_related("document").get()
    data = invoices.pdf_of(invoice)
    assert verified(data) == pdf.render(invoice).data
    with pytest.raises(InvalidSignature):
        verified(data.replace(b"%PDF-", b"%pdf-", 1))
    document = invoice.document
    assert (document.sealed_by, document.size) == ("The tests' own seal", len(data))
    assert document.sha256 == hashlib.sha256(data).hexdigest()
    assert invoice.number in pdf_text(invoice)
    assert len(pypdf.PdfReader(io.BytesIO(data)).pages) == 1
    (part,) = Message.objects.get(template="invoice_issued").attachments
    assert private.get(part["storage_key"]) == data
    call_command("verify_invoices")


def test_without_a_sealer_the_file_is_as_it_was_rendered(
    client: APIClient, held: Appointment
) -> None:
    paid(client, held)

    invoice = Invoice.objects.select_related("document").get()
    assert invoice.document.sealed_by == ""
    assert invoices.pdf_of(invoice) == pdf.render(invoice).data


@pytest.mark.parametrize("sealer", [BrokenSealer, ForgetfulSealer, ChattySealer, CrashingSealer])
def test_without_the_seal_nothing_is_stored_or_mailed_and_it_is_tried_again(
    client: APIClient,
    held: Appointment,
    settings: Settings,
    tmp_path: Path,
    sealer: type,
) -> None:
    seal_with(settings, sealer)

    paid(client, held, TAXPAYER)

    invoice = Invoice.objects.get()
    assert not InvoiceDocument.objects.exists()
    assert stored_files(tmp_path) == []
    assert not Message.objects.filter(template="invoice_issued").exists()
    message = OutboxMessage.objects.get(task="billing.render_invoice")
    assert (message.failures, message.done_at, message.failed_at) == (1, None, None)

    seal_with(settings, LocalSealer)
    OutboxMessage.objects.filter(pk=message.pk).update(next_at=clock.now())
    drain()

    verified(invoices.pdf_of(invoice))
    assert len(stored_files(tmp_path)) == 1
    assert Message.objects.filter(template="invoice_issued").count() == 1


def test_a_file_that_was_sealed_in_vain_does_not_stop_the_next(
    client: APIClient, held: Appointment, settings: Settings
) -> None:
    """The worker died between storing and committing; the next seal has other bytes."""
    seal_with(settings, BrokenSealer)
    paid(client, held, TAXPAYER)
    invoice = Invoice.objects.get()
    seal_with(settings, LocalSealer)
    with transaction.atomic():
        lost = invoices.render(invoice.id)
        transaction.set_rollback(True)

    kept = invoices.render(invoice.id)

    assert kept.sha256 != lost.sha256
    assert hashlib.sha256(invoices.pdf_of(invoice)).hexdigest() == kept.sha256
    assert invoices.render(invoice.id) == kept
    assert Message.objects.filter(template="invoice_issued").count() == 1


@pytest.mark.parametrize(
    ("path", "found"),
    [("", []), (f"{__name__}.LocalSealer", []), (f"{__name__}.NoSealer", ["billing.E005"])],
)
def test_a_sealer_that_is_not_there_is_told_at_the_start(
    settings: Settings, path: str, found: list[str]
) -> None:
    settings.PDF_SEALER = path

    assert [error.id for error in checks.pdf_sealer()] == found


@pytest.fixture
def given_up(
    client: APIClient, held: Appointment, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Invoice:
    """An invoice whose sealer was down for so long that the outbox set its message aside."""
    seal_with(settings, CrashingSealer)
    paid(client, held, TAXPAYER)
    messages = OutboxMessage.objects.filter(task="billing.render_invoice")
    messages.update(failures=12, failed_at=clock.now())
    later = clock.now() + timedelta(hours=2)
    monkeypatch.setattr(clock, "now", lambda: later)
    return Invoice.objects.get()


def test_a_sealer_that_was_down_for_hours_costs_no_document(
    given_up: Invoice, settings: Settings, tmp_path: Path
) -> None:
    tasks.render_overdue()
    assert not InvoiceDocument.objects.exists()
    assert stored_files(tmp_path) == []
    assert not Message.objects.filter(template="invoice_issued").exists()

    seal_with(settings, LocalSealer)
    assert [overdue.render_overdue() for _ in range(2)] == [1, 0]
    drain()

    verified(invoices.pdf_of(given_up))
    assert len(stored_files(tmp_path)) == 1
    assert Message.objects.filter(template="invoice_issued").count() == 1


def test_one_that_cannot_be_sealed_holds_up_no_other(
    client: APIClient,
    ana: Patient,
    given_up: Invoice,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = factories.multibanco(factories.appointment(ana))
    seal_with(settings, BrokenSealer)
    send(client, notice(other))
    drain()
    seal_with(settings, LocalSealer)
    render = invoices.render

    def refuse_the_first(invoice_id: UUID) -> None:
        if invoice_id == given_up.pk:
            raise SealError("not this one")
        render(invoice_id)

    later = clock.now() + timedelta(hours=2)
    monkeypatch.setattr(clock, "now", lambda: later)
    monkeypatch.setattr(invoices, "render", refuse_the_first)
    monkeypatch.setattr(overdue, "BATCH", 2)

    assert overdue.render_overdue() == 1
    assert InvoiceDocument.objects.get().invoice.payment_id == other.pk


def test_what_the_outbox_still_tries_is_left_to_it(
    client: APIClient, held: Appointment, settings: Settings
) -> None:
    seal_with(settings, BrokenSealer)
    paid(client, held, TAXPAYER)
    seal_with(settings, LocalSealer)

    assert overdue.render_overdue() == 0
    assert not InvoiceDocument.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_seal_and_mail_once(
    given_up: Invoice, settings: Settings, tmp_path: Path
) -> None:
    seal_with(settings, SlowSealer)

    at_once(2, lambda _: overdue.render_overdue())

    assert InvoiceDocument.objects.count() == 1
    assert len(stored_files(tmp_path)) == 1
    assert Message.objects.filter(template="invoice_issued").count() == 1


def test_every_hour_runs_what_it_names() -> None:
    celery.loader.import_default_modules()
    entry = django_settings.CELERY_BEAT_SCHEDULE["render-overdue"]

    assert entry["schedule"] == 3600.0
    assert celery.tasks[str(entry["task"])].run is tasks.render_overdue.run
