"""Celery looks here for an app's tasks; each wing has its own."""

from billing.invoicing import tasks as invoicing
from billing.payments import tasks as payments

__all__ = ["invoicing", "payments"]
