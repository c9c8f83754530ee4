from django.apps import AppConfig
from django.db.backends.signals import connection_created


class CoreConfig(AppConfig):
    name = "clinic.core"
    label = "core"
    verbose_name = "Core"

    def ready(self) -> None:
        from clinic.core import database

        connection_created.connect(database.look_after)
