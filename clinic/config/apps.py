from django.apps import AppConfig


class ClinicConfig(AppConfig):
    """The composition root: everything is loaded, so the apps can be wired together."""

    name = "clinic.config"
    label = "config"

    def ready(self) -> None:
        from clinic.config.wiring import wire

        wire()
