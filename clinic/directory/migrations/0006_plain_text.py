from decimal import Decimal

import django.core.validators
from django.conf import settings
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

import clinic.accounts.phones
import clinic.directory.nif
from clinic.core.columns import IsPlainLine

COLUMNS = (
    ("directory_organization", "name"),
    ("directory_organization", "legal_name"),
    ("directory_organization", "address_line"),
    ("directory_organization", "city"),
    ("directory_organization", "phone"),
    ("directory_organization", "email"),
    ("directory_specialty", "name_pt"),
    ("directory_specialty", "name_en"),
    ("directory_room", "name"),
    ("directory_room", "floor"),
    ("directory_practitioner", "name"),
    ("directory_hoursexception", "reason"),
)
CLEAN = "UPDATE {0} SET {1} = plain_line({1}) WHERE NOT is_plain_line({1});"
# What could not be sold or named on a document is off the list until somebody has looked at it.
BEYOND = """
UPDATE directory_specialty
SET is_active = false,
    price = least(price, 99999.00),
    duration_minutes = least(greatest(duration_minutes, 5), 480),
    name_pt = CASE WHEN name_pt ~ '..' THEN name_pt ELSE code || ' ' || name_pt END,
    name_en = CASE WHEN name_en ~ '..' THEN name_en ELSE code || ' ' || name_en END
WHERE price > 99999.00 OR duration_minutes NOT BETWEEN 5 AND 480
   OR name_pt !~ '..' OR name_en !~ '..';
"""


class Migration(migrations.Migration):
    """The clinic's NIF and postal code hold from the next change on: nobody else knows the right
    ones."""

    dependencies = [
        ("core", "0008_plain_text"),
        ("directory", "0005_known_rates_and_exemptions"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        *(migrations.RunSQL(CLEAN.format(*column), migrations.RunSQL.noop) for column in COLUMNS),
        migrations.RunSQL(BEYOND, migrations.RunSQL.noop),
        migrations.RemoveConstraint(
            model_name="specialty",
            name="directory_specialty_lasts",
        ),
        migrations.RemoveConstraint(
            model_name="specialty",
            name="directory_specialty_price_payable",
        ),
        migrations.AlterField(
            model_name="organization",
            name="phone",
            field=models.CharField(
                max_length=16, validators=[clinic.accounts.phones.validate_phone]
            ),
        ),
        migrations.AlterField(
            model_name="organization",
            name="postal_code",
            field=models.CharField(
                max_length=8,
                validators=[
                    django.core.validators.RegexValidator(
                        "\\A[0-9]{4}-[0-9]{3}\\Z", "Like 1200-195.", "postal_code"
                    )
                ],
            ),
        ),
        migrations.AlterField(
            model_name="organization",
            name="tax_id",
            field=models.CharField(max_length=9, validators=[clinic.directory.nif.validate]),
        ),
        migrations.AlterField(
            model_name="specialty",
            name="duration_minutes",
            field=models.PositiveSmallIntegerField(
                validators=[
                    django.core.validators.MinValueValidator(5),
                    django.core.validators.MaxValueValidator(480),
                ]
            ),
        ),
        migrations.AlterField(
            model_name="specialty",
            name="name_en",
            field=models.CharField(
                max_length=80, validators=[django.core.validators.MinLengthValidator(2)]
            ),
        ),
        migrations.AlterField(
            model_name="specialty",
            name="name_pt",
            field=models.CharField(
                max_length=80, validators=[django.core.validators.MinLengthValidator(2)]
            ),
        ),
        migrations.AlterField(
            model_name="specialty",
            name="price",
            field=models.DecimalField(
                decimal_places=2,
                max_digits=8,
                validators=[
                    django.core.validators.MinValueValidator(Decimal("1.00")),
                    django.core.validators.MaxValueValidator(Decimal("99999.00")),
                ],
            ),
        ),
        migrations.AddConstraint(
            model_name="hoursexception",
            constraint=models.CheckConstraint(
                condition=models.Q(IsPlainLine("reason")), name="directory_exception_is_plain"
            ),
        ),
        migrations.AddConstraint(
            model_name="organization",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    IsPlainLine("name"),
                    IsPlainLine("legal_name"),
                    IsPlainLine("address_line"),
                    IsPlainLine("city"),
                    IsPlainLine("phone"),
                    IsPlainLine("email"),
                ),
                name="directory_organization_is_plain",
            ),
        ),
        AddConstraintNotValid(
            model_name="organization",
            constraint=models.CheckConstraint(
                condition=clinic.directory.nif.HasCheckDigit("tax_id"),
                name="directory_organization_nif",
            ),
        ),
        AddConstraintNotValid(
            model_name="organization",
            constraint=models.CheckConstraint(
                condition=models.Q(("postal_code__regex", "^[0-9]{4}-[0-9]{3}$")),
                name="directory_organization_postal_code",
            ),
        ),
        migrations.AddConstraint(
            model_name="practitioner",
            constraint=models.CheckConstraint(
                condition=models.Q(IsPlainLine("name")), name="directory_practitioner_is_plain"
            ),
        ),
        migrations.AddConstraint(
            model_name="room",
            constraint=models.CheckConstraint(
                condition=models.Q(IsPlainLine("name"), IsPlainLine("floor")),
                name="directory_room_is_plain",
            ),
        ),
        migrations.AddConstraint(
            model_name="specialty",
            constraint=models.CheckConstraint(
                condition=models.Q(("duration_minutes__range", (5, 480))),
                name="directory_specialty_lasts",
            ),
        ),
        migrations.AddConstraint(
            model_name="specialty",
            constraint=models.CheckConstraint(
                condition=models.Q(("price__range", (Decimal("1.00"), Decimal("99999.00")))),
                name="directory_specialty_price_payable",
            ),
        ),
        migrations.AddConstraint(
            model_name="specialty",
            constraint=models.CheckConstraint(
                condition=models.Q(("name_en__regex", ".."), ("name_pt__regex", "..")),
                name="directory_specialty_named",
            ),
        ),
        migrations.AddConstraint(
            model_name="specialty",
            constraint=models.CheckConstraint(
                condition=models.Q(IsPlainLine("name_pt"), IsPlainLine("name_en")),
                name="directory_specialty_is_plain",
            ),
        ),
    ]
