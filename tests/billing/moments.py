"""What has to hold of a payment whose provider told a moment that can't be."""

from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from django.core.management import call_command

from billing.invoicing.models import Invoice, InvoiceDocument
from billing.invoicing.services import exports
from billing.manager.services import statements
from billing.payments.models import Payment, PaymentEvent, PaymentIssue
from clinic.core import clock
from clinic.core.audit import Actor


def expect_that_of_receipt(payment: Payment) -> None:
    """It is paid at the moment of the notice, a person is told, and all its papers can be made."""
    payment.refresh_from_db()
    event = PaymentEvent.objects.get(payment=payment, to_status="paid")
    assert (payment.status, payment.paid_at) == ("paid", event.occurred_at)
    assert abs(event.received_at - event.occurred_at) < timedelta(seconds=5)
    issue = PaymentIssue.objects.get()
    assert (issue.kind, issue.payment_id) == ("wrong_time", payment.pk)
    invoice = Invoice.objects.get(payment=payment)
    assert InvoiceDocument.objects.filter(invoice=invoice).count() == 1
    call_command("verify_invoices")
    with TemporaryDirectory() as folder:
        saft, statement = Path(folder) / "saft.xml", Path(folder) / "statement.csv"
        assert exports.saft_file(saft, year=invoice.issued_on.year).documents == 1
        day = clock.local(event.occurred_at).date()
        assert statements.write(statement, first=day, last=day, actor=Actor.system("test")) == 1
        assert invoice.number in statement.read_text()
