"""Documents are final, so that old ones stay as they were issued."""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations

from clinic.core.columns import in_our_years


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0017_moments_that_can_be"),
    ]

    operations = [
        AddConstraintNotValid(
            model_name="invoice",
            constraint=in_our_years(
                "invoice_dates_can_be", "issued_on", "issued_at", "service_on", "paid_at"
            ),
        ),
    ]
