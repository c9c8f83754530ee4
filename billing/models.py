"""Django looks here for an app's models; each wing has its own."""

from billing.invoicing import models as invoicing
from billing.payments import models as payments
from billing.payments.models import new_order_id

# A migration names `new_order_id` by this place.
__all__ = ["invoicing", "new_order_id", "payments"]
