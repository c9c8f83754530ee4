"""Move every face template to the newest key of FACE_KEY."""

import uuid
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from recognition.services import rotation


class Command(BaseCommand):
    help = (
        "Re-encrypts the face templates under the first key of FACE_KEY. May be stopped and run "
        "again at any time. Exit 1 while a template remains under another key."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="only say what is left")

    def handle(self, *_args: Any, **options: Any) -> None:
        damaged = [] if options["check"] else self._reseal()
        after = rotation.standing()
        self.stdout.write(f"{after.current} under the newest key, {after.old} under older ones")
        for template in damaged:
            self.stderr.write(f"template {template}: no key in FACE_KEY opens it, left unchanged")
        for name, count in after.lost.items():
            self.stderr.write(
                f"{count} under key {name}, which FACE_KEY doesn't name: left unchanged"
            )
        if after.lost:
            raise CommandError("add the missing key at the end of FACE_KEY and run this again")
        if damaged:
            raise CommandError("damaged templates: their patients have to register again")
        if after.old:
            raise CommandError(f"{after.old} left: keep the older keys and run this again")
        self.stdout.write("The older keys are not needed any more.")

    def _reseal(self) -> list[uuid.UUID]:
        done, total, last = 0, rotation.standing().old, None
        damaged: list[uuid.UUID] = []
        while batch := rotation.reseal(last):
            last = batch.last
            done += batch.resealed
            damaged += batch.damaged
            self.stdout.write(f"{done} of {total} re-encrypted")
        return damaged
