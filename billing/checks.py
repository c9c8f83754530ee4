"""Start-up checks; each wing has its own."""

from billing.invoicing import checks as invoicing
from billing.payments import checks as payments

__all__ = ["invoicing", "payments"]
