from django.db import migrations

TABLES = ("billing_paymentevent", "billing_invoice", "billing_invoiceline")

FUNCTION = """
CREATE FUNCTION billing_row_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END
$$;
"""
TRIGGER = """
CREATE TRIGGER billing_row_is_final BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION billing_row_is_final();
"""


class Migration(migrations.Migration):
    """Invoices, their lines and payment events can be inserted and read, nothing else."""

    dependencies = [("billing", "0001_initial")]

    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION billing_row_is_final();"),
        *(
            migrations.RunSQL(
                TRIGGER.format(table=table), f"DROP TRIGGER billing_row_is_final ON {table};"
            )
            for table in TABLES
        ),
    ]
