from django.db import migrations

MOVED = (
    "SandboxAttachment",
    "SandboxMessage",
    "BankChargeback",
    "BankPayment",
    "BankRefund",
    "BankWebhook",
    "MbWayRequest",
)


class Migration(migrations.Migration):
    """The tables go over as they are; clinic.sandbox takes their models in."""

    dependencies = [
        ("demo", "0002_chargebacks"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.AlterModelTable(name, f"sandbox_{name.lower()}") for name in MOVED
            ],
            state_operations=[migrations.DeleteModel(name) for name in MOVED],
        ),
    ]
