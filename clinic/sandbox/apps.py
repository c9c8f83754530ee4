from django.apps import AppConfig


class SandboxConfig(AppConfig):
    name = "clinic.sandbox"
    label = "sandbox"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Sandbox"

    def ready(self) -> None:
        from clinic.sandbox import tasks
