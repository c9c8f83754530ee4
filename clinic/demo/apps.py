from django.apps import AppConfig


class DemoConfig(AppConfig):
    """The stage: sandbox phone, mailbox and bank, demo data. Production never loads it."""

    name = "clinic.demo"
    label = "demo"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Demo"

    def ready(self) -> None:
        from clinic.demo import tasks  # noqa: F401
