from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

from clinic.core.columns import IsPlainLine

COLUMNS = (
    ("billing_payment", "customer_name"),
    ("billing_payment", "customer_address"),
    ("billing_payment", "customer_email"),
    ("billing_keptinvoicedetails", "name"),
    ("billing_keptinvoicedetails", "address"),
    ("billing_refund", "reason"),
    ("billing_paymentissue", "note"),
    ("billing_invoicingrules", "producer_name"),
)
CLEAN = "UPDATE {0} SET {1} = plain_line({1}) WHERE NOT is_plain_line({1});"


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0008_plain_text"),
        ("billing", "0014_chargebacks"),
        ("booking", "0006_plain_text"),
        ("directory", "0006_plain_text"),
    ]

    operations = [
        *(migrations.RunSQL(CLEAN.format(*column), migrations.RunSQL.noop) for column in COLUMNS),
        AddConstraintNotValid(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    IsPlainLine("number"),
                    IsPlainLine("atcud"),
                    IsPlainLine("reason"),
                    IsPlainLine("producer_name"),
                    IsPlainLine("producer_tax_id"),
                    IsPlainLine("seller_name"),
                    IsPlainLine("seller_legal_name"),
                    IsPlainLine("seller_tax_id"),
                    IsPlainLine("seller_address"),
                    IsPlainLine("seller_postal_code"),
                    IsPlainLine("seller_city"),
                    IsPlainLine("seller_phone"),
                    IsPlainLine("seller_email"),
                    IsPlainLine("customer_name"),
                    IsPlainLine("customer_tax_id"),
                    IsPlainLine("customer_country"),
                    IsPlainLine("customer_address"),
                ),
                name="invoice_text_is_plain",
            ),
        ),
        AddConstraintNotValid(
            model_name="invoiceline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    IsPlainLine("code"), IsPlainLine("description"), IsPlainLine("exemption_reason")
                ),
                name="invoice_line_text_is_plain",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoicingrules",
            constraint=models.CheckConstraint(
                condition=models.Q(IsPlainLine("producer_name")), name="invoicing_rules_are_plain"
            ),
        ),
        migrations.AddConstraint(
            model_name="keptinvoicedetails",
            constraint=models.CheckConstraint(
                condition=models.Q(IsPlainLine("name"), IsPlainLine("address")),
                name="kept_details_are_plain",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    IsPlainLine("customer_name"),
                    IsPlainLine("customer_address"),
                    IsPlainLine("customer_email"),
                ),
                name="payment_text_is_plain",
            ),
        ),
        migrations.AddConstraint(
            model_name="paymentissue",
            constraint=models.CheckConstraint(
                condition=models.Q(IsPlainLine("note")), name="issue_note_is_plain"
            ),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.CheckConstraint(
                condition=models.Q(IsPlainLine("reason")), name="refund_reason_is_plain"
            ),
        ),
    ]
