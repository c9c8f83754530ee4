from django.db import migrations, models

from clinic.core.columns import IsPlainNote

CLEAN = """
UPDATE booking_appointment SET note = plain_line(note) WHERE NOT is_plain_note(note);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0008_plain_text"),
        ("booking", "0005_team_note"),
        ("directory", "0006_plain_text"),
    ]

    operations = [
        migrations.RunSQL(CLEAN, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="appointment",
            constraint=models.CheckConstraint(
                condition=models.Q(IsPlainNote("note")), name="booking_note_is_plain"
            ),
        ),
    ]
