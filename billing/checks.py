"""What is checked at start, by each wing for itself."""

from billing.invoicing import checks as invoicing
from billing.payments import checks as payments

__all__ = ["invoicing", "payments"]
