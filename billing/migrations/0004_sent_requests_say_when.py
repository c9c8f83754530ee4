from django.db import migrations

FILL = """
UPDATE billing_payment SET sent_at = created_at
WHERE request_state = 'unknown' AND sent_at IS NULL;
"""


class Migration(migrations.Migration):
    """Requests that are on their way are followed by when they were sent."""

    dependencies = [("billing", "0003_payment_sent_at")]

    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
