from decimal import Decimal

from django.db import migrations, models

RATES = (
    (Decimal("0.00"), "0 %: exempt"),
    (Decimal("6.00"), "6 %: reduced"),
    (Decimal("13.00"), "13 %: intermediate"),
    (Decimal("23.00"), "23 %: normal"),
)


class Migration(migrations.Migration):
    dependencies = [("directory", "0004_vat_that_can_be_printed")]

    operations = [
        migrations.AlterField(
            model_name="specialty",
            name="vat_rate",
            field=models.DecimalField(choices=RATES, decimal_places=2, max_digits=4),
        ),
        migrations.AlterField(
            model_name="specialty",
            name="vat_exemption",
            field=models.CharField(
                blank=True,
                choices=[("M07", "M07: health care"), ("M10", "M10: small business")],
                default="",
                max_length=3,
            ),
        ),
        migrations.AddConstraint(
            model_name="specialty",
            constraint=models.CheckConstraint(
                condition=models.Q(("vat_rate__in", [rate for rate, _ in RATES])),
                name="directory_specialty_vat_rate_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="specialty",
            constraint=models.CheckConstraint(
                condition=models.Q(("vat_exemption__in", ["", "M07", "M10"])),
                name="directory_specialty_exemption_known",
            ),
        ),
    ]
