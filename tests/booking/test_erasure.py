"""What booking keeps of somebody whose account is erased."""

import pytest

from booking.errors import Code
from booking.services import erasure
from clinic.core.errors import DomainError
from clinic.directory.models import Patient
from tests.booking.conftest import TESTER, Book, Unchanged, at
from tests.conftest import Clinic


def test_a_visit_that_was_opened_again_meanwhile_keeps_its_words(
    clinic: Clinic, ana: Patient, book: Book, unchanged: Unchanged
) -> None:
    visit = book(ana, at(10))
    check = unchanged(visit)

    with pytest.raises(DomainError) as refused:
        erasure.forget(ana.pk, actor=TESTER)

    assert refused.value.code == Code.VISITS_AHEAD
    check()
