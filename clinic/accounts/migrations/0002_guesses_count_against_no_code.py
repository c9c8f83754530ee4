from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        migrations.RemoveField(model_name="device", name="code_attempts"),
        migrations.AddField(
            model_name="device",
            name="code_from",
            field=models.CharField(blank=True, editable=False, max_length=64),
        ),
    ]
