"""Takes a document that is complete except for its number, and has it issued: at once by our own
program, or by asking a third party.

A request to a third party is written down and committed before the call. Whatever happens then, the
document is looked up there before we ask for it again.
"""

import json
import time
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from django.core import serializers
from django.db import transaction

from billing.invoicing import issuers
from billing.invoicing.issuers.base import InvoiceIssuer, Refusal, RefusedError, UnknownOutcomeError
from billing.invoicing.models import DocumentRequest, DocumentType, Invoice, InvoiceLine
from billing.payments.models import IssueKind, Payment, Refund, RefundStatus
from billing.payments.services import issues
from clinic.core import audit, clock, logs, outbox
from clinic.core.audit import Actor

log = structlog.get_logger(__name__)

PATIENCE = timedelta(minutes=2)
"""How long all the calls for one document may take, and how long until the third party lists it."""

LONGEST_PAUSE = timedelta(hours=1)
SILENCE = timedelta(hours=1)
"""How long a document may be missing, without a refusal, before a person is told."""

BATCH = 50
RUN_SECONDS = 20.0
ISSUER = Actor.system("invoicing")


def issue(issuer: InvoiceIssuer, document: Invoice, line: InvoiceLine) -> Invoice | None:
    """The document, issued and stored; None if its issuer will be asked for it after the commit.
    The payment must be locked."""
    document.issuer = issuer.key
    if issuer.at_once:
        issuer.issue(document, line)
        return _store(document, line)
    document.training = False
    document.certificate = ""
    moment = clock.now()
    DocumentRequest.objects.create(
        id=document.id,
        payment=document.payment,
        refund=document.refund,
        issuer=issuer.key,
        draft=json.loads(serializers.serialize("json", [document, line])),
        created_at=moment,
        next_at=moment + PATIENCE,
    )
    outbox.enqueue(
        "billing.ask_issuer", key=f"ask-issuer:{document.id}", request_id=str(document.id)
    )
    return None


def is_asked_for(payment: Payment, *, refund: Refund | None = None) -> bool:
    """Whether a third party is being asked for the payment's invoice, or a refund's credit note."""
    return DocumentRequest.objects.filter(payment=payment, refund=refund).exists()


def ask_after_commit(request_id: UUID) -> None:
    """Note the request for a document, and ask once that is committed. Does nothing if it was asked
    for before."""
    request = DocumentRequest.objects.select_for_update().get(pk=request_id)
    if request.sent_at is None:
        _note_call(request)
        transaction.on_commit(partial(_ask, request_id, was_sent=False))


def follow_due() -> int:
    """Look up every document that should have been issued by now, and ask again for those that
    never arrived. Returns how many were looked up."""
    deadline = time.monotonic() + RUN_SECONDS
    due = DocumentRequest.objects.filter(issued_at=None, next_at__lte=clock.now())
    looked_at = 0
    for request_id in list(due.order_by("next_at").values_list("pk", flat=True)[:BATCH]):
        was_sent = _claim(request_id) if time.monotonic() < deadline else None
        if was_sent is None:
            continue
        looked_at += 1
        try:
            _ask(request_id, was_sent=was_sent)
        except Exception as error:
            log.warning("document_failed", document=str(request_id), error=logs.describe(error))
            _missing(request_id, "an error of ours", why=Refusal.FAULT, since=clock.now() - SILENCE)
    return looked_at


@transaction.atomic
def _claim(request_id: UUID) -> bool | None:
    """Keep everybody else from asking about this document for a while. Returns whether it was asked
    for before; None if somebody else is asking, or it is issued."""
    request = (
        DocumentRequest.objects.select_for_update(skip_locked=True)
        .filter(pk=request_id, issued_at=None, next_at__lte=clock.now())
        .first()
    )
    if request is None:
        return None
    was_sent = request.sent_at is not None
    _note_call(request)
    return was_sent


