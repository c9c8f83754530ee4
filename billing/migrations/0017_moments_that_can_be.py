"""What was taken over from outside before moments had bounds is mended where rows may change: the
payment gets the moment of its beginning. Events are final, so that old ones stay as they came."""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations

from clinic.core.columns import in_our_years

MEND = """
UPDATE billing_payment SET {column} = created_at
WHERE {column} < '2000-01-01T00:00:00Z' OR {column} >= '2101-01-01T00:00:00Z'
"""


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0016_impossible_moments"),
    ]

    operations = [
        *(
            migrations.RunSQL(MEND.format(column=column), migrations.RunSQL.noop)
            for column in ("paid_at", "expires_at")
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=in_our_years("payment_moments_can_be", "paid_at", "expires_at"),
        ),
        AddConstraintNotValid(
            model_name="paymentevent",
            constraint=in_our_years("event_moments_can_be", "occurred_at"),
        ),
    ]
