from django.db import migrations, models

UNDO = "UPDATE notifications_message SET status = 'failed' WHERE status = 'suppressed';"


class Migration(migrations.Migration):
    dependencies = [("notifications", "0001_initial")]

    operations = [
        migrations.AlterField(
            model_name="message",
            name="status",
            field=models.CharField(
                choices=[
                    ("queued", "Queued"),
                    ("sent", "Sent"),
                    ("failed", "Failed"),
                    ("suppressed", "Suppressed"),
                ],
                default="queued",
                max_length=12,
            ),
        ),
        migrations.RunSQL(migrations.RunSQL.noop, UNDO),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["to", "created_at"], name="message_to_created"),
        ),
    ]
