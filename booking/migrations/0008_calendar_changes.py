from django.db import migrations, models
from django.db.models import Q

from clinic.core import clock


def outrank_files_without_a_sequence(apps, schema_editor):
    """What was handed out so far counts as sequence 0, whatever has changed since."""
    Appointment = apps.get_model("booking", "Appointment")
    Appointment.objects.update(calendar_sequence=1, calendar_changed_at=clock.now())


class Migration(migrations.Migration):
    dependencies = [("booking", "0007_one_treatment_at_a_time")]

    operations = [
        migrations.AddField(
            model_name="appointment",
            name="calendar_changed_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="appointment",
            name="calendar_sequence",
            field=models.PositiveIntegerField(
                db_default=0,
                default=0,
                help_text="Rises with each change that the calendar file shows",
            ),
        ),
        migrations.RunPython(outrank_files_without_a_sequence, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="appointment",
            constraint=models.CheckConstraint(
                condition=Q(calendar_sequence=0, calendar_changed_at__isnull=True)
                | Q(calendar_sequence__gt=0, calendar_changed_at__isnull=False),
                name="booking_calendar_change_is_stamped",
            ),
        ),
    ]
