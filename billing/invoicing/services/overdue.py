"""Documents that have had no PDF for hours: the safety net for what the outbox has set aside."""

import time
from datetime import timedelta

import structlog

from billing.invoicing.models import Invoice
from billing.invoicing.services import invoices
from clinic.core import clock, logs

log = structlog.get_logger(__name__)

GIVEN_UP = timedelta(hours=2)
"""By then the outbox has done its work, unless it fails."""

BATCH = 50
PATIENCE_SECONDS = 45.0


def render_overdue() -> int:
    """Make, seal and mail the overdue PDFs. Returns how many there are now.

    The ones missing longest come last, so that one that can't be made doesn't hold up others.
    Running it again, or twice at once, still makes and mails each once. A failed one is left for
    the next run.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    missing = Invoice.objects.filter(document__isnull=True, issued_at__lte=clock.now() - GIVEN_UP)
    made = 0
    for invoice_id in list(missing.order_by("-issued_at").values_list("pk", flat=True)[:BATCH]):
        if time.monotonic() > deadline:
            break
        try:
            invoices.render(invoice_id)
        except Exception as error:
            log.warning("invoice_overdue", invoice=str(invoice_id), error=logs.describe(error))
        else:
            made += 1
    return made
