from typing import Any

from django.core.management.base import BaseCommand

from clinic.directory import services


class Command(BaseCommand):
    help = "Add the opening specialties that are missing; changes made since are kept."

    def handle(self, *_args: Any, **_options: Any) -> None:
        for specialty in services.install_catalogue():
            self.stdout.write(specialty.code)
