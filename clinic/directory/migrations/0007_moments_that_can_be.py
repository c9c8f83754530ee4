"""Times without work that a typing error put into another age stay until somebody changes them."""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations

from clinic.core.columns import in_our_years


class Migration(migrations.Migration):
    dependencies = [
        ("directory", "0006_plain_text"),
    ]

    operations = [
        AddConstraintNotValid(
            model_name="hoursexception",
            constraint=in_our_years("directory_exception_can_be", "starts_at", "ends_at"),
        ),
    ]
