from django.apps import AppConfig


class ClinicConfig(AppConfig):
    """The composition root. It comes last: everything is loaded, so the apps can be wired together
    and their settings checked."""

    name = "clinic.config"
    label = "config"

    def ready(self) -> None:
        from clinic.config import checks
        from clinic.config.wiring import wire
        from clinic.core.checks import require_sound_settings

        wire()
        require_sound_settings()
