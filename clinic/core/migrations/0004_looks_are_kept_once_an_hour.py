from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("core", "0003_outbox_failures")]

    operations = [
        migrations.AddField(
            model_name="auditentry",
            name="read_hour",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddConstraint(
            model_name="auditentry",
            constraint=models.UniqueConstraint(
                condition=Q(("read_hour__isnull", False)),
                fields=("patient_id", "actor_kind", "actor_id", "action", "read_hour"),
                name="one_look_per_actor_and_hour",
            ),
        ),
    ]
