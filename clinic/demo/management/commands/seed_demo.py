"""Fill the demo clinic."""

import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import transaction

from clinic.core import locks
from clinic.demo import keys, seed

FILE = "demo-accounts.json"


class Command(BaseCommand):
    help = (
        "Fill the demo clinic with people, hours and a day that is going on now, and write "
        f"passwords and device tokens to {FILE}. Keeps what is there when it shows today already."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        empty = os.environ.get("CLINIC_DEMO_EMPTY", "") not in {"", "0"}
        file = Path(settings.VAR_DIR) / FILE
        with transaction.atomic():
            locks.take(locks.DEMO_SEED)
            clinic = seed.furnish()
            made = seed.show_today(clinic, empty=empty)
            keys.hand_out(clinic.staff, file)
        if made is None:
            self.stdout.write("The demo clinic shows today already.")
        else:
            self.stdout.write(f"The demo clinic is open, with {made} new appointments.")
