from datetime import date

import pytest

from recognition import consent


@pytest.mark.parametrize(
    ("born", "today", "adult"),
    [
        (date(2008, 11, 23), date(2026, 11, 23), True),
        (date(2008, 11, 24), date(2026, 11, 23), False),
        (date(2008, 2, 29), date(2026, 2, 28), False),
        (date(2008, 2, 29), date(2026, 3, 1), True),
        (date(1900, 1, 1), date(2026, 11, 23), True),
        (None, date(2026, 11, 23), False),
    ],
    ids=["birthday", "day before", "29 Feb on the 28th", "29 Feb on 1 March", "1900", "unknown"],
)
def test_adults_only(born, today, adult):
    assert consent.is_adult(born, today) is adult


def test_a_consent_text_that_somebody_agreed_to_is_never_edited():
    assert {text.version: text.sha256 for text in consent.TEXTS} == {
        "1": "46e984fa1cbc4e383e24473ca5335c1933d83179c24ccabb356e5dfa7aeab9eb"
    }


def test_both_languages_say_how_to_take_it_back():
    assert "retirá-la" in consent.CURRENT.pt
    assert "withdraw" in consent.CURRENT.en