def _note_call(request: DocumentRequest) -> None:
    moment = clock.now()
    request.sent_at = moment
    request.next_at = moment + max(PATIENCE, min(moment - request.created_at, LONGEST_PAUSE))
    request.save(update_fields=["sent_at", "next_at"])


def _ask(request_id: UUID, *, was_sent: bool) -> None:
    request = DocumentRequest.objects.get(pk=request_id)
    document, line = _draft_of(request)
    try:
        issuer = issuers.get(request.issuer)
        if not (was_sent and issuer.find(document, line)):
            issuer.issue(document, line)
    except UnknownOutcomeError as error:
        log.warning("document_unknown", document=str(request_id), error=str(error))
        _missing(request_id, "no answer", why=error.why, since=clock.now() - SILENCE)
    except RefusedError as error:
        log.warning("document_refused", document=str(request_id), error=str(error))
        _missing(request_id, str(error), why=error.why, told=error.told, since=clock.now())
    else:
        _record(document, line)


def _draft_of(request: DocumentRequest) -> tuple[Invoice, InvoiceLine]:
    """The document and its line as they were first asked for."""
    found = serializers.deserialize("json", json.dumps(request.draft))
    drafts: list[Any] = [each.object for each in found]
    document, line = drafts
    line.invoice = document
    return document, line


@transaction.atomic
def _missing(
    request_id: UUID, reason: str, *, why: Refusal, told: str = "", since: datetime
) -> None:
    """A document is missing. If the first request is at least this old, a person is told, with the
    newest reason."""
    request = DocumentRequest.objects.select_for_update().get(pk=request_id)
    if request.issued_at is not None or request.created_at > since:
        return
    request.refusal = reason[:200]
    request.save(update_fields=["refusal"])
    about = f"document:{request.id}"
    detail: dict[str, Any] = {
        "document": str(request.id),
        "reason": request.refusal,
        "refusal": str(why),
        "refusal_told": told,
    }
    issues.open_about(about, IssueKind.NOT_ISSUED, payment=request.payment, **detail)
    issues.tell_anew(about, IssueKind.NOT_ISSUED, **detail)


@transaction.atomic
def _record(document: Invoice, line: InvoiceLine) -> None:
    """Keep a document as a third party has issued it."""
    payment = Payment.objects.select_for_update(no_key=True).get(pk=document.payment_id)
    request = DocumentRequest.objects.select_for_update().get(pk=document.id)
    if request.issued_at is not None:
        return
    asked, _ = _draft_of(request)
    _store(document, line)
    request.issued_at = clock.now()
    request.draft = []
    request.refusal = ""
    request.save(update_fields=["issued_at", "draft", "refusal"])
    issues.settle_about(
        f"document:{request.id}", IssueKind.NOT_ISSUED, actor=Actor.provider(document.issuer)
    )
    if _totals(document) != _totals(asked):
        issues.open_about(
            f"document:{document.id}",
            IssueKind.INVOICE_MISMATCH,
            payment=payment,
            document=str(document.id),
            amount=document.gross_total,
        )


def _totals(document: Invoice) -> tuple[object, object, object]:
    return document.net_total, document.vat_total, document.gross_total


def _store(document: Invoice, line: InvoiceLine) -> Invoice:
    document.save(force_insert=True)
    line.invoice = document
    line.save(force_insert=True)
    audit.record(
        "invoice.issued",
        actor=ISSUER,
        subject=document,
        patient_id=document.patient_id,
        number=document.number,
    )
    outbox.enqueue(
        "billing.render_invoice", key=f"render-invoice:{document.id}", invoice_id=str(document.id)
    )
    if document.document_type == DocumentType.INVOICE_RECEIPT:
        _credit_what_went_back(document)
    return document


def _credit_what_went_back(invoice: Invoice) -> None:
    """Credit the money that was given back while the invoice was still missing."""
    for refund in invoice.payment.refunds.filter(status=RefundStatus.DONE, credit_note=None):
        outbox.enqueue(
            "billing.issue_credit_note",
            key=f"credit-note:{refund.id}:{invoice.id}",
            refund_id=str(refund.id),
        )
