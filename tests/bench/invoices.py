"""Documents a second with everything they need, and the year's file for the tax authority.

Issuing and rendering by one worker stands beside the bare typesetting of the same template in the
same run. The SAF-T file of ten times as many documents has to cost ten times as much, and no more
memory: each is written by a process of its own, on rows that are made for it.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import typst
from django.db import connection
from django.test import override_settings

from billing.invoicing import pdf, vat
from billing.invoicing.models import Invoice, InvoiceLine, InvoiceSeries
from billing.invoicing.services import invoices
from billing.payments.models import Payment, new_order_id
from clinic.accounts.choices import Role
from clinic.core import clock
from clinic.directory.models import Patient
from tests.bench import servers
from tests.billing import factories

ISSUED = 200
SIZES = (10_000, 100_000)
MEMORY_LIMIT_MB = 200
ROWS_AT_ONCE = 2_000
TAXPAYERS = 500
WRITE = """
import json, sys, time
import django
django.setup()
from pathlib import Path
from billing.invoicing.services import exports

def peak_mb():
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024

before, cpu, began = peak_mb(), time.process_time(), time.monotonic()
exports.saft_file(Path(sys.argv[1]), year=int(sys.argv[2]))
print(json.dumps({
    "seconds": time.monotonic() - began,
    "cpu_seconds": time.process_time() - cpu,
    "before_mb": before,
    "peak_mb": peak_mb(),
}))
"""


@dataclass(frozen=True)
class Issued:
    """Seconds for so many documents, all of it and the typesetting alone."""

    count: int
    issuing: float
    rendering: float
    bare: float


def main() -> None:
    load = os.getloadavg()
    issued = issue_and_render()
    files = [write_file(size) for size in SIZES]
    small, large = (file["cpu_seconds"] / file["documents"] * 1e6 for file in files)
    peak = max(file["peak_mb"] for file in files)
    whole = issued.issuing + issued.rendering
    path = servers.write_raw("invoices", {"load": load, "issued": vars(issued), "saft": files})
    print(
        f"\n{issued.count} invoices by one worker: {issued.count / whole:.1f} a second issued and"
        f" rendered ({issued.issuing / issued.count * 1000:.1f} ms and"
        f" {issued.rendering / issued.count * 1000:.1f} ms each); typst alone, the same data:"
        f" {issued.bare / issued.count * 1000:.1f} ms; load {load[0]:.1f}"
    )
    for file in files:
        print(
            f"SAF-T of {file['documents']} documents: {file['seconds']:.1f} s"
            f" ({file['cpu_seconds']:.1f} s of our processor),"
            f" {file['size_mb']:.0f} MB, peak memory {file['peak_mb']:.0f} MB"
            f" ({file['before_mb']:.0f} MB before it began)"
        )
    print(
        f"a document costs {small:.0f} and {large:.0f} µs of processor, {large / small:.2f} × at"
        f" ten times as many; {peak / MEMORY_LIMIT_MB:.2f} × the limit of {MEMORY_LIMIT_MB} MB"
    )
    print(f"every measurement: {path.relative_to(servers.REPOSITORY)}")


def issue_and_render() -> Issued:
    """The services of the product on paid payments, then the bare compile of the same documents."""
    payments = [_paid() for _ in range(ISSUED)]
    with tempfile.TemporaryDirectory() as folder, override_settings(STORAGES=_stored_in(folder)):
        invoices.render(_issued(_paid()).pk)  # the first one reads the fonts
        began = time.monotonic()
        made = [_issued(payment) for payment in payments]
        between = time.monotonic()
        for invoice in made:
            invoices.render(invoice.pk)
        ended = time.monotonic()
    return Issued(ISSUED, between - began, ended - between, _bare(made))


def write_file(size: int) -> dict[str, Any]:
    """The file of a year with so many documents, in a fresh process."""
    year = 2000 + len(str(size))
    _fill(year, size)
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "saft.xml"
        told = subprocess.run(
            [sys.executable, "-c", WRITE, str(target), str(year)],
            cwd=servers.REPOSITORY,
            capture_output=True,
            text=True,
            check=True,
        )
        size_mb = target.stat().st_size / 1e6
        written = target.read_bytes().count(b"<InvoiceNo>")
    if written != size:
        raise SystemExit(f"{written} of {size} documents are in the file")
    return {"documents": size, "size_mb": size_mb, **json.loads(told.stdout.splitlines()[-1])}


def _paid() -> Payment:
    owner = Patient.objects.filter(username="invoiced").first() or Patient.objects.get(
        pk=factories.user("invoiced", Role.PATIENT, full_name="Irene Faturada").pk
    )
    payment = factories.multibanco(factories.appointment(owner))
    payment.status, payment.paid_at = "paid", clock.now()
    payment.save()
    return payment


def _issued(payment: Payment) -> Invoice:
    invoice = invoices.issue(payment.pk)
    if invoice is None:
        raise SystemExit("a paid payment got no invoice")
    return invoice


def _bare(made: list[Invoice]) -> float:
    """Seconds that typst needs for the same pages, without storage and database."""
    compiler = typst.Compiler(
        root=str(pdf.FOLDER),
        font_paths=[str(pdf.FOLDER / "fonts")],
        ignore_system_fonts=True,
    )
    contents = [json.dumps(pdf.content(invoice), ensure_ascii=False) for invoice in made]
    began = time.monotonic()
    standards: Any = list(pdf.STANDARDS)
    for content in contents:
        compiler.compile(
            input=str(pdf.TEMPLATE),
            sys_inputs={"data": content},
            format="pdf",
            pdf_standards=standards,
        )
    return time.monotonic() - began


def _stored_in(folder: str) -> dict[str, Any]:
    from django.conf import settings

    files = "clinic.storage.folder.FolderStorage"
    options = {"location": folder, "base_url": None}
    return {**settings.STORAGES, "private": {"BACKEND": files, "OPTIONS": options}}


def _fill(year: int, size: int) -> None:
    """Rows of so many training invoices of a year, spread over its days and many customers."""
    model = Invoice.objects.select_related("payment").order_by("issued_at")[0]
    line = model.lines.get()
    series = InvoiceSeries.objects.create(
        document_type="FR", name=f"FORM{year}", year=year, training=True, last_number=size
    )
    start = clock.now().replace(year=year, month=1, day=1, hour=12, minute=0, second=0)
    for first in range(1, size + 1, ROWS_AT_ONCE):
        numbers = range(first, min(first + ROWS_AT_ONCE, size + 1))
        payments, made, lines = [], [], []
        for number in numbers:
            taken = vat.split(Decimal(1_000 + number % 9_000) / 100, line.vat_rate)
            moment = start + (number / size) * (start.replace(month=12, day=31) - start)
            payments.append(
                _copy(
                    model.payment,
                    order_id=new_order_id(),
                    reference_held=False,
                    amount=taken.gross,
                )
            )
            invoice = _copy(
                model,
                payment=payments[-1],
                series=series,
                sequence=number,
                number=f"FR {series.name}/{number}",
                issued_at=moment.replace(microsecond=0),
                issued_on=clock.local(moment).date(),
                paid_at=moment,
                customer_tax_id=f"{200_000_000 + number % TAXPAYERS}",
                net_total=taken.net,
                vat_total=taken.vat,
                gross_total=taken.gross,
            )
            made.append(invoice)
            lines.append(
                InvoiceLine(
                    invoice=invoice,
                    position=1,
                    code=line.code,
                    description=line.description,
                    unit_net=taken.unit_net,
                    net=taken.unit_net,
                    gross=taken.gross,
                    vat_rate=line.vat_rate,
                )
            )
        Payment.objects.bulk_create(payments)
        Invoice.objects.bulk_create(made)
        InvoiceLine.objects.bulk_create(lines)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _copy(row: Any, **changes: Any) -> Any:
    values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    made = type(row)(**{**values, "id": uuid4()})
    for name, value in changes.items():
        setattr(made, name, value)
    return made
