from django.db import migrations, models

FORGET = "DELETE FROM core_ratewindow"


class Migration(migrations.Migration):
    """Attempts are counted anew: those of the last minutes are worth less than their conversion."""

    dependencies = [("core", "0004_looks_are_kept_once_an_hour")]

    operations = [
        migrations.RunSQL(FORGET, migrations.RunSQL.noop),
        migrations.RemoveConstraint(model_name="ratewindow", name="one_row_per_rate_window"),
        migrations.RemoveField(model_name="ratewindow", name="window"),
        migrations.AddConstraint(
            model_name="ratewindow",
            constraint=models.UniqueConstraint(
                fields=("scope", "subject"), name="one_window_per_subject"
            ),
        ),
    ]
