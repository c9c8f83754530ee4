"""An invoice that is credited in parts: the parts come to its net and its VAT, not only its sum."""

from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Sum
from hypothesis import given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from billing.invoicing import vat
from billing.invoicing.models import Invoice
from booking.models import Appointment
from tests.billing.bank import Bank
from tests.billing.invoicing.test_certified import give_back
from tests.billing.invoicing.test_invoices import paid

RATES = st.sampled_from(list(vat.BRACKETS))
CENT = Decimal("0.01")


@pytest.mark.django_db
def test_the_last_of_three_notes_takes_what_is_left_of_net_and_vat(
    client: APIClient, bank: Bank, held: Appointment
) -> None:
    payment = paid(client, held)
    invoice = Invoice.objects.get()
    assert (invoice.net_total, invoice.vat_total) == (Decimal("32.52"), Decimal("7.48"))

    for amount in ("13.33", "13.33", "13.34"):
        give_back(payment, bank, amount)

    notes = Invoice.objects.filter(document_type="NC").order_by("sequence")
    assert [(str(note.net_total), str(note.vat_total)) for note in notes] == [
        ("10.84", "2.49"),
        ("10.84", "2.49"),
        ("10.84", "2.50"),
    ]
    last = notes[2].lines.get()
    assert (str(last.unit_net), str(last.net), str(last.gross)) == (
        "10.840000",
        "10.840000",
        "13.34",
    )
    assert notes.aggregate(net=Sum("net_total"), vat=Sum("vat_total")) == {
        "net": invoice.net_total,
        "vat": invoice.vat_total,
    }
    call_command("verify_invoices")


@pytest.mark.django_db
@pytest.mark.parametrize("cents", [1, -1])
def test_verify_invoices_finds_notes_of_another_net_than_the_invoice(
    client: APIClient, bank: Bank, held: Appointment, capsys: pytest.CaptureFixture[str], cents: int
) -> None:
    payment = paid(client, held)
    give_back(payment, bank, "20.00")
    give_back(payment, bank, "20.00")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            "UPDATE billing_invoice SET net_total = net_total + %(cent)s,"
            " vat_total = vat_total - %(cent)s WHERE document_type = 'NC' AND sequence = 2",
            {"cent": CENT * cents},
        )
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")

    with pytest.raises(CommandError):
        call_command("verify_invoices")

    invoice = Invoice.objects.get(document_type="FR")
    fault = f"more of the net or VAT of {invoice.number} than there is has been credited"
    assert fault in capsys.readouterr().err


@settings(max_examples=500, deadline=None)
@given(shares=st.lists(st.integers(1, 5_000), min_size=1, max_size=60), rate=RATES)
def test_any_parts_of_any_amount_come_to_its_net_and_vat(shares: list[int], rate: Decimal) -> None:
    parts = [CENT * share for share in shares]
    whole = vat.split(sum(parts, Decimal(0)), rate)

    net_left, vat_left = whole.net, whole.vat
    for gross in parts:
        part = vat.part(gross, rate, net_left=net_left, vat_left=vat_left)
        assert part.net + part.vat == part.gross == gross
        assert part.net >= 0
        assert part.vat >= 0
        assert part.unit_net.quantize(CENT) == part.net
        net_left -= part.net
        vat_left -= part.vat
        assert net_left >= 0
        assert vat_left >= 0

    assert (net_left, vat_left) == (Decimal(0), Decimal(0))


@given(gross=st.integers(1, 1_000_000).map(lambda cents: CENT * cents), rate=RATES)
def test_a_part_that_is_all_is_taken_apart_like_the_whole(gross: Decimal, rate: Decimal) -> None:
    whole = vat.split(gross, rate)

    assert vat.part(gross, rate, net_left=whole.net, vat_left=whole.vat) == whole


def test_a_part_is_never_more_than_what_is_left() -> None:
    with pytest.raises(ValueError, match="left"):
        vat.part(Decimal("40.01"), Decimal(23), net_left=Decimal("32.52"), vat_left=Decimal("7.48"))
