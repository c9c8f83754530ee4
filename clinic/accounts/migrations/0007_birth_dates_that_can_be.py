"""A birth date of another age was a typing error: it goes, so that its row can be changed."""

import datetime

from django.db import migrations, models

import clinic.accounts.birth

MEND = """
UPDATE accounts_user SET birth_date = NULL
WHERE birth_date < '1900-01-01' OR birth_date >= '2101-01-01'
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_what_was_never_heard"),
    ]

    operations = [
        migrations.AlterField(
            model_name="user",
            name="birth_date",
            field=models.DateField(
                blank=True, null=True, validators=[clinic.accounts.birth.validate]
            ),
        ),
        migrations.RunSQL(MEND, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("birth_date__gte", datetime.date(1900, 1, 1)),
                    ("birth_date__year__lt", 2101),
                ),
                name="user_birth_date_can_be",
            ),
        ),
    ]
