from django.db import migrations, models

import billing.models


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0011_third_party_documents"),
    ]

    operations = [
        migrations.AddField(
            model_name="payment",
            name="order_id",
            field=models.CharField(
                blank=True,
                db_default="",
                default=billing.models.new_order_id,
                help_text="our name of the payment where the provider's are short",
                max_length=15,
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("order_id", ""), _negated=True),
                fields=("order_id",),
                name="one_payment_per_order_id",
            ),
        ),
    ]
