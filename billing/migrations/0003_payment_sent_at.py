from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("billing", "0002_documents_are_final")]

    operations = [
        migrations.AddField(
            model_name="payment",
            name="sent_at",
            field=models.DateTimeField(
                blank=True, help_text="when the call to the provider was let go", null=True
            ),
        ),
    ]
