from django.db import migrations, models

import clinic.accounts.names
import clinic.accounts.phones
from clinic.core.columns import IsPlainLine

COLUMNS = (
    ("accounts_user", "full_name"),
    ("accounts_user", "email"),
    ("accounts_device", "name"),
)
CLEAN = "UPDATE {0} SET {1} = plain_line({1}) WHERE NOT is_plain_line({1});"


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0008_plain_text"),
        ("accounts", "0004_erased_accounts"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        *(migrations.RunSQL(CLEAN.format(*column), migrations.RunSQL.noop) for column in COLUMNS),
        migrations.AlterField(
            model_name="user",
            name="full_name",
            field=models.CharField(
                max_length=120, validators=[clinic.accounts.names.validate_full_name]
            ),
        ),
        migrations.AlterField(
            model_name="user",
            name="phone",
            field=models.CharField(
                blank=True,
                help_text="E.164, such as +351912345678",
                max_length=16,
                validators=[clinic.accounts.phones.validate_phone],
            ),
        ),
        migrations.AddConstraint(
            model_name="device",
            constraint=models.CheckConstraint(
                condition=models.Q(IsPlainLine("name")), name="device_text_is_plain"
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(IsPlainLine("full_name"), IsPlainLine("email")),
                name="user_text_is_plain",
            ),
        ),
    ]
