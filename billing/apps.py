from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "billing"
    label = "billing"
    verbose_name = "Payments and invoices"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from billing import checks
