"""The published vectors of the hash chain: messages, the tax authority's sample key, hashes."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from billing.invoicing import chain

SAMPLE_KEY = """-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDWDX9wVqj6ZqNZU1ojwBpyKKku
zHTCmfK39xx/T9vWkqpcV7h3sx++ZOv2KhhNkIe/1I4OCWDPCXRE4g0uIQr0NS29
vMlP3aHHayy76+lbBCNVcHFxM0ggjre1acnD0qUpZ6Vza7F+PpCyuypD2V/pkL1n
X9Z6z5uYyqc0XaSFdwIDAQAB
-----END PUBLIC KEY-----
"""
FIRST = (
    "vfinNfF+rToGp3dWF1LV6mEctQ76hAeZm+PlhBnV4wokN//N79L7fTNvi71ONnMHzfIzVR/Iz2zOOo9MUrYfYYZhqtpc"
    "EgFNHMdET6ZqbVVke7HbfqSACzaKXNdgWZt7lm7AFOfhcizQgC4a66SNvJvPJUqF7bCTUMIJFR9Zfro="
)
SECOND = (
    "jABYv0ThJHWoocmbzuLPOJXknl2WHBpLRBPqhIBSYP6GRzo3WiMxh6ryFiaa8rQD2BM9tdLxjhPHOZo1XPeGR5hFGK5B"
    "I/NzTXBu9+ponV4wvASOhjy2iomBlOxISN3MYGBcG1XWLfi+aDBw0TLrVwpbsENk0MtypYGU78OPPjg="
)


def first(**changes: Any) -> bytes:
    values: dict[str, Any] = {
        "issued_on": date(2017, 3, 10),
        "entered_at": datetime(2017, 3, 10, 15, 58, 1, tzinfo=UTC),
        "number": "1T 1/1",
        "gross_total": Decimal("28.07"),
        "previous_hash": "",
    }
    return chain.message(**{**values, **changes})


def second(previous_hash: str = FIRST) -> bytes:
    return chain.message(
        issued_on=date(2017, 9, 16),
        entered_at=datetime(2017, 9, 16, 15, 58, 10, tzinfo=UTC),
        number="1T 1/2",
        gross_total=Decimal("235.15"),
        previous_hash=previous_hash,
    )


def test_the_message_is_the_laws() -> None:
    message = chain.message(
        issued_on=date(2010, 5, 18),
        entered_at=datetime(2010, 5, 18, 11, 22, 19, tzinfo=UTC),
        number="FAC 001/14",
        gross_total=Decimal("3.12"),
        previous_hash="",
    )

    assert message == b"2010-05-18;2010-05-18T11:22:19;FAC 001/14;3.12;"


def test_the_published_hashes_belong_to_their_documents() -> None:
    assert chain.is_signed_by(SAMPLE_KEY, first(), FIRST)
    assert chain.is_signed_by(SAMPLE_KEY, second(), SECOND)
    assert [chain.printed(hash_) for hash_ in (FIRST, SECOND)] == ["vo6e", "jWOp"]


@pytest.mark.parametrize(
    "changes",
    [
        {"issued_on": date(2017, 3, 11)},
        {"entered_at": datetime(2017, 3, 10, 15, 58, 2, tzinfo=UTC)},
        {"number": "1T 1/3"},
        {"gross_total": Decimal("28.08")},
        {"previous_hash": SECOND},
    ],
)
def test_a_hash_belongs_to_nothing_else(changes: dict[str, object]) -> None:
    assert not chain.is_signed_by(SAMPLE_KEY, first(**changes), FIRST)


def test_the_second_follows_only_the_first() -> None:
    assert not chain.is_signed_by(SAMPLE_KEY, second(previous_hash=""), SECOND)
    assert not chain.is_signed_by(SAMPLE_KEY, second(), "not base64")


def test_the_printed_characters_are_the_1st_11th_21st_and_31st() -> None:
    assert chain.printed("mYJEv4iGwLcnQbRD7dPs2uD1mX08XjXI") == "mc2X"
    assert chain.printed(chain.UNSIGNED) == "0"
