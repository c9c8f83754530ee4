from django.db import migrations

FILL = """
UPDATE directory_specialty SET vat_rate = 23.00, vat_exemption = '', is_active = FALSE
WHERE vat_rate NOT IN (0, 6, 13, 23);
UPDATE directory_specialty SET vat_exemption = 'M07', is_active = FALSE
WHERE vat_exemption NOT IN ('', 'M07', 'M10');
"""


class Migration(migrations.Migration):
    """What no invoice could be made out for is off the list until somebody decides its VAT."""

    dependencies = [("directory", "0003_no_price_below_one_euro")]

    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
