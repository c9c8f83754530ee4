"""Users, sessions and paired devices."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "clinic.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Accounts"

    def ready(self) -> None:
        # Importing it registers the schemes with the schema's generator.
        from clinic.accounts import schema  # noqa: F401
