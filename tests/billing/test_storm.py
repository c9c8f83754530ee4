"""Whatever the weather between the provider and us: the ledger ends up as its books are."""

import pytest

from tests.billing import storm

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.concurrency]


def test_after_a_storm_and_one_reconciliation_the_ledger_equals_the_providers_books(ana):
    with storm.provider() as books:
        told = storm.rage(books, ana, events=100, seed=2026)

    assert told["faults"] == []
    assert told["never_told"] > 2
    assert told["deliveries"] > 2 * told["events"]
    assert {"paid", "refunded", "refused", "expired"} <= told["payments"].keys()
    assert {"late", "duplicate", "amount_mismatch", "orphan"} <= told["issues"].keys()
    assert told["documents"].keys() == {"FR", "NC"}
