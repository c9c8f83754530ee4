from django.db import migrations

FILL = "UPDATE directory_specialty SET price = 1.00, is_active = FALSE WHERE price < 1;"


class Migration(migrations.Migration):
    """What nobody could pay for is off the list until somebody gives it a price."""

    dependencies = [("directory", "0001_initial")]

    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
