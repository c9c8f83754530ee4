from django.db import migrations

TABLES = ("billing_paymentevent", "billing_invoice", "billing_invoiceline")
FORWARD = """
CREATE TRIGGER billing_table_is_never_emptied BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION billing_row_is_final();
"""
BACKWARD = "DROP TRIGGER billing_table_is_never_emptied ON {table};"


class Migration(migrations.Migration):
    """A truncation fires no trigger of rows, so it needs one of its own."""

    dependencies = [("billing", "0002_triggers")]

    operations = [
        migrations.RunSQL(FORWARD.format(table=table), BACKWARD.format(table=table))
        for table in TABLES
    ]
