"""The rules that mutants are made of, and the tests that may notice them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT = Path(__file__).resolve().parents[2]
RULES: Final = {
    "booking": (
        "booking/services/*.py",
        "booking/transitions.py",
        "booking/availability.py",
        "booking/busy.py",
        "booking/due.py",
        "booking/standings.py",
        "booking/waits/forecast.py",
        "booking/waits/learning.py",
        "booking/waits/normal.py",
        "booking/waits/shown.py",
    ),
    "payments": ("billing/payments/services/*.py",),
    "invoicing": (
        "billing/invoicing/services/*.py",
        "billing/invoicing/numbering.py",
        "billing/invoicing/chain.py",
        "billing/invoicing/vat.py",
    ),
    "recognition": (
        "recognition/matching.py",
        "recognition/gallery.py",
        "recognition/services/check_in.py",
        "recognition/services/factor.py",
        "recognition/services/rules.py",
        "recognition/services/wrong_codes.py",
    ),
    "hub": ("realtime/hub.py", "realtime/subscriptions.py", "realtime/connection.py"),
    "outbox": ("clinic/core/outbox.py", "clinic/core/relay.py", "clinic/core/broker.py"),
    "sessions": ("clinic/accounts/services/sessions.py", "clinic/accounts/tokens.py"),
}
TESTS: Final = (
    "tests/accounts/**/test_*.py",
    "tests/billing/**/test_*.py",
    "tests/booking/**/test_*.py",
    "tests/concurrency/**/test_*.py",
    "tests/config/test_beat.py",
    "tests/config/test_erasure.py",
    "tests/config/test_ticks.py",
    "tests/core/**/test_*.py",
    "tests/realtime/**/test_*.py",
    "tests/recognition/**/test_*.py",
)
# They start programs of their own, which know no mutant, or stop servers that others use. The hub's
# have a Redis of their own, and are the only ones to know what it does without.
NOT_THESE: Final = ("-m", "not aws", "-k", "not chaos or test_hub")


def files() -> Iterator[tuple[str, str]]:
    """Each mutated file, after the name of the group it belongs to."""
    for group, patterns in RULES.items():
        for pattern in patterns:
            for path in sorted(ROOT.glob(pattern)):
                if path.stat().st_size:
                    yield group, str(path.relative_to(ROOT))
