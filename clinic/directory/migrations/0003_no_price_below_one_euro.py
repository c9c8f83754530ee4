from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("directory", "0002_prices_that_can_be_paid")]

    operations = [
        migrations.AlterField(
            model_name="specialty",
            name="price",
            field=models.DecimalField(
                decimal_places=2, max_digits=8, validators=[MinValueValidator(Decimal("1.00"))]
            ),
        ),
        migrations.AddConstraint(
            model_name="specialty",
            constraint=models.CheckConstraint(
                condition=models.Q(("price__gte", Decimal("1.00"))),
                name="directory_specialty_price_payable",
            ),
        ),
        migrations.RemoveConstraint(model_name="specialty", name="directory_specialty_price"),
    ]
