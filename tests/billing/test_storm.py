"""Whatever the weather between the provider and us: the ledger ends up as its books are."""

import pytest

from clinic.directory.models import Patient
from tests.billing import factories, storm

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.concurrency]


def test_after_a_storm_and_one_reconciliation_the_ledger_equals_the_providers_books(
    ana: Patient,
) -> None:
    with storm.provider() as books:
        told = storm.rage(books, ana, events=100, seed=2026)

    assert told["faults"] == []
    assert told["never_told"] > 2
    assert told["deliveries"] > 2 * told["events"]
    assert told["reconciled"]["unanswered"] == 0
    assert told["reconciled"]["found"]["applied"] > 0
    assert {"paid", "refunded", "refused", "expired"} <= told["payments"].keys()
    assert {"late", "duplicate", "amount_mismatch", "orphan"} <= told["issues"].keys()
    assert told["documents"].keys() == {"FR", "NC"}

    # The comparison would have seen a cent that nobody told of.
    forgotten = factories.multibanco(factories.appointment(ana))
    books.note(forgotten)
    assert storm.faults(books) == [
        f"money in of {forgotten.pk}: they have {forgotten.amount}, we have None"
    ]
