"""What came in and went back in a period, as a table for a Portuguese spreadsheet."""

import csv
import heapq
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from operator import itemgetter
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import OuterRef, Q, QuerySet, Subquery

from billing.invoicing.models import DocumentType, Invoice
from billing.payments.models import Payment, Refund, RefundStatus
from clinic.core import audit, clock
from clinic.core.audit import Actor

HEAD = ("Data", "Movimento", "Método", "Tratamento", "Documento", "Líquido", "IVA", "Total")
METHODS = {"multibanco": "Multibanco", "mb_way": "MB WAY"}
ROWS_AT_ONCE = 500
STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@transaction.atomic
def write(target: Path, *, first: date, last: date, actor: Actor) -> int:
    """Write the payments and refunds of the civil days from first to last, oldest first, and record
    in the audit log who took them. Returns how many there were.

    A refund's amounts are below zero. Net and VAT are empty where there is no document yet. Memory
    doesn't grow with the rows. Raises OSError where the file can't be written.
    """
    count = 0
    with target.open("w", encoding="utf-8-sig", newline="") as file:
        table = csv.writer(file, delimiter=";")
        table.writerow(HEAD)
        for row in _rows(first, last):
            table.writerow(_written(row))
            count += 1
    audit.record("payments.exported", actor=actor, first=str(first), last=str(last), rows=count)
    return count


def _rows(first: date, last: date) -> Iterator[dict[str, Any]]:
    begin, end = clock.day_bounds(first)[0], clock.day_bounds(last)[1]
    receipts = Invoice.objects.filter(
        payment=OuterRef("pk"), document_type=DocumentType.INVOICE_RECEIPT
    )
    notes = Invoice.objects.filter(refund=OuterRef("pk"))
    paid = _parts(
        Payment.objects.filter(paid_at__gte=begin, paid_at__lt=end), receipts, "", "paid_at"
    )
    returned = _parts(
        Refund.objects.filter(
            Q(settled_at__gte=begin, settled_at__lt=end), status=RefundStatus.DONE
        ),
        notes,
        "payment__",
        "settled_at",
    )
    return heapq.merge(
        ({**row, "sign": 1} for row in paid),
        ({**row, "sign": -1} for row in returned),
        key=itemgetter("moment"),
    )


def _parts(
    rows: QuerySet[Any], documents: QuerySet[Invoice], payment: str, moment: str
) -> Iterator[dict[str, Any]]:
    found = rows.order_by(moment, "pk").values_list(
        moment,
        f"{payment}method",
        f"{payment}appointment__specialty__name_pt",
        Subquery(documents.values("number")[:1]),
        Subquery(documents.values("net_total")[:1]),
        Subquery(documents.values("vat_total")[:1]),
        "amount",
    )
    names = ("moment", "method", "specialty", "number", "net", "vat", "gross")
    return (dict(zip(names, row, strict=True)) for row in found.iterator(ROWS_AT_ONCE))


def _written(row: dict[str, Any]) -> list[str]:
    sign = row["sign"]
    return [
        f"{clock.local(row['moment']):%Y-%m-%d}",
        "Pagamento" if sign > 0 else "Devolução",
        METHODS[row["method"]],
        _text(row["specialty"]),
        _text(row["number"] or ""),
        *(_amount(row[name], sign) for name in ("net", "vat", "gross")),
    ]


def _amount(amount: Decimal | None, sign: int) -> str:
    return "" if amount is None else f"{sign * amount:.2f}".replace(".", ",")


def _text(text: str) -> str:
    """Makes a spreadsheet treat it as text, whatever it begins with."""
    return f"'{text}" if text.lstrip(" ").startswith(STARTS_A_FORMULA) else text
