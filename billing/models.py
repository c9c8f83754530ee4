"""Django looks here for an app's models; each wing has its own."""

from billing.invoicing import models as invoicing
from billing.payments import models as payments

__all__ = ["invoicing", "payments"]
